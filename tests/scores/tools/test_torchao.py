"""torchao 0.18.0: its Wanda sparsifier."""

import numpy as np

import minprune as mp

tool = mp.scores.tools.torchao


def test_scores_and_masks_are_those_that_it_printed(recorded):
    case = recorded["dense"]
    scores, stays = tool.wanda(case.net, case.x), case.printed("torchao", "wanda:stays")
    keep = mp.decide_connections(scores, {name: tool.removed(s.size, 0.5) for name, s in scores.items()})
    for name, printed in case.printed("torchao", "wanda").items():
        assert np.allclose(scores[f"{name}.W"].ravel(), printed, rtol=1e-6)
        assert np.array_equal(keep[f"{name}.W"].ravel(), stays[name] == 1)


def test_it_has_the_square_of_the_norm_and_the_paper_the_norm():
    """w = (3, 1), inputs of norm 1 and 2: the paper keeps 3 · 1 > 1 · 2, the tool 1 · 4 > 3 · 1."""
    net = mp.Network((2,), [mp.Dense(1), mp.Dense(1)], seed=0)
    net["dense1"].W = np.array([[3.0, 1.0]])
    x = np.array([[1.0, 2.0]])
    assert np.allclose(tool.wanda(net, x)["dense1.W"], [[3, 4]])


def test_it_rounds_down():
    assert [tool.removed(10, ratio) for ratio in (0.05, 0.25, 0.55, 0.8, 0.99)] == [0, 2, 5, 8, 9]
