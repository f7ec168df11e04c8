"""The claim that a formula ranks neurons as a measured quantity does."""

import numpy as np

from ..engine.checks import check_known
from .equality import Trial
from .formulas import Unanswered, matching
from .quantities import STEP, find_quantity


ONE_A_NEURON = ("removal", "dL/do", "dL/dz", "dL/db", "d2L/do2")


class Ranking:
    """Spearman's rank correlation over the neurons of a layer, network by network; the claim is that its median is at
    least `least`. What is per sample is averaged over the batch, what is per position summed over positions."""

    labels = ("claimed", "measured")

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
        told = (f"Spearman's rank correlation over {len(trials)} random networks: median {median:.2f}, the middle half "
                f"from {low:.2f} to {high:.2f}; claimed: a median of at least {self.least:g}.")
        if median <= -self.least:
            told += " The ranking is upside down."
        return bool(median >= self.least), told, {"median": float(median), "quartiles": [float(low), float(high)]}


def by_neuron(array):
    """(K,): mean over samples, sum over positions."""
    if array.ndim == 3:
        array = array.sum(axis=1)
    return array.mean(axis=0) if array.ndim == 2 else array


def ranks(values):
    """1 … K, equal values sharing the mean of their ranks."""
    below = (values[:, np.newaxis] > values).sum(axis=1)
    equal = (values[:, np.newaxis] == values).sum(axis=1)
    return below + (equal + 1) / 2


def spearman(one, other):
    """Spearman's ρ: the correlation of the ranks; 0 where all values of one are equal."""
    a, b = (ranks(values) - (len(values) + 1) / 2 for values in (one, other))
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size else 0.0
