"""The order of images in memory: every array looks as its shape says, whatever the order."""

import numpy as np

import minprune as mp
from cases import each
from minprune.engine import layer

X = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)


def test_images_in_the_order_are_views_and_others_are_copied():
    inside = layer.memory(X)
    assert inside.shape == (5, 3, 4, 2) and inside.flags.c_contiguous and not np.shares_memory(inside, X)
    assert np.array_equal(layer.images(inside), X)
    assert np.shares_memory(layer.memory(layer.images(inside)), inside)
    new = layer.empty(X.shape, X.dtype)
    assert new.shape == X.shape and layer.memory(new).base is not None and np.shares_memory(layer.memory(new), new)


def test_flattened_and_back_in_either_order():
    flat = X.reshape(2, -1)
    for x in (X, layer.images(layer.memory(X))):
        assert np.array_equal(layer.flattened(x), flat)
    assert np.array_equal(layer.unflattened(flat, X.shape[1:]), X)
    assert np.shares_memory(layer.flattened(X), X)              # what lies in the order of the shape is not copied
    assert np.array_equal(layer.unflattened(flat, (60,)), flat)


def test_a_network_does_not_care_in_which_order_its_input_lies(rng):
    net = mp.models.cnn((8, 8, 1), 3)
    x, dy = rng.normal(size=(5, 8, 8, 1)), rng.normal(size=(5, 3))
    results = []
    for given in (x, layer.images(layer.memory(x)), np.asfortranarray(x)):
        trace = net.forward(given)
        net.backward(trace, dy)
        results.append([trace.y, trace.dx, trace["conv1"].o, *trace.grads().values()])
    for other in results[1:]:
        assert all(np.array_equal(one, same) for one, same in zip(results[0], other))


@each("n", [[0], [1], [0, 1], [1, 0], [0, 0], [0, 1, 0, 0, 3], [2, 3, 4], [0, 2, 4, 1, 4], []])
def test_samples_are_chosen_by_their_numbers(n, rng):
    x, n = rng.normal(size=(5, 3, 4, 2)), np.array(n, int)
    for given in (x, layer.images(layer.memory(x)), x[:, 0, 0]):
        found = layer.chosen(given, n)
        assert np.array_equal(found, given[n])


def test_an_images_positions_are_one_axis_of_a_view(rng):
    """Every score reads them so: (N, P, K) is no copy of (N, H, W, K), whatever made it."""
    net = mp.Network((6, 7, 2), [mp.Conv2D(3, 2, "relu", padding="same"), mp.MaxPool2D(2), mp.Conv2D(4, 2),
                                 mp.AvgPool2D((1, 2), 1), mp.Conv2D(2, 1, "tanh"), mp.Flatten(), mp.Dense(3)])
    trace = mp.record(net, rng.normal(size=(4, 6, 7, 2)), rng.integers(0, 3, 4))
    for name in ("conv1", "conv2", "conv3"):
        for array in (trace[name].z, trace[name].o, trace[name].do, trace[name].dz):
            assert np.shares_memory(array, array.reshape(4, -1, net[name].K)), name
