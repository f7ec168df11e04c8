"""Growing regularisation that chooses: λ by hand, the curvature that it reveals, and what stays untouched."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.retraining.growing_selection import GrowingSelection


def network():
    return mp.Network(4, [mp.Dense(5, "relu", batch_norm=True), mp.Residual([mp.Dense(3, "tanh"), mp.Dense(5)]),
                          mp.Dense(2)], seed=0)


def test_lambda_rises_for_all_then_for_those_that_go():
    net = network()
    growing = GrowingSelection(net, remove=0.4, rise=0.5, choose=1.2, step=2.0, every=2, most=4.0)
    strengths = []
    for step in range(1, 13):
        before = net.copy()
        growing(net, rate=0.1)
        strengths.append(growing.strength)
        assert (growing.keep is None) == (step < 6)
        for unit, keep in (growing.keep or {"dense1+dense3": np.zeros(5, bool), "dense2": np.zeros(3, bool)}).items():
            factor = np.where(keep, 1, 1 / (1 + 0.1 * growing.strength))
            for layer in unit.split("+"):
                for name, w in before[layer].parameters().items():
                    expected = (w.T * factor).T
                    np.testing.assert_allclose(net[layer].parameters()[name], expected, rtol=1e-14)
    assert strengths == [0, 0.5, 0.5, 1, 1, 1.2, 1.2, 3.2, 3.2, 4, 4, 4]
    assert sum(int((~keep).sum()) for keep in growing.keep.values()) == 3           # ⌊0.4 · 5⌋ + ⌊0.4 · 3⌋
    assert (net["dense4"].W == network()["dense4"].W).all()


def test_of_equal_weights_those_of_small_curvature_go():
    """½ Σ h_i ‖w_i − w_i*‖², equal ‖w_i*‖: each λ holds w_i at h_i / (h_i + λ) · w_i*, and the lowest h_i go."""
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)], seed=0)
    W, h, rate = net["dense1"].W, np.array([[2.0], [0.5], [3.0], [1.0]]), 0.3
    W /= np.abs(W).sum(axis=1, keepdims=True)
    best = W.copy()
    growing = GrowingSelection(net, remove=2, rise=0.8, choose=1.6, step=5.0, every=120)
    for steps, strength in ((239, [0.8, 0.8, 0.8, 0.8]), (120, [0, 1.6, 0, 1.6])):     # λ of the last 120 steps
        for _ in range(steps):
            W -= rate * h * (W - best)
            growing(net, rate)
        np.testing.assert_allclose(W, h / (h + np.reshape(strength, (4, 1))) * best, rtol=1e-9)
    np.testing.assert_array_equal(growing.keep["dense1"], [True, False, True, False])


@each("arguments, message", [
    (dict(remove=0.0), "remove expects some neurons that go"), (dict(rise=0), "rise expects"),
    (dict(choose=0.0), "choose expects"), (dict(most=1.0), "most expects"), (dict(every=0), "every expects"),
    (dict(remove=5, scope="layer"), "asks for 5"), (dict(protect=["dense9"]), "dense9")])
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        GrowingSelection(**{"net": network(), **arguments})
