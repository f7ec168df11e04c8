"""Invariance: the claim that a formula does not change when something is changed that should not matter."""

import functools
import itertools
from typing import Callable, NamedTuple

import numpy as np

from ...engine.activations import ACTIVATIONS
from ...engine.checks import check_known
from ..diagnosis.batch_mistakes import of_batch_size
from ..diagnosis.order_mistakes import of_neuron_order, of_sample_order
from ..diagnosis.scale_mistakes import of_scales
from ..formulas import Unanswered
from ..numbers import numbers
from ..quantities import LEAST, error_of
from ..sampling.changed_cases import (is_exchange, is_per_sample, orders, permuted_case, rescaled_case, scales,
                                      with_samples)
from ..sampling.where import DRAWN_ACTIVATIONS
from .claim import SMALL, Claim, Trial, largest_number, without_numbers


class Invariance(Claim):
    """The formula gives the same before and after a change (or the same in the new order, if the change is an order).

    `claimed` of a trial is what it gives after the change, `measured` what it gave before.
    """

    labels = ("after", "before")

    def __init__(self, formula, name, tolerance, least=LEAST):
        check_known("invariance", name, KINDS)
        super().__init__(formula, f"{formula.name}, {name}", tolerance)
        self.kind, self.least = KINDS[name], least

    def __str__(self):
        return f"{self.formula.name} {self.kind.claim}"

    @classmethod
    def from_request(cls, formula, request):
        if request.value == "relu rescaling":
            for f in request.where.activations:
                f.needed("homogeneous", 'invariant="relu rescaling"')
        numbers = largest_number([formula], request.first_cases(formula.fits))
        return cls(formula, request.value, request.tolerance, SMALL * numbers)

    @classmethod
    def where_settings(cls, value):
        check_known("invariance", value, KINDS)
        return KINDS[value].where

    def fits(self, case):
        return self.formula.fits(case) and self.kind.fits(case)

    def trial_of(self, query, case):
        try:
            change = self.kind.change(case, query)
        except Unanswered as problem:
            return without_numbers(case, problem)
        before, after = change.before, change.after
        if before.shape != after.shape:
            return without_numbers(case, f"{self.formula.name} returned the shape {before.shape} before and "
                                         f"{after.shape} after the change")
        return Trial(case, after, before, error_of(after, before, self.least), change.form)

    def corrections(self, probes):
        return self.kind.corrections(probes)

    def story(self, trial):
        change = self.kind.change(trial.case, self.formula)
        lines = self.kind.story(trial.case, change.how, self.formula.name,
                                numbers(trial.measured), numbers(trial.claimed))
        return [f"  {line}" for line in lines]


class Change(NamedTuple):
    """What a formula gives before and after a change, the form of it, and how it was changed."""

    before: np.ndarray
    after: np.ndarray
    form: str = ""
    how: object = None


def largest_change(changes):
    """The change after which most is different."""
    return max(changes, key=lambda change: error_of(change.after, change.before)
               if change.before.shape == change.after.shape else np.inf)


# ------------------------------------------------------------------------------- batch size


def has_several_samples(case):
    return len(case.x) > 1


def in_two_batches(case, query):
    """All samples at once; and the first alone and the others together.

    Results of each sample are put one below the other, results of a batch averaged, weighted by the batches' sizes.
    """
    before = query(case)
    parts = [query(with_samples(case, part)) for part in ([0], range(1, len(case.x)))]
    per_sample = is_per_sample(case, query, before)
    for part in parts:
        if part.shape[per_sample:] != before.shape[per_sample:]:
            return Change(before, part)
    if per_sample:
        return Change(before, np.concatenate(parts), "per sample", "one below the other")
    first, others = parts
    return Change(before, (first + (len(case.x) - 1) * others) / len(case.x), "mean over the batch", "averaged")


def story_of_batches(case, how, name, before, after):
    N = len(case.x)
    parts = "of each sample alone" if N == 2 else f"of the first sample, and of the other {N - 1} together"
    return f"{name} of all {N} samples at once: {before}", f"{name} {parts}, {how}: {after}"


# ------------------------------------------------------------------------------- sample order


def with_samples_in_another_order(case, query):
    """How: (the new order, whether the result has the samples on its first axis)."""
    before = query(case)
    per_sample = is_per_sample(case, query, before)
    return largest_change(Change(before[order] if per_sample else before, query(with_samples(case, order)), "",
                                 (order, per_sample)) for order in orders(len(case.x)))


def story_of_sample_order(case, how, name, before, after):
    order, per_sample = how
    changed = "the first two samples exchanged" if is_exchange(order) else "the last sample first"
    return (f"{name} with {changed}: {after}",
            f"what it gave before{', in the new order' if per_sample else ''}: {before}")


# ------------------------------------------------------------------------------- neuron permutation


def has_several_neurons(case):
    return case.net[case.layer].K > 1


def with_neurons_in_another_order(case, query):
    """The neurons of the layer in another order, with all weights that read them. How: the new order."""
    before, K = query(case), case.net[case.layer].K
    return largest_change(in_the_order_that_fits(before, query(permuted_case(case, order)), order, K)
                          for order in orders(K))


def in_the_order_that_fits(before, after, order, K):
    """The Change with `before` in the new order, along the axes that may be the neurons' and make it most alike."""
    if before.shape == after.shape and K in before.shape:
        before = min(in_new_order(before, order), key=lambda array: error_of(after, array))
    return Change(before, after, "", order)


def in_new_order(array, order):
    """Yield the array with each axis, or several, that may be that of the neurons in the new order."""
    axes = [axis for axis, size in enumerate(array.shape) if size == len(order)]
    for count in range(1, len(axes) + 1):
        for some in itertools.combinations(axes, count):
            yield functools.reduce(lambda reordered, axis: reordered.take(order, axis), some, array)


def story_of_neuron_order(case, order, name, before, after):
    changed = f"the first two neurons of {case.layer} exchanged" if is_exchange(order) else \
        f"the last neuron of {case.layer} put first"
    return (f"{name} with {changed} (in its arrays, and in the weights that read it): {after}",
            f"what it gave before, in the new order: {before}")


# ------------------------------------------------------------------------------- relu rescaling


def is_homogeneous(case):
    return case.net[case.layer].f.homogeneous


def rescaled(case, query):
    """Each neuron's incoming weights and bias times a, its outgoing ones over a: the same function. How: all a."""
    return Change(query(case), query(rescaled_case(case)), "", scales(case))


def story_of_scales(case, a, name, before, after):
    incoming = "γ and β" if case.net[case.layer].batch_norm else "W and b"
    changed = f"{incoming} of each neuron multiplied by {numbers(a)}, the weights that read it divided by it"
    return f"{name} of the neurons of {case.layer}: {before}", f"{name} with {changed}: {after}"


# ------------------------------------------------------------------------------------- the kinds


class Kind(NamedTuple):
    """A kind of invariance.

    claim         the sentence after the formula's name
    fits          fits(case): whether the case can show it
    change        change(case, query): the Change of query(case)
    story         story(case, how, name, before, after): the lines of a counterexample; before and after are text
    corrections   corrections(probes): what is tried to name the mistake
    where         what `where` is, if it does not say
    """

    claim: str
    fits: Callable
    change: Callable
    story: Callable
    corrections: Callable
    where: dict = {}


# Homogeneous, and not linear: only these show what the slope of the activation does.
RECTIFIERS = tuple(name for name in DRAWN_ACTIVATIONS if ACTIVATIONS[name].homogeneous and ACTIVATIONS[name].kinks)

KINDS = {
    "batch size": Kind(
        "gives the same for all samples at once and in smaller batches", has_several_samples,
        in_two_batches, story_of_batches, of_batch_size, {"samples": (2, 3, 4)}),
    "sample order": Kind(
        "does not depend on the order of the samples", has_several_samples,
        with_samples_in_another_order, story_of_sample_order, of_sample_order, {"samples": (2, 3, 4)}),
    "neuron permutation": Kind(
        "gives each neuron the same in whatever order the neurons are", has_several_neurons,
        with_neurons_in_another_order, story_of_neuron_order, of_neuron_order),
    "relu rescaling": Kind(
        "does not change where a neuron's incoming weights are multiplied by a and its outgoing weights divided by a",
        is_homogeneous, rescaled, story_of_scales, of_scales, {"activation": RECTIFIERS}),
}
