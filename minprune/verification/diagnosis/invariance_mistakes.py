"""Why a formula depends on what should not matter: corrections for claims of invariance.

Each is such that what it names is all that was wrong: with it the claim holds on every network, and what is left is no
constant. Where a formula is asked about one sample alone, a correction of what it does with several changes nothing.
"""

import itertools

import numpy as np

from .counterfactual import MEAN_FOR_SUM, SUM_FOR_MEAN, WITHOUT_SQUARE, Rule, by_sample
from .probe import Correction
from ..claims.invariance import is_per_sample, of_samples, orders, permuted_case, rescaled_case, scales
from ..sampling.random_networks import Case
from ..numbers import number
from ..quantities import error_of

SAME = 1e-9                     # a relative difference that is none
DISTINCT = 4                    # different numbers, over all networks, that show that something is left


def of_invariance(kind, name):
    """The corrections that are tried, the plainest first."""
    yield from {"batch size": of_batch_size, "sample order": of_sample_order, "neuron permutation": of_neuron_order,
                "relu rescaling": of_scales}[kind](name)


def same(one, other):
    return one.shape == other.shape and error_of(one, other) <= SAME


def leaves_something(apply):
    """Whether what a correction leaves is more than a constant."""
    def confirm(every):
        left = [np.ravel(apply(asked.about(asked.case))) for asked in every]
        return len(np.unique(np.round(np.concatenate(left), 9))) >= DISTINCT
    return confirm


# ------------------------------------------------------------------------------- the batch


def of_means(name):
    for mistake, remedy, rule in (("sum where the mean is meant", "with the mean", MEAN_FOR_SUM),
                                  ("mean where the sum is meant", "with the sum", SUM_FOR_MEAN)):
        yield Correction(mistake, f"{remedy}, {name} holds", lambda asked, rule=rule: asked.by_rule(rule))


def of_batch_size(name):
    sum_for_mean, _ = of_means(name)
    yield sum_for_mean
    for told, power in (("N", 1), ("1/N", -1), ("N²", 2), ("1/N²", -2), ("√N", 0.5), ("1/√N", -0.5)):
        apply = without_samples(power)
        yield Correction(f"off by the factor {told}", f"divided by it, {name} holds (N samples)", apply,
                         leaves_something(apply))
    for mistake, remedy, rule in (
            ("absolute value after the mean over the batch", "with |·| before the mean", abs_by_sample),
            ("square after the mean over the batch", "with the square before the mean", square_by_sample),
            ("the maximum over the batch", "with the mean in its place", mean_for_max)):
        apply = alike_for_one(rule)
        yield Correction(mistake, f"{remedy}, {name} holds", apply, leaves_something(apply))
    yield from of_first_or_last(name)
    yield from of_statistics(name)


def without_samples(power):
    """The formula without a power of the number of samples N."""
    return lambda asked: asked.claimed / float(len(asked.case.x)) ** power


def alike_for_one(rule):
    """The formula by a rule (of the number of samples); ValueError if that changes what it says of one sample."""
    def apply(asked):
        corrected = asked.by_rule(rule(len(asked.case.x)))
        if len(asked.case.x) == 1 and not same(corrected, asked.claimed):
            raise ValueError("it says something else of one sample")
        return corrected
    return apply


def abs_by_sample(count):
    return Rule(**{name: by_sample(name, count, lambda each, name=name: over_first(name, np.abs(each)))
                   for name in ("sum", "mean")})


def square_by_sample(count):
    rule = Rule(**{name: by_sample(name, count, lambda each, name=name: over_first(name, np.square(each)))
                   for name in ("sum", "mean")})
    rule.instead = WITHOUT_SQUARE.instead
    return rule


def mean_for_max(count):
    return Rule(reductions={name: by_sample(name, count, lambda each: over_first("mean", each))
                            for name in ("max", "min")})


def over_first(name, array):
    return getattr(array, name)(axis=0, keepdims=True)


# What a batch has of its own, and how an error message may call it.
STATISTICS = {"mean": "mean", "sum": "sum", "max": "maximum", "min": "minimum", "std": "standard deviation",
              "var": "variance", "norm": "norm", "median": "median"}
TOGETHER = (("mean", "std"), ("mean", "var"), ("min", "max"), ("sum", "max"))


def of_statistics(name):
    """Each sample compared with the others: nothing of that is left where the statistic is a constant."""
    for statistics in (*((one,) for one in STATISTICS), *TOGETHER):
        def apply(asked, statistics=statistics):
            if not is_per_sample(asked.case, lambda case: asked.about(case).claimed, asked.claimed):
                raise ValueError("it is no result of each sample")
            return asked.by_rule(held(statistics, len(asked.case.x)))

        told = " and ".join(STATISTICS[one] for one in statistics)
        yield Correction(f"the batch's {told} in each sample's result",
                         f"with {'constants' if len(statistics) > 1 else 'a constant'} in place of the {told} over the "
                         f"samples, {name} holds", apply, leaves_something(apply))


def held(statistics, count):
    """A rule by which these statistics over the samples are 1."""
    def ones(each):
        return np.ones((1, *each.shape[1:]))

    reductions = {name: by_sample(name, count, ones) for name in statistics if hasattr(np.ndarray, name)}
    functions = {function: held_function(function, count) for name, function in
                 (("norm", np.linalg.norm), ("median", np.median)) if name in statistics}
    return Rule(reductions=reductions, instead=functions)


def held_function(function, count):
    def instead(array, *arguments, axis=None, **settings):
        result = function(array, *arguments, axis=axis, **settings)
        axes = range(array.ndim) if axis is None else np.atleast_1d(axis) % array.ndim
        return np.ones_like(result) if 0 in axes and len(array) == count else result
    return instead


def of_first_or_last(name):
    for told, place in (("first", 0), ("last", -1)):
        def apply(asked, place=place):
            """The mean of what it says of each sample, if now it says what it says of the first."""
            each = [asked.about(of_samples(asked.case, slice(n, n + 1))).claimed for n in range(len(asked.case.x))]
            if not same(asked.claimed, each[place]):
                raise ValueError("it does not read one sample only")
            return np.mean(each, axis=0)
        yield Correction(f"only the {told} sample is read",
                         f"asked about each sample alone and averaged, {name} holds", apply, leaves_something(apply))


# ------------------------------------------------------------------------------- orders


def of_sample_order(name):
    yield from of_first_or_last(name)
    yield from of_index(name, "sample", lambda case: len(case.x), with_equal_samples, axes=(0,))


def of_neuron_order(name):
    yield from of_index(name, "neuron", lambda case: case.net[case.layer].K, with_equal_neurons, axes=(0, 1, 2))
    yield from of_one_for_all(name)


def with_equal_samples(case):
    first = [0] * len(case.x)
    return Case(case.net, case.layer, case.x[first], case.t[first], case.loss)


def with_equal_neurons(case):
    return permuted_case(case, [0] * case.net[case.layer].K)


def of_index(name, what, count_of, equal, axes):
    """Factors, or summands, that what is equal gets by its index alone; they are read off one network of each size."""
    for told, how, undone, neutral in (("weighted by the {}'s index", "divided by", np.divide, 1),
                                       ("the {}'s index is added", "less", np.subtract, 0)):
        for axis in axes:
            weights = {}

            def apply(asked, axis=axis, weights=weights, undone=undone):
                count = along(asked.claimed, axis, count_of(asked.case))
                if count not in weights:
                    equals = asked.about(equal(asked.case)).claimed
                    first = equals.take([0], axis)
                    place = np.unravel_index(np.abs(first).argmax(), first.shape)
                    others = tuple(one for number, one in enumerate(place) if number != axis)
                    weights[count] = undone(np.moveaxis(equals, axis, -1)[others], first[place])
                return undone(asked.claimed, aligned(weights[count], axis, asked.claimed.ndim))

            def confirm(every, apply=apply, weights=weights, neutral=neutral):
                return any(np.abs(one - neutral).max() > SAME for one in weights.values()) \
                    and leaves_something(apply)(every)

            def remedy(every, weights=weights, how=how):
                most = weights[max(weights)]
                return (f"equal {what}s get different numbers; {how} {', '.join(number(one) for one in most)} "
                        f"by index, {name} holds")

            yield Correction(told.format(what), remedy, apply, confirm)


def along(array, axis, count):
    """`count`, if the array has so many entries along the axis; ValueError if not."""
    if axis >= array.ndim or array.shape[axis] != count:
        raise ValueError(f"no axis {axis} of this kind")
    return count


def aligned(weights, axis, ndim):
    return weights.reshape([-1 if place == axis else 1 for place in range(ndim)])


def of_one_for_all(name):
    """One factor or summand for all neurons that the first (or last) of them decides."""
    for told, fixed in (("first", 0), ("last", -1)):
        for axis in (0, 1, 2):
            for whole in (False, True):
                for mistake, remedy, undone in (
                        ("normalised by the {} neuron", "divided by the sum over all neurons",
                         lambda array, over: array / array.sum(axis=over, keepdims=True)),
                        ("the {} neuron is subtracted", "less the mean over all neurons",
                         lambda array, over: array - array.mean(axis=over, keepdims=True))):
                    def apply(asked, axis=axis, whole=whole, undone=undone):
                        along(asked.claimed, axis, asked.layer.K)
                        return undone(asked.claimed, None if whole else axis)

                    def confirm(every, axis=axis, fixed=fixed, apply=apply):
                        return only_one_matters(every, axis, fixed) and leaves_something(apply)(every)

                    yield Correction(mistake.format(told), f"{remedy} instead, {name} holds", apply, confirm)


def only_one_matters(every, axis, fixed):
    """Whether the other neurons can change places where the first (or last) stays: seen where there are two or more."""
    seen = False
    for asked in every:
        asked, K = asked.about(asked.case), asked.layer.K
        others = np.delete(np.arange(K), fixed)
        for order in orders(K - 1) if K > 2 else []:
            full = np.arange(K)
            full[others] = others[order]
            if not same(asked.about(permuted_case(asked.case, full)).claimed, asked.claimed.take(full, axis)):
                return False
            seen = True
    return seen


# ------------------------------------------------------------------------------- scales


POWERS = {1: "a", -1: "1/a", 2: "a²", -2: "1/a²", 0.5: "√a", -0.5: "1/√a", 3: "a³", -3: "1/a³"}
MEASURED = 20                   # networks on which a degree is measured
COMES_IN = ("W", "b", "gamma", "z", "o")
GOES_OUT = ("W_out", "W_next", "do", "dz", "dW", "dy")


def of_scales(name):
    """A power of each neuron's factor a; the size of its weights on the other side takes it back."""
    for (power, told), axis in itertools.product(POWERS.items(), (0, 1, 2)):
        def apply(asked, power=power, axis=axis):
            along(asked.claimed, axis, asked.layer.K)
            return asked.claimed * aligned(counterweight(asked.case, power), axis, asked.claimed.ndim)

        size = "Σ |w| over its " + ("outgoing" if power > 0 else "incoming") + " weights"
        to_the = "" if abs(power) == 1 else f" to the power {number(abs(power))}"

        def remedy(every, axis=axis, size=size, to_the=to_the):
            return f"{degrees(every, axis)}times {size}{to_the}, {name} holds"

        yield Correction(f"scales with {told}", remedy, apply, leaves_something(apply))


def counterweight(case, power):
    """(K,): what scales as a^−power."""
    layer = case.net[case.layer]
    if power > 0:
        return np.abs(case.net.outgoing_weights(case.layer)).sum(axis=1) ** power
    incoming = np.abs(layer.gamma) if layer.batch_norm else np.abs(layer.W.reshape(layer.K, -1)).sum(axis=1)
    return incoming ** -power


def degrees(every, axis):
    """"it is homogeneous of degree 1 in W; ": of what comes in and of what goes out, where these are measured."""
    pairs = [(asked.about(asked.case), asked.about(rescaled_case(asked.case))) for asked in every[:MEASURED]]
    pairs = [(asked, after) for asked, after in pairs if asked.claimed.any()]
    told = []
    for names, sign in ((COMES_IN, 1), (GOES_OUT, -1)):
        changed = [one for one in every[0].given if one in names
                   and not all(same(after.given[one], asked.given[one]) for asked, after in pairs)]
        found = {degree_in(asked, after, changed, axis, sign) for asked, after in pairs}
        if changed and len(found) == 1 and None not in found:
            told.append(f"of degree {number(found.pop())} in {' and '.join(changed)}")
    return f"it is homogeneous {' and '.join(told)}; " if told else ""


def degree_in(asked, after, names, axis, sign):
    """By which power of a neuron's factor the formula changes where only these arrays are those of scaled neurons."""
    changed, a = asked.with_given(**{name: after.given[name] for name in names}), scales(asked.case)
    return next((degree for degree in (0, *POWERS) if same(
        changed, asked.claimed * aligned(a ** float(sign * degree), axis, changed.ndim))), None)
