"""The claim that a formula approximates exact removal: at which order does its error vanish?"""

import contextlib

import numpy as np

from .equality import Trial
from .formulas import Unanswered, matching
from .networks import Case
from .quantities import STEP, find_quantity

LOUDNESS = (1 / 64, 1 / 128)
SHORT = 0.3                     # how far a measured slope may lie below order + 1
ROUNDING = 1e-13                # an error below this share of the loss is none
MOST = 0.9                      # the share of networks that must have the slope


class Approximation:
    """|formula − removal| falls as ε^(order + 1) where the neuron speaks ε times as loud (all that reads it · ε).

    A formula that is never negative is held against |removal|. The slope is log₂ of the error's ratio at ε = 1/64 and
    1/128, for each neuron alone, its error taken over all samples.
    """

    tolerance = SHORT
    share = MOST
    of_values = True
    labels = ("claimed", "measured")

    def __init__(self, formula, order, cases):
        self.formula, self.order, self.quantity = formula, order, find_quantity("removal")
        self.signed = is_signed(formula, cases)
        self.measured = "removal" if self.signed else "|removal|"

    def __str__(self):
        return f"{self.formula.name} approximates {self.measured} to order {self.order}"

    def fits(self, case):
        return self.formula.fits(case)

    def forms(self, case):
        forms = self.quantity.forms(self.quantity.measure(case, STEP))
        return [form._replace(values=form.values if self.signed else np.abs(form.values)) for form in forms]

    def trial(self, case, ask=None):
        """`claimed` and `measured` are of the network as it is; `error` is how far the worst slope falls short."""
        try:
            slopes, exact = self.slopes(case, ask or self.formula)
            claimed = self.formula(case)
            form = matching(self.formula, claimed, self.forms(case), self.formula.given(case))
        except Unanswered as problem:
            return Trial(case, None, None, np.inf, problem=str(problem))
        short = np.where(exact, 0, self.order + 1 - slopes)
        return Trial(case, claimed, form.values, float(max(0.0, short.max())), form.told)

    def slopes(self, case, ask):
        """(slope of each neuron's error, whether there is no error at all)."""
        K = case.net[case.layer].K
        errors = np.array([[self.error_of_one(case, i, epsilon, ask) for i in range(K)] for epsilon in LOUDNESS])
        exact = errors[0] < ROUNDING * max(1.0, float(np.abs(case.trace.L).max()))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(exact, np.inf, np.log2(errors[0] / errors[1])), exact

    def error_of_one(self, case, i, epsilon, ask):
        with louder(case, i, epsilon) as scaled:
            claimed = ask(scaled)
            form = matching(self.formula, claimed, self.forms(scaled), self.formula.given(scaled))
            return np.linalg.norm((claimed - form.values).reshape(-1, claimed.shape[-1])[:, i])

    def again(self, case):
        return self.trial(case)

    def accepts(self, asked, corrected):
        trial = self.trial(asked.case, ask=lambda case: corrected(asked.about(case)))
        return trial.error <= self.tolerance

    def judge(self, trials):
        slopes = [self.slopes(trial.case, self.formula)[0] for trial in trials if trial.problem is None]
        if len(slopes) < len(trials):
            return False, "", {}
        median = float(np.median(np.concatenate(slopes)))
        share = float(np.mean([trial.error <= self.tolerance for trial in trials]))
        order = None if np.isinf(median) else int(np.floor(median + SHORT)) - 1
        holds = median >= self.order + 1 - SHORT and share >= MOST
        found = {"slope": median, "order": order, "share": share}
        return holds, self.sentence(median, order, share, len(trials)), found

    def sentence(self, median, order, share, count):
        if order is None:
            return f"On {count} random networks it is exact: there is no error to fall."
        really = "it is no approximation (order 0 or less)" if order < 1 else f"the order is really {order}"
        return (f"On {count} random networks, where the neuron is scaled down by ε, the error falls as ε^{median:.2f} "
                f"(median), on {share:.0%} of them as fast as claimed or faster: {really}.")


def is_signed(formula, cases):
    """Whether the formula is ever negative."""
    for case in cases[:30]:
        try:
            if (formula(case) < 0).any():
                return True
        except Unanswered:
            pass
    return False


@contextlib.contextmanager
def louder(case, i, epsilon):
    """The case with all that reads neuron i multiplied by ε; the network is put back."""
    readers = [case.net[name] for name in case.net.readers(case.layer)]
    columns = [reader.W.reshape(-1, case.net[case.layer].K) for reader in readers]
    old = [weights[:, i].copy() for weights in columns]
    try:
        for weights in columns:
            weights[:, i] *= epsilon
        yield Case(case.net, case.layer, case.x, case.t, case.loss)
    finally:
        for weights, before in zip(columns, old):
            weights[:, i] = before
