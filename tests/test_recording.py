"""Recording: each sample's own gradients, against central differences of its own loss."""

import functools
import types

import numpy as np
import pytest

import minprune as mp
from minprune import stream
from minprune.recording import (finish, mean_over_positions, mean_over_samples, output_slopes, sum_over_positions,
                                sum_over_samples)

ARRAYS = ("x", "z", "o", "do", "dz")


def mse(t):
    return lambda y: 0.5 * ((y - t) ** 2).reshape(len(t), -1).sum(axis=1)


def cross_entropy(t):
    return lambda y: np.log(np.exp(y).sum(axis=1)) - y[np.arange(len(t)), t]


def binary_cross_entropy(t):
    return lambda y: -(t * np.log(1 / (1 + np.exp(-y))) + (1 - t) * np.log(1 - 1 / (1 + np.exp(-y)))
                       ).reshape(len(t), -1).sum(axis=1)


BY_HAND = {"mse": mse, "cross_entropy": cross_entropy, "binary_cross_entropy": binary_cross_entropy}


# The network of each kind, by its seed, and its loss: with batch norm, strides, paddings and poolings of all kinds.
NETWORKS = {"dense": (1, "cross_entropy"), "image to dense": (5, "binary_cross_entropy"),
            "conv to flatten to dense": (7, "mse"), "conv to global average to dense": (2, "cross_entropy"),
            "all conv to global average": (11, "binary_cross_entropy"), "all conv to flatten": (9, "cross_entropy"),
            "image to image": (7, "mse")}


@functools.cache
def recorded_of(kind, random_network, random_samples, unbounded):
    """(net, x, losses by hand as a function of y, the recorded trace)."""
    seed, loss = NETWORKS[kind]
    net = random_network(seed, kind, smooth=True)
    x, t = random_samples(unbounded(net, loss), seed, 3, loss)
    return net, x, BY_HAND[loss](t), mp.record(net, x, t, loss)


@pytest.fixture
def recorded(kind, random_network, random_samples, unbounded):
    """The same for all tests."""
    return recorded_of(kind, random_network, random_samples, unbounded)


def test_gradients_of_outputs_are_differences_of_each_samples_loss(recorded, differences, near):
    net, x, losses, trace = recorded
    for name in net.neuron_layers:
        near(trace[name].do, differences(net, name, trace[name].o, losses))


def test_gradients_of_pre_activations_are_differences_of_each_samples_loss(recorded, near):
    net, x, losses, trace = recorded
    for name in net.neuron_layers:
        z, moved = trace[name].z, np.zeros(net[name].output_shape)
        numeric = mp.finite_difference(lambda d: losses(net.tail(name, net[name].f(z + d))), moved)
        near(trace[name].dz, np.moveaxis(numeric, -1, 0))


def test_gradients_of_the_input_are_differences_of_each_samples_loss(recorded, near):
    net, x, losses, trace = recorded
    numeric = mp.finite_difference(lambda d: losses(net.forward(x + d).y), np.zeros(net.input_shape))
    near(trace.dx, np.moveaxis(numeric, -1, 0))


def test_gradients_of_parameters_are_differences_of_the_summed_loss(recorded, near):
    net, x, losses, trace = recorded
    grads, names = trace.grads(), net.parameters()
    assert grads.keys() == names.keys()
    for name in [one for one in names if names[one].size < 60]:
        near(grads[name], mp.finite_difference(lambda _: losses(net.forward(x).y).sum(), names[name]))


def test_what_was_recorded_belongs_together(recorded, close):
    net, x, losses, trace = recorded
    close(trace.L, losses(trace.y))
    np.testing.assert_array_equal(trace.y, net.predict(x))
    np.testing.assert_array_equal(trace.x, x)
    read = x
    for name, layer in net.layers.items():
        np.testing.assert_array_equal(trace[name].x, read)
        read = trace[name].o
    for name in net.neuron_layers:
        np.testing.assert_array_equal(trace[name].o, net[name].f(trace[name].z))
        close(trace[name].dz, trace[name].do * net[name].f.derivative(trace[name].z))
        np.testing.assert_array_equal(net.tail(name, trace[name].o), trace.y)
        shape = (3, *net[name].output_shape)
        assert shape[-1] == net[name].K
        assert [getattr(trace[name], array).shape for array in ("z", "o", "do", "dz")] == [shape] * 4


def test_no_sample_depends_on_the_others(kind, random_network, random_samples, close):
    net = random_network(3, kind)
    x, t = random_samples(net, 3, 4)
    together = mp.record(net, x, t, "mse")
    for n in range(4):
        alone = mp.record(net, x[n:n + 1], t[n:n + 1], "mse")
        for name in net.neuron_layers:
            for array in ARRAYS:
                close(getattr(alone[name], array), getattr(together[name], array)[n:n + 1])
        for array in ("L", "y", "dy", "dx"):
            close(getattr(alone, array), getattr(together, array)[n:n + 1])


@pytest.mark.parametrize("batch_size, sizes", [(3, [3, 3, 1]), (7, [7]), (256, [7]), (1, [1] * 7)])
def test_stream_is_record_in_batches(batch_size, sizes, random_network, random_samples, close):
    net = random_network(5, "conv to flatten to dense")
    x, t = random_samples(net, 5, 7)
    whole, batches = mp.record(net, x, t, "mse"), list(stream(net, x, t, "mse", batch_size))
    assert [len(trace.L) for trace in batches] == sizes
    for array in ("x", "y", "t", "L", "dy", "dx"):
        close(np.concatenate([getattr(trace, array) for trace in batches]), getattr(whole, array))
    for name in net.neuron_layers:
        for array in ARRAYS:
            joined = np.concatenate([getattr(trace[name], array) for trace in batches])
            close(joined, getattr(whole[name], array))
    for name, grad in whole.grads().items():
        close(sum(trace.grads()[name] for trace in batches), grad)


def test_stream_takes_256_at_a_time():
    net = mp.Network(2, [mp.Dense(2)])
    assert [len(trace.y) for trace in stream(net, np.ones((600, 2)), np.zeros(600, int))] == [256, 256, 88]


def test_stream_without_gradients_of_weights():
    net = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(3)])
    trace, = stream(net, np.ones((4, 2)), np.zeros(4, int), need_grads=False)
    assert trace.grads() == {} and trace.dx is not None and trace["dense1"].dz is not None


def test_stream_without_gradients():
    net = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(2)])
    trace, = stream(net, np.ones((4, 2)), np.zeros(4, int), backward=False)
    assert trace.L.shape == (4,) and trace["dense1"].o.shape == (4, 3)
    assert trace["dense1"].do is None and trace["dense1"].dz is None
    assert trace.grads() == {} and trace.dx is None


def test_recording_is_no_training(fingerprint):
    """Dropout does nothing, batch norm uses its running statistics and leaves them, nothing is drawn."""
    layers = [mp.Dense(4, "tanh", batch_norm=True), mp.Dense(2)]
    net = mp.Network(3, [layers[0], mp.Dropout(0.9), layers[1]])
    net["dense1"].running_mean[...], net["dense1"].running_var[...] = 2, 9
    before, x = fingerprint(net), np.random.default_rng(0).normal(size=(5, 3))
    trace = mp.record(net, x, np.zeros(5, int))
    z = (x @ net["dense1"].W.T - 2) / np.sqrt(9 + 1e-5)
    np.testing.assert_allclose(trace["dense1"].z, z, rtol=1e-12)
    np.testing.assert_allclose(trace.y, np.tanh(z) @ net["dense2"].W.T, rtol=1e-12)
    assert not trace.training and fingerprint(net) == before


def test_default_loss_is_cross_entropy():
    net, x, t = mp.Network(2, [mp.Dense(3)]), np.ones((4, 2)), np.array([0, 1, 2, 0])
    np.testing.assert_allclose(mp.record(net, x, t).L, cross_entropy(t)(net.predict(x)), rtol=1e-12)
    np.testing.assert_array_equal(mp.record(net, x, t).t, np.eye(3)[t])


def test_two_recordings_share_nothing():
    net, t = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(2)]), np.zeros(2, int)
    one = mp.record(net, [[1.0, 2.0], [3.0, 4.0]], t)
    before = {array: getattr(one["dense1"], array).copy() for array in ARRAYS}
    mp.record(net, [[-1.0, 0.0], [0.0, 5.0]], t + 1)
    for array in ARRAYS:
        np.testing.assert_array_equal(getattr(one["dense1"], array), before[array])


def test_a_masked_neurons_gradient_stops_at_its_output():
    net = mp.mask(mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(2)]), {"dense1": [True, False, True]})
    layer = mp.record(net, [[1.0, 2.0]], [0])["dense1"]
    assert layer.o[0, 1] == 0 == layer.dz[0, 1] and layer.do[0, 1] != 0
    assert (layer.grads["W"][1] == 0).all() and (layer.grads["W"][[0, 2]] != 0).all()


X, T = np.ones((4, 2)), np.array([0, 1, 2, 0])
BAD = [
    (dict(x=np.ones((4, 3))), ValueError, r"x: Network expects \(N, 2\), got \(4, 3\)"),
    (dict(x=X * np.nan), ValueError, "x holds 8 values"),
    (dict(x=X[:0], t=T[:0]), ValueError, "x is empty"),
    (dict(x=X.astype(str)), TypeError, "x expects real numbers"),
    (dict(t=T + 1), ValueError, "labels expected in 0 … 2, got 1 … 3"),
    (dict(t=T[:3]), ValueError, "x has 4, t has 3"),
    (dict(loss="mean"), ValueError, 'unknown loss "mean"'),
]


@pytest.mark.parametrize("bad, error, told", BAD)
def test_bad_input_is_refused(bad, error, told):
    net, given = mp.Network(2, [mp.Dense(3)]), {"x": X, "t": T, **bad}
    with pytest.raises(error, match=told):
        mp.record(net, **given)
    with pytest.raises(error, match=told):
        next(stream(net, **given))


@pytest.mark.parametrize("batch_size, error", [(0, ValueError), (2.5, TypeError), (True, TypeError)])
def test_bad_batch_sizes_are_refused(batch_size, error):
    with pytest.raises(error, match="batch_size expects"):
        next(stream(mp.Network(2, [mp.Dense(3)]), X, T, batch_size=batch_size))


# Sums and means

@pytest.mark.parametrize("P", [1, 2, 3])
def test_sums_and_means_over_positions_and_samples(P):
    o, do = np.random.default_rng(P).normal(size=(2, 4, P, 5))
    for result, expected in ((sum_over_positions(o), o.sum(axis=1)), (mean_over_positions(o), o.mean(axis=1)),
                             (output_slopes(o, do), (o * do).sum(axis=1)),
                             (sum_over_samples(o[:, 0]), o[:, 0].sum(axis=0))):
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)
    assert sum_over_samples(np.full((3, 2), 0.1, np.float32)).dtype == float


def test_the_mean_of_unequal_batches_counts_samples():
    net = mp.Network(2, [mp.Dense(3), mp.Dense(2), mp.Dense(1)])
    each = {"dense1": np.arange(15.0).reshape(5, 3), "dense2": np.arange(10.0, dtype=np.float32).reshape(5, 2) ** 2}
    batches = [types.SimpleNamespace(x=np.zeros(5)[part], part=part) for part in (slice(0, 1), slice(1, 5))]
    turns = mean_over_samples(net, batches, lambda trace: {name: array[trace.part] for name, array in each.items()})
    assert [next(turns), next(turns)] == [None, None]               # a turn for each batch
    with pytest.raises(StopIteration) as end:
        next(turns)
    assert end.value.value["dense1"].tolist() == [6, 7, 8] and end.value.value["dense2"].tolist() == [24, 33]


def test_a_generator_that_has_its_traces_to_itself_is_run_to_its_end():
    def count(traces):
        total = 0
        for trace in traces:
            total += trace
            yield
        return total

    assert finish(count([1, 2, 3])) == 6 and finish(count([])) == 0
