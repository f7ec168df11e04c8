"""Growing regularisation: the proximal step by its definition, λ by hand, and what is left when the cut comes."""

import numpy as np
import pytest

import minprune as mp
from minprune.retraining.growing import GrowingL2


def network():
    return mp.Network(4, [mp.Dense(5, "relu", batch_norm=True), mp.Residual([mp.Dense(3, "tanh"), mp.Dense(5)]),
                          mp.Dense(2)], seed=0)


KEEP = {"dense1+dense3": np.array([True, False, True, False, True]), "dense2": np.array([False, True, True])}


def test_each_step_is_the_minimum_that_defines_it():
    """w⁺ minimises ½ (v − w)² + rate · ½ λ v², for the parameters of those that go; all others stay."""
    net, growing = network(), GrowingL2(network(), KEEP, step=3.0, every=1)
    for name in net.neuron_layers:
        net[name].b[...] = 0.5
    for number in (1, 2):
        before = {name: array.copy() for name, array in net.parameters().items()}
        growing(net, rate=0.1)
        assert growing.strength == 3.0 * number
        for name, w in net.parameters().items():
            row = next((row for unit, row in KEEP.items() if name.split(".")[0] in unit), None)
            stays = np.ones(len(w), bool) if row is None else row
            np.testing.assert_array_equal(w[stays], before[name][stays])
            slope = (w - before[name]) + 0.1 * growing.strength * w             # of what is minimised
            np.testing.assert_allclose(slope[~stays], 0, atol=1e-14)


def test_lambda_grows_and_stops():
    growing, net = GrowingL2(network(), KEEP, step=0.5, every=3, most=1.2), network()
    strengths = []
    for _ in range(10):
        growing(net, 0.0)
        strengths.append(growing.strength)
    assert strengths == [0, 0, 0.5, 0.5, 0.5, 1, 1, 1, 1.2, 1.2]


def test_what_is_pulled_to_zero_can_be_cut():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    t = (x[:, 0] * x[:, 1] > 0).astype(int)
    net = network()
    mp.fit(net, x, t, optimizer=mp.Adam(1e-2), epochs=20, progress=False)
    slowly = net.copy()
    mp.fit(slowly, x, t, optimizer=mp.Adam(1e-2), epochs=60, on_step=GrowingL2(net, KEEP, every=1), progress=False)
    moved, cut = (np.abs(mp.prune(one, KEEP).predict(x) - one.predict(x)).max() for one in (slowly, net))
    assert moved < 0.05 * cut


def test_errors():
    for arguments, message in [(dict(keep={}), "keep expects some neurons that go"), (dict(step=0), "step expects"),
                               (dict(every=0), "every expects"), (dict(most=0.0), "most expects"),
                               (dict(keep={"dense9": [True]}), "dense9")]:
        with pytest.raises(ValueError, match=message):
            GrowingL2(**{"net": network(), "keep": KEEP, **arguments})
