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

from ..arrays import array_of
from ..formulas import Unanswered
from ..sampling.random_networks import Case, fill
from ..verdict import Mistake
from .operations import Rule, counterfactual


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
        self.drawn = {}                 # {place: Probe} of `redrawn`
        self.last = None, None          # a Correction, and what the formula returns with it

    @functools.cached_property
    def arrays(self):
        """{parameter: array} that the formula gets."""
        return self.formula.arrays(self.case)

    @functools.cached_property
    def others(self):
        """{parameter: value} of what the formula gets besides arrays."""
        return self.formula.others(self.case)

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
        return self.formula.of({**self.arrays, **changed}, self.others)

    def under(self, rule, **changed):
        """What the formula returns with the operations of a Rule done differently, and perhaps other arrays."""
        return self.formula.of({name: counterfactual(array.copy(), rule)
                                for name, array in {**self.arrays, **changed}.items()}, self.others)

    def calls(self, functions):
        """Whether the formula calls one of these functions of NumPy."""
        called = []

        def noting(function):
            return lambda *arrays: called.append(function) or function(*arrays)

        self.under(Rule(instead={function: noting(function) for function in functions}))
        return bool(called)

    def next_layer(self):
        """The first layer that reads this one, whose arrays the formula gets; DoesNotApply if no layer reads it."""
        if not self.case.readers:
            raise DoesNotApply("no layer reads it")
        return self.case.net[self.case.readers[0]]

    def about(self, case):
        """The Probe of the same formula in another case."""
        return Probe(self.claim, self.trial._replace(case=case, claimed=self.formula(case)))

    def redrawn(self, place):
        """The Probe of the same formula, layer and targets with other random weights and inputs; drawn once."""
        if place not in self.drawn:
            rng, case, net = np.random.default_rng(place), self.case, self.case.net.copy()
            fill(net, rng)
            for name in net.neuron_layers:                          # no bias is 0: W x and W x + b differ
                net[name].b[...] = np.where(net[name].b == 0, rng.uniform(0.2, 0.8, net[name].K), net[name].b)
            x = rng.normal(size=case.x.shape)
            self.drawn[place] = self.about(Case(net, case.layer, x, case.t, case.loss, case.any_next))
        return self.drawn[place]

    def accepts(self, correction):
        """Whether the claim holds in this case with the correction."""
        try:
            with np.errstate(all="ignore"):
                return self.claim.accepts(self, lambda probe: probe.corrected(correction))
        except INAPPLICABLE:
            return False

    def is_changed_by(self, correction):
        """Whether the formula returns something else with the correction."""
        try:
            with np.errstate(all="ignore"):
                corrected = self.corrected(correction)
        except INAPPLICABLE:
            return False
        return self.trial.claimed is None or not np.array_equal(corrected, self.trial.claimed)

    def corrected(self, correction):
        """What the formula returns with the correction; the last one is remembered."""
        if self.last[0] is not correction:
            self.last = correction, correction.apply(self)
        return self.last[1]


# ------------------------------------------------------------------------------------------ corrections

# A correction that does not apply, or whose shapes do not fit, raises one of these.
INAPPLICABLE = (Unanswered, KeyError, ValueError, IndexError)
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
