"""Claim: what is said of a formula; Trial: what came of it on one network."""

import contextlib
import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..formulas import Unanswered
from ..quantities import STEP
from ..sampling.random_networks import Draws
from ..sampling.where import Where

SMALL = 1e-8                    # a share of the largest number that is compared: a smaller difference may be rounding
CLEAR = 1e-2                    # the relative error that a counterexample has at least, if any network shows it
FIRST = 30                      # networks on which a formula is looked at, before it is tried


class Trial(NamedTuple):
    """What came of a claim on one network.

    claimed, measured   the arrays that were compared, of one shape
    error               how far they differ, in the claim's own measure; infinite if they cannot be compared
    form                what the formula returned: "per sample", "sum over the batch", …
    problem             why they cannot be compared, or None
    slopes              for claims about an order: one number a neuron, inf where there is no error
    """

    case: object
    claimed: np.ndarray | None
    measured: np.ndarray | None
    error: float
    form: str = ""
    problem: str | None = None
    slopes: np.ndarray | None = None


class Judgement(NamedTuple):
    """Whether a claim holds on all trials taken together, a sentence of its own or "", and further numbers."""

    holds: bool
    summary: str = ""
    numbers: dict = {}


@dataclass
class Request:
    """What `verify` was asked: the value of the claim's keyword, the settings of all claims, and the networks."""

    value: object
    tolerance: float
    order: int
    least: float
    where: Where
    seed: int

    @functools.cached_property
    def draws(self):
        """The random cases."""
        return Draws(self.where, self.seed)

    def first_cases(self, fits):
        """A few of the random cases, to look at a formula's numbers before it is tried."""
        return self.draws.cases(FIRST, fits)


class Claim:
    """A kind of claim about a formula. One kind is a subclass in a file of its own, with an entry in `CLAIMS`.

    It must say how one network is tried (`trial_of`), what a counterexample says (`story`), how it is made from what
    `verify` was asked (`from_request`), and its sentence (`__str__`). All else has a default.

    formula     the Formula
    measured    the name of what it is compared with
    tolerance   the largest error of a trial that holds
    share       of the trials that must hold
    labels      what the claimed and the measured numbers are called in a picture
    smaller     `where` of counterexamples, if it is to be narrower
    """

    share = 1.0
    smaller = {}

    def __init__(self, formula, measured, tolerance):
        self.formula, self.measured, self.tolerance = formula, measured, tolerance

    # --- how it is made

    @classmethod
    def from_request(cls, formula, request):
        """The claim that was made; TypeError or ValueError for a value that it cannot have."""
        raise NotImplementedError

    @classmethod
    def where_settings(cls, value):
        """What `where` is, if it does not say."""
        return {}

    @classmethod
    def goes_with_the_output_layer(cls, value):
        return False

    # --- trying it

    def fits(self, case):
        """Whether the claim can be tried on this case."""
        return self.formula.fits(case)

    def forms(self, case):
        """The Forms of what is measured, in which the formula may return it."""
        raise NotImplementedError

    def trial(self, case):
        """The Trial on one network."""
        return self.trial_of(self.formula, case)

    def trial_of(self, query, case):
        """The Trial of query(case), which is the formula or a corrected one."""
        raise NotImplementedError

    def trial_again(self, case):
        """The Trial measured anew, in another way if there is one: both must agree that the formula is wrong."""
        return self.trial(case)

    def not_repeated(self, trial):
        """The name of a formula that gives something else in a second trial of the same network; "" if none does."""
        again = self.trial(trial.case)
        same = (again.problem is None) == (trial.problem is None) and is_same(again.claimed, trial.claimed) \
            and is_same(again.measured, trial.measured)
        return "" if same else self.formula.name

    def judge(self, trials):
        return Judgement(all(trial.error <= self.tolerance for trial in trials))

    def spread(self, trials):
        """A Spread, one number a network, for claims about an order or a rank; else None."""
        return None

    @property
    def labels(self):
        return "claimed", f"measured {self.measured}"

    # --- when it fails

    def corrections(self, probes):
        """The Corrections that are tried, the plainest first."""
        return ()

    def accepts(self, probe, corrected):
        """Whether the claim holds in the probe's case, with corrected(probe) for what the formula returns."""
        return self.trial_of(lambda case: corrected(probe.about(case)), probe.case).error <= self.tolerance

    def ways_to_show(self, failing):
        """What the trial of a counterexample must be like, as functions trial -> bool, the best first."""
        return [self.shows_clearly(failing)]

    def shows_clearly(self, failing):
        """Whether a trial fails by more than a little, if any does, and fails again when it is measured anew."""
        large = any(trial.error > 2 * CLEAR for trial in failing) and self.tolerance < CLEAR
        margin = CLEAR if large else 1.5 * self.tolerance
        return lambda trial: trial.error > margin and self.trial_again(trial.case).error > margin

    def story(self, trial):
        """What was claimed and what was measured, as the last lines of a counterexample."""
        raise NotImplementedError


# --------------------------------------------------------------------- what several claims need


def without_numbers(case, problem, claimed=None):
    """The Trial of a formula that gave nothing to compare."""
    return Trial(case, claimed, None, np.inf, problem=str(problem))


def is_same(one, other):
    """Whether a formula gave the same twice, None or an array."""
    if one is None or other is None:
        return one is other
    return one.shape == other.shape and (
        np.array_equal(one, other) or np.allclose(one, other, rtol=1e-9, atol=0, equal_nan=True))


def measured_forms(quantity, case, step=STEP):
    return quantity.forms(quantity.measure(case, step))


def largest_number(formulas, cases):
    """The largest number that one of the formulas returns in one of the cases; never 0."""
    sizes = [np.finfo(float).tiny / SMALL]
    for case in cases:
        for formula in formulas:
            with contextlib.suppress(Unanswered):
                sizes.append(np.abs(formula(case)).max(initial=0.0))
    return max(sizes)
