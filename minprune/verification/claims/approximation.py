"""The claim that a formula approximates exact removal: at which order does its error vanish?"""

import contextlib

import numpy as np

from ..formulas import Unanswered, matching
from ..sampling.random_networks import Case
from ..numbers import number
from ..quantities import STEP, find_quantity
from .trial import Trial
from ..verdict import Spread

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
            slopes = self.slopes(case, ask or self.formula)
            claimed = self.formula(case)
            form = matching(self.formula, claimed, self.forms(case), self.formula.given(case))
        except Unanswered as problem:
            return Trial(case, None, None, np.inf, problem=str(problem))
        short = self.order + 1 - slopes
        return Trial(case, claimed, form.values, np.inf if np.isnan(short).any() else float(max(0.0, short.max())),
                     form.told, slopes=slopes)

    def slopes(self, case, ask):
        """The slope of each neuron's error, inf where there is none."""
        K = case.net[case.layer].K
        errors = np.array([[self.error_of_one(case, i, epsilon, ask) for i in range(K)] for epsilon in LOUDNESS])
        exact = errors[0] < ROUNDING * max(1.0, float(np.abs(case.trace.L).max()))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(exact, np.inf, np.log2(errors[0] / errors[1]))

    def error_of_one(self, case, i, epsilon, ask):
        claimed, measured = self.of_one(case, i, epsilon, ask)
        return np.linalg.norm(claimed - measured)

    def of_one(self, case, i, epsilon, ask):
        """(claimed, measured) of neuron i where it speaks ε times as loud, a number for each sample or one."""
        with louder(case, i, epsilon) as scaled:
            claimed = ask(scaled)
            form = matching(self.formula, claimed, self.forms(scaled), self.formula.given(scaled))
            return [array.reshape(-1, array.shape[-1])[:, i] for array in (claimed, form.values)]

    def again(self, case):
        return self.trial(case)

    def accepts(self, asked, corrected):
        trial = self.trial(asked.case, ask=lambda case: corrected(asked.about(case)))
        return trial.error <= self.tolerance

    def judge(self, trials):
        if any(trial.problem for trial in trials):
            return False, "", {}
        median = float(np.median(np.concatenate([trial.slopes for trial in trials])))
        share = float(np.mean([trial.error <= self.tolerance for trial in trials]))
        order = None if np.isinf(median) else order_of(median)
        holds = median >= self.order + 1 - SHORT and share >= MOST
        return holds, self.sentence(median, share), {"slope": median, "order": order, "share": share}

    def spread(self, trials):
        return Spread(np.array([trial.slopes.min() for trial in trials if trial.problem is None]),
                      "slope: the error falls as ε to this power", self.order + 1)

    def sentence(self, median, share):
        if np.isinf(median):
            return "It is exact: there is no error to fall."
        return (f"Where all weights that read a neuron are multiplied by ε, the error {falls(median, 2)} (the median): "
                f"{meaning(median)}. Order {self.order} asks for ε^{self.order + 1}, which {share:.0%} of the networks "
                "show.")

    def shows(self, trial):
        """Whether one network shows it: clearly, and not by being special, with a removal that is not of order ε."""
        if trial.problem is not None or trial.error <= 1.5 * SHORT:
            return trial.problem is not None
        wide, narrow = (np.linalg.norm(self.of_one(trial.case, self.slowest(trial), epsilon, self.formula)[1])
                        for epsilon in LOUDNESS)
        return 1.9 * narrow < wide < 2.1 * narrow

    def slowest(self, trial):
        return int(np.argmin(trial.slopes))

    def story(self, trial):
        """The errors on one network, line by line, of the neuron whose error falls most slowly."""
        i, rows, errors = self.slowest(trial), [], []
        slope = trial.slopes[i]
        for told, epsilon in (("1", 1), *((f"1/{1 / one:.0f}", one) for one in LOUDNESS)):
            claimed, measured = self.of_one(trial.case, i, epsilon, self.formula)
            errors.append(np.linalg.norm(claimed - measured))
            rows.append(f"    ε = {told}: {self.formula.name} {values(claimed)}, {self.measured} {values(measured)}, "
                        f"error {number(errors[-1], 6, ROUNDING)}")
        _, wide, narrow = errors
        several = " (each the root of the sum of squares over the samples)" * (len(claimed) > 1)
        return [f"  With all weights that read neuron {i} of {trial.case.layer} multiplied by ε:", *rows,
                f"  The last two errors{several} have the ratio {number(wide / narrow, 4)} = 2^{rounded(slope, 3)}, so "
                f"that the error {falls(slope, 1)}: {meaning(slope)}.",
                f"  Order {self.order} asks for the ratio 2^{self.order + 1} = {2 ** (self.order + 1)}."]


def order_of(slope):
    return int(np.floor(slope + SHORT)) - 1


def falls(slope, digits):
    return f"falls as ε^{rounded(slope, digits)}" if slope > 0.05 else "does not fall"


def meaning(slope):
    """What a slope says of the formula."""
    order = order_of(slope)
    if order >= 1:
        return f"it is of order {order}"
    return "no approximation, for a formula that is always 0 does " + ("as well" if order == 0 else "better")


def rounded(value, digits):
    """1.003, 2: so many decimals at most, never −0."""
    return f"{round(float(value), digits) + 0.0:g}"


def values(array):
    """A number, or those of all samples, with the digits that a small difference needs."""
    told = [number(value, 8, ROUNDING) for value in array]
    return told[0] if len(told) == 1 else f"[{', '.join(told)}]"


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
