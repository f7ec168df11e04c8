"""Substitutes: the corrections that give a formula other arrays, or change what it returned number by number."""

import numpy as np

from .factors import measured_like
from .operations import WITHOUT_SQUARE, Rule, power_other_than_square
from .probe import DoesNotApply


def returned(function):
    """The correction function(what the formula returned)."""
    return lambda probe: function(probe.claimed)


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


ONES_FOR_SQUARES = Rule({"sum": np.ndarray.mean}, dict.fromkeys((np.square,), np.ones_like)
                        | {np.power: lambda array, exponent: np.ones_like(power_other_than_square(array, exponent))})


def square_after_sum(probe):
    """c (Σ a)² of a formula c Σ a²: the square of c Σ a, over c, which the formula returns with 1 for each a."""
    return probe.under(WITHOUT_SQUARE) ** 2 / probe.under(ONES_FOR_SQUARES)


def with_measured_sign(function):
    """The correction ±function(what the formula returned), with the sign of what was measured.

    It applies to formulas that lose the sign: they return no negative number.
    """
    def apply(probe):
        measured = measured_like(probe, probe.claimed)
        if measured is None or (probe.claimed < 0).any():
            raise DoesNotApply("nothing of this shape was measured, or the formula has a sign")
        return np.copysign(function(probe.claimed), measured)
    return apply


def squares_a_sum(probes):
    """Whether the formula squares what a sum or mean returned, perhaps times a number."""
    sums, squared = [], []

    def noting(reduce):
        return lambda array, **settings: sums.append(reduce(array, **settings)) or sums[-1]

    def square(array, exponent=2):
        squared.append(array)
        return np.power(array, exponent)

    probes[0].under(Rule({name: noting(getattr(np.ndarray, name)) for name in ("sum", "mean")},
                         {np.square: square, np.power: square}))
    return any(is_proportional(array, one) for array in squared for one in sums)


def is_proportional(one, other):
    """Whether two arrays have one shape, and are the same but for a factor."""
    if np.shape(one) != np.shape(other):
        return False
    one, other = np.ravel(one), np.ravel(other)
    return np.allclose(np.outer(one, other), np.outer(other, one), rtol=1e-9, atol=0)


SOME = 0.1                      # a share of the numbers


def adds_absolute_values(functions):
    """Whether |·| is missing: the formula calls none of these functions, or returns many negative numbers."""
    def confirm(probes):
        claimed = np.concatenate([np.ravel(probe.trial.claimed) for probe in probes if probe.trial.claimed is not None])
        return (claimed < 0).mean() > SOME or not probes[0].calls(functions)
    return confirm
