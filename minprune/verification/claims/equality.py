"""Equality: the plainest of claims, that a formula equals a quantity."""

import functools

import numpy as np

from ..diagnosis import mistakes
from ..forms import Form
from ..formulas import Formula, Unanswered, matching
from ..numbers import numbers
from ..quantities import REMOVALS, STEP, Quantity, error_of, find_quantity
from .claim import SMALL, Claim, Trial, is_same, largest_number, measured_forms, without_numbers

DOUBT = 0.05                    # a share of the tolerance: a larger error is looked at with a second, finer measurement


class Equality(Claim):
    """A formula equals a quantity: on every network, to the tolerance.

    What the formula misses by more than a little is measured again, finer, and only what the two measurements agree on
    counts: a true formula is not refuted because the step of a difference was too wide for a network.
    """

    def __init__(self, formula, quantity, tolerance, step=STEP):
        super().__init__(formula, quantity.name, tolerance)
        self.quantity, self.step = quantity, step

    def __str__(self):
        return f"{self.formula.name} equals {self.quantity.name}"

    @classmethod
    def from_request(cls, formula, request):
        if not callable(request.value):
            return cls(formula, find_quantity(request.value), request.tolerance)
        return cls(formula, quantity_of(request.value, formula, request.first_cases(formula.fits)), request.tolerance)

    @classmethod
    def where_settings(cls, value):
        """Networks that have what is measured, or what the second formula asks for."""
        return Formula(value).where_settings() if callable(value) else find_quantity(value).where

    @classmethod
    def goes_with_the_output_layer(cls, value):
        return callable(value) or value.strip("|") not in REMOVALS

    def fits(self, case):
        return self.formula.fits(case, coupled=True) and self.quantity.fits(case)

    # --- what is measured

    def forms(self, case):
        return self.forms_at(case, self.step)

    def forms_at(self, case, step):
        """The Forms of what is measured with this step; measured once. A second formula is called each time."""
        if self.quantity.is_formula:
            return measured_forms(self.quantity, case, step)
        return case.keep((self.quantity.measure, step), lambda: measured_forms(self.quantity, case, step))

    def finer(self, case, place):
        """(values, unknown) of the Form in this place, from a second measurement m(h/2) beside m(h).

        The error of m(h) falls as h⁴, and so that of [16 m(h/2) − m(h)] / 15 as h⁶. What the two differ by is unknown.
        """
        def extrapolated():
            wide, narrow = (self.forms_at(case, step)[place].values for step in (self.step, self.step / 2))
            return (16 * narrow - wide) / 15, np.abs(narrow - wide)

        return case.keep((self.quantity.measure, self.step, place), extrapolated)

    # --- trying it

    def trial_of(self, query, case):
        claimed = None
        try:
            claimed = query(case)
            forms = self.forms(case)
            form = matching(self.formula, claimed, forms, case)
        except Unanswered as problem:
            return without_numbers(case, problem, claimed)
        place = next(place for place, one in enumerate(forms) if one is form)
        return Trial(case, claimed, form.values, self.error(case, claimed, form.values, place), form.reduction)

    def error(self, case, claimed, measured, place):
        """The relative error; of measured values, where it is not small, that of the finer measurement."""
        least = self.least(case)
        error = error_of(claimed, measured, least)
        if self.quantity.is_formula or not error > DOUBT * self.tolerance:
            return error
        values, unknown = self.finer(case, place)
        return min(error, error_of(claimed, values, least, unknown))

    def least(self, case):
        """What entries are compared with at least: it grows with the loss, of which a difference has fewer digits."""
        return self.quantity.least * max(1.0, case.trace.L.max())

    def trial_again(self, case):
        """With another step: a number that depends on the step is none to compare with."""
        return Equality(self.formula, self.quantity, self.tolerance, self.step * 1.4).trial(case)

    def not_repeated(self, trial):
        """As of any claim; it may also be the second formula that gives something else."""
        name = super().not_repeated(trial)
        if name and self.quantity.is_formula and trial.problem is None:
            again = self.trial(trial.case)
            return name if again.measured is None or is_same(again.measured, trial.measured) else self.measured
        return name

    @property
    def labels(self):
        return (self.formula.name, self.measured) if self.quantity.is_formula else super().labels

    # --- when it fails

    def corrections(self, probes):
        return mistakes.corrections(probes)

    def accepts(self, probe, corrected):
        """As of any claim; but the case is measured once for all corrections."""
        array = corrected(probe)
        return bool(np.isfinite(array).all()) and any(
            self.error(probe.case, array, form.values, place) <= self.tolerance
            for place, form in enumerate(probe.forms) if form.values.shape == array.shape)

    def story(self, trial):
        layer, claimed, measured = trial.case.layer, numbers(trial.claimed), numbers(trial.measured)
        if self.quantity.is_formula:
            return [f"  of {layer}: {self.formula.name} gives {claimed}, {self.measured} gives {measured}"]
        return [f"  {self.measured} of {layer}: claimed {claimed}, measured {measured}"]


def quantity_of(function, formula, cases=()):
    """The Quantity that a second formula gives: what the first one is said to equal.

    It is called and not measured. So no difference is too small to count, but for the rounding of the largest numbers
    that the two formulas give in some cases.
    """
    other = Formula(function)
    name = "the other formula" if other.name == "formula" else other.name
    return Quantity("the other " + name if name == formula.name else name,
                    lambda case, step: other(case), lambda values: [Form("the other's", "", values)],
                    least=SMALL * largest_number((formula, other), cases),
                    fits=functools.partial(other.fits, coupled=True), is_formula=True)
