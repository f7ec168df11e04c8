"""What all claims share, on a claim made up here."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.verification.claims import CLAIMS
from minprune.verification.claims.claim import (
    CLEAR, FIRST, SMALL, Claim, Judgement, Request, Trial, is_same, largest_number, measured_forms, without_numbers)
from minprune.verification.claims.equality import Equality
from minprune.verification.diagnosis.probe import Probe
from minprune.verification.formulas import Formula
from minprune.verification.quantities import find_quantity
from minprune.verification.sampling import random_networks
from minprune.verification.sampling.random_networks import Case, draw_cases
from minprune.verification.sampling.where import Where

NET = mp.Network(1, [mp.Dense(2), mp.Dense(1)])
NET["dense1"].W[...], NET["dense2"].W[...] = [[1], [-2]], [[3, 0.5]]
# o = (x, −2x), y = 3x − x = 2x; t = 1: dy = 2x − 1 = (1, 3) for x = 1, 2
CASE = Case(NET, "dense1", np.array([[1.0], [2.0]]), np.array([[1.0], [1.0]]), "mse")
DO = np.array([[[3.0, 0.5]], [[9.0, 1.5]]])


def request(value, where=None):
    return Request(value, 1e-3, 1, 0.5, Where(where), seed=0)


def trial(error=0.0, problem=None):
    return Trial(CASE, None, None, error, problem=problem)


# ------------------------------------------------------------------------------------ what all claims share


class FirstIs(Claim):
    """The first number that the formula returns is `value`."""

    def __init__(self, formula, value, tolerance):
        super().__init__(formula, "the value", tolerance)
        self.value = value

    def __str__(self):
        return f"the first of {self.formula.name} is {self.value}"

    @classmethod
    def from_request(cls, formula, request):
        return cls(formula, request.value, request.tolerance)

    def trial_of(self, query, case):
        first = query(case).ravel()[:1]
        return Trial(case, first, np.array([self.value]), abs(first.item() - self.value))

    def story(self, trial):
        return [f"  {trial.claimed} and not {trial.measured}"]


def first_is(value, tolerance=0.5, formula=lambda o: o):
    return FirstIs(Formula(formula), value, tolerance)


def test_what_a_claim_that_says_only_what_it_must_does():
    """`trial_of`, `story`, `from_request` and `__str__`: with these it is tried, judged and shown."""
    claim = FirstIs.from_request(Formula(lambda o: o), request(1.25))
    assert (claim.measured, claim.tolerance, claim.share, claim.smaller) == ("the value", 1e-3, 1, {})
    assert claim.trial(CASE).error == claim.trial_again(CASE).error == 0.25 and str(claim).endswith("is 1.25")
    assert claim.labels == ("claimed", "measured the value")
    assert claim.corrections([]) == () and claim.spread([]) is None
    assert FirstIs.where_settings(1.25) == {} and not FirstIs.goes_with_the_output_layer(1.25)


@each("call", [
    lambda claim: claim.from_request(None, None), lambda claim: claim.forms(CASE), lambda claim: claim.trial(CASE),
    lambda claim: claim.story(None)])
def test_what_a_claim_must_say(call):
    with pytest.raises(NotImplementedError):
        call(Claim(Formula(lambda o: o), "it", 1e-6))


def test_a_claim_fits_what_its_formula_fits():
    claim = first_is(0, formula=lambda W_next: W_next)
    assert claim.fits(CASE) and not claim.fits(Case(NET, "dense2", CASE.x, CASE.t, "mse"))


def test_all_trials_of_a_claim_must_hold():
    claim = first_is(0, tolerance=0.5)
    assert claim.judge([trial(0.5), trial(0)]) == Judgement(True, "", {}) == (True, "", {})
    assert not claim.judge([trial(0.51), trial(0)]).holds and not claim.judge([trial(np.inf)]).holds
    assert not claim.judge([trial(np.nan)]).holds


def test_a_correction_is_accepted_if_the_claim_holds_with_it():
    claim = first_is(2.0)
    probe = Probe(claim, claim.trial(CASE))
    assert not claim.accepts(probe, lambda probe: probe.with_arrays()) and claim.accepts(
        probe, lambda probe: 2 * probe.with_arrays())


@each("errors, tolerance, margin", [
    ([1.0, 0.001], 1e-6, CLEAR), ([2.1 * CLEAR], 1e-6, CLEAR),      # a failure by 2 % or more can be shown: 1 % must be
    ([2 * CLEAR], 1e-6, 1.5e-6), ([1e-5], 1e-6, 1.5e-6),            # else somewhat more than the tolerance
    ([1.0], CLEAR, 1.5 * CLEAR), ([1.0], 0.3, 0.45),                # or where so much is tolerated
])
def test_what_fails_clearly(errors, tolerance, margin):
    claim = first_is(0, tolerance)
    claim.trial_again = lambda case: trial(error=case)
    (shows,) = claim.ways_to_show([trial(error) for error in errors])
    for error, again, clear in ((1.01, 1.01, True), (0.99, 1.01, False), (1.01, 0.99, False)):
        assert shows(trial(error * margin)._replace(case=again * margin)) == clear


def test_a_trial_without_numbers():
    assert without_numbers(CASE, ValueError("why")) == (CASE, None, None, np.inf, "", "why", None)
    assert without_numbers(CASE, "why", 1.0).claimed == 1.0


def test_forms_are_of_what_is_measured():
    forms = measured_forms(find_quantity("dL/do"), CASE)
    assert [form.letters for form in forms] == ["(N, P, K)", "(N, K)"]
    np.testing.assert_allclose(forms[0].values, DO, rtol=1e-9)
    assert [form.letters for form in measured_forms(find_quantity("removal"), CASE)] == ["(N, K)", "(N, 1, K)", "(K,)"]


def test_the_largest_number_of_several_formulas():
    formulas = [Formula(lambda o: o), Formula(lambda o: -o), Formula(lambda o: o[9])]
    assert largest_number(formulas, [CASE]) == 4 and largest_number(formulas[:1], [CASE, CASE.of(samples=[0])]) == 4
    for formula in (lambda o: 0 * o, lambda o: o[9], lambda o: o[:0]):
        assert SMALL * largest_number([Formula(formula)], [CASE]) >= np.finfo(float).tiny * 0.99
    assert largest_number([], []) > 0


def test_the_first_cases_are_thirty_that_fit():
    made = request(1, {"samples": 2})
    cases = made.first_cases(lambda case: case.net[case.layer].K == 3)
    assert len(cases) == FIRST == 30 and {(len(case.x), case.net[case.layer].K) for case in cases} == {(2, 3)}
    again = draw_cases(made.where, FIRST, 0, lambda case: case.net[case.layer].K == 3)
    assert all((one.x == other.x).all() for one, other in zip(cases, again, strict=True))


def test_the_first_cases_are_among_those_that_are_tried(monkeypatch):
    """A request draws each network once, also those that fit one question and not the other."""
    drawn, draw = [], random_networks.draw_case
    monkeypatch.setattr(random_networks, "draw_case", lambda *asked: drawn.append(draw(*asked)) or drawn[-1])
    made = request(1)
    first = made.first_cases(lambda case: case.net[case.layer].K == 3)
    count = len(drawn)
    tried = made.draws.cases(40, lambda case: True)
    assert len(tried) == 40 < count == len(drawn) and tried[0] is drawn[0]
    of_three = [case for case in tried if case.net[case.layer].K == 3]
    assert of_three and all(one is other for one, other in zip(of_three, first))


def test_one_kind_for_each_keyword():
    assert list(CLAIMS) == ["equals", "approximates", "invariant", "ranks_like"] and CLAIMS["equals"] is Equality
    assert all(issubclass(kind, Claim) for kind in CLAIMS.values())


# ------------------------------------------------------------------------------------------------ repeating


@each("one, other, same", [
    (np.ones(2), np.ones(2), True), (np.ones(2), np.ones(2) + 1e-12, True), (np.ones(2), np.ones(2) + 1e-6, False),
    (np.ones(2), np.ones(3), False), (None, None, True), (None, np.ones(2), False), (np.ones(2), None, False)])
def test_what_is_the_same_twice(one, other, same):
    assert is_same(one, other) == same


def test_a_formula_that_remembers_is_named():
    calls = []

    def counting(o):
        calls.append(o)
        return np.float64(len(calls))

    claim = FirstIs(Formula(counting), 1.0, 0.1)
    tried = claim.trial(CASE)
    assert not tried.error and claim.not_repeated(tried) == "counting"
    right = first_is(2.0)
    assert right.not_repeated(right.trial(CASE)) == ""
