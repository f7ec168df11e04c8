"""Changed cases: some samples of a case, or its network with neurons in another order or on another scale.

Each is made once for a case: all corrections of a formula are tried on the same changed cases.
"""

import numpy as np

from ...engine.coupling import readers_of


def is_per_sample(case, query, result):
    """Whether the first axis of result = query(case) is that of the samples: of one sample it has length 1."""
    return result.shape[:1] == (len(case.x),) and query(with_samples(case, [0])).shape[:1] == (1,)


def with_samples(case, places):
    """The case with the samples at these places, in this order."""
    places = tuple(places)
    return case.keep(("samples", places), lambda: case.of(samples=list(places)))


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
    return case.keep(("neurons", *order), lambda: case.of(permuted_network(case, order)))


def permuted_network(case, order):
    """A copy of the case's network with the neurons in a new order."""
    net = case.net.copy()
    for array in net[case.layer].arrays().values():
        array[...] = array[order]
    for columns in reading_weights(net, case.layer):
        columns[...] = columns[:, order]
    return net


def scales(case):
    """The factor a of each neuron, for `rescaled_case`."""
    return np.resize([2.0, 0.5, 4.0], case.net[case.layer].K)


def rescaled_case(case):
    """The case with each neuron's incoming weights and bias times a, and the weights that read it over a.

    The same function where the activation is homogeneous. With batch norm γ and β are multiplied instead.
    """
    return case.keep("rescaled", lambda: case.of(rescaled_network(case)))


def rescaled_network(case):
    """A copy of the case's network with each neuron on another scale."""
    net, a = case.net.copy(), scales(case)
    layer = net[case.layer]
    for array in (layer.gamma, layer.beta) if layer.batch_norm else (layer.W, layer.b):
        array *= a.reshape(-1, *[1] * (array.ndim - 1))
    for columns in reading_weights(net, case.layer):
        columns /= a
    return net


def reading_weights(net, name):
    """The weights of each layer that reads layer `name`, as a view with one column a neuron: (rows, K)."""
    return [net[reader].W.reshape(-1, net[name].K) for reader in readers_of(net.layers, name)]
