"""Batch normalisation of pre-activations, neuron by neuron: z = γ â + β, â = (a − mean) / √(var + ε).

Ioffe & Szegedy, ICML 2015, arXiv:1502.03167, Algorithms 1 and 2. The neuron axis is last; mean and
variance run over all others. In training they are the batch's own, and depend on every sample;
otherwise they are the running ones, fixed numbers, and samples do not mix.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from .checks import check_known, check_real

EPSILON = 1e-5
MOMENTUM = 0.1


@dataclass(frozen=True)
class Constants:
    """The two numbers of a batch norm that are not trained.

    eps        ε, added to the variance
    momentum   the share of a new batch in the running statistics, as in PyTorch (in Keras `momentum` is what stays:
               0.99 there is 0.01 here)
    """

    eps: float = EPSILON
    momentum: float = MOMENTUM

    def __post_init__(self):
        check_real("batch_norm eps", self.eps, above=0)
        if check_real("batch_norm momentum", self.momentum, above=0) > 1:
            raise ValueError(f"batch_norm momentum expects a share of at most 1, got {self.momentum}")

    def as_setting(self):
        """True for the usual numbers, else a dict of them."""
        return True if self == Constants() else asdict(self)


def constants_of(batch_norm):
    """The Constants of what `batch_norm=` of a layer may be: True, {"eps": …, "momentum": …}; None for False."""
    if isinstance(batch_norm, (bool, np.bool_)):
        return Constants() if batch_norm else None
    if not isinstance(batch_norm, Mapping):
        raise TypeError(f'batch_norm expects True, False, or a dict such as {{"eps": 1e-3}}, got {batch_norm!r}')
    for key in batch_norm:
        check_known("key of batch_norm:", key, ("eps", "momentum"))
    return Constants(**batch_norm)


def others(a):
    """All axes but the neurons'."""
    return tuple(range(a.ndim - 1))


def batch_statistics(a):
    """mean_i and var_i (the biased one) of one batch's a_i."""
    return a.mean(axis=others(a)), a.var(axis=others(a))


def normalise(a, mean, var, eps=EPSILON):
    """â = (a − mean) / √(var + ε)."""
    return (a - mean) / np.sqrt(var + eps)


def backward_fixed(dz, gamma, var, eps=EPSILON):
    """∂ℓ/∂a = ∂ℓ/∂z · γ / √(var + ε), mean and var being fixed numbers."""
    return dz * (gamma / np.sqrt(var + eps))


def backward_batch(dz, a_hat, gamma, var, eps=EPSILON):
    """∂ℓ/∂a = γ/√(var + ε) · (∂ℓ/∂z − mean(∂ℓ/∂z) − â · mean(∂ℓ/∂z · â)).

    The two means are what flows back through the batch's mean and through its variance.
    """
    through_mean = dz.mean(axis=others(dz))
    through_var = (dz * a_hat).mean(axis=others(dz))
    return (gamma / np.sqrt(var + eps)) * (dz - through_mean - a_hat * through_var)


def blend(running, batch, momentum=MOMENTUM):
    """running ← (1 − momentum) · running + momentum · batch, in place."""
    running *= 1 - momentum
    running += momentum * batch
