"""Mistakes at the end of the network: in what the loss makes of the output, in its targets and its Hessian."""

import numpy as np

from ...engine.activations import sigmoid
from ...engine.losses import softmax
from .probe import DoesNotApply
from .replacements import Pair


def answer_of(probe):
    """What the loss makes of the output, p: softmax(y), σ(y) or y itself, (N, M)."""
    answer = probe.case.loss.answer
    if answer is None:
        raise DoesNotApply("the loss does not say what it makes of y")
    return answer(probe.array("y"))


# ------------------------------------------------------------------------- the loss of another convention


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


def other_answers(probe):
    """Pairs: softmax(y) for σ(y), or the reverse, wherever a formula has it."""
    answer = probe.case.loss.answer
    if answer not in OTHER_ANSWER:
        return []
    return [Pair(OTHER_ANSWER[answer](probe.array("y")), answer(probe.array("y")))]


# ------------------------------------------------------------------------------------------ targets


def without_targets(probe):
    """Pairs for a formula that does not ask for t: p − t for p."""
    if "t" in probe.arrays:
        return []
    p = answer_of(probe)
    return [Pair(p, p - probe.array("t"))]


def slopes_without_targets(probe):
    """The same with the slope of the output layer: (p − t) f′ for p f′."""
    last = probe.case.net.neuron_layers[-1]
    output_slope = probe.case.net[last].f.derivative(probe.case.trace[last].z)
    return [Pair(*(array * output_slope for array in pair)) for pair in without_targets(probe)]


def output_without_targets(probe):
    """claimed / p · (p − t) of a formula that does not ask for t."""
    p = answer_of(probe)
    if "t" in probe.arrays or probe.claimed.size != p.size or probe.claimed.shape[-1:] != p.shape[-1:]:
        raise DoesNotApply("p is not a factor of it")
    return probe.claimed * ((p - probe.array("t")) / p).reshape(probe.claimed.shape)


def without_outputs(probe):
    """Pairs for a formula that asks for t, and neither y nor p: t − p for t."""
    if "t" not in probe.arrays or {"y", "p", "dy"} & set(probe.arrays):
        return []
    t = probe.array("t")
    return [Pair(t, t - answer_of(probe))]


def with_other_sign_of_t(probe):
    return probe.with_arrays(t=-probe.arrays["t"])


# --------------------------------------------------------------------- slopes, Jacobians and Hessians


def is_squashed(probe):
    """Whether the loss makes probabilities of the output."""
    return probe.case.loss.answer in OTHER_ANSWER


def second_slopes(probe):
    """Pairs: the loss's derivative p − t where it is multiplied once more by p (1 − p), or by softmax's Jacobian."""
    if not is_squashed(probe):
        return []
    p, t = answer_of(probe), probe.array("t")
    dy, again = p - t, probe.case.loss.second(probe.array("y"), t, p - t)
    return [pair for wrong in (p * (1 - p) * dy, again) for pair in (Pair(wrong, dy), Pair(-wrong, -dy))] \
        + [Pair(p * (1 - p), np.ones_like(p))]


def diagonal_jacobian(probe):
    """Pairs: p − t where softmax's Jacobian [k = l] p_k − p_k p_l was taken for p_k (1 − p_k) [k = l]: −t (1 − p)."""
    if probe.case.loss.answer is not softmax:
        return []
    p, t = answer_of(probe), probe.array("t")
    return [Pair(-t * (1 - p), p - t), Pair(t * (1 - p), t - p)]


def hessians(diagonal):
    """Pairs: Σ_kl w_ki H_kl w_li, H = [k = l] p_k − p_k p_l, for Σ_k diagonal(p)_k w²_ki, below a softmax."""
    def pairs(probe):
        case = probe.case
        if case.loss.answer is not softmax or not case.has_next() or case.readers[0] != case.net.neuron_layers[-1]:
            return []
        p, W = answer_of(probe), probe.array("W_next")
        return [Pair(diagonal(p) @ W ** 2, p @ W ** 2 - (p @ W) ** 2)]
    return pairs
