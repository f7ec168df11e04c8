"""Distillation: a network learns what another one answers, beside what is right."""

import functools

import numpy as np

from ..engine.activations import sigmoid
from ..engine.checks import batch_shape, check_known, check_numbers, check_real, check_same_length
from ..engine.losses import Loss, find_loss, softmax

# What the outputs of a teacher say, as targets of each loss: probabilities of logits, or the numbers themselves.
ANSWERS = {"cross_entropy": softmax, "binary_cross_entropy": sigmoid, "mse": lambda y: y}


def distillation_loss(temperature=4.0, weight=0.9, loss="cross_entropy"):
    """Return a Loss that mixes the right answers t with a teacher's outputs u; its targets come from `teach`.

    ℓ_n = (1 − w) · ℓ(y_n, t_n) + w · T² · ℓ(y_n / T, p(u_n / T)),      p = softmax, with ℓ the cross entropy
    ∂ℓ_n/∂y_n = (1 − w) · ∂ℓ(y_n, t_n) + w · T · ∂ℓ(y_n / T, p(u_n / T))

    temperature  T > 0: the higher, the more the teacher's small probabilities count. T² makes up for gradients
                 that shrink as 1 / T²
    weight       w in [0, 1]: 0 learns from the targets alone, 1 from the teacher alone
    loss         ℓ: "cross_entropy"; "binary_cross_entropy", where p is the sigmoid; "mse", where p changes nothing and
                 the temperature cancels: (1 − w) · ½ |y − t|² + w · ½ |y − u|²

    Accuracies are those of the right answers. Where y = u the second part is not 0 but T² times the teacher's
    entropy, which no training changes. Hinton, Vinyals & Dean, 2015, arXiv:1503.02531, section 2 (the second part's
    derivative is T² times their equation 2); they take "a weighted average" of the two parts, here by 1 − w and w.
    """
    temperature = check_real("temperature", temperature, above=0)
    weight = check_real("weight", weight, least=0)
    if weight > 1:
        raise ValueError(f"weight expects a number from 0 to 1, got {weight}")
    base = check_base(loss)
    mixed = [functools.partial(one, base=base, T=temperature, w=weight) for one in (distilled, distilled_derivative)]
    return Loss(f"distillation of {base.name} at temperature {temperature:g}, weight {weight:g}", *mixed,
                functools.partial(prepare_distilled, base=base), functools.partial(distilled_correct, base=base))


def teach(teacher, x, t, loss="cross_entropy"):
    """Return the targets of `distillation_loss`, (N, 2, *output shape): right answers t[:, 0], the teacher's t[:, 1].

    The teacher answers each sample of x once; t are labels or whatever the loss takes. Raises ValueError for samples
    or targets that do not fit the teacher.
    """
    check_teacher(teacher)
    base = check_base(loss)
    try:
        t, u = base.prepare(t, teacher.output_shape), teacher.predict(x)
    except ValueError as error:
        raise ValueError(f"the teacher does not fit x and t: {error}") from None
    check_same_length(x=u, t=t)
    return np.stack([t.astype(u.dtype, copy=False), u], axis=1)


def check_teacher(teacher):
    if not hasattr(teacher, "hidden_layers"):
        raise TypeError(f"teacher expects a Network, got {type(teacher).__name__}")


def check_base(loss):
    loss = find_loss(loss)
    check_known("loss to distil with", loss.name, ANSWERS)
    return loss


def distilled(y, t, base, T, w):
    """ℓ_n = (1 − w) · ℓ(y_n, t_n) + w · T² · ℓ(y_n / T, p(u_n / T))."""
    p = ANSWERS[base.name](t[:, 1] / T)
    return (1 - w) * base(y, t[:, 0]) + w * T ** 2 * base(y / T, p)


def distilled_derivative(y, t, base, T, w):
    """∂ℓ_n/∂y_n; one T of the T² is used up by ∂(y / T)/∂y."""
    p = ANSWERS[base.name](t[:, 1] / T)
    return (1 - w) * base.derivative(y, t[:, 0]) + w * T * base.derivative(y / T, p)


def prepare_distilled(t, shape, base):
    t = check_numbers("t", t)
    if t.shape[1:] != (2, *shape):
        expected = f"targets {batch_shape((2, *shape))} from teach(teacher, x, t), for outputs {batch_shape(shape)}"
        raise ValueError(f"distillation expects {expected}, got {t.shape}"
                         + "; the teacher has other outputs than the network" * (t.ndim > 1 and t.shape[1] == 2))
    return np.stack([base.prepare(t[:, 0], shape), t[:, 1]], axis=1)


def distilled_correct(y, t, base):
    return base.correct(y, t[:, 0])
