"""Arrays that do one operation differently: to see what a formula would return without one mistake in it."""

import numpy as np


REDUCTIONS = ("sum", "mean", "max", "min", "std", "var")


class Rule:
    """What is done differently.

    `sum`, `mean` and `reductions` {"max": f, ...} stand for these reductions of an array, called as f(array, axis=…,
    keepdims=…); `instead` {function of NumPy: f} for a ufunc or another function; `seen` sees every result.
    """

    def __init__(self, sum=None, mean=None, instead=None, seen=None, reductions=None):
        self.reductions = {name: getattr(np.ndarray, name) for name in REDUCTIONS} | (reductions or {})
        self.reductions |= {name: one for name, one in (("sum", sum), ("mean", mean)) if one}
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
        if out is None:
            return self.follow(result)
        if instead:
            settings["out"][0][...] = result
        return out[0]

    def __array_function__(self, function, types, arguments, settings):
        if function in self.rule.instead:
            return self.follow(self.rule.instead[function](*map(plain, arguments), **settings))
        return self.follow(super().__array_function__(function, types, arguments, settings))

    def follow(self, result):
        """The result, which follows the same rule."""
        return altered(self.rule.seen(plain(result)), self.rule) if isinstance(result, np.ndarray) else result

    def reduced(self, name, axis, settings):
        if settings.get("where", True) is not True:
            raise ValueError(f"a {name} of some of the numbers cannot be done differently")
        return self.follow(self.rule.reductions[name](plain(self), axis=axis, **only(settings)))

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


def altered(array, rule):
    view = array.view(Altered)
    view.rule = rule
    return view


def plain(array):
    return array.view(np.ndarray) if isinstance(array, Altered) else array


def only(settings):
    """What np.sum and a.sum are both called with, without what was left open."""
    return {name: value for name, value in settings.items()
            if name == "keepdims" and value in (True, False) or name == "ddof" and value}


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


def over_samples(array, axis, count):
    """(whether a reduction runs over the first axis and that is the one of `count` samples, its other axes)."""
    axes = range(array.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = {one % array.ndim for one in axes} if array.ndim else set()
    return 0 in axes and len(array) == count, tuple(sorted(axes - {0}))


def by_sample(name, count, then):
    """A reduction that where it runs over the samples does `then(array)` with what it makes of each of them, the
    samples' axis still being there with a length of 1 or `count`, and the reduced ones with 1."""
    reduce = getattr(np.ndarray, name)

    def reduced(array, axis=None, keepdims=False, **settings):
        over, others = over_samples(array, axis, count)
        if not over:
            return reduce(array, axis=axis, keepdims=keepdims, **settings)
        each = reduce(array, axis=others, keepdims=True, **settings) if others else array
        result = then(each)
        return result if keepdims else result.reshape([size for place, size in enumerate(result.shape)
                                                       if place not in (0, *others)])
    return reduced


SUM, MEAN = np.ndarray.sum, np.ndarray.mean
MEAN_FOR_SUM, SUM_FOR_MEAN = Rule(sum=MEAN), Rule(mean=SUM)
WITHOUT_ABS = Rule(instead=dict.fromkeys((np.absolute, np.fabs), np.array))
WITHOUT_SQUARE = Rule(instead={np.square: np.array, np.power: power_other_than_square})
ABS_FIRST = Rule(sum=after(np.abs, SUM), mean=after(np.abs, MEAN))
SQUARE_FIRST = Rule(sum=after(np.square, SUM), mean=after(np.square, MEAN), instead=WITHOUT_SQUARE.instead)
OTHER_AXES = {axis: Rule(sum=along(axis, SUM), mean=along(axis, MEAN)) for axis in (0, 1, 2)}
