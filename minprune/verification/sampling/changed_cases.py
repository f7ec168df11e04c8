"""Changed cases: some samples of a case, or its network with neurons in another order or on another scale."""

import numpy as np


def is_per_sample(case, query, result):
    """Whether the first axis of result = query(case) is that of the samples: of one sample it has length 1."""
    return result.shape[:1] == (len(case.x),) and query(case.of(samples=slice(0, 1))).shape[:1] == (1,)


def orders(count):
    """Two new orders: the first two exchanged, and the last one first.

    Every order is made of these two, so that what survives both survives every order.
    """
    exchanged = np.arange(count)
    exchanged[:2] = 1, 0
    return [exchanged] if count == 2 else [exchanged, np.roll(np.arange(count), 1)]


def is_exchange(order):
    return order[0] == 1


def permuted_case(case, order):
    """The case with the neurons of its layer in a new order, and so the weights that read them."""
    net = case.net.copy()
    for array in net[case.layer].arrays().values():
        array[...] = array[order]
    for columns in reading_weights(net, case.layer):
        columns[...] = columns[:, order]
    return case.of(net)


def scales(case):
    """The factor a of each neuron, for `rescaled_case`."""
    return np.resize([2.0, 0.5, 4.0], case.net[case.layer].K)


def rescaled_case(case):
    """The case with each neuron's incoming weights and bias times a, and the weights that read it over a.

    The same function where the activation is homogeneous. With batch norm γ and β are multiplied instead.
    """
    net, a = case.net.copy(), scales(case)
    layer = net[case.layer]
    for array in (layer.gamma, layer.beta) if layer.batch_norm else (layer.W, layer.b):
        array *= a.reshape(-1, *[1] * (array.ndim - 1))
    for columns in reading_weights(net, case.layer):
        columns /= a
    return case.of(net)


def reading_weights(net, name):
    """The weights of each layer that reads layer `name`, as a view with one column a neuron: (rows, K)."""
    return [net[reader].W.reshape(-1, net[name].K) for reader in net.readers(name)]
