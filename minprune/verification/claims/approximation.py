"""Approximation: the claim that a formula approximates exact removal. At which order does its error vanish?"""

import contextlib

import numpy as np

from ...engine.checks import check_known
from ..diagnosis import mistakes
from ..formulas import Unanswered, matching
from ..numbers import number
from ..quantities import find_quantity
from ..sampling.changed_cases import reading_weights
from ..verdict import Spread
from .claim import Claim, Judgement, Trial, is_same, measured_forms, without_numbers

LOUDNESS = (1 / 64, 1 / 128)
SHORT = 0.3                     # how far a measured slope may lie below order + 1
ROUNDING = 1e-13                # an error below this share of the loss is none


class Approximation(Claim):
    """|formula − removal| falls as ε^(order + 1) if all weights that read the neuron are multiplied by ε.

    A formula that is never negative is compared with |removal|. The slope is log₂ of the error's ratio at ε = 1/64 and
    1/128, of each neuron alone, its error taken over all samples. Nine of ten networks must have the slope.
    """

    share = 0.9

    def __init__(self, formula, order, cases):
        self.order, self.quantity = order, find_quantity("removal")
        self.signed = is_signed(formula, cases)
        super().__init__(formula, "removal" if self.signed else "|removal|", tolerance=SHORT)

    def __str__(self):
        return f"{self.formula.name} approximates {self.measured} to order {self.order}"

    @classmethod
    def from_request(cls, formula, request):
        check_known("quantity to approximate:", request.value, ["removal"])
        return cls(formula, check_order(request.order), request.first_cases(formula.fits))

    # --- the slopes of one network

    def forms(self, case):
        """Measured once: all corrections are tried on the same networks."""
        return [form._replace(values=form.values if self.signed else np.abs(form.values))
                for form in case.keep("removals", lambda: measured_forms(self.quantity, case))]

    def trial_of(self, query, case):
        """`claimed` and `measured` are of the network as it is; the error is how far the worst slope falls short."""
        try:
            slopes = self.slopes(case, query)
            claimed = self.formula(case)
            form = matching(self.formula, claimed, self.forms(case), case)
        except Unanswered as problem:
            return without_numbers(case, problem)
        short = self.order + 1 - slopes
        error = np.inf if np.isnan(short).any() else float(max(0.0, short.max()))
        return Trial(case, claimed, form.values, error, form.reduction, slopes=slopes)

    def slopes(self, case, query):
        """The slope of each neuron's error, inf where there is no error."""
        K = case.net[case.layer].K
        errors = np.array([[self.error_of_one(case, i, epsilon, query) for i in range(K)] for epsilon in LOUDNESS])
        exact = errors[0] < ROUNDING * max(1.0, float(np.abs(case.trace.L).max()))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(exact, np.inf, np.log2(errors[0] / errors[1]))

    def error_of_one(self, case, i, epsilon, query):
        claimed, measured = self.of_one(case, i, epsilon, query)
        return np.linalg.norm(claimed - measured)

    def of_one(self, case, i, epsilon, query):
        """(claimed, measured) of neuron i with all that reads it times ε: a number for each sample, or one."""
        with scaled_readers(case, i, epsilon) as scaled:
            claimed = query(scaled)
            form = matching(self.formula, claimed, self.forms(scaled), scaled)
            return [array.reshape(-1, array.shape[-1])[:, i] for array in (claimed, form.values)]

    def not_repeated(self, trial):
        """As of any claim, but only the network as it is."""
        if trial.problem is not None:
            return super().not_repeated(trial)
        try:
            return "" if is_same(self.formula(trial.case), trial.claimed) else self.formula.name
        except Unanswered:
            return self.formula.name

    # --- all networks

    def judge(self, trials):
        if any(trial.problem for trial in trials):
            return Judgement(False)
        median = median_where_finite(np.concatenate([trial.slopes for trial in trials]))
        share = float(np.mean([trial.error <= self.tolerance for trial in trials]))
        holds = median >= self.order + 1 - SHORT and share >= self.share
        order = None if np.isinf(median) else order_of(median)
        return Judgement(holds, self.summary(median, share), {"slope": median, "order": order, "share": share})

    def summary(self, median, share):
        if np.isinf(median):
            return "It is exact: there is no error to fall."
        return (f"Where all weights that read a neuron are multiplied by ε, the error {falls(median, 2)} (the median): "
                f"{meaning(median)}. Order {self.order} asks for ε^{self.order + 1}, which {share:.0%} of the networks "
                "show.")

    def spread(self, trials):
        """The worst neuron of each network."""
        return Spread(np.array([trial.slopes.min() for trial in trials if trial.problem is None]),
                      "slope: the error falls as ε to this power", self.order + 1)

    def corrections(self, probes):
        return mistakes.corrections(probes)

    # --- counterexamples

    def ways_to_show(self, failing):
        return [self.shows, self.shows_clearly(failing)]

    def shows(self, trial):
        """Whether one network shows the failure clearly, and not because it is special: its removal is of order ε."""
        if trial.problem is not None:
            return True
        if trial.error <= 1.5 * SHORT:
            return False
        wide, narrow = (np.linalg.norm(self.of_one(trial.case, self.slowest(trial), epsilon, self.formula)[1])
                        for epsilon in LOUDNESS)
        return 1.9 * narrow < wide < 2.1 * narrow

    def slowest(self, trial):
        """The neuron whose error falls most slowly."""
        return int(np.argmin(trial.slopes))

    def story(self, trial):
        """The errors of one network's slowest neuron, line by line."""
        # the rows
        i, rows, errors = self.slowest(trial), [], []
        for text, epsilon in (("1", 1), *((f"1/{1 / epsilon:.0f}", epsilon) for epsilon in LOUDNESS)):
            claimed, measured = self.of_one(trial.case, i, epsilon, self.formula)
            errors.append(np.linalg.norm(claimed - measured))
            rows.append(f"    ε = {text}: {self.formula.name} {values(claimed)}, {self.measured} {values(measured)}, "
                        f"error {number(errors[-1], 6, ROUNDING)}")

        # what they mean
        slope, (_, wide, narrow) = trial.slopes[i], errors
        each = " (each the root of the sum of squares over the samples)" if len(claimed) > 1 else ""
        return [f"  With all weights that read neuron {i} of {trial.case.layer} multiplied by ε:", *rows,
                f"  The last two errors{each} have the ratio {number(wide / narrow, 4)} = 2^{rounded(slope, 3)}, so "
                f"that the error {falls(slope, 1)}: {meaning(slope)}.",
                f"  Order {self.order} asks for the ratio 2^{self.order + 1} = {2 ** (self.order + 1)}."]


def check_order(order):
    if isinstance(order, bool) or order not in (1, 2):
        raise ValueError(f"order expects 1 or 2, got {order!r}")
    return int(order)


def median_where_finite(slopes):
    """The median slope of the neurons that have an error, inf if none has: a dead relu neuron shows no order."""
    finite = slopes[np.isfinite(slopes)]
    return float(np.median(finite)) if len(finite) else np.inf


def is_signed(formula, cases):
    """Whether the formula is ever negative."""
    for case in cases:
        with contextlib.suppress(Unanswered):
            if (formula(case) < 0).any():
                return True
    return False


@contextlib.contextmanager
def scaled_readers(case, i, epsilon):
    """The case with all weights that read neuron i multiplied by ε, the same each time; the network is put back."""
    scaled = case.keep((i, epsilon), case.of)
    weights = reading_weights(case.net, case.layer)
    before = [columns[:, i].copy() for columns in weights]
    try:
        for columns in weights:
            columns[:, i] *= epsilon
        yield scaled
    finally:
        for columns, old in zip(weights, before):
            columns[:, i] = old


# ------------------------------------------------------------------------------------ as text


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
    """1.003, 2 -> "1": so many decimals at most, never −0."""
    return f"{round(float(value), digits) + 0.0:g}"


def values(array):
    """A number, or those of all samples, with the digits that a small difference needs."""
    texts = [number(value, 8, ROUNDING) for value in array]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
