"""The claim that a formula does not change when something is changed that should not matter."""

import functools
import itertools
from typing import Callable, NamedTuple

import numpy as np

from ...engine.checks import check_known
from ..formulas import Unanswered
from ..sampling.random_networks import Case
from ..numbers import numbers
from ..quantities import error_of
from .trial import Trial

HOMOGENEOUS = ("relu", "leaky_relu", "identity")


class Invariance:
    """The formula gives the same before and after (or the same in the new order, where the change is an order).

    Trials have as `claimed` what it gives after, as `measured` what it gave before.
    """

    share = 1.0                 # of the trials must hold

    def __init__(self, formula, kind, tolerance, least=1e-4):
        check_known("invariance", kind, KINDS)
        self.formula, self.kind, self.tolerance, self.least = formula, kind, tolerance, least
        self.measured = f"{formula.name}, {kind}"

    def __str__(self):
        return f"{self.formula.name} {KINDS[self.kind].claim}"

    def fits(self, case):
        return self.formula.fits(case) and KINDS[self.kind].fits(case)

    def trial(self, case, ask=None):
        try:
            before, after, form, _ = KINDS[self.kind].change(case, ask or self.formula)
        except Unanswered as problem:
            return Trial(case, None, None, np.inf, problem=str(problem))
        if before.shape != after.shape:
            problem = f"{self.formula.name} returned the shape {before.shape} before and {after.shape} after the change"
            return Trial(case, None, None, np.inf, problem=problem)
        return Trial(case, after, before, error_of(after, before, self.least), form)

    def story(self, trial):
        kind = KINDS[self.kind]
        how = kind.change(trial.case, self.formula)[3]
        return [f"  {line}" for line in kind.story(trial.case, how, self.formula.name, numbers(trial.measured),
                                                   numbers(trial.claimed))]

    def again(self, case):
        return self.trial(case)

    def accepts(self, asked, corrected):
        return self.trial(asked.case, ask=lambda case: corrected(asked.about(case))).error <= self.tolerance

    def judge(self, trials):
        return all(trial.error <= self.tolerance for trial in trials), "", {}


def of_samples(case, n):
    return Case(case.net, case.layer, case.x[n], case.t[n], case.loss)


def is_per_sample(case, ask, result):
    """Whether the first axis of the result is that of the samples."""
    return result.shape[:1] == (len(case.x),) and ask(of_samples(case, slice(0, 1))).shape[:1] == (1,)


# Each gives (before, after, the form of what the formula returns, how it was changed).


def in_two_batches(case, ask):
    """All samples at once, and the first and the others apart: side by side, or the mean weighted by their sizes."""
    whole, parts = ask(case), [ask(of_samples(case, part)) for part in (slice(0, 1), slice(1, None))]
    each = is_per_sample(case, ask, whole)
    for part in parts:
        if part.shape[each:] != whole.shape[each:]:
            return whole, part, "", ""
    if each:
        return whole, np.concatenate(parts), "per sample", "one below the other"
    one, other = parts
    return whole, (one + (len(case.x) - 1) * other) / len(case.x), "mean over the batch", "averaged"


def in_another_order(case, ask):
    def in_order(order):
        after = ask(of_samples(case, order))
        return before[order] if each else before, after, "", (order, each)

    before = ask(case)
    each = is_per_sample(case, ask, before)
    return worst(in_order(order) for order in orders(len(case.x)))


def with_neurons_permuted(case, ask):
    """The neurons of the layer in another order, with all that reads them."""
    def in_order(order):
        after = ask(permuted_case(case, order))
        if before.shape != after.shape or K not in before.shape:
            return before, after, "", order
        return min(in_new_order(before, order), key=lambda one: error_of(after, one)), after, "", order

    K, before = case.net[case.layer].K, ask(case)
    return worst(in_order(order) for order in orders(K))


def in_new_order(array, order):
    """The array with each axis, or several, that may be that of the neurons in the new order."""
    axes = [axis for axis, size in enumerate(array.shape) if size == len(order)]
    for count in range(1, len(axes) + 1):
        for some in itertools.combinations(axes, count):
            yield functools.reduce(lambda one, axis: one.take(order, axis), some, array)


def orders(count):
    """The first two exchanged, and the last one first: what keeps its meaning in both does so in every order."""
    exchanged = np.arange(count)
    exchanged[:2] = 1, 0
    return [exchanged, np.roll(np.arange(count), 1)][:1 if count == 2 else 2]


def worst(changes):
    """The change after which most is different."""
    return max(changes, key=lambda one: error_of(one[1], one[0]) if one[0].shape == one[1].shape else np.inf)


def permuted_case(case, order):
    K, net = case.net[case.layer].K, case.net.copy()
    for array in net[case.layer].arrays().values():
        array[...] = array[order]
    for name in net.readers(case.layer):
        columns = net[name].W.reshape(-1, K)
        columns[...] = columns[:, order]
    return Case(net, case.layer, case.x, case.t, case.loss)


def rescaled(case, ask):
    """Each neuron's incoming weights and bias times a, its outgoing ones over a: the same function."""
    return ask(case), ask(rescaled_case(case)), "", scales(case)


def scales(case):
    """a of each neuron."""
    return np.resize([2.0, 0.5, 4.0], case.net[case.layer].K)


def rescaled_case(case):
    K, net, a = case.net[case.layer].K, case.net.copy(), scales(case)
    layer = net[case.layer]
    arrays = (layer.gamma, layer.beta) if layer.batch_norm else (layer.W, layer.b)
    for array in arrays:
        array *= a.reshape(-1, *[1] * (array.ndim - 1))
    for name in net.readers(case.layer):
        columns = net[name].W.reshape(-1, K)
        columns /= a
    return Case(net, case.layer, case.x, case.t, case.loss)


def several_samples(case):
    return len(case.x) > 1


def several_neurons(case):
    return case.net[case.layer].K > 1


def homogeneous(case):
    return case.net[case.layer].f.name in HOMOGENEOUS


# --------------------------------------------------------------------- as a counterexample tells it


def batches_told(case, how, name, before, after):
    N = len(case.x)
    parts = "of each sample alone" if N == 2 else f"of the first sample, and of the other {N - 1} together"
    return f"{name} of all {N} samples at once: {before}", f"{name} {parts}, {how}: {after}"


def sample_order_told(case, how, name, before, after):
    order, each = how
    changed = "the first two samples exchanged" if is_exchange(order) else "the last sample first"
    return f"{name} with {changed}: {after}", f"what it gave before{', in the new order' * each}: {before}"


def neuron_order_told(case, order, name, before, after):
    changed = f"the first two neurons of {case.layer} exchanged" if is_exchange(order) else \
        f"the last neuron of {case.layer} put first"
    return (f"{name} with {changed} (in its arrays, and in the weights that read it): {after}",
            f"what it gave before, in the new order: {before}")


def is_exchange(order):
    return order[0] == 1


def scales_told(case, a, name, before, after):
    incoming = "γ and β" if case.net[case.layer].batch_norm else "W and b"
    changed = f"{incoming} of each neuron multiplied by {numbers(a)}, the weights that read it divided by it"
    return f"{name} of the neurons of {case.layer}: {before}", f"{name} with {changed}: {after}"


class Kind(NamedTuple):
    """What is changed: as the claim tells it, which cases can show it, how, and as a counterexample tells it."""

    claim: str
    fits: Callable
    change: Callable
    story: Callable


KINDS = {
    "batch size": Kind("gives the same for all samples at once and in smaller batches", several_samples,
                       in_two_batches, batches_told),
    "sample order": Kind("does not depend on the order of the samples", several_samples, in_another_order,
                         sample_order_told),
    "neuron permutation": Kind("gives each neuron the same in whatever order the neurons are", several_neurons,
                               with_neurons_permuted, neuron_order_told),
    "relu rescaling": Kind("does not change where a neuron's incoming weights are multiplied by a and its "
                           "outgoing weights divided by a", homogeneous, rescaled, scales_told),
}
