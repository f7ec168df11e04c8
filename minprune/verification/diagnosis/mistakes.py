"""Mistakes: the table of those that have a name, and what undoes each.

A correction changes what the formula returned, the arrays that it gets, or one operation in it. The functions that do
this come first: each is the `apply` of a Correction, or makes one. The table MISTAKES at the end gives them names.
"""

from typing import NamedTuple

import numpy as np

from ...engine.activations import sigmoid
from ...engine.dense import Dense
from ...engine.losses import softmax
from ..formulas import OF_THE_NEXT_LAYER, Unanswered
from .probe import (ABS_FIRST, MEAN_FOR_SUM, OTHER_AXES, SQUARE_FIRST, SUM_FOR_MEAN, WITHOUT_ABS, WITHOUT_SQUARE,
                    Correction, DoesNotApply, Rule)

# ----------------------------------------------------------------- corrections of what the formula returned


class Sizes(NamedTuple):
    """N samples, C outputs, P positions, K neurons, F inputs of a neuron."""

    N: int
    C: int
    P: int
    K: int
    F: int


def sizes(probe):
    """The Sizes of the probe's case and layer."""
    layer = probe.layer
    return Sizes(N=len(probe.case.x), C=probe.case.net.output_shape[0], P=int(np.prod(layer.output_shape[:-1])),
                 K=layer.K, F=layer.W[0].size)


LETTERS = {"N": "N samples", "C": "C outputs", "P": "P positions", "K": "K neurons", "F": "F inputs of a neuron"}
# {factor: its value, from the Sizes of a case}
FACTORS = {"2": lambda of: 2, "½": lambda of: 1 / 2,
           "N": lambda of: of.N, "1/N": lambda of: 1 / of.N, "C": lambda of: of.C, "1/C": lambda of: 1 / of.C,
           "P": lambda of: of.P, "1/P": lambda of: 1 / of.P, "K": lambda of: of.K, "1/K": lambda of: 1 / of.K,
           "F": lambda of: of.F, "1/F": lambda of: 1 / of.F, "2/C": lambda of: 2 / of.C, "2/N": lambda of: 2 / of.N,
           "1/(N·C)": lambda of: 1 / (of.N * of.C), "2/(N·C)": lambda of: 2 / (of.N * of.C)}


def of_factor(factor, sign):
    """The Correction of claimed = sign · factor · measured."""
    letters = ", ".join(text for letter, text in LETTERS.items() if letter in factor)
    remedy = "divided by it, {f} holds" + (f" ({letters})" if letters else "")
    return Correction(f"off by the factor {'−' if sign < 0 else ''}{factor}", remedy,
                      lambda probe: probe.claimed / (sign * FACTORS[factor](sizes(probe))))


def of_constant_factor(probes):
    """A list with the Correction of a constant factor that is not in FACTORS; empty if there is no such factor.

    The factor is the ratio of claimed to measured on the first network, read off where the measured number is largest.
    """
    try:
        claimed, measured = probes[0].claimed, next(form.values for form in probes[0].forms
                                                    if form.values.shape == probes[0].claimed.shape)
    except (Unanswered, StopIteration):
        return []
    largest = np.unravel_index(np.abs(measured).argmax(), measured.shape) if measured.size else ()
    if not measured.size or not measured[largest] or not claimed[largest]:
        return []
    ratio = claimed[largest] / measured[largest]
    return [Correction(f"off by the factor {ratio:.4g}", "divided by it, {f} holds", returned(lambda a: a / ratio))]


def returned(function):
    """The correction function(what the formula returned)."""
    return lambda probe: function(probe.claimed)


def times_slope(probe):
    """claimed · f′(z)"""
    return probe.claimed * slope(probe, "z")


def slope_at_z_for_o(probe):
    """claimed / f′(o) · f′(z)"""
    return probe.claimed / slope(probe, "o") * slope(probe, "z")


def without_slope(probe):
    """claimed / f′(z), and 0 where both are 0."""
    claimed, slopes = probe.claimed, slope(probe, "z")
    return np.divide(claimed, slopes, out=np.where(claimed == 0, 0.0, np.nan), where=slopes != 0)


def slope(probe, point):
    """f′ of the layer at z or at o, in a shape that goes with what the formula returned."""
    slopes, claimed = probe.layer.f.derivative(probe.array(point)), probe.claimed        # (N, P, K)
    if claimed.shape == slopes.shape:
        return slopes
    if slopes.shape[1] == 1 and claimed.shape[:2] == slopes[:, 0].shape:
        return slopes[:, 0].reshape(*claimed.shape[:2], *[1] * (claimed.ndim - 2))
    raise DoesNotApply("no slope of this shape")


# ------------------------------------------------------------------- corrections of the arrays that it gets


def substituted(meant):
    """The correction that gives the arrays of `meant`, {parameter: array}, in place of the parameters' own."""
    def apply(probe):
        if not set(meant) <= set(probe.arrays):
            raise DoesNotApply("the formula does not need these arrays")
        return probe.with_arrays(**{parameter: probe.array(name) for parameter, name in meant.items()})
    return apply


def transposed(name):
    """The correction that gives the transpose of this array."""
    return lambda probe: probe.with_arrays(**{name: probe.arrays[name].T})


def with_answer_for_y(probe):
    """The formula with softmax(y) or σ(y) for y: with what the loss makes of the logits."""
    y, answer = probe.arrays["y"], probe.case.loss.answer
    if answer is None:
        raise DoesNotApply("the loss does not say what it makes of y")
    return probe.with_arrays(y=answer(y))


OTHER_ANSWER = {softmax: sigmoid, sigmoid: softmax}


def with_own_answer(probe):
    """softmax(y) + … for σ(y) + …, or the reverse: the function of the loss for that of the other cross entropy.

    It applies where that function is a summand, as in the gradient softmax(y) − t.
    """
    y, answer = probe.arrays["y"], probe.case.loss.answer
    if answer not in OTHER_ANSWER:
        raise DoesNotApply("the loss is neither of the two cross entropies")
    return probe.claimed + answer(y) - OTHER_ANSWER[answer](y)


def with_bias(probe):
    """The formula where every result that equals z − b, of this layer or the next, is z."""
    pairs = [(probe.array("z"), probe.array("b"))]
    if probe.formula.needs_what_follows() and isinstance(probe.next_layer(), Dense):
        pairs.append((probe.array("z_next"), probe.array("b_next")))

    def seen(result):
        for z, b in pairs:
            if result.size == z.size and result.shape[-1:] == b.shape and result.shape[:1] == z.shape[:1] \
                    and np.allclose(result.reshape(z.shape), z - b, rtol=0, atol=1e-12):
                return z.reshape(result.shape)
        return result
    return probe.under(Rule(seen=seen))


# {parameter: the axis of the neurons, outputs or positions over which a sum may be missing}
NEXT_AXES = {"W_next": 0, "b_next": 0, "z_next": 2, "o_next": 2, "dz_next": 2, "do_next": 2}
OUTPUT_AXES = {"y": 1, "t": 1, "dy": 1}
POSITION_AXES = {"o": 1, "z": 1, "do": 1, "dz": 1, "x": 1}


def over_all_neurons(probe):
    """Σ over the next layer's neurons k of the formula with k in the first place."""
    layer = probe.next_layer()
    axes = dict(NEXT_AXES)
    if layer.name == probe.case.net.neuron_layers[-1]:
        axes |= OUTPUT_AXES
    if isinstance(layer, Dense):
        axes["W_out"] = 1
    return over_all_places(probe, axes, layer.K)


def over_all_positions(probe):
    """Σ over the positions p of the formula with p in the first place."""
    return over_all_places(probe, POSITION_AXES, sizes(probe).P)


def over_all_places(probe, axes, count):
    """Σ of the formula with each of `count` places along these axes, {parameter: axis}, in the first place."""
    return sum(probe.with_arrays(**{name: np.roll(array, -place, axes[name])
                                    for name, array in probe.arrays.items() if name in axes})
               for place in range(count))


def over_all_readers(probe):
    """Σ over the layers that read this one, through a block and around it, of the formula with each as the next."""
    if not probe.case.readers:
        raise DoesNotApply("no layer reads it")
    return sum(probe.with_arrays(**{name: OF_THE_NEXT_LAYER[name](probe.case, reader)
                                    for name in probe.arrays if name in OF_THE_NEXT_LAYER})
               for reader in probe.case.readers)


# the parameters whose first axis is that of the samples
SAMPLES_FIRST = ("o", "z", "do", "dz", "x", "dW", "o_do", "w_dW", "y", "t", "dy",
                 "z_next", "o_next", "dz_next", "do_next")


def sample_by_sample(probe):
    """What the formula returns for each sample alone."""
    results = [probe.with_arrays(**{name: array[n:n + 1] for name, array in probe.arrays.items()
                                    if name in SAMPLES_FIRST}) for n in range(len(probe.case.x))]
    return np.concatenate(results) if results[0].shape[:1] == (1,) else np.stack(results)


def unmixed(reduce):
    """The correction sample_by_sample, for formulas that return reduce(its results), the mean or the sum."""
    def apply(probe):
        results = sample_by_sample(probe)
        if not np.allclose(probe.claimed, reduce(results, axis=0), rtol=1e-9, atol=1e-12):
            raise DoesNotApply("the batch is not mixed in this way")
        return results
    return apply


# ------------------------------------------------------------------------- corrections of one operation


def under(rule, then=np.asarray):
    """The correction then(what the formula returns under the rule)."""
    return lambda probe: then(probe.under(rule))


def if_it_calls(functions, rule):
    """The correction by the rule, for formulas that call one of these functions of NumPy."""
    def apply(probe):
        if not probe.calls(functions):
            raise DoesNotApply("it calls none of them")
        return probe.under(rule)
    return apply


def unless_it_calls(functions, rule):
    """The correction by the rule, for formulas that call none of these functions of NumPy."""
    def apply(probe):
        if probe.calls(functions):
            raise DoesNotApply("it calls one of them")
        return probe.under(rule)
    return apply


# ------------------------------------------------------------------------------------------- the table

MEANS = (Correction("sum where the mean is meant", "with the mean, {f} holds", under(MEAN_FOR_SUM)),
         Correction("mean where the sum is meant", "with the sum, {f} holds", under(SUM_FOR_MEAN)))
CONVENTION = "the loss of another convention"
OWN = "the layer's own arrays where the next layer's are meant"
NEXT = "the next layer's arrays where the layer's own are meant"
ABS = (np.absolute, np.fabs)
SQUARE = (np.square, np.power)

# ({parameter: the array that is meant}, the mistake, the remedy)
SUBSTITUTES = (
    ({"do": "dz"}, "f′ missing", "with dz for do"),
    ({"do_next": "dz_next"}, "f′ missing", "with dz_next = do_next · f′(z_next) for do_next"),
    ({"dz": "do"}, "f′ twice", "dz has f′(z) already: with do for dz"),
    ({"dz_next": "do_next"}, "f′ twice", "dz_next has f′(z_next) already: with do_next for dz_next"),
    ({"o": "z"}, "f′ at o instead of z", "with z for o"),
    ({"o_next": "z_next"}, "f′ at o instead of z", "with z_next for o_next"),
    ({"z": "o"}, "z where o is meant", "with o for z"),
    ({"z_next": "o_next"}, "z where o is meant", "with o_next for z_next"),
    ({"o": "x"}, "o where x is meant", "with what the neuron reads, x, for what it puts out, o,"),
    ({"x": "o"}, "x where o is meant", "with what the neuron puts out, o, for what it reads, x,"),
    ({"o_next": "o"}, NEXT, "with o for o_next"),
    ({"z_next": "z"}, NEXT, "with z for z_next"),
    ({"dz_next": "dz"}, NEXT, "with dz for dz_next"),
    ({"z": "z_next"}, OWN, "with z_next for z"),
    ({"dz": "dz_next"}, OWN, "with dz_next for dz"),
    ({"dz": "dz_next", "W": "W_next"}, OWN, "with dz_next and W_next for dz and W"),
    ({"W": "W_next"}, OWN, "with W_next for W"),
    ({"t": "y", "y": "t"}, "y and t exchanged", "with y and t exchanged"),
    ({"W": "dW"}, "W where dW is meant", "with dW for W"),
)

# How to add one: one row here, a Correction(name, remedy, apply), with a function from above or a new one as `apply`.
# The order matters: the plainest comes first, because the first correction that makes the claim hold names the mistake.
# On networks with two samples, for example, the factors 2 and N are the same; 2 comes first, and so it is the name.
MISTAKES = (
    *MEANS,
    Correction("wrong sign", "−{f} holds", returned(np.negative)),
    *(of_factor(factor, sign) for factor in FACTORS for sign in (1, -1)),
    Correction("the batch mean where the sample is meant", "sample by sample, {f} holds", unmixed(np.mean)),
    Correction("the sum over the batch where the sample is meant", "sample by sample, {f} holds", unmixed(np.sum)),
    Correction("samples of the batch are mixed", "asked sample by sample, {f} holds", sample_by_sample),
    # operations
    Correction("the absolute value is missing", "|{f}| holds", returned(np.abs)),
    Correction("the square is missing", "the square of {f} holds", returned(np.square)),
    Correction("absolute value where the signed value is meant", "without |·|, {f} holds", under(WITHOUT_ABS)),
    Correction("absolute value before the sum", "with |·| after the sum, {f} holds", under(WITHOUT_ABS, np.abs)),
    Correction("square before the sum", "with the square after the sum, {f} holds", under(WITHOUT_SQUARE, np.square)),
    Correction("absolute value after the sum", "with |·| before the sum, {f} holds", if_it_calls(ABS, ABS_FIRST)),
    Correction("the absolute value is missing", "with |·| before the sum, {f} holds", unless_it_calls(ABS, ABS_FIRST)),
    Correction("square after the sum", "with the square before the sum, {f} holds", if_it_calls(SQUARE, SQUARE_FIRST)),
    Correction("the square is missing", "with the square before the sum, {f} holds",
               unless_it_calls(SQUARE, SQUARE_FIRST)),
    *(Correction("wrong axis", f"along axis {axis}, {{f}} holds", under(rule)) for axis, rule in OTHER_AXES.items()),
    # the slope of the activation
    Correction("f′ missing", "{f} · f′(z) holds", times_slope),
    Correction("f′ at o instead of z", "with f′(z) for f′(o), {f} holds", slope_at_z_for_o),
    Correction("f′ twice", "{f} / f′(z) holds", without_slope),
    # arrays
    *(Correction(mistake, f"{remedy} {{f}} holds", substituted(meant)) for meant, mistake, remedy in SUBSTITUTES),
    *(Correction("W for Wᵀ", f"with {name} transposed, {{f}} holds", transposed(name))
      for name in ("W", "W_next", "W_out")),
    Correction(CONVENTION, "the cross entropies take logits y: with softmax(y) or σ(y) for y, {f} holds",
               with_answer_for_y),
    Correction(CONVENTION, "the cross entropy goes with softmax, the binary one with σ: with that for the other, "
               "{f} holds", with_own_answer),
    Correction("bias forgotten", "with z = W x + b for W x, {f} holds", with_bias),
    # paths
    Correction("only one of several paths", "summed over all neurons of the next layer, {f} holds", over_all_neurons),
    Correction("only one of several paths", "summed over all layers that read this one, {f} holds", over_all_readers),
    Correction("only one of several positions", "summed over all positions, {f} holds", over_all_positions),
    # values
    Correction("transposed", "with its last two axes exchanged, {f} holds", returned(lambda a: np.swapaxes(a, -1, -2))),
    Correction("a reciprocal", "1 / {f} holds", returned(np.reciprocal)),
    Correction("a reciprocal with the wrong sign", "−1 / {f} holds", returned(lambda a: -1 / a)),
    Correction("squared", "the square root of {f} holds", returned(np.sqrt)),
)


def corrections(probes):
    """The Corrections that are tried for a claim of equality, in this order: MISTAKES, then a constant factor."""
    yield from MISTAKES
    yield from of_constant_factor(probes)
