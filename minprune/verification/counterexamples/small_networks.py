"""The smallest structures that counterexamples may have: which layers, on which inputs, how many samples."""

import itertools
import math

from ...engine.conv2d import Conv2D
from ...engine.dense import Dense
from ...engine.pooling import Flatten
from ...engine.layer import NeuronLayer
from ...engine.residual import Residual
from ..sampling.topology import POOLINGS

MOST_NEURONS = 5
WIDTHS = 2                      # in images and around blocks: the least numbers of neurons that `where` allows


def structures(where):
    """(input shape, layers, N) of networks as `where` asks for: by layers with neurons, neurons, samples, inputs."""
    return shaped_structures(where) if where.tells_what_follows() else \
        conv_structures(where) if where.kind == "conv" else dense_structures(where)


def dense_structures(where):
    """Dense layers one after the other."""
    several = range(1, MOST_NEURONS + 1)
    for depth in sorted(where.depths):
        widths = [where.neurons] * (depth - 1) + [where.outputs]
        every = [one for one in itertools.product(*widths) if sum(one) <= max(sum(map(min, widths)) + 2, 3)]
        for total, N, F in itertools.product(several, sorted(where.samples), (1, 2)):
            for layers in every:
                if sum(layers) == total:
                    yield (F,), [Dense(size, batch_norm=where.batch_norm and place < depth - 1)
                                 for place, size in enumerate(layers)], N


def conv_structures(where):
    """Images, of the least depth: one Conv2D, or more of which only the first sees several pixels, Flatten, Dense."""
    images = ((1, 1, 1), 1), ((1, 2, 1), 1), ((1, 2, 2), 1), ((2, 2, 1), 2), ((1, 3, 1), (1, 2))
    more = min(where.depths) - 2
    every = [(shape, [Conv2D(K, kernel, batch_norm=where.batch_norm), *[make(where, K)] * more, Flatten(), Dense(M)], N)
             for K, M, N in itertools.product((1, 2), least(where.outputs), where.samples) for shape, kernel in images]
    return sorted(every, key=size)


def shaped_structures(where):
    """Networks with blocks and pooling; without blocks, of the least depth."""
    widths = (1, 2) if where.kind == "conv" else least(where.neurons)
    every = [(shape, [*hidden, *after, Dense(M)], N)
             for K in widths for hidden in (with_blocks(where, K) if where.residual else [chain(where, K)])
             for shape, after in endings(where, K) for M in least(where.outputs) for N in where.samples]
    return sorted((one for one in every if len(neuron_layers(one[1])) in where.depths), key=size)


def least(numbers):
    return sorted(numbers)[:WIDTHS]


def size(structure):
    """What a smaller structure has less of, the first counting most."""
    shape, layers, N = structure
    neurons = neuron_layers(layers)
    return len(neurons), sum(layer.K for layer in neurons), N, math.prod(shape)


def neuron_layers(layers):
    """The layers with neurons, those in blocks as well."""
    found = []
    for layer in layers:
        if isinstance(layer, Residual):
            found += neuron_layers([*layer.body, layer.projection])
        elif isinstance(layer, NeuronLayer):
            found.append(layer)
    return found


def make(where, K):
    return Conv2D(K, 1, batch_norm=where.batch_norm) if where.kind == "conv" else Dense(K, batch_norm=where.batch_norm)


def chain(where, K):
    return [make(where, K)] * (min(where.depths) - 1)


def with_blocks(where, K):
    """K neurons each: a block after a layer, one whose body has two, one with a projection, one before a layer."""
    one, asked_after = make(where, K), where.residual == "after" and where.layer != "output"
    if where.layer != "last hidden" and not asked_after:
        yield from ([one, Residual([one])], [one, Residual([one, one])], [one, Residual([one], one)])
    if where.residual != "before" and not (where.residual == "after" and where.layer == "output"):
        yield from ([Residual([one]), one], [Residual([one], one), one])


def endings(where, K):
    """(input shape, what stands between the last Conv2D and the output layer)."""
    if where.kind == "dense":
        return [((K,), [])]
    if not where.pooling:
        return [((1, 1, K), [Flatten()]), ((1, 2, K), [Flatten()])]
    return [((1, 2, K), [POOLINGS[kind]()] if kind == "global" else [POOLINGS[kind]((1, 2)), Flatten()])
            for kind in where.pooling]
