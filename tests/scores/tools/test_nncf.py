"""nncf 3.4.0: its masks, as it printed them."""

import numpy as np

import minprune as mp

tool = mp.scores.tools.nncf


def test_all_weights_are_compared_by_their_share_of_their_arrays_norm():
    """Of 9 weights ⌊8 · 0.5⌋ + 1 = 5 go, and those of the second array are 100 times as large."""
    net = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(1)], seed=0)
    net["dense1"].W, net["dense2"].W = np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([[100.0, 200, 300]])
    scores = mp.score_connections(net, tool.magnitude_global)
    keep = mp.decide_connections(scores, tool.removed(9, 0.5))
    assert np.array_equal(keep["dense1.W"], [[False, False], [False, False], [True, True]])
    assert np.array_equal(keep["dense2.W"], [[False, True, True]])
    assert np.array_equal(mp.score_connections(net, tool.magnitude_local)["dense1.W"], net["dense1"].W)


def test_one_goes_when_none_is_asked_for():
    seen = {0: 1, 0.05: 1, 0.1: 1, 0.2: 2, 0.25: 3, 0.45: 5, 0.5: 5, 0.55: 5, 0.75: 7, 0.9: 9, 0.99: 9, 1.0: 10}
    assert {ratio: tool.removed(10, ratio) for ratio in seen} == seen
