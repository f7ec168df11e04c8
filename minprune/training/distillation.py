"""Distillation: a network learns a teacher's outputs as well as the right answers."""

import functools

import numpy as np

from ..engine.checks import batch_shape, check_numbers, check_real, check_same_length
from ..engine.losses import Loss, find_loss


def distillation_loss(temperature=4.0, weight=0.9, loss="cross_entropy"):
    """Return a Loss that mixes the right answers t with a teacher's outputs u; its targets come from `teach`.

    ℓ_n = (1 − w) · ℓ(y_n, t_n) + w · T² · ℓ(y_n / T, p(u_n / T)),      p = softmax, with ℓ the cross entropy
    ∂ℓ_n/∂y_n = (1 − w) · ∂ℓ(y_n, t_n) + w · T · ∂ℓ(y_n / T, p(u_n / T))

    temperature  T > 0: the higher, the more the teacher's small probabilities count. T² makes up for gradients
                 that shrink as 1 / T²
    weight       w in [0, 1]: 0 learns from the targets alone, 1 from the teacher alone
    loss         ℓ: "cross_entropy"; "binary_cross_entropy", where p is the sigmoid; "mse", where p changes nothing and
                 the temperature cancels: (1 − w) · ½ |y − t|² + w · ½ |y − u|²; or a Loss of your own, whose `answer`
                 is p

    Accuracies are those of the right answers. Where y = u the second part is not 0 but T² times the teacher's
    entropy, which no training changes. Hinton, Vinyals & Dean, 2015, arXiv:1503.02531, section 2 (the second part's
    derivative is T² times their equation 2); they take "a weighted average" of the two parts, here by 1 − w and w.
    Raises ValueError for a loss that has no `answer`.
    """
    temperature = check_real("temperature", temperature, above=0)
    weight = check_real("weight", weight, least=0)
    if weight > 1:
        raise ValueError(f"weight expects a number from 0 to 1, got {weight}")
    base = check_base(loss)
    return Loss(name=f"distillation of {base.name} at temperature {temperature:g}, weight {weight:g}",
                function=functools.partial(distilled, base=base, T=temperature, w=weight),
                derivative=functools.partial(distilled_derivative, base=base, T=temperature, w=weight),
                prepare=functools.partial(prepare_distilled, base=base),
                correct=functools.partial(distilled_correct, base=base))


def teach(teacher, x, t, loss="cross_entropy"):
    """Return the targets of `distillation_loss`, (N, 2, *output shape): right answers t[:, 0], the teacher's t[:, 1].

    The teacher answers each sample of x once; t are labels or whatever the loss takes. Raises ValueError for samples
    or targets that do not fit the teacher.
    """
    check_teacher(teacher)
    base = check_base(loss)
    try:
        t = base.prepare(t, teacher.output_shape)
        u = teacher.predict(x)
    except ValueError as error:
        raise ValueError(f"the teacher does not fit x and t: {error}") from None
    check_same_length(x=u, t=t)
    return np.stack([t.astype(u.dtype, copy=False), u], axis=1)


def check_teacher(teacher):
    """Raise TypeError unless the teacher is a Network (or behaves like one)."""
    if not hasattr(teacher, "hidden_layers"):
        raise TypeError(f"teacher expects a Network, got {type(teacher).__name__}")


def check_base(loss):
    """Return the Loss; raise ValueError if it does not say what it makes of an output: the teacher's answer."""
    loss = find_loss(loss)
    loss.needed("answer", "distillation")
    return loss


# ------------------------------------------------------------------------------- the parts of the Loss


def distilled(y, t, base, T, w):
    """ℓ_n = (1 − w) · ℓ(y_n, t_n) + w · T² · ℓ(y_n / T, p(u_n / T))."""
    p = base.answer(t[:, 1] / T)
    return (1 - w) * base(y, t[:, 0]) + w * T ** 2 * base(y / T, p)


def distilled_derivative(y, t, base, T, w):
    """∂ℓ_n/∂y_n; one T of the T² cancels with ∂(y / T)/∂y = 1 / T."""
    p = base.answer(t[:, 1] / T)
    return (1 - w) * base.derivative(y, t[:, 0]) + w * T * base.derivative(y / T, p)


def prepare_distilled(t, shape, base):
    """The targets with their right answers prepared by the base loss."""
    t = check_numbers("t", t)
    if t.shape[1:] != (2, *shape):
        expected = f"targets {batch_shape((2, *shape))} from teach(teacher, x, t), for outputs {batch_shape(shape)}"
        has_pairs = t.ndim > 1 and t.shape[1] == 2
        why = "; the teacher has other outputs than the network" if has_pairs else ""
        raise ValueError(f"distillation expects {expected}, got {t.shape}{why}")
    return np.stack([base.prepare(t[:, 0], shape), t[:, 1]], axis=1)


def distilled_correct(y, t, base):
    """Judged by the right answers alone."""
    return base.right(y, t[:, 0])
