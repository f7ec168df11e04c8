"""Recalibration: the statistics are those of all the data, layer after layer; what that brings after a cut."""

import dataclasses

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.pruning.recalibration import recalibrate


def network(seed=0, dtype="float64"):
    """Batch norm inside of layers, in a block, and as a layer of its own."""
    return mp.Network((6, 6, 2), [
        mp.Conv2D(4, 3, "relu", padding="same", batch_norm={"eps": 1e-3, "momentum": 1.0}),
        mp.Residual([mp.Conv2D(3, 3, "tanh", padding="same", batch_norm={"momentum": 1.0}), mp.Conv2D(4, 1)]),
        mp.BatchNorm(momentum=1.0), mp.Dropout(0.0), mp.Flatten(), mp.Dense(5, batch_norm={"momentum": 1.0}),
        mp.Dense(3)], seed=seed, dtype=dtype)


def samples(seed=1, count=37):
    return np.random.default_rng(seed).normal(3, 2, size=(count, 6, 6, 2))


def statistics(net):
    return {name: array for name, array in net.arrays().items() if "running" in name}


@each("batch_size", [256, 37, 10, 1])
def test_they_are_those_of_one_training_pass_of_all_data(batch_size, fingerprint, close):
    net, x = network(), samples()
    before, trained = fingerprint(net), net.copy()
    trace = net.forward(x, training=True, seed=0)
    trained.update_running(trace)                           # momentum 1: the new ones alone, their variance unbiased
    result = recalibrate(net, x, batch_size)
    close(result.predict(x), trace.y)
    for name, array in statistics(trained).items():
        count = 37 if name.startswith("dense") else 37 * 36
        close(statistics(result)[name], array * ((count - 1) / count if name.endswith("var") else 1))
        assert not np.allclose(net.arrays()[name], array)
    assert fingerprint(net) == before
    same = {name for name, array in result.arrays().items() if np.array_equal(array, net.arrays()[name])}
    assert same == {name for name in net.arrays() if "running" not in name}


def test_a_second_time_changes_nothing_and_what_comes_out_is_normalised(close):
    x = samples()
    once = recalibrate(network(), x)
    for name, array in statistics(recalibrate(once, x)).items():
        close(array, statistics(once)[name])
    o = once.forward(x)["batchnorm1"].o
    np.testing.assert_allclose(o.mean(axis=(0, 1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(o.var(axis=(0, 1, 2)), 1, rtol=1e-2)


def test_far_means_and_float32_keep_their_variance():
    net, x = network(dtype="float32"), samples() + 1e4
    layer = recalibrate(net, x)["conv1"]
    a = (network()["conv1"].product(x.astype("float32").astype(float))).reshape(-1, 4)
    np.testing.assert_allclose(layer.running_var, a.var(axis=0), rtol=1e-3)


def test_without_batch_norm_it_is_a_copy(fingerprint):
    net = mp.models.mlp((3,), 2)
    assert fingerprint(recalibrate(net, np.ones((2, 3)))) == fingerprint(net)


def test_errors():
    net = mp.Network(3, [mp.Dense(4, batch_norm=True), mp.Dense(2)])
    for arguments, error, message in [
            ((net, np.ones((1, 3))), ValueError, "batch norm, in dense1, expects mini-batches of two"),
            ((net, np.ones((4, 2))), ValueError, "x: Network expects"),
            ((net, np.ones((4, 3)), 0), ValueError, "batch_size"),
            ((None, np.ones((4, 3))), TypeError, "net expects a Network")]:
        with pytest.raises(error, match=message):
            recalibrate(*arguments)


def digits_after_a_cut(seed):
    """The Step of a residual network of the digits when a quarter of each layer goes by Taylor's score."""
    def block():
        return mp.Residual([mp.Conv2D(8, 3, "relu", padding="same", batch_norm=True),
                            mp.Conv2D(8, 3, padding="same", batch_norm=True)])

    whole = mp.datasets.load("digits", seed=seed)
    data = dataclasses.replace(whole, x_train=whole.x_train[:400], t_train=whole.t_train[:400])
    net = mp.Network((8, 8, 1), [mp.Conv2D(8, 3, "relu", 2, "same", batch_norm=True), block(), block(), mp.Flatten(),
                                 mp.Dense(10)], seed=seed, dtype="float32")
    mp.fit(net, data.x_train, data.t_train, optimizer=mp.Adam(5e-3), epochs=4, batch_size=64, seed=seed)
    step, = mp.prune_iteratively(net, data, "taylor", [0.25], "layer", retrain=mp.FineTune(epochs=0, recalibrate=True))
    again = recalibrate(step.cut, data.x_train)
    assert all(np.array_equal(array, again.arrays()[name]) for name, array in step.net.arrays().items())
    return step


def test_after_a_cut_it_brings_accuracy_back_without_training():
    steps = [digits_after_a_cut(seed) for seed in range(3)]
    assert all(step.loss_after < step.loss_before for step in steps)
    assert np.mean([step.accuracy_after - step.accuracy_before for step in steps]) > 0.01
