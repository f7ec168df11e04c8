"""Scores that are averages over all samples, as generators that take turns at the batches."""

import numpy as np

from ..scores.means import over_samples
from .arrays import FROM_SAMPLES, gathered, only, read_only
from .parameters import needs, told
from .gradient_sums import SUMMED, add_to, gradient_sums


def average(net, functions, traces):
    """{name: {hidden layer: (K,)}} of several formulas of arrays, {name: function}.

    A formula of samples is added up batch by batch; one of weights and of means over all samples is asked once, last.
    """
    wanted = {one: needs(function) for one, function in functions.items()}
    totals = {one: {name: np.zeros(net[name].K) for name in net.hidden_layers}
              for one in functions if set(wanted[one]) & set(FROM_SAMPLES)}
    last = {one: {} for one in functions if one not in totals}
    arrays = {array for one in totals for array in wanted[one]}
    means = {mean for one in last for mean in wanted[one] if mean in SUMMED}
    sums, seen = {name: {} for name in net.hidden_layers}, {}
    count = 0
    for trace in traces:
        for name in net.hidden_layers:
            given = gathered(net, name, arrays, trace)
            seen[name] = shapes(given)
            for one, total in totals.items():
                each = checked(functions[one], name, only(wanted[one], given), (len(trace.x), net[name].K))
                with np.errstate(invalid="ignore"):     # ∞ − ∞ is told in the end
                    total[name] += over_samples(each)
            add_to(sums[name], gradient_sums(means, net[name], trace[name]))
        count += len(trace.x)
        yield
    for name in net.hidden_layers:
        given = gathered(net, name, {array for one in last for array in wanted[one]} - set(SUMMED))
        given |= {mean: read_only(np.divide(total, count, out=total)) for mean, total in sums[name].items()}
        seen[name] = {**seen.get(name, {}), **shapes(given)}
        for one, scores in last.items():
            scores[name] = checked(functions[one], name, only(wanted[one], given), (net[name].K,)).astype(float)
    averaged = {one: {name: each / count for name, each in total.items()} for one, total in totals.items()}
    return {one: not_nan(functions[one], (averaged | last)[one], wanted[one], seen) for one in functions}


def checked(function, name, given, expected):
    """What the formula makes of one layer's arrays; raise unless it has the expected shape, (N, K) or (K,)."""
    result = as_array(function(**given))
    if result.shape == expected and result.dtype.kind in "buif":
        return result
    axes = "one number a neuron" if len(expected) == 1 else "one number a sample and neuron, not yet averaged"
    told_wrong = f"expects {expected} ({axes}), got {result.shape}" if result.shape != expected else \
        f"returned {result.dtype}, not numbers,"
    raise ValueError(f'{told(function)} of layer "{name}" {told_wrong} from {listed(shapes(given))}')


def not_nan(function, scores, wanted, seen):
    """Return {hidden layer: (K,)}; one look at the end finds what a look at every batch would. `seen` has the shapes
    of the arrays that were given last."""
    for name, values in scores.items():
        if np.isnan(values).any():
            raise ValueError(f'{told(function)} of layer "{name}" returned NaN for neuron '
                             f"{np.flatnonzero(np.isnan(values))[0]}, from {listed(only(wanted, seen[name]))}")
    return scores


def shapes(given):
    return {one: array.shape for one, array in given.items()}


def listed(shapes):
    return ", ".join(f"{one} {shape}" for one, shape in shapes.items())


def as_array(result):
    """A formula's result as an array; rows of different lengths make one of objects, which is refused as such."""
    try:
        return np.asarray(result)
    except ValueError:
        return np.asarray(len(result), dtype=object)
