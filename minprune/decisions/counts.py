"""Counts: how many neurons stay, read off the scores themselves, where nobody gives a fraction."""

import numpy as np

from ..engine.checks import check_real, check_scores, floor_of

ROUNDING = 1e-12                # of the sum: shares that differ by less are the same share


def effective_number(scores):
    """Return N_eff, how many neurons "really" contribute: {layer: (K,)} of scores, ranked together -> a number.

        N_eff = 1 / Σ_i ω_i²,        ω_i = max(I_i, 0) / Σ_j max(I_j, 0)

    N_eff is N where all N scores are equal, m where m of them are equal and the others 0, and 1 where one neuron has
    all. It is the inverse Simpson index, in other fields the participation ratio or the effective sample size. Where no
    score is positive, nothing tells the neurons apart, and N_eff = N.

    Source: Wang, Guralnik, Akbari & Dixon, "Effective Model Pruning", ICML 2026, arXiv:2509.25606 (the abstract, and
    the authors' account of definition and theorem beside their code). Differs: there ω_i = |I_i| / Σ |I_j|, which
    counts a neuron of strongly negative score as a contributor; here it contributes nothing. For scores of at least 0
    they are the same. That account says that the ν = ⌊N_eff⌋ highest hold at least
    ν/N + (N−ν)/N · √((N−ν−1) / ((ν+1)(N−1))) of the sum of all N. This is not so for every ω: of (0.51, 0.49, 0) N_eff
    is 1.9992, and the highest holds 0.51, not 2/3.

    Raises ValueError for infinite scores, and as `decide` for what are no scores.
    """
    return _effective_number(np.concatenate([check_finite_scores(layer, s) for layer, s in
                                             check_scores(scores).items()]))


def staying_by_effective_number(s, factor):
    """⌊factor · N_eff⌋ of the (N,) scores that are ranked together, at least 1 and at most N."""
    return min(max(floor_of(factor, _effective_number(s)), 1), len(s))


def staying_by_share(s, share):
    """The least ν of the (N,) scores for which the ν highest hold the share of the sum of all positive ones."""
    positive = contributions(s)
    if not positive.any():
        return len(s)
    held = np.cumsum(np.sort(positive)[::-1])
    return int(np.searchsorted(held, share * held[-1] * (1 - ROUNDING))) + 1


def contributions(s):
    """max(s, 0), divided by the largest of them, so that squares neither overflow nor vanish."""
    positive = np.maximum(s, 0)
    return positive / positive.max() if positive.any() else positive


def _effective_number(s):
    positive = contributions(s)
    if not positive.any():
        return float(len(s))
    omega = positive / positive.sum()
    return float(1 / (omega @ omega))


def check_finite_scores(layer, s):
    """Return s; raise ValueError, naming the layer, if a score is infinite: it would be the only contributor."""
    if not np.isfinite(s).all():
        raise ValueError(f'scores of layer "{layer}": a number of neurons can be read off finite scores only, got '
                         f"{s[~np.isfinite(s)][0]}")
    return s


def check_counting(effective, cumulative):
    """Return the function (N,) scores -> how many stay; raise unless the factor is positive, the share in (0, 1]."""
    if effective is not None:
        factor = check_real("effective", effective, above=0)
        return lambda s: staying_by_effective_number(s, factor)
    share = check_real("cumulative", cumulative, above=0)
    if share > 1:
        raise ValueError(f"cumulative expects a share of the scores in (0, 1], got {cumulative!r}")
    return lambda s: staying_by_share(s, share)
