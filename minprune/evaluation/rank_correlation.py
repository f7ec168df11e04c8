"""Rank correlation: do two lists of numbers put the same things into the same order?"""

import numpy as np


def ranks(values):
    """The ranks 1 … K of K values, the lowest value first; equal values share the mean of their ranks.

    Where L values are below v and E are equal to v (v included), these E take up the ranks L + 1 … L + E, whose mean
    is L + (E + 1) / 2 = (L + (L + E) + 1) / 2.
    """
    values = np.asarray(values)
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, "left")                    # L
    up_to = np.searchsorted(ordered, values, "right")                   # L + E
    return (below + up_to + 1) / 2


def spearman(first, second):
    """Spearman's rank correlation ρ of two lists of K values: the correlation of their ranks.

    ρ = Σ_k a_k b_k / √(Σ_k a_k² · Σ_k b_k²),  a_k = rank of first_k − (K + 1) / 2, b_k of second_k alike

    1: the same order; −1: the opposite order; 0 where all values of one list are equal, which have no order, so that
    the correlation is 0 / 0. Without equal values ρ = 1 − 6 Σ_k (a_k − b_k)² / (K (K² − 1)). Spearman, "The Proof and
    Measurement of Association between Two Things", American Journal of Psychology 15, 1904.
    """
    a, b = (ranks(values) - (len(values) + 1) / 2 for values in (first, second))
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size else 0.0
