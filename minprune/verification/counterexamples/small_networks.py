"""Small networks: which structures a counterexample may have, the smallest first."""

import itertools
import math
from typing import NamedTuple

import numpy as np

from ...engine.conv2d import Conv2D
from ...engine.dense import Dense
from ...engine.layer import NeuronLayer
from ...engine.losses import rounded
from ...engine.network import Network
from ...engine.pooling import Flatten
from ...engine.residual import Residual
from ..sampling.random_networks import Case
from ..sampling.where import POOLINGS

MOST_NEURONS = 5
WIDTHS = 2                      # of images and around blocks: the two smallest numbers of neurons that `where` allows
WEIGHTS = (1, 1, 2, -1, 0.5, -2, 3)
BIASES = (0, 0, 0, 1, -1, 0.5)
SCALES = (1, 2, 0.5)
MEANS = (0, 1)
VARIANCES = (1, 4, 0.25)        # their roots are round
LEGS = (3, 4)                   # weights of the ℓ2 norm 5
INPUTS = (1, 1, 2, -1, 0.5, 3)
MANY = 12                       # draws of targets, of which the plainest are taken


class Structure(NamedTuple):
    """The shape of the input, the layers, and how many samples."""

    input_shape: tuple
    layers: list
    samples: int

    @property
    def outputs(self):
        return self.layers[-1].K

    @property
    def padded(self):
        """Whether a Conv2D is to see zeros around its image."""
        return any(isinstance(layer, Conv2D) and layer.padding == "same" for layer in self.layers)


def structures(where):
    """The Structures that `where` allows: by layers with neurons, then by neurons, samples, and inputs."""
    if where.asks_for_pooling_or_blocks():
        return shaped_structures(where)
    return conv_structures(where) if where.kind == "conv" else dense_structures(where)


def dense_structures(where):
    """Dense layers one after the other."""
    for depth in sorted(where.depths):
        # all widths of the layers that are not much larger than the smallest ones
        widths = [where.neurons] * (depth - 1) + [where.outputs]
        most = max(sum(map(min, widths)) + 2, 3)
        chosen = [sizes for sizes in itertools.product(*widths) if sum(sizes) <= most]
        for total, N, F in itertools.product(range(1, MOST_NEURONS + 1), sorted(where.samples), (1, 2)):
            for sizes in chosen:
                if sum(sizes) == total:
                    *hidden, outputs = sizes
                    layers = [*(Dense(size, batch_norm=where.batch_norm) for size in hidden), Dense(outputs)]
                    yield Structure((F,), layers, N)


# the shapes of images, and the kernels and the padding with which they are seen
IMAGES = (((1, 1, 1), 1, "valid"), ((1, 2, 1), 1, "valid"), ((1, 2, 2), 1, "valid"), ((2, 2, 1), 2, "valid"),
          ((1, 3, 1), (1, 2), "valid"), ((1, 1, 1), (1, 2), "same"))


def conv_structures(where):
    """Images, of the least depth: Conv2D layers of which only the first may see several pixels, Flatten, Dense."""
    more = min(where.depths) - 2
    found = []
    for K, M, N in itertools.product((1, 2), smallest(where.outputs), where.samples):
        for shape, kernel, padding in IMAGES:
            first = Conv2D(K, kernel, padding=padding, batch_norm=where.batch_norm)
            found.append(Structure(shape, [first, *[make(where, K)] * more, Flatten(), Dense(M)], N))
    return sorted(found, key=size)


def shaped_structures(where):
    """Networks with blocks and pooling; without blocks, of the least depth."""
    widths = (1, 2) if where.kind == "conv" else smallest(where.neurons)
    found = []
    for K in widths:
        for hidden in with_blocks(where, K) if where.residual else [chain(where, K)]:
            for (shape, after), M, N in itertools.product(endings(where, K), smallest(where.outputs), where.samples):
                found.append(Structure(shape, [*hidden, *after, Dense(M)], N))
    return sorted((each for each in found if len(neuron_layers(each.layers)) in where.depths), key=size)


def smallest(numbers):
    return sorted(numbers)[:WIDTHS]


def size(structure):
    """What a smaller structure has less of, the first counting most: padding only where no image shows it without."""
    neurons = neuron_layers(structure.layers)
    return (len(neurons), sum(layer.K for layer in neurons), structure.samples, structure.padded,
            math.prod(structure.input_shape))


def neuron_layers(layers):
    """The layers with neurons, those in blocks as well."""
    found = []
    for layer in layers:
        if isinstance(layer, Residual):
            found += neuron_layers([*layer.body, layer.projection])
        elif isinstance(layer, NeuronLayer):
            found.append(layer)
    return found


# ---------------------------------------------------------------------------------------- layers


def make(where, K):
    return Conv2D(K, 1, batch_norm=where.batch_norm) if where.kind == "conv" else Dense(K, batch_norm=where.batch_norm)


def chain(where, K):
    return [make(where, K)] * (min(where.depths) - 1)


def with_blocks(where, K):
    """Lists of layers with a block, each layer of K neurons, in which the layer asked about stands where it is to."""
    layer = make(where, K)
    if where.layer != "last hidden" and not (where.residual == "after" and where.layer != "output"):
        # a block after a layer: of one layer, of two, of one with a projection
        yield from ([layer, Residual([layer])], [layer, Residual([layer, layer])], [layer, Residual([layer], layer)])
    if where.residual != "before" and not (where.residual == "after" and where.layer == "output"):
        # a block before a layer: without a projection, and with one
        yield from ([Residual([layer]), layer], [Residual([layer], layer), layer])


def endings(where, K):
    """(input shape, what stands between the last Conv2D and the output layer)."""
    if where.kind == "dense":
        return [((K,), [])]
    if not where.pooling:
        return [((1, 1, K), [Flatten()]), ((1, 2, K), [Flatten()])]
    return [((1, 2, K), [POOLINGS[kind]()] if kind == "global" else [POOLINGS[kind]((1, 2)), Flatten()])
            for kind in where.pooling]


# -------------------------------------------------------------------------------------- networks


def build(structure, hidden, output):
    """A network of this structure with these Activations of the hidden layers and of the output layer."""
    *first, last = structure.layers
    layers = [*(with_activation(layer, hidden) for layer in first), with_activation(last, output)]
    return Network(structure.input_shape, layers, seed=0)


def with_activation(layer, f):
    """The layer with this activation; a block with it in all layers inside."""
    if isinstance(layer, Residual):
        return Residual([with_activation(inner, f) for inner in layer.body],
                        None if layer.projection is None else with_activation(layer.projection, f))
    if isinstance(layer, NeuronLayer):
        return type(layer)(**{**layer.settings(), "activation": f})
    return layer


# ------------------------------------------------------------------------------ round numbers


def small_case(where, net, N, loss, rng, plain):
    """The network with round numbers, and N samples of them; `plain`: ones, and 0 for targets, wherever possible."""
    fill(net, rng, plain)
    where.shape(net)
    x = inputs(rng, (N, *net.input_shape), plain)
    t = targets(loss, rng, (N, *net.output_shape), plain)
    layer = (where.possible_layers(net) or net.neuron_layers)[0]        # without a possible one, `accepts` refuses it
    return Case(net, layer, x, t, loss, where.asks_for_pooling_or_blocks())


def fill(net, rng, plain):
    """Round numbers; `plain`: ones, and no biases."""
    for name in net.neuron_layers:
        layer = net[name]
        layer.W[...] = rounded(rng, WEIGHTS[:1 if plain else None], layer.W.shape)
        layer.b[...] = rounded(rng, BIASES[:1 if plain else None], layer.b.shape)
        if layer.batch_norm:
            layer.gamma[...] = rounded(rng, SCALES[:1 if plain else None], layer.K)
            layer.running_mean[...] = rounded(rng, MEANS[:1 if plain else None], layer.K)
            layer.running_var[...] = rounded(rng, VARIANCES[:1 if plain else None], layer.K)


def inputs(rng, shape, plain):
    return rounded(rng, INPUTS[:1 if plain else None], shape)


def targets(loss, rng, shape, plain):
    """Round targets, ready for the loss; `plain`: the smallest of several draws, which is 0 where 0 is a target."""
    drawn = [loss.targets(rng, shape, simple=True) for _ in range(MANY if plain else 1)]
    return loss.prepare(min(drawn, key=lambda t: np.abs(t).sum()), shape[1:])


def with_round_norm(case):
    """The same case with the weights 3 and 4 in its layer, whose ℓ2 norm is 5; itself if they do not go in pairs."""
    if case.net[case.layer].W.size % 2:
        return case
    net = case.net.copy()
    net[case.layer].W[...] = np.resize(LEGS, net[case.layer].W.shape)
    return Case(net, case.layer, case.x, case.t, case.loss, case.any_next)
