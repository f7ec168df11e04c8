"""Small networks: which structures a counterexample may have, the smallest first."""

import itertools
import math
from typing import NamedTuple

from ...engine.conv2d import Conv2D
from ...engine.dense import Dense
from ...engine.layer import NeuronLayer
from ...engine.network import UNSET, Network
from ...engine.pooling import Flatten
from ...engine.residual import Residual
from ..sampling.where import POOLINGS

WIDTHS = 2                      # of images and around blocks: the two smallest numbers of neurons that `where` allows
MORE = 2                        # neurons in all layers together, beyond the least that there can be
INPUTS = (1, 2, 5)              # more than 4 where only many show it
CHANNELS = (1, 2, 5)


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

    @property
    def strided(self):
        """Whether a Conv2D leaves out pixels."""
        return any(isinstance(layer, Conv2D) and layer.stride > 1 for layer in self.layers)


def structures(where):
    """The Structures that `where` allows: by layers with neurons, then by neurons, samples, and inputs."""
    if where.asks_for_pooling_or_blocks():
        return shaped_structures(where)
    return conv_structures(where) if where.kind == "conv" else dense_structures(where)


def dense_structures(where):
    """Dense layers one after the other."""
    inner = {size: make(where, size) for size in allowed(where, "neurons")}
    last = {size: Dense(size) for size in allowed(where, "outputs")}
    for depth in sorted(where.depths):
        by_total = {}
        for sizes in widths([allowed(where, "neurons")] * (depth - 1) + [allowed(where, "outputs")]):
            by_total.setdefault(sum(sizes), []).append(sizes)
        for total in sorted(by_total):
            for N, F in itertools.product(sorted(allowed(where, "samples")), INPUTS):
                for *hidden, outputs in by_total[total]:
                    yield Structure((F,), [*(inner[size] for size in hidden), last[outputs]], N)


def allowed(where, key):
    """The numbers of neurons, outputs or samples that may be: those of `where`, and what it draws now and then."""
    return *getattr(where, key), *where.larger.get(key, ())


def widths(choices):
    """The numbers of neurons of all layers: a few more than the least in all, or any more in one layer alone."""
    least = list(map(min, choices))
    return [sizes for sizes in itertools.product(*choices)
            if sum(sizes) <= sum(least) + MORE or sum(size > few for size, few in zip(sizes, least)) == 1]


# images, and the kernel, the stride and the padding with which they are seen
IMAGES = (((1, 1, 1), 1, 1, "valid"), ((1, 2, 1), 1, 1, "valid"), ((1, 2, 1), (1, 2), 1, "valid"),
          ((1, 2, 2), 1, 1, "valid"), ((2, 2, 1), 2, 1, "valid"), ((1, 3, 1), (1, 2), 1, "valid"),
          ((1, 1, 5), 1, 1, "valid"), ((1, 1, 1), (1, 2), 1, "same"), ((1, 3, 1), 1, 2, "valid"))


def conv_structures(where):
    """Images, of the two least depths: Conv2D layers of which only the first may see several pixels, Flatten, Dense."""
    found = []
    for depth, K, (shape, kernel, stride, padding) in itertools.product(smallest(where.depths), CHANNELS, IMAGES):
        first = Conv2D(K, kernel, stride=stride, padding=padding, batch_norm=where.batch_norm)
        hidden = [first, *[make(where, K)] * (depth - 2), Flatten()]
        found += [(shape, [*hidden, Dense(M)]) for M in few_outputs(where)]
    return with_numbers_of_samples(found, where)


def shaped_structures(where):
    """Networks with blocks and pooling; without blocks, of the least depth."""
    found = []
    last = [Dense(M) for M in few_outputs(where)]
    for K in (1, 2) if where.kind == "conv" else smallest(where.neurons):
        ends = endings(where, K)
        for hidden in with_blocks(where, K) if where.residual else [chain(where, K)]:
            found += [(shape, [*hidden, *after, output]) for shape, after in ends for output in last]
    return with_numbers_of_samples([each for each in found if len(neuron_layers(each[1])) in where.depths], where)


def with_numbers_of_samples(networks, where):
    """The Structures of (shape of the input, layers) with each number of samples, the smallest first."""
    found = []
    for shape, layers in networks:
        depth, neurons, _, *others = size(Structure(shape, layers, 0))          # they are the same of all numbers
        found += [((depth, neurons, N, *others), Structure(shape, layers, N)) for N in allowed(where, "samples")]
    return [structure for _, structure in sorted(found, key=lambda each: each[0])]


def few_outputs(where):
    return *smallest(where.outputs), *where.larger.get("outputs", ())


def smallest(numbers):
    return sorted(numbers)[:WIDTHS]


def size(structure):
    """What a smaller structure has less of, the first counting most.

    Padding, and a stride of 2, only where no image shows it without.
    """
    neurons = neuron_layers(structure.layers)
    return (len(neurons), sum(layer.K for layer in neurons), structure.samples, structure.padded + structure.strided,
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
    """A network of this structure with these Activations of the hidden layers and of the output layer, to be filled."""
    *first, last = structure.layers
    layers = [*(with_activation(layer, hidden) for layer in first), with_activation(last, output)]
    return Network(structure.input_shape, layers, seed=UNSET)


def with_activation(layer, f):
    """The layer with this activation; a block with it in all layers inside."""
    if isinstance(layer, Residual):
        return Residual([with_activation(inner, f) for inner in layer.body],
                        None if layer.projection is None else with_activation(layer.projection, f))
    if isinstance(layer, NeuronLayer):
        return type(layer)(**{**layer.settings(), "activation": f})
    return layer
