"""Mistakes inside a layer: its bias, its batch norm, the direction of its kernel, and the pooling behind it."""

import numpy as np

from ...engine.batch_norm import EPSILON
from ...engine.conv2d import Conv2D
from ...engine.coupling import readers_of
from ...engine.dense import Dense
from ...engine.pooling import MaxPool2D
from .probe import DoesNotApply
from .replacements import Pair

# ------------------------------------------------------------------------------- bias and batch norm


def scale(layer):
    """(K,): ∂z/∂(W x + b), γ / √(var + ε) with batch norm, else 1."""
    return layer.gamma / np.sqrt(layer.running_var + EPSILON) if layer.batch_norm else np.ones(layer.K)


def without_bias(probe):
    """Pairs: z for z − s b, s the scale of batch norm or 1; and a = W x + b for W x; of this layer and the next."""
    pairs = []
    for layer, z, b in of_both(probe):
        pairs.append(Pair(z - scale(layer) * b, z))
        if layer.batch_norm:
            a = before_batch_norm(layer, z)
            pairs.append(Pair(a - b, a))
    return pairs


def of_both(probe):
    """(layer, z, b) of the layer, and of the next one where the formula asks for what follows."""
    yield probe.layer, probe.array("z"), probe.array("b")
    if probe.formula.needs_what_follows() and probe.case.has_next() and isinstance(probe.next_layer(), Dense):
        yield probe.next_layer(), probe.array("z_next"), probe.array("b_next")


def before_batch_norm(layer, z):
    """a = W x + b."""
    return (z - layer.beta) / scale(layer) + layer.running_mean


VAR = "var for √var in batch norm"
EPSILON_LEFT_OUT = "ε of batch norm left out"
# (what is wrong with it, z by mistake: from the layer, a = W x + b and â)
MISNORMALISED = (
    ("batch norm forgotten", lambda layer, a, a_hat: a),
    ("β of batch norm left out", lambda layer, a, a_hat: layer.gamma * a_hat),
    ("γ of batch norm left out", lambda layer, a, a_hat: a_hat + layer.beta),
    ("γ and β of batch norm left out", lambda layer, a, a_hat: a_hat),
    ("1/σ of batch norm left out", lambda layer, a, a_hat: layer.gamma * (a - layer.running_mean) + layer.beta),
    ("γ/σ of batch norm left out", lambda layer, a, a_hat: a - layer.running_mean + layer.beta),
    ("the mean of batch norm left out", lambda layer, a, a_hat: scale(layer) * a + layer.beta),
    (VAR, lambda layer, a, a_hat: layer.gamma * (a - layer.running_mean) / layer.running_var + layer.beta),
    (VAR, lambda layer, a, a_hat: layer.gamma * (a - layer.running_mean) / (layer.running_var + EPSILON) + layer.beta),
    (EPSILON_LEFT_OUT,
     lambda layer, a, a_hat: layer.gamma * (a - layer.running_mean) / np.sqrt(layer.running_var) + layer.beta),
)


def misnormalised(wrong_z):
    """Pairs: z for a wrong one, and â for a wrong one that has no γ and β, of this layer and the next."""
    def pairs(probe):
        found = []
        for layer, z, _ in of_both(probe):
            if layer.batch_norm:
                a, a_hat = before_batch_norm(layer, z), (z - layer.beta) / layer.gamma
                wrong = wrong_z(layer, a, a_hat)
                found += [Pair(wrong, z), Pair((wrong - layer.beta) / layer.gamma, a_hat)]
        return found
    return pairs


# (what is wrong with the scale γ / √(var + ε), what it must be multiplied by)
MISSCALED = (
    ("γ/σ of batch norm left out", scale),
    ("γ of batch norm left out", lambda layer: layer.gamma),
    ("1/σ of batch norm left out", lambda layer: scale(layer) / layer.gamma),
    (VAR, lambda layer: scale(layer) / layer.gamma * layer.running_var),
    (VAR, lambda layer: np.sqrt(layer.running_var + EPSILON)),
    (EPSILON_LEFT_OUT, lambda layer: np.sqrt(layer.running_var / (layer.running_var + EPSILON))),
    ("ε of batch norm outside the root",
     lambda layer: (np.sqrt(layer.running_var) + EPSILON) / np.sqrt(layer.running_var + EPSILON)),
    ("σ for 1/σ in batch norm", lambda layer: (scale(layer) / layer.gamma) ** 2),
)

# {array: (whether it is of the next layer, the axis of its neurons)}
SCALED_ARRAYS = {"dz": (False, 2), "do": (False, 2), "W": (False, 0),
                 "dz_next": (True, 2), "do_next": (True, 2), "W_next": (True, 0)}


def scaled_array(name, factor):
    """The correction that multiplies an array of a layer with batch norm by factor(layer), neuron by neuron."""
    of_next, axis = SCALED_ARRAYS[name]

    def apply(probe):
        array, layer = probe.arrays[name], probe.next_layer() if of_next else probe.layer
        return probe.with_arrays(**{name: array * along_neurons(layer, factor, axis, array.ndim)})
    return apply


def scaled_result(factor):
    """The correction that multiplies what the formula returned by factor(layer), along the axis of the neurons."""
    def apply(probe):
        letters = next((form.letters for form in probe.forms if form.values.shape == probe.claimed.shape), "")
        axes = letters.strip("()").replace(" ", "").split(",")
        if "K" not in axes:
            raise DoesNotApply("no axis of neurons")
        return probe.claimed * along_neurons(probe.layer, factor, axes.index("K"), probe.claimed.ndim)
    return apply


def along_neurons(layer, factor, axis, ndim):
    """factor(layer) in a shape that goes along an axis; 1 without batch norm."""
    if not layer.batch_norm:
        return 1
    return factor(layer).reshape([-1 if place == axis else 1 for place in range(ndim)])


# ------------------------------------------------------------------------------ convolution and pooling


def with_kernel_flipped(name):
    """The correction that turns the array W, or what the formula returned, round along both axes of the kernel."""
    def apply(probe):
        if name is None:
            return flipped(probe.claimed, probe.layer)
        return probe.with_arrays(**{name: flipped(probe.arrays[name], probe.layer)})
    return apply


def flipped(array, layer):
    """(…, F) or (…, kh, kw, C) with both axes of the kernel turned round; DoesNotApply if it has none."""
    kernel = layer.W.shape[1:]
    if not isinstance(layer, Conv2D):
        raise DoesNotApply("there is no kernel")
    if array.shape[-3:] == kernel:
        return array[..., ::-1, ::-1, :]
    if array.shape[-1] != int(np.prod(kernel)):
        raise DoesNotApply("no axis of the kernel")
    return array.reshape(*array.shape[:-1], *kernel)[..., ::-1, ::-1, :].reshape(array.shape)


def spread_over_windows(share):
    """Pairs: the gradient of o before max pooling for one of which each place of a window gets a share.

    share(size of the window) is 1 if each gets the whole.
    """
    def pairs(probe):
        case, pooling = probe.case, pooling_behind(probe)
        if not isinstance(pooling, MaxPool2D):
            return []
        do = probe.array("do")
        spread = pooling.bounds_back(None, case.trace[pooling.name].do).reshape(do.shape)
        return [Pair(spread * share(np.prod(pooling.size)), do)]
    return pairs


def pooling_behind(probe):
    """The layer right behind the probe's layer that has no neurons, or None."""
    between = next(iter(readers_of(probe.case.net.layers, probe.case.layer).values()), ())
    return between[0] if between else None
