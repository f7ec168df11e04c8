"""Ranking: the claim that a formula ranks neurons as a measured quantity does."""

import numpy as np

from ...engine.checks import check_known, check_real
from ...evaluation.rank_correlation import spearman
from ..formulas import Unanswered, matching
from ..numbers import NOTHING, numbers
from ..quantities import find_quantity
from ..verdict import Spread
from .claim import Claim, Judgement, Trial, measured_forms, without_numbers

RANKING_QUANTITIES = ("removal", "dL/do", "dL/dz", "dL/db", "d2L/do2", "d2L/dz2")   # a number for each neuron
APART = 0.2                     # of the largest number: by how much two neurons of a counterexample differ at least


class Ranking(Claim):
    """Spearman's rank correlation over the neurons of a layer has a median of at least `least` over the networks.

    What is per sample is averaged over the batch, what is per position summed over positions.
    """

    smaller = {"neurons": (2, 3), "samples": (1, 2)}

    def __init__(self, formula, name, least):
        quantity = find_quantity(name)
        check_known("quantity that ranks neurons:", name.strip("|"), RANKING_QUANTITIES)
        super().__init__(formula, quantity.name, tolerance=1 - least)
        self.quantity, self.least = quantity, least

    def __str__(self):
        return f"{self.formula.name} ranks neurons like {self.quantity.name}"

    @classmethod
    def from_request(cls, formula, request):
        return cls(formula, request.value, check_least(request.least))

    @classmethod
    def where_settings(cls, value):
        """A rank needs several neurons, and the mean of several samples."""
        return {"neurons": (6, 7, 8), "samples": (12,)}

    def fits(self, case):
        return self.formula.fits(case) and case.net[case.layer].K > 1

    def forms(self, case):
        return measured_forms(self.quantity, case)

    def trial_of(self, query, case):
        """The error is 1 − Spearman's correlation."""
        try:
            claimed, forms = query(case), self.forms(case)
            is_mean = claimed.shape == (case.net[case.layer].K,)
            form = forms[0] if is_mean else matching(self.formula, claimed, forms, case)
        except Unanswered as problem:
            return without_numbers(case, problem)
        claimed, measured = by_neuron(claimed), by_neuron(form.values)
        return Trial(case, claimed, measured, 1 - spearman(claimed, measured))

    def judge(self, trials):
        if any(trial.problem for trial in trials):
            return Judgement(False)
        low, median, high = np.percentile([1 - trial.error for trial in trials], (25, 50, 75))
        summary = (f"Spearman's rank correlation with {self.quantity.name}: median {median:.2f}, on half of the "
                   f"networks between {low:.2f} and {high:.2f}; the claim asks for a median of {self.least:g} or more.")
        if median <= -self.least < 0:
            summary += " The ranking is upside down."
        return Judgement(bool(median >= self.least), summary,
                         {"median": float(median), "quartiles": [float(low), float(high)]})

    def spread(self, trials):
        return Spread(np.array([1 - trial.error for trial in trials if trial.problem is None]),
                      f"Spearman's rank correlation with {self.quantity.name}", self.least)

    # --- counterexamples

    def ways_to_show(self, failing):
        """A ranking that is wrong, better than none; a median is not made wrong by any one network."""
        return [self.shows, lambda trial: self.shows(trial) or self.shows_nothing(trial)]

    def shows(self, trial):
        """Whether everyone can see that one network's ranking is wrong.

        Two neurons are clearly apart, in what was measured and in what the formula gives, and it puts the lesser one
        higher.
        """
        if trial.problem is not None:
            return True
        claimed, measured = differences(trial.claimed), differences(trial.measured)
        clear = (np.abs(claimed) > APART) & (np.abs(measured) > APART)
        return trial.error > 1 and bool((clear & (claimed * measured < 0)).any())

    def shows_nothing(self, trial):
        """Whether the formula gives all neurons the same number where they are clearly apart."""
        return trial.problem is None and not np.ptp(trial.claimed) \
            and bool((np.abs(differences(trial.measured)) > APART).any())

    def story(self, trial):
        """The numbers of the neurons, and the two orders that these make."""
        by, name = self.formula.name, self.quantity.name
        mean = ", the mean over the samples," if len(trial.case.x) > 1 else ""
        order = in_order(trial.claimed) if np.ptp(trial.claimed) else "none before the other"
        return [f"  For the neurons of {trial.case.layer} {by} gives {numbers(trial.claimed)}, "
                f"{name}{mean} is {numbers(trial.measured)}.",
                f"  From the least important to the most, by their index: {in_order(trial.measured)} by {name}, "
                f"{order} by {by}."]


def check_least(least):
    if not -1 <= check_real("least", least, least=-1) <= 1:
        raise ValueError(f"least expects a correlation, at most 1, got {least!r}")
    return least


def differences(values):
    """(K, K): of each two neurons, as shares of the largest number."""
    return (values[:, np.newaxis] - values) / max(np.abs(values).max(), NOTHING)


def in_order(values):
    """The neurons' indices, the lowest value first, "=" between equal ones: 1 < 0 = 2."""
    order = np.argsort(values, kind="stable")
    text = str(order[0])
    for lower, higher in zip(order, order[1:]):
        text += f" {'=' if values[lower] == values[higher] else '<'} {higher}"
    return text


def by_neuron(array):
    """(K,): mean over samples, sum over positions."""
    if array.ndim == 3:
        array = array.sum(axis=1)
    return array.mean(axis=0) if array.ndim == 2 else array
