"""The claim that a formula equals what is measured."""

import contextlib
import functools

import numpy as np

from ..formulas import Formula, Unanswered, matching
from ..quantities import STEP, Form, Quantity, error_of, find_quantity
from .trial import Trial


class Equality:
    """A formula equals a quantity: on every network to the tolerance."""

    share = 1.0                 # of the trials must hold
    labels = ("claimed", "measured")

    def __init__(self, formula, quantity, tolerance, step=STEP):
        self.formula, self.quantity, self.tolerance, self.step = formula, quantity, tolerance, step
        self.measured = quantity.name

    def __str__(self):
        return f"{self.formula.name} equals {self.quantity.name}"

    def fits(self, case):
        return self.formula.fits(case, coupled=True) and self.quantity.fits(case)

    def forms(self, case):
        return self.quantity.forms(self.quantity.measure(case, self.step))

    def trial(self, case):
        given, claimed = self.formula.given(case), None
        try:
            claimed = self.formula.of(given)
            form = matching(self.formula, claimed, self.forms(case), given)
        except Unanswered as problem:
            return Trial(case, claimed, None, np.inf, problem=str(problem))
        return Trial(case, claimed, form.values, self.error(case, claimed, form.values), form.told)

    def error(self, case, claimed, measured):
        """Relative; what a difference of two losses leaves of its digits depends on how large these are."""
        return error_of(claimed, measured, self.quantity.least * max(1.0, case.trace.L.max()))

    def again(self, case):
        """The trial, measured anew with another step: two measurements must agree before a formula is called wrong."""
        return Equality(self.formula, self.quantity, self.tolerance, self.step * 1.4).trial(case)

    def accepts(self, asked, corrected):
        """Whether the claim holds in this case with the formula corrected."""
        array = corrected(asked)
        return any(form.values.shape == array.shape and np.isfinite(array).all()
                   and self.error(asked.case, array, form.values) <= self.tolerance for form in asked.forms)

    def judge(self, trials):
        """(holds, a sentence or "", {further numbers})."""
        return all(trial.error <= self.tolerance for trial in trials), "", {}


SMALL = 1e-8                    # of the largest number that is compared: below it a difference may be rounding alone


def quantity_of(equals, formula=None, cases=()):
    """The Quantity of this name, or the one that a second formula gives: what a first one is said to equal.

    Nothing is measured for a second formula: how small a difference counts is told by what both give in some cases.
    """
    if not callable(equals):
        return find_quantity(equals)
    other = Formula(equals)
    return Quantity(other.name if other.name != "formula" else "the other formula",
                    lambda case, step: other(case), lambda values: [Form("the other's", "", values)],
                    least=SMALL * largest((formula, other), cases), fits=functools.partial(other.fits, coupled=True))


def largest(formulas, cases):
    """The largest number that one of the formulas gives in one of the cases; never 0."""
    sizes = [np.finfo(float).tiny / SMALL]
    for case in cases:
        for formula in formulas:
            with contextlib.suppress(Unanswered):
                sizes.append(np.abs(formula(case)).max(initial=0.0))
    return max(sizes)
