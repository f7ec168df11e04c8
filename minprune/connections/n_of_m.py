"""n of m: of each m consecutive weights of a neuron, the n best stay."""

import numpy as np

from ..engine.checks import check_count
from .decisions import check_weight_scores


def n_of_m(scores, n=2, m=4):
    """Return masks {"conv1.W": bool array, …} by which, of each m consecutive weights of a neuron, the n best stay.

    A neuron's weights are taken in the order of W[i] flattened (Conv2D: row, column, channel, so that with a multiple
    of m channels each run lies at one place of the kernel). Where a neuron's F weights are not a multiple of m, the
    last F mod m of them are a shorter run, of which the n best stay, too (all, if they are no more than n). So a neuron
    keeps exactly n ⌊F / m⌋ + min(n, F mod m). Ties: the lower index goes first. Arrays that should stay whole:
    leave them out.

    2:4 is what sparse tensor cores compute twice as fast; NumPy does not. Mishra et al., 2021, arXiv:2104.08378. Their
    code (NVIDIA/apex, sparse_masklib) runs along the input channels of each kernel place, which is the same order.
    """
    scores, m = check_weight_scores(scores), check_count("m", m)
    n = check_count("n", n)
    if n > m:
        raise ValueError(f"n of m expects n to be at most m, got {n} of {m}")
    return {name: best_of_runs(s.reshape(len(s), -1), n, m).reshape(s.shape) for name, s in scores.items()}


def best_of_runs(s, n, m):
    """(K, F) booleans: the n best of each m consecutive scores in a row, and of the shorter run at its end."""
    K, F = s.shape
    whole = F - F % m
    runs = best(s[:, :whole].reshape(K, -1, m), n).reshape(K, whole)
    return np.concatenate([runs, best(s[:, whole:], n)], axis=1)


def best(s, n):
    """Booleans: the n highest along the last axis; of equal scores those of higher index."""
    order = np.argsort(s, axis=-1, kind="stable")
    stays = np.zeros(s.shape, bool)
    np.put_along_axis(stays, order[..., max(s.shape[-1] - n, 0):], True, axis=-1)
    return stays
