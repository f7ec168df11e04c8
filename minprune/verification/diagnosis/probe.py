"""Probe: a formula asked again about one case, with other arrays or with one operation done differently.

What would the formula return without one mistake in it? For a mistake in its arrays it is simply called with others.
For a mistake in an operation it is called with Counterfactual arrays, on which that operation does something else:

    def mine(o, do):
        return np.abs(o * do).sum(axis=1)               # |·| before the sum

    probe.under(WITHOUT_ABS)                            # (o * do).sum(axis=1), for np.abs does nothing now

A Correction undoes one mistake in this way. They are tried one after the other, and the first that makes the claim hold
names the mistake. It counts only if the claim then holds on all trials (or on the share of them that the claim
needs). If no correction helps, the mistake gets no name.
"""

import functools
from typing import Callable, NamedTuple

import numpy as np

from ..formulas import Unanswered, array_of
from ..verdict import Mistake


class DoesNotApply(ValueError):
    """A correction has nothing to correct in this formula."""


class Probe:
    """A formula and one case: the formula's arrays, what it returned, and what it would return if …

    claim   the claim that is tried
    trial   its Trial in this case
    """

    def __init__(self, claim, trial):
        self.claim, self.formula = claim, claim.formula
        self.trial, self.case = trial, trial.case
        self.layer = self.case.net[self.case.layer]

    @functools.cached_property
    def arrays(self):
        """{parameter: array} that the formula gets."""
        return self.formula.arrays(self.case)

    @functools.cached_property
    def forms(self):
        """The Forms of what was measured."""
        return self.claim.forms(self.case)

    @property
    def claimed(self):
        """What the formula returned; raises Unanswered again if it returned nothing that can be compared."""
        if self.trial.claimed is None:
            raise Unanswered(self.trial.problem)
        return self.trial.claimed

    def array(self, name):
        """An array of the case, whether the formula needs it or not."""
        return self.arrays[name] if name in self.arrays else array_of(self.case, name)

    def with_arrays(self, **changed):
        """What the formula returns for its arrays with some of them replaced."""
        return self.formula.of({**self.arrays, **changed})

    def under(self, rule):
        """What the formula returns with the operations of a Rule done differently."""
        return self.formula.of({name: counterfactual(array.copy(), rule) for name, array in self.arrays.items()})

    def calls(self, functions):
        """Whether the formula calls one of these functions of NumPy."""
        called = []

        def noting(function):
            return lambda *arrays: called.append(function) or function(*arrays)

        self.under(Rule(instead={function: noting(function) for function in functions}))
        return bool(called)

    def next_layer(self):
        """The layer that reads this one; ValueError for the output layer, which no layer reads."""
        return self.case.net[self.case.net.reader(self.case.layer)]

    def about(self, case):
        """The Probe of the same formula in another case."""
        return Probe(self.claim, self.trial._replace(case=case, claimed=self.formula(case)))

    def accepts(self, correction):
        """Whether the claim holds in this case with the correction."""
        try:
            with np.errstate(all="ignore"):
                return self.claim.accepts(self, correction.apply)
        except (Unanswered, KeyError, ValueError, IndexError):          # it does not apply, or its shapes do not fit
            return False


# ------------------------------------------------------------------------------------------ corrections

ENOUGH = 6                      # if a correction helps on none of the first six networks, the others are not tried


class Correction(NamedTuple):
    """What undoes one mistake.

    name      the mistake
    remedy    how it is undone, a text with {f} for the formula's name, or remedy(probes) that returns one
    apply     apply(probe) returns what the corrected formula returns; KeyError, ValueError, IndexError or Unanswered
              where there is nothing to correct
    confirm   confirm(probes) may refuse a correction that makes the claim hold on all networks
    """

    name: str
    remedy: str | Callable
    apply: Callable
    confirm: Callable = lambda probes: True

    def describe(self, probes):
        remedy = self.remedy if isinstance(self.remedy, str) else self.remedy(probes)
        return remedy.replace("{f}", probes[0].formula.name)


def find_mistake(claim, trials):
    """The Mistake whose correction makes the claim hold on all trials (or on the claim's share of them), or None."""
    failed_first = sorted(trials, key=lambda trial: trial.error <= claim.tolerance)
    probes = [Probe(claim, trial) for trial in failed_first]
    exceptions = int((1 - claim.share) * len(probes))
    for correction in claim.corrections(probes):
        if rejections(correction, probes, exceptions) <= exceptions and correction.confirm(probes):
            count = f"at least {len(probes) - exceptions} of" if exceptions else "all"
            return Mistake(correction.name, f"{correction.describe(probes)} (on {count} {len(probes)} networks)")
    return None


def rejections(correction, probes, exceptions):
    """On how many networks the correction does not help; more than `exceptions` if not all had to be tried."""
    count = 0
    for tried, probe in enumerate(probes, 1):
        count += not probe.accepts(correction)
        if count > exceptions or count == tried == ENOUGH:
            return exceptions + 1
    return count


# ---------------------------------------------------------------------------- operations done differently

REDUCTIONS = ("sum", "mean", "max", "min", "std", "var")


class Rule:
    """Which operations are done differently.

    reductions   {"sum": f, "max": f, …}: the function that is called instead, as f(array, axis=…, keepdims=…)
    instead      {np.square: f, …}: the function that stands for a ufunc or another function of NumPy
    seen         seen(result) replaces every result
    """

    def __init__(self, reductions=None, instead=None, seen=None):
        self.reductions = {name: getattr(np.ndarray, name) for name in REDUCTIONS} | (reductions or {})
        self.instead = instead or {}
        self.seen = seen or (lambda result: result)


class Counterfactual(np.ndarray):
    """An array that follows a Rule, as all that is made of it does. Without a rule it is like any other array."""

    rule = Rule()

    def __array_finalize__(self, other):
        self.rule = getattr(other, "rule", Counterfactual.rule)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        """NumPy calls this in place of `ufunc`, for a + b, np.abs(a) and the like."""
        arrays = [ordinary(array) for array in inputs]
        if out is not None:
            settings["out"] = tuple(ordinary(array) for array in out)
        instead = self.rule.instead.get(ufunc) if method == "__call__" else None
        result = instead(*arrays) if instead else getattr(ufunc, method)(*arrays, **settings)
        if out is None:
            return self.follow(result)
        if instead:
            settings["out"][0][...] = result
        return out[0]

    def __array_function__(self, function, types, arguments, settings):
        """NumPy calls this in place of its other functions, such as np.median(a)."""
        if function in self.rule.instead:
            return self.follow(self.rule.instead[function](*map(ordinary, arguments), **settings))
        return self.follow(super().__array_function__(function, types, arguments, settings))

    def follow(self, result):
        """The result, which follows the same rule."""
        if not isinstance(result, np.ndarray):
            return result
        return counterfactual(self.rule.seen(ordinary(result)), self.rule)

    def reduced(self, name, axis, settings):
        """What the rule makes of this reduction along an axis."""
        if settings.get("where", True) is not True:
            raise ValueError(f"a {name} of some of the numbers cannot be done differently")
        return self.follow(self.rule.reductions[name](ordinary(self), axis=axis, **settings_of_reduction(settings)))

    def sum(self, axis=None, **settings):
        return self.reduced("sum", axis, settings)

    def mean(self, axis=None, **settings):
        return self.reduced("mean", axis, settings)

    def max(self, axis=None, **settings):
        return self.reduced("max", axis, settings)

    def min(self, axis=None, **settings):
        return self.reduced("min", axis, settings)

    def std(self, axis=None, **settings):
        return self.reduced("std", axis, settings)

    def var(self, axis=None, **settings):
        return self.reduced("var", axis, settings)


def counterfactual(array, rule):
    """A view of the array that follows the rule."""
    view = array.view(Counterfactual)
    view.rule = rule
    return view


def ordinary(array):
    """The array without a rule; anything else as it is."""
    return array.view(np.ndarray) if isinstance(array, Counterfactual) else array


def settings_of_reduction(settings):
    """keepdims and ddof, where they are set: np.sum passes more settings than a.sum takes."""
    return {name: value for name, value in settings.items()
            if name == "keepdims" and value in (True, False) or name == "ddof" and value}


def along(fixed, reduce):
    """A reduction along this axis, whatever axis the formula names."""
    def along_axis(array, axis=None, **settings):
        if not -array.ndim <= fixed < array.ndim:
            raise ValueError(f"no axis {fixed}")
        return reduce(array, axis=fixed, **settings)
    return along_axis


def after(function, reduce):
    """A reduction of function(array) instead of the array."""
    return lambda array, **settings: reduce(function(array), **settings)


def power_other_than_square(array, exponent):
    """array ** exponent, but without the square: for the exponent 2 the array itself."""
    return array if np.ndim(exponent) == 0 and exponent == 2 else np.power(array, exponent)


# The Rules of several corrections.
SUM, MEAN = np.ndarray.sum, np.ndarray.mean
MEAN_FOR_SUM = Rule({"sum": MEAN})
SUM_FOR_MEAN = Rule({"mean": SUM})
WITHOUT_ABS = Rule(instead=dict.fromkeys((np.absolute, np.fabs), np.array))
WITHOUT_SQUARE = Rule(instead={np.square: np.array, np.power: power_other_than_square})
ABS_FIRST = Rule({"sum": after(np.abs, SUM), "mean": after(np.abs, MEAN)})
SQUARE_FIRST = Rule({"sum": after(np.square, SUM), "mean": after(np.square, MEAN)}, WITHOUT_SQUARE.instead)
OTHER_AXES = {axis: Rule({"sum": along(axis, SUM), "mean": along(axis, MEAN)}) for axis in (0, 1, 2)}
