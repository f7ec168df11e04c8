"""Sums over paths, positions and samples that are missing, or should not be there."""

import numpy as np
import pytest

import minprune as mp
from minprune.verification.diagnosis import sums
from minprune.verification.diagnosis.probe import DoesNotApply
from minprune.verification.sampling.random_networks import Case
from verification.diagnosis.probes import CASE, DO, NET, RNG, applied, probe_of


def test_paths_are_summed_by_a_loop():
    dz, W = CASE.trace["dense2"].dz, NET["dense2"].W
    probe = probe_of(lambda dz_next, W_next: dz_next[:, :, 0] * W_next[0])
    np.testing.assert_allclose(sums.over_all_neurons(probe), sum(dz[:, [k]] * W[k] for k in range(2)), rtol=1e-12)
    last = Case(NET, "dense2", CASE.x, CASE.t, "mse")
    y, t, W = CASE.trace.y, CASE.t, NET["dense3"].W
    for formula in (lambda y, t, W_next: (y - t)[:, :1] * W_next[0], lambda dy, W_next: dy[:, :1] * W_next[0],
                    lambda y, t, W_out: (y - t)[:, :1] * W_out[:, 0]):
        np.testing.assert_allclose(sums.over_all_neurons(probe_of(formula, last)), (y - t) @ W, rtol=1e-12)
    still = probe_of(lambda y, W_next: y[:, :1] * W_next[0])                   # y is no output of the next layer
    np.testing.assert_allclose(sums.over_all_neurons(still), y[:, :1] * NET["dense2"].W.sum(axis=0), rtol=1e-12)


def test_positions_are_summed_by_a_loop():
    net = mp.Network((1, 3, 1), [mp.Conv2D(2, 1, "tanh"), mp.Flatten(), mp.Dense(1)], seed=0)
    case = Case(net, "conv1", RNG.normal(size=(2, 1, 3, 1)), np.ones((2, 1)), "mse")
    probe = probe_of(lambda dz, x: dz[:, 0, :, np.newaxis] * x[:, :1], case, "dL/dW")
    np.testing.assert_allclose(applied("only one of several positions", probe), probe.forms[0].values, rtol=1e-7)
    assert not np.allclose(probe.claimed, probe.forms[0].values, rtol=1e-2)


def test_samples_one_by_one():
    mixed = probe_of(lambda do, W: do.mean(axis=0) + W[:, 0])
    np.testing.assert_allclose(sums.sample_by_sample(mixed), DO + NET["dense1"].W[:, 0], rtol=1e-12)
    reduced = probe_of(lambda do: do[:, 0].mean(axis=0))                       # (K,) of each: side by side
    np.testing.assert_allclose(sums.sample_by_sample(reduced), DO, rtol=1e-12)
    np.testing.assert_allclose(sums.unmixed(np.mean)(reduced), DO, rtol=1e-12)
    for probe, by in ((reduced, np.sum), (probe_of(lambda do: do[:, 0].max(axis=0)), np.mean)):
        with pytest.raises(DoesNotApply, match="not mixed in this way"):
            sums.unmixed(by)(probe)
