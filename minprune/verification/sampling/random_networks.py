"""Seeded random small networks to try a formula on, with samples that keep clear of every kink."""

import functools
from typing import NamedTuple

import numpy as np

from ...engine.conv2d import Conv2D
from ...engine.dense import Dense
from ...engine.pooling import Flatten
from ...engine.losses import find_loss
from ...engine.network import Network
from ...engine.layer import NeuronLayer
from ...engine.pooling import GlobalAvgPool2D, MaxPool2D
from ...engine.residual import Residual
from ...recording import record_batch
from .topology import POOLINGS, is_coupled, is_read_directly, readers
from .where import Where, choice

MARGIN = 0.08                   # how far a kinked z stays from 0: central differences move it by far less
FAR = 5                         # from this reach on the margin grows with it
DRAWS = 60                      # networks drawn for each one that is asked for, before `where` is too narrow
CANDIDATES = 12                 # samples drawn for each one that is asked for: some lie on a kink
BLOCKS = 0.4                    # the share of Residual blocks where there is room for one and nothing is told of them
POOLED = (None, None, "max", "max", "avg", "global")            # the same of pooling
OVERLAPS = 0.25                 # the share of poolings whose windows overlap
WINDOWS = ((1, 2), (2, 1), (2, 2))


class Case:
    """One network, the layer that the formula is asked about, and samples: all that a trial needs.

    `any_next`: a formula of the next layer's arrays is tried even if that layer does not read this one directly.
    """

    def __init__(self, net, layer, x, t, loss, any_next=False):
        self.net, self.layer, self.x, self.t, self.loss = net, layer, x, t, find_loss(loss)
        self.any_next = any_next

    @functools.cached_property
    def trace(self):
        return record_batch(self.net, self.x, self.t, self.loss, need_dx=False, need_grads=False)

    @functools.cached_property
    def readers(self):
        """The names of the layers that read this one, in order: the first is the next layer."""
        return list(readers(self.net, self.layer))

    @property
    def coupled(self):
        """Whether its neurons are not its own alone: other layers' outputs are added to them."""
        return is_coupled(self.net, self.layer)

    def has_next(self):
        """Whether the next layer's arrays can be given."""
        return bool(self.readers) and isinstance(self.net[self.readers[0]], Dense) \
            and (self.any_next or is_read_directly(self.net, self.layer))

    def sizes(self):
        """(layers, neurons, inputs, samples): what a smaller case has fewer of, the first counting most."""
        net = self.net
        return (len(net.neuron_layers), sum(net[name].K for name in net.neuron_layers), int(np.prod(net.input_shape)),
                len(self.x))

    def activations(self):
        return [self.net[name].f.name for name in self.net.neuron_layers]


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
            break
    if not cases:
        raise ValueError(f"where accepts none of {DRAWS * count - left} random networks: {where}")
    return cases


def draw_case(where, rng):
    """A random case, or None if what was drawn does not fit `where` or lies on a kink."""
    loss = choice(rng, where.losses_that_fit())
    draw = draw_conv if where.kind == "conv" else draw_dense
    net = draw(where, loss, rng)
    if net is None:
        return None
    fill(net, rng)
    where.shape(net)
    if not where.accepts(net):
        return None
    N = choice(rng, where.samples)
    x = rng.normal(0, 1.5, (CANDIDATES * N, *net.input_shape))
    x = x[clear(net, x)][:N]
    if len(x) < N:
        return None
    t = draw_targets(net, loss, N, rng)
    return Case(net, where.layer_of(net, rng), x, t, loss, where.tells_what_follows())


def fill(net, rng):
    """Random weights, biases and, with batch norm, scales and statistics."""
    for name in net.neuron_layers:
        layer = net[name]
        layer.W[...] = rng.normal(0, 1 / np.sqrt(max(1, layer.W[0].size / 2)), layer.W.shape)
        layer.b[...] = rng.normal(0, 0.5, layer.K)
        if layer.batch_norm:
            layer.gamma[...], layer.beta[...] = rng.uniform(0.5, 2, layer.K), rng.normal(0, 0.5, layer.K)
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
    """Conv2D layers, one of them pooled, Flatten or a global mean, and a Dense output layer; `depth` counts all that
    have neurons. None if the layers that were drawn do not fit one another."""
    depth, activation, channels = choice(rng, where.depths), choice(rng, where.activations), int(rng.integers(1, 3))
    block, count = draw_block(where, depth - 1, rng), depth - 1
    height, paddings = (3, ("valid", "same", 1)) if count == 1 else (int(rng.integers(2, 4)), ("same",))

    def make(neurons=None):
        return Conv2D(int(rng.integers(1, 3)) if neurons is None else neurons, choice(rng, WINDOWS), activation,
                      padding=choice(rng, paddings), batch_norm=where.batch_norm)

    hidden = [make() for _ in range(count)] if block is None else with_block(block, make, channels)
    kind = choice(rng, POOLED if where.pooling is None else where.pooling or (None,))
    layers = [*pooled(hidden, kind, where, rng), draw_output(where, loss, rng)]
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
    before, after = where.residual == "before", where.layer == "last hidden" or where.residual == "after"
    every = [Block(count - body - around - behind, body, around, behind) for around in (0, 1)
             for body in range(1, count + 1) for behind in range(count + 1)]
    return choice(rng, [one for one in every if one.before >= before
                        and one.after >= (after and where.layer != "output")])


def with_block(block, make, size):
    """Layers with a Residual block; `size` is that of the input, to which the block adds if nothing stands before it.

    What the last layer of the body puts out is added: without a projection it has as many neurons as the block reads.
    """
    first = [make() for _ in range(block.before)]
    last = make() if block.around else make(first[-1].K if first else size)
    body = [*[make() for _ in range(block.body - 1)], last]
    return [*first, Residual(body, make(last.K) if block.around else None), *[make() for _ in range(block.after)]]


def pooled(layers, kind, where, rng):
    """The layers with pooling after one of them, made flat for a Dense layer."""
    if kind is None:
        return [*layers, Flatten()]
    if kind == "global":
        return [*layers, GlobalAvgPool2D()]
    place = len(layers) if where.pooling and where.layer == "last hidden" else int(rng.integers(len(layers))) + 1
    stride = 1 if rng.random() < OVERLAPS else None
    return [*layers[:place], POOLINGS[kind](choice(rng, WINDOWS), stride), *layers[place:], Flatten()]


def draw_targets(net, loss, N, rng):
    shape = (N, *net.output_shape)
    if loss.name == "cross_entropy":
        return np.eye(shape[1])[rng.integers(0, shape[1], N)]
    return rng.integers(0, 2, shape).astype(float) if loss.name == "binary_cross_entropy" else rng.normal(size=shape)


# -------------------------------------------------------------------------------------- kinks


def clear(net, x, margin=MARGIN):
    """(N,) booleans: which samples keep every z of a kinked activation away from 0, and the largest of every window
    that is pooled away from the second largest. The margin is wider where moves of a weight go far, see `reach`."""
    trace, apart = net.forward(x), np.ones(len(x), bool)
    margin = margin * np.maximum(1, reach(net, trace) / FAR)
    for name, layer in net.all_layers.items():
        if isinstance(layer, NeuronLayer) and layer.f.kinks:
            apart &= np.abs(trace[name].z).reshape(len(x), -1).min(axis=1) > margin
        if isinstance(layer, MaxPool2D):
            apart &= leads(layer, trace[name].x).reshape(len(x), -1).min(axis=1) > margin
    return apart


def reach(net, trace):
    """(N,): by how much z moves when a weight moves by 1, |x| (times γ / √var with batch norm), in the layer that
    reads the largest numbers."""
    every = [np.abs(trace[name].x).reshape(len(trace.x), -1).max(axis=1) * enlargement(net[name])
             for name in net.neuron_layers]
    return np.max(every, axis=0)


def enlargement(layer):
    """γ / √var, by how much a batch norm enlarges the moves of W x + b: of all neurons the most, at least 1."""
    return max(1.0, (layer.gamma / np.sqrt(layer.running_var)).max()) if layer.batch_norm else 1.0


def leads(pool, x):
    """By how much the largest of each window is larger than the second largest, the shape of o; ∞ of one alone."""
    windows = np.stack([place for row in pool.along(x, 2) for place in pool.along(row, 1)])
    if len(windows) == 1:
        return np.full_like(windows[0], np.inf)
    second, first = np.partition(windows, len(windows) - 2, axis=0)[-2:]
    return first - second
