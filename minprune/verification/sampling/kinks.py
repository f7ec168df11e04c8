"""Kinks: which samples keep so clear of them that no central difference crosses one."""

import numpy as np

from ...engine.layer import NeuronLayer
from ...engine.pooling import MaxPool2D

MOVE = 9e-3                     # how far a central difference moves a number, at most: see `quantities`
MARGIN = 0.08                   # how far z stays from a kink at most, where it reads no numbers above FAR
FAR = 5                         # where a layer reads numbers larger than this, that margin grows with them


def is_clear(net, x, move=MOVE):
    """(N,) booleans: which samples keep clear of all kinks where any one number of the network moves by so much.

    Each z of an activation with kinks is farther from them than it can move, and so is the largest number of each
    window of max pooling from the second largest.
    """
    clear = np.ones(len(x), bool)
    if not has_kinks(net):
        return clear
    trace = net.forward(x)
    margins = margins_of(net, trace, move)
    for name, layer in net.all_layers.items():
        if isinstance(layer, MaxPool2D):
            clear &= leads(layer, trace[name].x).reshape(len(x), -1).min(axis=1) > margins[name]
        elif isinstance(layer, NeuronLayer):
            z = trace[name].z.reshape(len(x), -1)
            for kink in layer.f.kinks:
                clear &= np.abs(z - kink).min(axis=1) > margins[name]
    return clear


def has_kinks(net):
    return any(isinstance(layer, MaxPool2D) or isinstance(layer, NeuronLayer) and layer.f.kinks
               for layer in net.all_layers.values())


def margins_of(net, trace, move):
    """{layer: (N,)}: how far each z, and each lead of a window, moves at most.

    The bound of `add_spreads` multiplies the weights of layer after layer, as if all signs were the same. Below many
    layers that is far too much; there MARGIN is enough, and more where moves of a weight go far, see `reach`.
    """
    spreads = {}
    add_spreads(net.layers, trace.layers, np.ones(len(trace.x)), spreads)
    most = MARGIN * np.maximum(1, reach(net, trace) / FAR) * move / MOVE
    return {name: np.minimum(move * spread, most) for name, spread in spreads.items()}


def add_spreads(chain, traces, spread, spreads):
    """Add to `spreads` {layer: (N,)}: how far its z moves, at most, where a number before it or of its own moves by 1.

    `spread` is that of what the chain reads; that of its output is returned. Slopes of activations are taken as 1.
    """
    for name, layer in chain.items():
        if isinstance(layer, NeuronLayer):
            passed = spread * np.abs(layer.W).reshape(layer.K, -1).sum(axis=1).max()
            spreads[name] = enlargement(layer) * np.maximum(passed, np.maximum(1, largest_read(traces[name])))
            if layer.batch_norm:                    # a move of γ
                spreads[name] = np.maximum(spreads[name], largest(traces[name].saved["a_hat"]))
            spread = np.maximum(1, spreads[name])
        elif layer.inside:
            spread = sum(add_spreads(path, traces, spread, spreads) for path in layer.paths)
        else:
            spreads[name] = 2 * spread              # two numbers of a window may move towards each other
    return spread


def reach(net, trace):
    """(N,): how far z moves, at most, when a weight moves by 1: |x|, times |γ| / √var with batch norm.

    It is that of the layer that reads the largest numbers.
    """
    return np.max([largest_read(trace[name]) * enlargement(net[name]) for name in net.neuron_layers], axis=0)


def largest_read(trace):
    return largest(trace.x)


def largest(array):
    """(N,): the largest |number| of each sample."""
    return np.abs(array).reshape(len(array), -1).max(axis=1)


def enlargement(layer):
    """|γ| / √var, the factor by which batch norm enlarges moves of W x + b: the largest of all neurons, at least 1."""
    return max(1.0, np.abs(layer.gamma / np.sqrt(layer.running_var)).max()) if layer.batch_norm else 1.0


def leads(pool, x):
    """By how much the largest number of each window exceeds the second largest, in the shape of o; ∞ of one alone."""
    windows = np.stack([place for row in pool.along(x, 2) for place in pool.along(row, 1)])
    if len(windows) == 1:
        return np.full_like(windows[0], np.inf)
    second, first = np.partition(windows, len(windows) - 2, axis=0)[-2:]
    return first - second
