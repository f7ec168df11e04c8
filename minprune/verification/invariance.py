"""The claim that a formula does not change when something is changed that should not matter."""

import numpy as np

from ..engine.checks import check_known
from .equality import Trial
from .formulas import Unanswered
from .networks import Case
from .quantities import error_of

HOMOGENEOUS = ("relu", "leaky_relu", "identity")


class Invariance:
    """The formula gives the same before and after (or the same in the new order, where the change is an order).

    Trials have as `claimed` what it gives after, as `measured` what it gave before.
    """

    share = 1.0                 # of the trials must hold
    of_values = False           # any constant is invariant: corrections of values would say nothing
    labels = ("after", "before")

    def __init__(self, formula, kind, tolerance):
        check_known("invariance", kind, KINDS)
        self.formula, self.kind, self.tolerance = formula, kind, tolerance
        self.measured = f"{formula.name}, {kind}"

    def __str__(self):
        return f"{self.formula.name} does not change with {KINDS[self.kind][0]}"

    def fits(self, case):
        return self.formula.fits(case) and KINDS[self.kind][1](case)

    def trial(self, case, ask=None):
        try:
            before, after, form = KINDS[self.kind][2](case, ask or self.formula)
        except Unanswered as problem:
            return Trial(case, None, None, np.inf, problem=str(problem))
        if before.shape != after.shape:
            problem = f"{self.formula.name} returned the shape {before.shape} before and {after.shape} after the change"
            return Trial(case, None, None, np.inf, problem=problem)
        return Trial(case, after, before, error_of(after, before), form)

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


def in_two_batches(case, ask):
    """All samples at once, and the first and the others apart: side by side, or their mean weighted by their sizes."""
    whole = ask(case)
    parts = [slice(0, 1), slice(1, None)]
    if is_per_sample(case, ask, whole):
        return whole, np.concatenate([ask(of_samples(case, part)) for part in parts]), "per sample"
    one, other = (ask(of_samples(case, part)) for part in parts)
    return whole, (one + (len(case.x) - 1) * other) / len(case.x), "mean over the batch"


def in_another_order(case, ask):
    order = np.roll(np.arange(len(case.x)), 1)
    before, after = ask(case), ask(of_samples(case, order))
    return (before[order] if is_per_sample(case, ask, before) else before), after, ""


def with_neurons_permuted(case, ask):
    """The neurons of the layer in another order, with all that reads them."""
    K, net = case.net[case.layer].K, case.net.copy()
    order = np.roll(np.arange(K), 1)
    for array in net[case.layer].arrays().values():
        array[...] = array[order]
    for name in net.readers(case.layer):
        columns = net[name].W.reshape(-1, K)
        columns[...] = columns[:, order]
    before, after = ask(case), ask(Case(net, case.layer, case.x, case.t, case.loss))
    if before.shape != after.shape or K not in before.shape:
        return before, after, ""
    permuted = [np.take(before, order, axis) for axis, size in enumerate(before.shape) if size == K]
    return min(permuted, key=lambda one: error_of(after, one)), after, ""


def rescaled(case, ask):
    """Each neuron's incoming weights and bias times a, its outgoing ones over a: the same function."""
    K, net = case.net[case.layer].K, case.net.copy()
    layer, a = net[case.layer], np.resize([2.0, 0.5, 4.0], K)
    arrays = (layer.gamma, layer.beta) if layer.batch_norm else (layer.W, layer.b)
    for array in arrays:
        array *= a.reshape(-1, *[1] * (array.ndim - 1))
    for name in net.readers(case.layer):
        columns = net[name].W.reshape(-1, K)
        columns /= a
    return ask(case), ask(Case(net, case.layer, case.x, case.t, case.loss)), ""


def several_samples(case):
    return len(case.x) > 1


def several_neurons(case):
    return case.net[case.layer].K > 1


def homogeneous(case):
    return case.net[case.layer].f.name in HOMOGENEOUS


# What is changed: (as a sentence tells it, which cases can show it, how).
KINDS = {
    "batch size": ("the batch size", several_samples, in_two_batches),
    "sample order": ("the order of the samples", several_samples, in_another_order),
    "neuron permutation": ("the order of the neurons, but for being in that order", several_neurons,
                           with_neurons_permuted),
    "relu rescaling": ("a factor on a relu neuron's incoming weights that its outgoing ones take back", homogeneous,
                       rescaled),
}
