"""Operations done differently: arrays on which one operation of a formula does something else.

    WITHOUT_ABS                     # a Rule: np.abs does nothing
    counterfactual(o, WITHOUT_ABS)  # an array that follows it, as all that is made of it does

`Probe.under(rule)` calls a formula with such arrays.
"""

import numpy as np

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
OTHER_AXES = {axis: Rule({name: along(axis, getattr(np.ndarray, name)) for name in ("sum", "mean", "max", "min")})
              for axis in (0, 1, 2)}
