"""Arrays: what a formula may ask for by the names of its parameters, and what it gets for each name."""

import numpy as np

from ..engine.batch_norm import EPSILON, normalise
from ..engine.conv2d import Conv2D
from ..engine.coupling import INPUT, what_is_read
from ..engine.pooling import Flatten
from ..recording import by_position
from ..scoring.arrays import FROM_SAMPLES, FROM_WEIGHTS, MEANS
from ..scoring.gradient_sums import gradient_sums

# ------------------------------------------------------------------------------- of the layer itself


def from_weights(name):
    """What `score` gives for this name, from the weights alone."""
    return lambda case: FROM_WEIGHTS[name](case.net, case.layer)


def from_samples(name):
    """What `score` gives for this name, from the trace of samples."""
    return lambda case: FROM_SAMPLES[name](case.net, case.layer, case.trace)


def mean_over_samples(name):
    """What `score` gives for this name, a mean over all samples."""
    return lambda case: gradient_sums([name], layer_of(case), case.trace[case.layer])[name] / len(case.x)


def layer_of(case):
    return case.net[case.layer]


def first_derivative(case):
    """f′(z), (N, P, K)."""
    return by_position(case.net, case.layer, layer_of(case).slope(case.trace[case.layer].z))


def second_derivative(case):
    """f″(z), (N, P, K); NotSaid for an activation that does not say it."""
    return by_position(case.net, case.layer, layer_of(case).curvature(case.trace[case.layer].z, "d2f"))


# ------------------------------------------------------------ batch norm: z = γ â + β, â = (a − mean) / √(var + ε)


def statistic(array, without):
    """The function that takes an array of batch norm; layers without batch norm have this number instead."""
    def of(case):
        layer = layer_of(case)
        return getattr(layer, array) if layer.batch_norm else np.full(layer.K, without, case.net.dtype)
    return of


def normalised(case):
    """â, (N, P, K); z without batch norm."""
    layer, trace = layer_of(case), case.trace[case.layer]
    if not layer.batch_norm:
        return by_position(case.net, case.layer, trace.z)
    a = layer.product(trace.x) + layer.b
    return by_position(case.net, case.layer,
                       normalise(a, layer.running_mean, layer.running_var, layer.constants.eps))


# ----------------------------------------------------------------------------- of what feeds and what reads it


def of_previous_layer(key):
    """The function that takes one array of the trace of the layer before, with its positions in a row."""
    def of(case):
        name = previous_of(case)
        return by_position(case.net, name, getattr(case.trace[name], key))
    return of


def previous_of(case):
    """The name of the layer whose outputs, and nothing else, the layer reads as they are; "" if there is none."""
    sources = what_is_read(case.net.layers)[case.layer]
    alone = len(sources) == 1 and all(isinstance(layer, Flatten) for layer in next(iter(sources.values())))
    return next(iter(sources)) if alone else INPUT


def of_next_layer(key):
    """The function that takes one array of the trace of the next layer, with its positions in a row."""
    return lambda case, reader: by_position(case.net, reader, getattr(case.trace[reader], key))


# --------------------------------------------------------------------------------------- the tables

OF_THE_LAYER = {
    **{name: from_weights(name) for name in FROM_WEIGHTS},
    **{name: from_samples(name) for name in FROM_SAMPLES},
    **{name: mean_over_samples(name) for name in MEANS},
    "f": lambda case: layer_of(case).f,
    "df": first_derivative,
    "d2f": second_derivative,
}
OF_BATCH_NORM = {
    "beta": statistic("beta", 0),
    "mean": statistic("running_mean", 0),
    "var": statistic("running_var", 1 - EPSILON),       # so that √(var + ε) is 1
    "a_hat": normalised,
}
OF_THE_CONVOLUTION = {
    "kernel": lambda case: layer_of(case).W,
    "image": lambda case: case.trace[case.layer].x,
    "stride": lambda case: layer_of(case).stride,
    "padding": lambda case: np.array(layer_of(case).zeros),
}
OF_THE_NETWORK = {
    "y": lambda case: case.trace.y,
    "t": lambda case: case.t,
    "dy": lambda case: case.trace.dy,
    "p": lambda case: case.loss.needed("answer", "p")(case.trace.y),
}
OF_THE_PREVIOUS_LAYER = {f"{key}_prev": of_previous_layer(key) for key in ("z", "o")}
OF_THE_NEXT_LAYER = {                                   # these take the name of the layer that reads this one as well
    "W_next": lambda case, reader: case.net[reader].W,
    "b_next": lambda case, reader: case.net[reader].b,
    **{f"{key}_next": of_next_layer(key) for key in ("z", "o", "dz", "do")},
}
OF_ONE_LAYER = {**OF_THE_LAYER, **OF_BATCH_NORM, **OF_THE_CONVOLUTION, **OF_THE_NETWORK, **OF_THE_PREVIOUS_LAYER}
KNOWN = (*OF_ONE_LAYER, *OF_THE_NEXT_LAYER)

AFTER_THE_LAYER = ("W_out", *OF_THE_NEXT_LAYER)         # the output layer has none of these
NO_ARRAYS = ("f", "stride")
NORMED = ("gamma", *OF_BATCH_NORM)                      # without batch norm these say nothing
LAYER_AXES = {"W_next": 0, "b_next": 0}                 # the neurons' axis of the next layer's arrays; of all others 2
# The first axis of these is that of the samples.
SAMPLES_FIRST = (*FROM_SAMPLES, "df", "d2f", "a_hat", "image", *OF_THE_NETWORK, *OF_THE_PREVIOUS_LAYER,
                 *(name for name in OF_THE_NEXT_LAYER if name not in LAYER_AXES))


def array_of(case, name, first_reader=False):
    """What a formula's parameter `name` gets: an array, the Activation `f`, or the number `stride`.

    Several layers may read this one. Arrays of the next layer are then those of the first reader, or of all readers
    with their neurons side by side.
    """
    if name in OF_ONE_LAYER:
        return OF_ONE_LAYER[name](case)
    readers = case.readers[:1] if first_reader else case.readers
    arrays = [OF_THE_NEXT_LAYER[name](case, reader) for reader in readers]
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=LAYER_AXES.get(name, 2))


def is_convolution(case):
    return isinstance(layer_of(case), Conv2D)
