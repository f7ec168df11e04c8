"""Random networks: small, seeded, with samples that keep clear of all kinks."""

import functools
from typing import NamedTuple

import numpy as np

from ...engine.conv2d import Conv2D
from ...engine.coupling import readers_of, what_is_read
from ...engine.dense import Dense
from ...engine.losses import find_loss
from ...engine.network import UNSET, Network
from ...engine.pooling import Flatten, GlobalAvgPool2D
from ...engine.residual import Residual
from ...recording import record_batch
from .kinks import is_clear
from .where import POOLINGS, Where, place_of

DRAWS = 20                      # networks drawn, at most, for each that is to be found
FEW = 40                        # cases for which as many networks are drawn as for fewer
FILLINGS = 4                    # tries to fill a network with numbers that a condition of `where` accepts
CANDIDATES = (2, 4, 8)          # samples drawn for each that is needed, batch by batch: some lie on a kink
ZEROS = 1 / 8                   # how often some inputs are exactly 0, as behind a relu, and how often a bias is
ZERO_INPUTS = 0.3               # the share of them
LARGER = 0.1                    # how often there are more inputs, or channels, than a few
BLOCKS = 0.4                    # how often there is a block, if there is room for one and `where` says nothing of it
POOLED = (None, None, "max", "max", "avg", "global")        # the pooling that is drawn, if `where` says nothing of it
OVERLAPS = 0.25                 # how often the windows of a pooling overlap
WINDOWS = ((1, 2), (2, 1), (2, 2))
WIDE = 2 / 3                    # how often an image is wider than high, or square, and not higher than wide


class Case:
    """A network, the layer that a formula is about, and samples: all that a trial needs.

    With `any_next`, formulas of the next layer's arrays are tried even if that layer does not read this one directly.
    What `keep` has made stays as long as the case lives: neither net nor samples change.
    """

    def __init__(self, net, layer, x, t, loss, any_next=False):
        self.net, self.layer = net, layer
        self.x, self.t, self.loss = x, t, find_loss(loss)
        self.any_next, self.kept = any_next, {}

    def of(self, net=None, samples=slice(None)):
        """The same case with another network, or with some of its samples."""
        return Case(self.net if net is None else net, self.layer, self.x[samples], self.t[samples], self.loss)

    def keep(self, key, make):
        """What make() returns; made once for each key."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    @functools.cached_property
    def trace(self):
        return record_batch(self.net, self.x, self.t, self.loss, need_dx=False, need_grads=False)

    @functools.cached_property
    def readers(self):
        """The names of the layers that read this one, in order: the first is the next layer."""
        return list(readers_of(self.net.layers, self.layer))

    @functools.cached_property
    def coupled(self):
        return is_coupled(self.net, self.layer)

    def has_next(self):
        """Whether the arrays of the next layer can be given."""
        return bool(self.readers) and isinstance(self.net[self.readers[0]], Dense) \
            and (self.any_next or is_read_directly(self.net, self.layer))

    def sizes(self):
        """(layers, neurons, inputs, samples): smaller cases come first, by layers, then by neurons …"""
        neurons = [self.net[name].K for name in self.net.neuron_layers]
        return len(neurons), sum(neurons), int(np.prod(self.net.input_shape)), len(self.x)

    def activations(self):
        """The Activations of all layers with neurons, in order."""
        return [self.net[name].f for name in self.net.neuron_layers]


def is_coupled(net, name):
    """Whether the layer's outputs are added to something else, so that no neuron of it can go alone.

    A layer that reads two sources reads their sum: the random networks have blocks, and nothing side by side.
    """
    return any(name in sources and len(sources) > 1 for sources in what_is_read(net.layers).values())


def is_read_directly(net, name):
    """Whether one layer reads this one, no other layer does, and it reads exactly what this one puts out."""
    reads, readers = what_is_read(net.layers), readers_of(net.layers, name)
    return len(readers) == 1 and all(isinstance(layer, Flatten) for between in readers.values() for layer in between) \
        and all(len(reads[reader]) == 1 for reader in readers)


# ------------------------------------------------------------------------------------- drawing


def draw_cases(where, count, seed, fits=lambda case: True):
    """`count` random cases that `where` (a Where, or what makes one) accepts and that fit, as `Draws.cases`."""
    return Draws(where if isinstance(where, Where) else Where(where), seed).cases(count, fits)


class Draws:
    """The random cases that a Where accepts, in the order of a seed; each is drawn once, whoever asks for it."""

    def __init__(self, where, seed):
        self.where, self.rng = where, np.random.default_rng(seed)
        self.drawn = []                                 # cases, and None for what cannot be one

    def __getitem__(self, place):
        while len(self.drawn) <= place:
            self.drawn.append(draw_case(self.where, self.rng))
        return self.drawn[place]

    def cases(self, count, fits):
        """The first `count` cases that fit; ValueError if none does.

        Fewer, if there are so few among `most_drawn(count)` networks.
        """
        cases, drawn = [], 0
        while len(cases) < count and drawn < most_drawn(count):
            case = self[drawn]
            drawn += 1
            if case is not None and fits(case):
                cases.append(case)
            elif drawn == most_drawn(count) // 4 and not cases:
                break                                   # none of the first quarter: give up early
        if not cases:
            raise ValueError(f"where accepts none of {drawn} random networks: {self.where}")
        return cases


def most_drawn(count):
    """How many random networks are drawn at most for so many cases."""
    return DRAWS * max(count, FEW)


def draw_case(where, rng):
    """A random case, or None if what was drawn does not fit `where` or lies on a kink."""
    # a network
    loss = choice(rng, where.losses_that_fit())
    draw = draw_conv if where.kind == "conv" else draw_dense
    net = draw(where, loss, rng)
    if net is None or not fill_to_fit(net, where, rng):
        return None

    # samples, and the layer that the formula is about
    N = choice(rng, where.sizes("samples", rng))
    x = draw_clear_inputs(net, N, rng)
    if len(x) < N:
        return None
    t = loss.prepare(loss.targets(rng, (N, *net.output_shape)), net.output_shape)
    return Case(net, draw_layer(where, net, rng), x, t, loss, where.asks_for_pooling_or_blocks())


def fill_to_fit(net, where, rng):
    """Whether `where` accepts the network; where only its numbers are refused, several fillings are tried."""
    if not where.possible_layers(net):
        return False
    for _ in range(FILLINGS if where.that else 1):
        fill(net, rng)
        where.shape(net)
        if where.meets_conditions(net):
            return True
    return False


def draw_clear_inputs(net, N, rng):
    """N samples that lie on no kink; fewer if too many do."""
    clear = np.zeros((0, *net.input_shape))
    for many in CANDIDATES:
        x = draw_inputs(net, many * N, rng)
        clear = np.concatenate([clear, x[is_clear(net, x)]])
        if len(clear) >= N:
            break
    return clear[:N]


def draw_inputs(net, count, rng):
    """Normal(0, 1.5²), now and then with zeros among them."""
    x = rng.normal(0, 1.5, (count, *net.input_shape))
    if rng.random() < ZEROS:
        some = x * (rng.random(x.shape) > ZERO_INPUTS)
        x = np.where(some.any(axis=tuple(range(1, x.ndim)), keepdims=True), some, x)    # no sample is 0 altogether
    return x


def draw_layer(where, net, rng):
    """One of the layers that the claim can be about: each place around a block is as likely as the others."""
    possible = where.possible_layers(net)
    if net.is_chain:
        return choice(rng, possible)
    places = {name: place_of(net, name) for name in possible}
    place = choice(rng, sorted(set(places.values())))
    return choice(rng, [name for name in possible if places[name] == place])


def choice(rng, values):
    return values[rng.integers(len(values))]


def few(rng, *numbers):
    """One of a few numbers; now and then a larger one, so that no formula holds that reads the first few only."""
    return 5 if rng.random() < LARGER else choice(rng, numbers)


def fill(net, rng):
    """Random weights, biases and, with batch norm, scales of both signs and statistics."""
    for name in net.neuron_layers:
        layer = net[name]
        layer.W[...] = rng.normal(0, 1 / np.sqrt(max(1, layer.W[0].size / 2)), layer.W.shape)
        layer.b[...] = rng.normal(0, 0.5, layer.K) * (rng.random(layer.K) > ZEROS)
        if layer.batch_norm:
            layer.gamma[...] = rng.uniform(0.5, 2, layer.K) * rng.choice((1, 1, -1), layer.K)
            layer.beta[...] = rng.normal(0, 0.5, layer.K)
            layer.running_mean[...] = rng.normal(0, 0.5, layer.K)
            layer.running_var[...] = rng.uniform(0.2, 2, layer.K)


def draw_dense(where, loss, rng):
    """Dense layers, the last one the output layer; `depth` counts them all."""
    depth, activation, size = choice(rng, where.depths), choice(rng, where.activations), few(rng, 1, 2, 3)

    def make(neurons=None):
        K = choice(rng, where.sizes("neurons", rng)) if neurons is None else neurons
        return Dense(K, activation, where.batch_norm)

    block = draw_block(where, depth - 1, rng)
    if block is not None and not block.before and not block.around:
        size = choice(rng, where.sizes("neurons", rng))             # the block adds its neurons to the input
    hidden = [make() for _ in range(depth - 1)] if block is None else with_block(block, make, size)
    return Network(size, [*hidden, draw_output(where, loss, rng)], seed=UNSET)


def draw_conv(where, loss, rng):
    """Conv2D layers, one of them pooled, then Flatten or a global mean, and a Dense output layer.

    `depth` counts all layers with neurons. None if the layers that were drawn do not fit one another.
    """
    # sizes: one Conv2D may make its image smaller, several keep it
    depth, activation, channels = choice(rng, where.depths), choice(rng, where.activations), few(rng, 1, 2)
    block, count = draw_block(where, depth - 1, rng), depth - 1
    height, paddings = (3, ("valid", "same", 1)) if count == 1 else (choice(rng, (2, 3)), ("same",))
    strides = (1, 1, 2) if count == 1 and block is None else (1,)
    image = height, choice(rng, (3, 4))

    def make(neurons=None):
        return Conv2D(few(rng, 1, 2) if neurons is None else neurons, choice(rng, WINDOWS), activation,
                      choice(rng, strides), choice(rng, paddings), where.batch_norm)

    # layers
    hidden = [make() for _ in range(count)] if block is None else with_block(block, make, channels)
    pooling = choice(rng, POOLED if where.pooling is None else where.pooling or (None,))
    layers = [*pooled(hidden, pooling, where, rng), draw_output(where, loss, rng)]
    try:
        return Network((*(image if rng.random() < WIDE else image[::-1]), channels), layers, seed=UNSET)
    except ValueError:
        return None


def draw_output(where, loss, rng):
    return Dense(choice(rng, where.output_sizes(loss, rng)), choice(rng, where.output_activations(loss)))


class Block(NamedTuple):
    """How many layers stand before a Residual block, in its body, in a projection around it (1 or 0), and after it."""

    before: int
    body: int
    around: int
    after: int


def draw_block(where, count, rng):
    """A Block of `count` layers in all, or None for layers one after the other."""
    least = 1 if where.layer == "output" else 2
    if where.residual is False or count < least or where.residual is None and rng.random() > BLOCKS:
        return None
    needs_before = where.residual == "before"
    needs_after = where.layer == "last hidden" or where.residual == "after" and where.layer != "output"
    blocks = [Block(count - body - around - after, body, around, after) for around in (0, 1)
              for body in range(1, count + 1) for after in range(count + 1)]
    return choice(rng, [block for block in blocks if block.before >= needs_before and block.after >= needs_after])


def with_block(block, make, size):
    """Layers with a Residual block; `size` is that of the input, to which the block adds if nothing stands before it.

    The output of the body's last layer is added: without a projection it has as many neurons as the block reads.
    """
    first = [make() for _ in range(block.before)]
    last = make() if block.around else make(first[-1].K if first else size)
    body = [*[make() for _ in range(block.body - 1)], last]
    return [*first, Residual(body, make(last.K) if block.around else None), *[make() for _ in range(block.after)]]


def pooled(layers, kind, where, rng):
    """The layers with pooling of this kind after one of them, made flat for a Dense layer."""
    if kind is None:
        return [*layers, Flatten()]
    if kind == "global":
        return [*layers, GlobalAvgPool2D()]
    place = len(layers) if where.pooling and where.layer == "last hidden" else int(rng.integers(len(layers))) + 1
    stride = 1 if rng.random() < OVERLAPS else None
    return [*layers[:place], POOLINGS[kind](choice(rng, WINDOWS), stride), *layers[place:], Flatten()]
