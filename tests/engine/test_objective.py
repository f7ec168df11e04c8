"""Moved entries side by side in one batch: the same as one by one, also for layers that do not keep samples apart."""

import numpy as np

import minprune as mp
from minprune.engine import objective

GOOD, BAD = 1e-6, 5e-4


class Mixing(mp.Layer):
    """o_n = x_n + the mean of all samples' x: what one sample gives back reaches all."""

    prefix, linear = "mixing", True

    def forward(self, x, training=False, rng=None):
        return mp.LayerTrace(x, x + x.mean(axis=0))

    def backward(self, trace, do, need_dx=True, need_grads=True):
        trace.do = do
        return do + do.mean(axis=0)


class Again(mp.Layer):
    """o = 2 W x, with the weights W of another layer; its own share of ∂ℓ/∂W is missing."""

    prefix, linear, source = "again", True, None

    def forward(self, x, training=False, rng=None):
        return mp.LayerTrace(x, 2 * x @ self.source.W.T)

    def backward(self, trace, do, need_dx=True, need_grads=True):
        trace.do = do
        return 2 * do @ self.source.W


class Rectified(mp.Layer):
    """relu, whose kinks are told feature by feature, not sample by sample."""

    prefix = "rectified"

    def forward(self, x, training=False, rng=None):
        return mp.LayerTrace(x, np.maximum(x, 0))

    def backward(self, trace, do, need_dx=True, need_grads=True):
        trace.do = do
        return do * (trace.x > 0)

    def kinks(self, trace):
        return (trace.x > 0).T.ravel()


def test_kinks_in_another_order_are_not_taken_for_those_of_other_samples(random_samples):
    net = mp.Network(4, [mp.Dense(6), Rectified(), mp.Dense(2)], seed=1)
    found = mp.check_gradients(net, *random_samples(net, 0), "mse")
    assert found.worst <= GOOD and not any(found.skipped.values())


def test_a_layer_that_mixes_samples_is_checked_all_the_same(random_samples):
    net = mp.Network(3, [mp.Dense(4, "tanh"), Mixing(), mp.Dense(2)])
    found = mp.check_gradients(net, *random_samples(net, 0), "mse")
    assert found.worst <= GOOD and not any(found.skipped.values())
    net["mixing1"].backward = lambda trace, do, *more: do + do.mean(axis=0) * 1.001
    found = mp.check_gradients(net, *random_samples(net, 0), "mse")
    assert found["dense1.o"] > 1e-5 and found["dense2.W"] <= GOOD


def test_weights_that_another_layer_reads_as_well_are_moved_there_too(random_samples):
    net = mp.Network(3, [mp.Dense(3, "tanh"), Again(), mp.Dense(2)])
    net["again1"].source = net["dense1"]
    found = mp.check_gradients(net, *random_samples(net, 0), "mse")
    assert found["dense1.W"] > BAD and found["dense1.b"] <= GOOD and found["x"] <= GOOD


BLOCK = [mp.Conv2D(2, 2, "tanh"), mp.Residual([mp.Conv2D(2, 3, "relu", padding="same")]), mp.Flatten(), mp.Dense(2)]


def test_side_by_side_is_one_by_one(random_network, random_residual, random_samples, monkeypatch):
    """Also in several batches, which end in between the points of an entry."""
    for net in (random_network(2), random_network(6), random_residual(7), mp.Network((4, 4, 1), BLOCK, seed=1)):
        x, t = random_samples(net, 1, 2)
        at_once, passes = mp.check_gradients(net, x, t, "mse", entries=3), []
        with monkeypatch.context() as patch:
            patch.setattr(objective.Objective, "most", property(lambda self: 9, lambda self, most: None), raising=False)
            in_parts = mp.check_gradients(net, x, t, "mse", entries=3)
            patch.setattr(objective.Objective, "at", lambda self, array, points, alone, _:
                          passes.append(len(points)) or self.each(array, points, alone))
            one_by_one = mp.check_gradients(net, x, t, "mse", entries=3)
        assert len(passes) == len(one_by_one) and at_once.worst <= GOOD
        for found in (at_once, in_parts):
            assert found.skipped == one_by_one.skipped
            assert all(abs(found[name] - error) <= GOOD / 10 for name, error in one_by_one.items())
