"""Why a formula depends on the batch: on how many samples it has, or on which sample comes first.

Each correction is confirmed only if what it leaves is more than a constant: 1 is invariant too, and says nothing. A
correction of what a formula does with several samples must change nothing where there is only one.
"""

import numpy as np

from ..quantities import error_of
from ..sampling.changed_cases import is_per_sample, with_samples
from .mistakes import MEANS
from .operations import WITHOUT_SQUARE, Rule
from .probe import Correction, DoesNotApply

SAME = 1e-9                     # a relative difference up to this is rounding
DISTINCT = 4                    # so many different numbers, over all networks, show that more than a constant is left


def of_batch_size(probes):
    """The corrections that are tried, the plainest first."""
    sum_for_mean, _ = MEANS
    yield sum_for_mean
    for factor, power in (("N", 1), ("1/N", -1), ("N²", 2), ("1/N²", -2), ("√N", 0.5), ("1/√N", -0.5)):
        yield confirmed(f"off by the factor {factor}", "divided by it, {f} holds (N samples)", without_samples(power))
    yield confirmed("absolute value after the mean over the batch", "with |·| before the mean, {f} holds",
                    alike_for_one(abs_by_sample))
    yield confirmed("square after the mean over the batch", "with the square before the mean, {f} holds",
                    alike_for_one(square_by_sample))
    yield confirmed("the maximum over the batch", "with the mean in its place, {f} holds", alike_for_one(mean_for_max))
    yield from of_first_or_last()
    yield from of_statistics()


def confirmed(name, remedy, apply):
    """A Correction that must leave more than a constant."""
    return Correction(name, remedy, apply, lambda probes: leaves_something(apply, probes))


def leaves_something(apply, probes):
    """Whether what a correction leaves is more than a constant."""
    left = [np.ravel(apply(probe.about(probe.case))) for probe in probes]
    return len(np.unique(np.round(np.concatenate(left), 9))) >= DISTINCT


def is_same(one, other):
    """Whether two arrays have one shape and, but for rounding, the same numbers."""
    return one.shape == other.shape and error_of(one, other) <= SAME


def without_samples(power):
    """The correction that takes away a power of the number of samples N."""
    return lambda probe: probe.claimed / float(len(probe.case.x)) ** power


def alike_for_one(rule_of):
    """The correction by rule_of(number of samples); it must not change what the formula says of one sample."""
    def apply(probe):
        corrected = probe.under(rule_of(len(probe.case.x)))
        if len(probe.case.x) == 1 and not is_same(corrected, probe.claimed):
            raise DoesNotApply("it says something else of one sample")
        return corrected
    return apply


# ------------------------------------------------------------------------- reductions over the samples


def by_sample(name, count, combine):
    """The reduction `name`, which over the samples is done in two steps: first each sample, then combine(results).

    A reduction over the first of `count` samples and other axes reduces the other axes first; `combine` gets that, with
    all axes still there (the reduced ones of length 1), and leaves the samples' axis with length 1. Reductions that do
    not run over the samples are as ever.
    """
    reduce = getattr(np.ndarray, name)

    def reduced(array, axis=None, keepdims=False, **settings):
        over_samples, others = split_axes(array, axis, count)
        if not over_samples:
            return reduce(array, axis=axis, keepdims=keepdims, **settings)
        result = combine(reduce(array, axis=others, keepdims=True, **settings) if others else array)
        if keepdims:
            return result
        return result.reshape([size for place, size in enumerate(result.shape) if place not in (0, *others)])
    return reduced


def split_axes(array, axis, count):
    """(whether a reduction along `axis` runs over `count` samples on the first axis, its other axes)."""
    axes = range(array.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = {one % array.ndim for one in axes} if array.ndim else set()
    return 0 in axes and len(array) == count, tuple(sorted(axes - {0}))


def over_first(name, function=np.asarray):
    """What combines the samples: the reduction `name` of function(each)."""
    return lambda results: getattr(function(results), name)(axis=0, keepdims=True)


def abs_by_sample(count):
    return Rule({name: by_sample(name, count, over_first(name, np.abs)) for name in ("sum", "mean")})


def square_by_sample(count):
    return Rule({name: by_sample(name, count, over_first(name, np.square)) for name in ("sum", "mean")},
                WITHOUT_SQUARE.instead)


def mean_for_max(count):
    return Rule({name: by_sample(name, count, over_first("mean")) for name in ("max", "min")})


# ------------------------------------------------------------------------- statistics of the batch

# {what NumPy calls a statistic of the batch: how a message calls it}
STATISTICS = {"mean": "mean", "sum": "sum", "max": "maximum", "min": "minimum", "std": "standard deviation",
              "var": "variance", "norm": "norm", "median": "median"}
PAIRS = (("mean", "std"), ("mean", "var"), ("min", "max"), ("sum", "max"))


def of_statistics():
    """Each sample is compared with the others: nothing of that is left where the statistic is a constant."""
    for statistics in (*((name,) for name in STATISTICS), *PAIRS):
        text = " and ".join(STATISTICS[name] for name in statistics)
        constant = "constants" if len(statistics) > 1 else "a constant"
        yield confirmed(f"the batch's {text} in each sample's result",
                        f"with {constant} in place of the {text} over the samples, {{f}} holds", held_at_1(statistics))


def held_at_1(statistics):
    """The correction that holds these statistics over the samples at 1, for formulas with a result a sample."""
    def apply(probe):
        if not is_per_sample(probe.case, lambda case: probe.about(case).claimed, probe.claimed):
            raise DoesNotApply("it does not return a result of each sample")
        return probe.under(holding(statistics, len(probe.case.x)))
    return apply


def holding(statistics, count):
    """The Rule by which these statistics over `count` samples are 1."""
    def ones(results):
        return np.ones((1, *results.shape[1:]))

    reductions = {name: by_sample(name, count, ones) for name in statistics if hasattr(np.ndarray, name)}
    functions = {function: held_function(function, count) for name, function in
                 (("norm", np.linalg.norm), ("median", np.median)) if name in statistics}
    return Rule(reductions, functions)


def held_function(function, count):
    """A reduction of NumPy that is 1 over `count` samples on the first axis."""
    def instead(array, *arguments, axis=None, **settings):
        result = function(array, *arguments, axis=axis, **settings)
        axes = range(array.ndim) if axis is None else np.atleast_1d(axis) % array.ndim
        return np.ones_like(result) if 0 in axes and len(array) == count else result
    return instead


# --------------------------------------------------------------------------------- one sample alone


def of_first_or_last():
    for text, place in (("first", 0), ("last", -1)):
        yield confirmed(f"only the {text} sample is read", "asked about each sample alone and averaged, {f} holds",
                        mean_of_each(place))


def mean_of_each(place):
    """The correction that averages what the formula says of each sample alone.

    It applies to formulas that say of all samples what they say of the sample at `place`.
    """
    def apply(probe):
        results = [probe.about(with_samples(probe.case, [n])).claimed for n in range(len(probe.case.x))]
        if not is_same(probe.claimed, results[place]):
            raise DoesNotApply("it does not read one sample only")
        return np.mean(results, axis=0)
    return apply
