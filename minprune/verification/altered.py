"""Arrays that do one operation differently: to see what a formula would return without one mistake in it."""

import numpy as np


class Rule:
    """What is done differently: `sum` and `mean` of an array, functions for ufuncs, results that are replaced."""

    def __init__(self, sum=None, mean=None, instead=None, seen=None):
        self.sum, self.mean = sum or np.ndarray.sum, mean or np.ndarray.mean
        self.instead = instead or {}
        self.seen = seen or (lambda result: result)


class Altered(np.ndarray):
    """An array that follows a Rule, as does all that is made of it."""

    rule = Rule()

    def __array_finalize__(self, other):
        self.rule = getattr(other, "rule", Altered.rule)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        arrays = [plain(one) for one in inputs]
        if out is not None:
            settings["out"] = tuple(plain(one) for one in out)
        instead = self.rule.instead.get(ufunc) if method == "__call__" else None
        result = instead(*arrays) if instead else getattr(ufunc, method)(*arrays, **settings)
        return out[0] if out is not None else self.follow(result)

    def __array_function__(self, function, types, arguments, settings):
        return self.follow(super().__array_function__(function, types, arguments, settings))

    def follow(self, result):
        """The result, which follows the same rule."""
        return altered(self.rule.seen(plain(result)), self.rule) if isinstance(result, np.ndarray) else result

    def sum(self, axis=None, **settings):
        return self.follow(self.rule.sum(plain(self), axis=axis, **only(settings)))

    def mean(self, axis=None, **settings):
        return self.follow(self.rule.mean(plain(self), axis=axis, **only(settings)))


def altered(array, rule):
    view = array.view(Altered)
    view.rule = rule
    return view


def plain(array):
    return array.view(np.ndarray) if isinstance(array, Altered) else array


def only(settings):
    """What np.sum and a.sum are both called with, without what was left open."""
    return {name: value for name, value in settings.items() if name == "keepdims" and value in (True, False)}


def along(axis, reduce):
    """A sum or mean along another axis than the one that was asked for."""
    def reduced(array, axis=axis, wanted=axis, **settings):
        if not -array.ndim <= wanted < array.ndim:
            raise ValueError(f"no axis {wanted}")
        return reduce(array, axis=wanted, **settings)
    return reduced


def after(function, reduce):
    """A sum or mean of f(a) instead of a."""
    return lambda array, **settings: reduce(function(array), **settings)


def power_other_than_square(array, exponent):
    return array if np.ndim(exponent) == 0 and exponent == 2 else np.power(array, exponent)


SUM, MEAN = np.ndarray.sum, np.ndarray.mean
MEAN_FOR_SUM, SUM_FOR_MEAN = Rule(sum=MEAN), Rule(mean=SUM)
WITHOUT_ABS = Rule(instead=dict.fromkeys((np.absolute, np.fabs), np.array))
WITHOUT_SQUARE = Rule(instead={np.square: np.array, np.power: power_other_than_square})
ABS_FIRST = Rule(sum=after(np.abs, SUM), mean=after(np.abs, MEAN))
SQUARE_FIRST = Rule(sum=after(np.square, SUM), mean=after(np.square, MEAN), instead=WITHOUT_SQUARE.instead)
OTHER_AXES = {axis: Rule(sum=along(axis, SUM), mean=along(axis, MEAN)) for axis in (0, 1, 2)}
