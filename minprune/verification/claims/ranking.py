"""The claim that a formula ranks neurons as a measured quantity does."""

import numpy as np

from ...engine.checks import check_known
from ...evaluation.rank_correlation import ranks, spearman
from ..formulas import Unanswered, matching
from ..numbers import NOTHING, numbers
from ..quantities import STEP, find_quantity
from .trial import Trial
from ..verdict import Spread

ONE_A_NEURON = ("removal", "dL/do", "dL/dz", "dL/db", "d2L/do2")
APART = 0.2                     # of the largest number: by how much two neurons of a counterexample differ at least


class Ranking:
    """Spearman's rank correlation over the neurons of a layer, network by network; the claim is that its median is at
    least `least`. What is per sample is averaged over the batch, what is per position summed over positions."""

    def __init__(self, formula, name, least):
        quantity = find_quantity(name)
        check_known("quantity that ranks neurons:", name.strip("|"), ONE_A_NEURON)
        self.formula, self.quantity, self.least = formula, quantity, least
        self.measured, self.tolerance = quantity.name, 1 - least

    def __str__(self):
        return f"{self.formula.name} ranks neurons like {self.quantity.name}"

    def fits(self, case):
        return self.formula.fits(case) and case.net[case.layer].K > 1

    def trial(self, case):
        """`error` is 1 − Spearman's correlation."""
        given, forms = self.formula.given(case), self.quantity.forms(self.quantity.measure(case, STEP))
        try:
            claimed = self.formula.of(given)
            if claimed.shape == (case.net[case.layer].K,):
                form = forms[0]
            else:
                form = matching(self.formula, claimed, forms, given)
        except Unanswered as problem:
            return Trial(case, None, None, np.inf, problem=str(problem))
        claimed, measured = by_neuron(claimed), by_neuron(form.values)
        return Trial(case, claimed, measured, 1 - spearman(claimed, measured))

    def judge(self, trials):
        if any(trial.problem for trial in trials):
            return False, "", {}
        low, median, high = np.percentile([1 - trial.error for trial in trials], (25, 50, 75))
        told = (f"Spearman's rank correlation with {self.quantity.name}: median {median:.2f}, on half of the networks "
                f"between {low:.2f} and {high:.2f}; the claim asks for a median of {self.least:g} or more.")
        if median <= -self.least < 0:
            told += " The ranking is upside down."
        return bool(median >= self.least), told, {"median": float(median), "quartiles": [float(low), float(high)]}

    def spread(self, trials):
        return Spread(np.array([1 - trial.error for trial in trials if trial.problem is None]),
                      f"Spearman's rank correlation with {self.quantity.name}", self.least)

    def shows(self, trial):
        """Whether the ranking of one network is wrong for everyone to see: of two neurons that are clearly apart, in
        what was measured and in what the formula gives, it puts the lesser one higher."""
        if trial.problem is not None:
            return True
        claimed, measured = differences(trial.claimed), differences(trial.measured)
        clear = (np.abs(claimed) > APART) & (np.abs(measured) > APART)
        return trial.error > 1 and bool((clear & (claimed * measured < 0)).any())

    def shows_nothing(self, trial):
        """Whether the formula takes all neurons for the same where they are clearly apart."""
        return trial.problem is None and not np.ptp(trial.claimed) \
            and bool((np.abs(differences(trial.measured)) > APART).any())

    def story(self, trial):
        """The numbers of the neurons of one network, and the two orders that these make."""
        by, name = self.formula.name, self.quantity.name
        mean = ", the mean over the samples," * (len(trial.case.x) > 1)
        told = in_order(trial.claimed) if np.ptp(trial.claimed) else "none before the other"
        return [f"  For the neurons of {trial.case.layer} {by} gives {numbers(trial.claimed)}, "
                f"{name}{mean} is {numbers(trial.measured)}.",
                f"  From the least important to the most, by their index: {in_order(trial.measured)} by {name}, "
                f"{told} by {by}."]


def differences(values):
    """(K, K): of each two, as shares of the largest."""
    return (values[:, np.newaxis] - values) / max(np.abs(values).max(), NOTHING)


def in_order(values):
    """The neurons' numbers, the lowest value first, "=" between equal ones: 1 < 0 = 2."""
    order = np.argsort(values, kind="stable")
    told = str(order[0])
    for lower, higher in zip(order, order[1:]):
        told += f" {'=' if values[lower] == values[higher] else '<'} {higher}"
    return told


def by_neuron(array):
    """(K,): mean over samples, sum over positions."""
    if array.ndim == 3:
        array = array.sum(axis=1)
    return array.mean(axis=0) if array.ndim == 2 else array
