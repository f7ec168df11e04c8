"""Seeded random small networks to try a formula on, with samples that keep clear of every kink."""

import functools

import numpy as np

from ..engine.activations import ACTIVATIONS
from ..engine.checks import check_count, check_known
from ..engine.conv2d import Conv2D
from ..engine.dense import Dense
from ..engine.layer import Flatten
from ..engine.losses import LOSSES, find_loss
from ..engine.network import Network
from ..engine.pooling import GlobalAvgPool2D
from ..recording import record_batch

MARGIN = 0.08                   # how far a kinked z stays from 0: central differences move it by far less
DRAWS = 60                      # networks drawn for each one that is asked for, before `where` is too narrow


class Case:
    """One network, the layer that the formula is asked about, and samples: all that a trial needs."""

    def __init__(self, net, layer, x, t, loss):
        self.net, self.layer, self.x, self.t, self.loss = net, layer, x, t, find_loss(loss)

    @functools.cached_property
    def trace(self):
        return record_batch(self.net, self.x, self.t, self.loss)

    def sizes(self):
        """(layers, neurons, inputs, samples): what a smaller case has fewer of, the first counting most."""
        net = self.net
        return (len(net.neuron_layers), sum(net[name].K for name in net.neuron_layers), int(np.prod(net.input_shape)),
                len(self.x))

    def activations(self):
        return [self.net[name].f.name for name in self.net.neuron_layers]


def positive(net):
    return all((net[name].W > 0).all() for name in net.neuron_layers)


def without_biases(net):
    return not any(net[name].b.any() for name in net.neuron_layers)


def make_positive(net):
    for name in net.neuron_layers:
        np.abs(net[name].W, out=net[name].W)


def make_without_biases(net):
    for name in net.neuron_layers:
        net[name].b[...] = 0


# What a network is like in words: (how to make it so, whether it is).
SUCH_THAT = {"all weights positive": (make_positive, positive),
             "no biases": (make_without_biases, without_biases)}
LAYERS = ("hidden", "last hidden", "output")
KINDS = ("dense", "conv")
KEYS = ("activation", "loss", "depth", "layers", "layer", "output", "outputs", "neurons", "samples", "batch_norm",
        "that")


class Where:
    """Which networks a claim is about.

        activation   a name or several: of the hidden layers                            (default: all six)
        output       the same: of the output layer (default: identity; for layer="output" with mse, `activation`)
        loss         a name, a Loss, or several                                         (mse, both cross entropies)
        depth        layers with neurons, a number or several                           (2, 3, 4; of outputs 1, 2, 3)
        layers       "dense" or "conv": the kind of layer that is asked about           ("dense")
        layer        "hidden", "last hidden" or "output"                                ("hidden")
        neurons      how many a Dense hidden layer has, a number or several             (1 … 4)
        outputs      how many, a number or several                                      (1, 2, 3)
        samples      in the batch, a number or several                                  (1 … 4)
        batch_norm   True or False                                                      (False)
        that         "all weights positive", "no biases", a function net -> bool, or several of these

    Instead of {"that": …} the words or the function may be given alone.
    """

    def __init__(self, where=None, **defaults):
        told = {} if where is None else where if isinstance(where, dict) else {"that": where}
        for key in told:
            check_known("key of where:", key, KEYS)
        given = {**defaults, **told}
        self.layer = check_choice("layer", given.get("layer", "hidden"), LAYERS)
        self.kind = check_choice("layers", given.get("layers", "dense"), KINDS)
        self.activations = names("activation", given.get("activation", list(ACTIVATIONS)), ACTIVATIONS)
        self.losses = losses(given.get("loss", list(LOSSES)))
        self.outputs_known = "output" in given
        self.output = names("activation", given.get("output", "identity"), ACTIVATIONS)
        least = 1 if self.layer == "output" else 2
        self.depths = counts("depth", given.get("depth", range(least, least + 3)), least)
        self.outputs = counts("outputs", given.get("outputs", (1, 2, 3)))
        self.neurons = counts("neurons", given.get("neurons", (1, 2, 3, 4)))
        self.samples = counts("samples", given.get("samples", (1, 2, 3, 4)))
        self.batch_norm = bool(given.get("batch_norm", False))
        self.that = [check_that(one) for one in as_list(given.get("that", []))]
        if self.kind == "conv" and self.layer == "output":
            raise ValueError('where: layers="conv" has no layer="output"; the output layer here is Dense')
        if self.outputs == [1] and all(loss.name == "cross_entropy" for loss in self.losses):
            raise ValueError('where: loss="cross_entropy" needs two outputs or more, got outputs=1')

    def output_activations(self, loss):
        """Those that the output layer may have: logits go to the cross entropies as they are."""
        at_the_output = self.layer == "output" and not self.outputs_known and loss.name == "mse"
        return self.activations if at_the_output else self.output

    def output_sizes(self, loss):
        return [size for size in self.outputs if size > 1 or loss.name != "cross_entropy"]

    def losses_that_fit(self):
        return [loss for loss in self.losses if self.output_sizes(loss)]

    def shape(self, net):
        """Make a network as the words say, where they say how."""
        for one in self.that:
            if isinstance(one, str):
                SUCH_THAT[one][0](net)

    def accepts(self, net):
        return all(SUCH_THAT[one][1](net) if isinstance(one, str) else bool(one(net)) for one in self.that)

    def layer_of(self, net, rng=None):
        """The layer that is asked about: of several that fit, one by chance, or the first."""
        if self.layer == "output":
            return net.neuron_layers[-1]
        kind = Conv2D if self.kind == "conv" else Dense
        fitting = [name for name in net.hidden_layers if isinstance(net[name], kind)]
        if self.layer == "last hidden":
            return fitting[-1]
        return fitting[0] if rng is None else fitting[rng.integers(len(fitting))]

    def __str__(self):
        told = [f"{self.kind} {self.layer} layers"]
        told += [", ".join(self.activations)] * (len(self.activations) < len(ACTIVATIONS))
        told += [", ".join(loss.name for loss in self.losses)] * (len(self.losses) < len(LOSSES))
        told += [one if isinstance(one, str) else getattr(one, "__name__", "a predicate") for one in self.that]
        return "; ".join(told)


def as_list(value):
    return list(value) if isinstance(value, (list, tuple, set, range)) else [value]


def check_choice(key, value, known):
    check_known(f"where {key}", value, known)
    return value


def names(kind, value, known):
    for one in as_list(value):
        check_known(kind, one, known)
    return check_some(kind, as_list(value))


def losses(value):
    several = isinstance(value, (list, set)) or (isinstance(value, tuple) and not hasattr(value, "derivative"))
    return check_some("loss", [find_loss(one) for one in (value if several else [value])])


def counts(key, value, least=1):
    return check_some(key, [check_count(f"where {key}", one, least) for one in as_list(value)])


def check_some(key, values):
    if not values:
        raise ValueError(f"where {key} expects at least one, got none")
    return values


def check_that(one):
    if isinstance(one, str):
        check_known("condition", one, SUCH_THAT)
    elif not callable(one):
        raise TypeError(f"where expects a dict, words, or a function net -> bool, got {type(one).__name__}")
    return one


# ------------------------------------------------------------------------------------ drawing


def draw_cases(where, count, seed, fits=lambda case: True):
    """`count` random cases that `where` accepts and that fit; ValueError if there are none."""
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
    build = draw_conv if where.kind == "conv" else draw_dense
    net = build(where, loss, rng)
    for name in net.neuron_layers:
        layer = net[name]
        layer.W[...] = rng.normal(0, 1 / np.sqrt(max(1, layer.W[0].size / 2)), layer.W.shape)
        layer.b[...] = rng.normal(0, 0.5, layer.K)
        if layer.batch_norm:
            layer.gamma[...], layer.beta[...] = rng.uniform(0.5, 2, layer.K), rng.normal(0, 0.5, layer.K)
            layer.running_mean[...] = rng.normal(0, 0.5, layer.K)
            layer.running_var[...] = rng.uniform(0.5, 2, layer.K)
    where.shape(net)
    if not where.accepts(net):
        return None
    N = choice(rng, where.samples)
    x = rng.normal(0, 1.5, (6 * N, *net.input_shape))
    x = x[clear(net, x)][:N]
    if len(x) < N:
        return None
    return Case(net, where.layer_of(net, rng), x, draw_targets(net, loss, N, rng), loss)


def draw_dense(where, loss, rng):
    depth, activation = choice(rng, where.depths), choice(rng, where.activations)
    hidden = [Dense(choice(rng, where.neurons), activation, where.batch_norm) for _ in range(depth - 1)]
    output = Dense(choice(rng, where.output_sizes(loss)), choice(rng, where.output_activations(loss)))
    return Network(int(rng.integers(1, 4)), [*hidden, output], seed=0)


def draw_conv(where, loss, rng):
    """One or two Conv2D (`depth` counts them and the output layer), Flatten or a global mean, Dense."""
    depth, activation = choice(rng, where.depths), choice(rng, where.activations)
    convs = [Conv2D(int(rng.integers(1, 3)), 2 if depth < 4 else (1, 2), activation, padding=int(depth > 2),
                    batch_norm=where.batch_norm) for _ in range(max(depth - 1, 1))]
    rest = [Flatten()] if rng.random() < 0.6 or where.layer != "hidden" else [GlobalAvgPool2D()]
    rest += [Dense(choice(rng, where.output_sizes(loss)), choice(rng, where.output_activations(loss)))]
    return Network((3, int(rng.integers(3, 5)), int(rng.integers(1, 3))), [*convs, *rest], seed=0)


def draw_targets(net, loss, N, rng):
    shape = (N, *net.output_shape)
    if loss.name == "cross_entropy":
        return np.eye(shape[1])[rng.integers(0, shape[1], N)]
    return rng.integers(0, 2, shape).astype(float) if loss.name == "binary_cross_entropy" else rng.normal(size=shape)


def clear(net, x, margin=MARGIN):
    """(N,) booleans: which samples keep every z of a kinked activation away from 0."""
    trace, apart = net.forward(x), np.ones(len(x), bool)
    for name in net.neuron_layers:
        if net[name].f.kink:
            apart &= (np.abs(trace[name].z).reshape(len(x), -1) > margin).all(axis=1)
    return apart


def choice(rng, values):
    return values[rng.integers(len(values))]
