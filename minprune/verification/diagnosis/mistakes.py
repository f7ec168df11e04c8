"""Mistakes: the table of those that have a name, and what undoes each.

A correction changes what the formula returned, the arrays that it gets, or one operation in it. The other files of this
folder have the functions that do this: each is the `apply` of a Correction, or makes one.
"""

import numpy as np

from .factors import FACTORS, of_constant_factor, of_factor, of_mistake_and_factor
from .layer_mistakes import (MISNORMALISED, MISSCALED, SCALED_ARRAYS, misnormalised, scaled_array, scaled_result,
                             spread_over_windows, with_kernel_flipped, without_bias)
from .loss_mistakes import (diagonal_jacobian, hessians, other_answers, output_without_targets, second_slopes,
                            slopes_without_targets, with_answer_for_y, with_other_sign_of_t, with_own_answer,
                            without_outputs, without_targets)
from .operations import ABS_FIRST, MEAN_FOR_SUM, OTHER_AXES, SQUARE_FIRST, SUM_FOR_MEAN, WITHOUT_ABS
from .other_slopes import MISWRITTEN, at_outputs, exchanged, has_slope_instead, miswritten, of_other_slopes
from .probe import Correction
from .replacements import replacing
from .slopes import (has_no_slope, has_no_slope_of_its_own, has_slope, slope_at_z_for_o, times_slope, with_curvature,
                     without_slope)
from .substitutes import (adds_absolute_values, if_it_calls, returned, square_after_sum, squares_a_sum, substituted,
                          transposed, under, unless_it_calls, with_measured_sign)
from .sums import over_all_neurons, over_all_positions, over_all_readers, sample_by_sample, unmixed
from .terms import of_one_term

MEANS = (Correction("sum where the mean is meant", "with the mean, {f} holds", under(MEAN_FOR_SUM)),
         Correction("mean where the sum is meant", "with the sum, {f} holds", under(SUM_FOR_MEAN)))
CONVENTION = "the loss of another convention"
OWN = "the layer's own arrays where the next layer's are meant"
NEXT = "the next layer's arrays where the layer's own are meant"
ABS = (np.absolute, np.fabs)
SQUARE = (np.square, np.power)

# ({parameter: the array that is meant}, the mistake, the remedy)
SUBSTITUTES = (
    ({"dz_next": "do_next"}, "f′ twice", "dz_next has f′(z_next) already: with do_next for dz_next"),
    ({"o": "z"}, "o where z is meant", "with z for o"),
    ({"o_next": "z_next"}, "o where z is meant", "with z_next for o_next"),
    ({"z": "o"}, "z where o is meant", "with o for z"),
    ({"z_next": "o_next"}, "z where o is meant", "with o_next for z_next"),
    ({"z": "a_hat"}, "z where â is meant", "with â = (W x + b − mean) / √(var + ε) for z"),
    ({"a_hat": "z"}, "â where z is meant", "with z = γ â + β for â"),
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

# How to add one: one row here, a Correction(name, remedy, apply), with a function from another file or a new one as
# `apply`. The order matters: the plainest comes first, because the first correction that makes the claim hold names the
# mistake. On networks with two samples, for example, the factors 2 and N are the same; 2 comes first, and so it is the
# name.
SIGNS_AND_FACTORS = (
    *MEANS,
    Correction("wrong sign", "−{f} holds", returned(np.negative)),
    *(of_factor(factor, sign) for factor in FACTORS for sign in (1, -1)),
)
POWERS = (                      # a factor means something else after these
    Correction("the square is missing", "the square of {f} holds", returned(np.square)),
    Correction("the square is missing", "½ (2 {f})² holds", returned(lambda a: 2 * a * a)),
    Correction("a reciprocal", "1 / {f} holds", returned(np.reciprocal)),
    Correction("a reciprocal with the wrong sign", "−1 / {f} holds", returned(lambda a: -1 / a)),
    Correction("squared", "the square root of {f} holds", returned(np.sqrt)),
    Correction("squared", "but for the sign, the square root of {f} holds", with_measured_sign(np.sqrt)),
)
OTHERS = (
    # samples
    Correction("the batch mean where the sample is meant", "sample by sample, {f} holds", unmixed(np.mean)),
    Correction("the sum over the batch where the sample is meant", "sample by sample, {f} holds", unmixed(np.sum)),
    Correction("samples of the batch are mixed", "asked sample by sample, {f} holds", sample_by_sample),
    # operations
    Correction("the absolute value is missing", "|{f}| holds", returned(np.abs), adds_absolute_values(ABS)),
    Correction("absolute value where the signed value is meant", "without |·|, {f} holds", under(WITHOUT_ABS)),
    Correction("absolute value where the signed value is meant", "but for the sign, {f} holds",
               with_measured_sign(np.abs)),
    Correction("absolute value before the sum", "with |·| after the sum, {f} holds", under(WITHOUT_ABS, np.abs)),
    Correction("square before the sum", "with the square after the sum, {f} holds", square_after_sum),
    Correction("absolute value after the sum", "with |·| before the sum, {f} holds", if_it_calls(ABS, ABS_FIRST)),
    Correction("the absolute value is missing", "with |·| before the sum, {f} holds", unless_it_calls(ABS, ABS_FIRST)),
    Correction("square after the sum", "with the square before the sum, {f} holds", if_it_calls(SQUARE, SQUARE_FIRST),
               squares_a_sum),
    Correction("the square is missing", "with the square before the sum, {f} holds",
               unless_it_calls(SQUARE, SQUARE_FIRST)),
    *(Correction("wrong axis", f"along axis {axis}, {{f}} holds", under(rule)) for axis, rule in OTHER_AXES.items()),
    # the slope of the activation
    Correction("f′ missing", "{f} · f′(z) holds", times_slope, has_no_slope()),
    Correction("f′ missing", "with dz for do {f} holds", substituted({"do": "dz"}), has_no_slope("do")),
    Correction("f′ missing", "with dz_next = do_next · f′(z_next) for do_next {f} holds",
               substituted({"do_next": "dz_next"}), has_no_slope("do_next")),
    Correction("f′ at o instead of z", "with f′(z) for f′(o), {f} holds", slope_at_z_for_o),
    Correction("f′ at o instead of z", "with f′(z) for f′(o), {f} holds", replacing(at_outputs)),
    Correction("f′ twice", "{f} / f′(z) holds", without_slope, has_slope),
    Correction("f′ twice", "dz has f′(z) already: with do for dz {f} holds", substituted({"dz": "do"}), has_slope),
    Correction("one f′ too many", "{f} / f′(z) holds", without_slope, has_no_slope_of_its_own),
    Correction("one f′ too many", "with do for dz {f} holds", substituted({"dz": "do"}), has_no_slope_of_its_own),
    *(Correction(f"{name}′ written as {text}", "with f′(z) in its place, {f} holds", apply, has_slope_instead(wrong))
      for name, expressions in MISWRITTEN.items() for text, wrong in expressions.items()
      for apply in (replacing(miswritten(name, wrong)), exchanged(wrong, name))),
    # arrays
    *(Correction(mistake, f"{remedy} {{f}} holds", substituted(meant)) for meant, mistake, remedy in SUBSTITUTES),
    *(Correction("W for Wᵀ", f"with {name} transposed, {{f}} holds", transposed(name))
      for name in ("W", "W_next", "W_out")),
    # targets and losses
    Correction(CONVENTION, "the cross entropies take logits y: with softmax(y) or σ(y) for y, {f} holds",
               with_answer_for_y),
    Correction(CONVENTION, "the cross entropy goes with softmax, the binary one with σ: with that for the other, "
               "{f} holds", with_own_answer),
    Correction(CONVENTION, "the cross entropy goes with softmax, the binary one with σ: with that for the other, "
               "{f} holds", replacing(other_answers)),
    *(Correction("t forgotten", "with p − t for what the loss makes of the output, p, {f} holds", apply)
      for apply in (replacing(without_targets), replacing(slopes_without_targets), output_without_targets)),
    Correction("y forgotten", "with t − p for t, p what the loss makes of the output, {f} holds",
               replacing(without_outputs)),
    Correction("wrong sign of t", "with −t for t, {f} holds", with_other_sign_of_t),
    Correction("a second slope behind the loss", "p − t is the derivative by y already: without p (1 − p), {f} holds",
               replacing(second_slopes)),
    Correction("softmax's Jacobian by its diagonal alone", "with p − t for −t (1 − p), {f} holds",
               replacing(diagonal_jacobian)),
    Correction("p (1 − p) for the whole Hessian of the cross entropy",
               "with Σ_k p_k w_k² − (Σ_k p_k w_k)² for Σ_k p_k (1 − p_k) w_k², {f} holds",
               replacing(hessians(lambda p: p * (1 - p)))),
    Correction("p for the whole Hessian of the cross entropy",
               "with Σ_k p_k w_k² − (Σ_k p_k w_k)² for Σ_k p_k w_k², {f} holds", replacing(hessians(lambda p: p))),
    Correction("f″ left out", "without the term of f″ it is the Gauss–Newton approximation: with it, {f} holds",
               with_curvature),
    # biases and batch norm
    Correction("bias forgotten", "with z = W x + b for W x, {f} holds", replacing(without_bias)),
    *(Correction(name, "with z = γ (W x + b − mean) / √(var + ε) + β, {f} holds", replacing(misnormalised(wrong)))
      for name, wrong in MISNORMALISED),
    *(Correction(name, "with γ / √(var + ε) as the slope of batch norm, {f} holds", apply)
      for name, factor in MISSCALED
      for apply in (scaled_result(factor), *(scaled_array(array, factor) for array in SCALED_ARRAYS))),
    # convolutions
    *(Correction("kernel flipped", "with the kernel turned round (it is a cross-correlation), {f} holds",
                 with_kernel_flipped(name)) for name in ("W", "kernel", None)),
    *(Correction("the gradient of max pooling spread over the window", "with all of it at the maximum, {f} holds",
                 replacing(spread_over_windows(share))) for share in (lambda size: 1, lambda size: 1 / size)),
    # paths
    Correction("only one of several paths", "summed over all neurons of the next layer, {f} holds", over_all_neurons),
    Correction("only one of several paths", "summed over all layers that read this one, {f} holds", over_all_readers),
    Correction("only one of several positions", "summed over all positions, {f} holds", over_all_positions),
    # shape
    Correction("transposed", "with its last two axes exchanged, {f} holds", returned(lambda a: np.swapaxes(a, -1, -2))),
)
MISTAKES = (*SIGNS_AND_FACTORS, *OTHERS[:3], *POWERS, *OTHERS[3:])


def corrections(probes):
    """The Corrections that are tried for a claim of equality, in this order.

    MISTAKES; the slope of another activation; a factor that is in no table; and two mistakes at once, one of them a
    factor.
    """
    other_slopes = list(of_other_slopes(probes))
    alone = (*MISTAKES, *other_slopes, *of_constant_factor(probes))
    yield from that_change_something(alone, probes)
    yield from of_mistake_and_factor(probes, that_change_something((*OTHERS, *other_slopes), probes))
    yield from that_change_something(of_one_term(probes), probes)


def that_change_something(some, probes):
    """Those of the corrections that change what the formula returned on the first network, or one of the first two.

    The claim fails on these, and the others can be left out before anything is measured anew.
    """
    failing = probes[:1] if probes[0].claim.share == 1 else probes[:2]
    return (correction for correction in some if any(probe.is_changed_by(correction) for probe in failing))
