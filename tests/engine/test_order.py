"""The order of images in memory: every array looks as its shape says, whatever the order."""

import numpy as np

import minprune as mp
from cases import each
from minprune.engine import order

X = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)


def test_images_in_the_order_are_views_and_others_are_copied():
    inside = order.memory(X)
    assert inside.shape == (5, 3, 4, 2) and inside.flags.c_contiguous and not np.shares_memory(inside, X)
    assert np.array_equal(order.images(inside), X)
    assert np.shares_memory(order.memory(order.images(inside)), inside)
    new = order.empty(X.shape, X.dtype)
    assert new.shape == X.shape and order.memory(new).base is not None and np.shares_memory(order.memory(new), new)


@each("kernel, stride", [((1, 1), (1, 1)), ((2, 3), (1, 1)), ((3, 2), (2, 1)), ((2, 2), (1, 2))])
def test_windows_number_by_number(kernel, stride):
    array = order.memory(X)
    windows = order.windows(array, kernel, stride)
    for r, s, c, h, w, n in np.ndindex(windows.shape):
        assert windows[r, s, c, h, w, n] == array[c, h * stride[0] + r, w * stride[1] + s, n]
    assert windows.shape[3:5] == tuple((size - k) // step + 1 for size, k, step in zip((3, 4), kernel, stride))


def test_flattened_and_back_in_either_order():
    flat = X.reshape(2, -1)
    for x in (X, order.images(order.memory(X))):
        assert np.array_equal(order.flattened(x), flat)
    assert np.array_equal(order.unflattened(flat, X.shape[1:]), X)
    assert np.shares_memory(order.flattened(X), X)              # what lies in the order of the shape is not copied
    assert np.array_equal(order.unflattened(flat, (60,)), flat)


def test_a_network_does_not_care_in_which_order_its_input_lies(rng):
    net = mp.models.cnn((8, 8, 1), 3)
    x, dy = rng.normal(size=(5, 8, 8, 1)), rng.normal(size=(5, 3))
    results = []
    for given in (x, order.images(order.memory(x)), np.asfortranarray(x)):
        trace = net.forward(given)
        net.backward(trace, dy)
        results.append([trace.y, trace.dx, trace["conv1"].o, *trace.grads().values()])
    for other in results[1:]:
        assert all(np.array_equal(one, same) for one, same in zip(results[0], other))
