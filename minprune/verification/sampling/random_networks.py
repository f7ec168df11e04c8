"""Random networks: small, seeded, with samples that keep clear of all kinks."""

import functools
from typing import NamedTuple

import numpy as np

from ...engine.conv2d import Conv2D
from ...engine.coupling import readers_of, what_is_read
from ...engine.dense import Dense
from ...engine.losses import find_loss
from ...engine.network import Network
from ...engine.pooling import Flatten, GlobalAvgPool2D, MaxPool2D
from ...engine.residual import Residual
from ...recording import record_batch
from .where import POOLINGS, Where, place_of

MARGIN = 0.08                   # how far z stays from a kink: central differences move it by far less
FAR = 5                         # where a layer reads numbers larger than this, the margin grows with them
DRAWS = 60                      # networks drawn for each that is to be found, before `where` is called too narrow
CANDIDATES = 12                 # samples drawn for each that is to be found: some lie on a kink
BLOCKS = 0.4                    # how often there is a block, if there is room for one and `where` says nothing of it
POOLED = (None, None, "max", "max", "avg", "global")        # the pooling that is drawn, if `where` says nothing of it
OVERLAPS = 0.25                 # how often the windows of a pooling overlap
WINDOWS = ((1, 2), (2, 1), (2, 2))


class Case:
    """A network, the layer that a formula is about, and samples: all that a trial needs.

    With `any_next`, formulas of the next layer's arrays are tried even if that layer does not read this one directly.
    """

    def __init__(self, net, layer, x, t, loss, any_next=False):
        self.net, self.layer = net, layer
        self.x, self.t, self.loss = x, t, find_loss(loss)
        self.any_next = any_next

    def of(self, net=None, samples=slice(None)):
        """The same case with another network, or with some of its samples."""
        return Case(self.net if net is None else net, self.layer, self.x[samples], self.t[samples], self.loss)

    @functools.cached_property
    def trace(self):
        return record_batch(self.net, self.x, self.t, self.loss, need_dx=False, need_grads=False)

    @functools.cached_property
    def readers(self):
        """The names of the layers that read this one, in order: the first is the next layer."""
        return list(readers_of(self.net.layers, self.layer))

    @property
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
    """Whether the layer's outputs are added to those of another layer, so that no neuron of it can go alone."""
    return name not in net.units and name != net.neuron_layers[-1]


def is_read_directly(net, name):
    """Whether one layer reads this one, no other layer does, and it reads exactly what this one puts out."""
    reads, readers = what_is_read(net.layers), readers_of(net.layers, name)
    return len(readers) == 1 and all(isinstance(layer, Flatten) for between in readers.values() for layer in between) \
        and all(len(reads[reader]) == 1 for reader in readers)


# ------------------------------------------------------------------------------------- drawing


def draw_cases(where, count, seed, fits=lambda case: True):
    """`count` random cases that `where` (a Where, or what makes one) accepts and that fit; ValueError if none does."""
    where = where if isinstance(where, Where) else Where(where)
    rng, cases, left = np.random.default_rng(seed), [], DRAWS * count
    while len(cases) < count and left:
        left -= 1
        case = draw_case(where, rng)
        if case is not None and fits(case):
            cases.append(case)
        elif left == (DRAWS - 5) * count and not cases:
            break                                       # none of the first five for each: give up early
    if not cases:
        raise ValueError(f"where accepts none of {DRAWS * count - left} random networks: {where}")
    return cases


def draw_case(where, rng):
    """A random case, or None if what was drawn does not fit `where` or lies on a kink."""
    # a network
    loss = choice(rng, where.losses_that_fit())
    draw = draw_conv if where.kind == "conv" else draw_dense
    net = draw(where, loss, rng)
    if net is None:
        return None
    fill(net, rng)
    where.shape(net)
    if not where.accepts(net):
        return None

    # samples, and the layer that the formula is about
    N = choice(rng, where.samples)
    x = rng.normal(0, 1.5, (CANDIDATES * N, *net.input_shape))
    x = x[is_clear(net, x)][:N]
    if len(x) < N:
        return None
    t = loss.prepare(loss.targets(rng, (N, *net.output_shape)), net.output_shape)
    return Case(net, draw_layer(where, net, rng), x, t, loss, where.asks_for_pooling_or_blocks())


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


def fill(net, rng):
    """Random weights, biases and, with batch norm, scales and statistics."""
    for name in net.neuron_layers:
        layer = net[name]
        layer.W[...] = rng.normal(0, 1 / np.sqrt(max(1, layer.W[0].size / 2)), layer.W.shape)
        layer.b[...] = rng.normal(0, 0.5, layer.K)
        if layer.batch_norm:
            layer.gamma[...] = rng.uniform(0.5, 2, layer.K)
            layer.beta[...] = rng.normal(0, 0.5, layer.K)
            layer.running_mean[...] = rng.normal(0, 0.5, layer.K)
            layer.running_var[...] = rng.uniform(0.5, 2, layer.K)


def draw_dense(where, loss, rng):
    """Dense layers, the last one the output layer; `depth` counts them all."""
    depth, activation, size = choice(rng, where.depths), choice(rng, where.activations), int(rng.integers(1, 4))

    def make(neurons=None):
        return Dense(choice(rng, where.neurons) if neurons is None else neurons, activation, where.batch_norm)

    block = draw_block(where, depth - 1, rng)
    if block is not None and not block.before and not block.around:
        size = choice(rng, where.neurons)                           # the block adds its neurons to the input
    hidden = [make() for _ in range(depth - 1)] if block is None else with_block(block, make, size)
    return Network(size, [*hidden, draw_output(where, loss, rng)], seed=0)


def draw_conv(where, loss, rng):
    """Conv2D layers, one of them pooled, then Flatten or a global mean, and a Dense output layer.

    `depth` counts all layers with neurons. None if the layers that were drawn do not fit one another.
    """
    # sizes: one Conv2D may make its image smaller, several keep it
    depth, activation, channels = choice(rng, where.depths), choice(rng, where.activations), int(rng.integers(1, 3))
    block, count = draw_block(where, depth - 1, rng), depth - 1
    height, paddings = (3, ("valid", "same", 1)) if count == 1 else (int(rng.integers(2, 4)), ("same",))

    def make(neurons=None):
        return Conv2D(int(rng.integers(1, 3)) if neurons is None else neurons, choice(rng, WINDOWS), activation,
                      padding=choice(rng, paddings), batch_norm=where.batch_norm)

    # layers
    hidden = [make() for _ in range(count)] if block is None else with_block(block, make, channels)
    pooling = choice(rng, POOLED if where.pooling is None else where.pooling or (None,))
    layers = [*pooled(hidden, pooling, where, rng), draw_output(where, loss, rng)]
    try:
        return Network((height, int(rng.integers(3, 5)), channels), layers, seed=0)
    except ValueError:
        return None


def draw_output(where, loss, rng):
    return Dense(choice(rng, where.output_sizes(loss)), choice(rng, where.output_activations(loss)))


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


# -------------------------------------------------------------------------------------- kinks


def is_clear(net, x, margin=MARGIN):
    """(N,) booleans: which samples keep clear of all kinks.

    Each z of an activation with kinks is farther than the margin from them, and so is the largest number of each window
    of max pooling from the second largest. The margin is wider where moves of a weight go far, see `reach`.
    """
    trace = net.forward(x)
    margin = margin * np.maximum(1, reach(net, trace) / FAR)
    clear = np.ones(len(x), bool)
    for name in net.neuron_layers:
        z = trace[name].z.reshape(len(x), -1)
        for kink in net[name].f.kinks:
            clear &= np.abs(z - kink).min(axis=1) > margin
    for name, layer in net.all_layers.items():
        if isinstance(layer, MaxPool2D):
            clear &= leads(layer, trace[name].x).reshape(len(x), -1).min(axis=1) > margin
    return clear


def reach(net, trace):
    """(N,): how far z moves, at most, when a weight moves by 1: |x|, times γ / √var with batch norm.

    It is that of the layer that reads the largest numbers.
    """
    by_layer = [np.abs(trace[name].x).reshape(len(trace.x), -1).max(axis=1) * enlargement(net[name])
                for name in net.neuron_layers]
    return np.max(by_layer, axis=0)


def enlargement(layer):
    """γ / √var, the factor by which batch norm enlarges moves of W x + b: the largest of all neurons, at least 1."""
    return max(1.0, (layer.gamma / np.sqrt(layer.running_var)).max()) if layer.batch_norm else 1.0


def leads(pool, x):
    """By how much the largest number of each window exceeds the second largest, in the shape of o; ∞ of one alone."""
    windows = np.stack([place for row in pool.along(x, 2) for place in pool.along(row, 1)])
    if len(windows) == 1:
        return np.full_like(windows[0], np.inf)
    second, first = np.partition(windows, len(windows) - 2, axis=0)[-2:]
    return first - second
