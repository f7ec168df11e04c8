"""What all claims share, on a claim made up here; and the plainest claim: a formula equals a quantity."""

import numpy as np
import pytest

import minprune as mp
from minprune.verification.claims import CLAIMS
from minprune.verification.claims.claim import (
    CLEAR, FIRST, SMALL, Claim, Equality, Judgement, Request, Trial, largest_number, measured_forms, quantity_of,
    without_numbers)
from minprune.verification.diagnosis.probe import Probe
from minprune.verification.formulas import Formula
from minprune.verification.quantities import STEP, find_quantity
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


@pytest.mark.parametrize("call", [
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


@pytest.mark.parametrize("errors, tolerance, margin", [
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
    assert [form.letters for form in check(lambda do: do, "removal").forms(CASE)] == ["(N, K)", "(N, 1, K)", "(K,)"]


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


def test_one_kind_for_each_keyword():
    assert list(CLAIMS) == ["equals", "approximates", "invariant", "ranks_like"] and CLAIMS["equals"] is Equality
    assert all(issubclass(kind, Claim) for kind in CLAIMS.values())


# ------------------------------------------------------------------------------------------------ equality


def check(formula, quantity="dL/do", tolerance=1e-6):
    formula = Formula(formula)
    return Equality(formula, quantity_of(quantity, formula) if callable(quantity) else find_quantity(quantity),
                    tolerance)


def test_a_trial_has_what_was_claimed_and_what_was_measured():
    trial = check(lambda do: 2 * do).trial(CASE)
    np.testing.assert_allclose(trial.measured, DO, rtol=1e-9)
    np.testing.assert_allclose(trial.claimed, 2 * DO, rtol=1e-9)
    assert trial.error == pytest.approx(0.5) and trial.problem is None and trial.form == "per sample"
    assert trial.case is CASE


def test_a_problem_is_an_infinite_error():
    raised = check(lambda o: o[7]).trial(CASE)
    shape = check(lambda o: o[0, 0, 0]).trial(CASE)
    assert raised.error == shape.error == np.inf and raised.measured is shape.measured is None
    assert raised.claimed is None and shape.claimed == 1.0
    assert "raised IndexError" in raised.problem and "returned the shape ()" in shape.problem


def test_large_losses_leave_fewer_digits():
    """What entries are at least measured against grows with the loss: differences of large ones have fewer digits."""
    far = Case(NET, "dense1", np.array([[1.0]]), np.array([[201.0]]), "mse")
    assert far.trace.L.item() == pytest.approx(199 ** 2 / 2)
    one = check(lambda do: do)
    assert one.error(CASE, np.array([1e-5]), np.zeros(1)) == pytest.approx(1e-5 / (1e-4 * 4.5))
    assert one.error(far, np.array([1e-5]), np.zeros(1)) == pytest.approx(1e-5 / (1e-4 * 199 ** 2 / 2))
    curved = check(lambda do: do, "d2L/do2")
    assert curved.error(CASE, np.array([1e-5]), np.zeros(1)) == pytest.approx(1e-5 / (1e-2 * 4.5))
    small = Case(NET, "dense1", np.array([[0.5]]), np.array([[1.0]]), "mse")          # ℓ = 0: no less than 1 counts
    assert one.error(small, np.array([1e-5]), np.zeros(1)) == pytest.approx(0.1)


def test_a_second_measurement_takes_another_step():
    steps = []
    quantity = find_quantity("dL/do")
    watched = quantity._replace(measure=lambda case, step: steps.append(step) or quantity.measure(case, step))
    one = Equality(Formula(lambda do: do), watched, 1e-6)
    assert one.trial(CASE).error < 1e-9 and one.trial_again(CASE).error < 1e-9
    assert steps == [STEP, pytest.approx(1.4 * STEP)]


def test_all_trials_of_an_equality_must_hold():
    right, wrong = check(lambda do: do).trial(CASE), check(lambda do: do * 1.001).trial(CASE)
    assert check(lambda do: do).judge([right, right]) == (True, "", {})
    assert not check(lambda do: do).judge([right, wrong])[0]
    assert check(lambda do: do, tolerance=0.01).judge([right, wrong])[0]
    exact = right._replace(error=1e-6)
    assert check(lambda do: do, tolerance=1e-6).judge([exact])[0]
    assert not check(lambda do: do, tolerance=1e-6).judge([right._replace(error=np.inf)])[0]


class DoProbe:
    """What `accepts` reads of a Probe: the case, and what was measured in it."""

    case = CASE
    forms = find_quantity("dL/do").forms(DO)


@pytest.mark.parametrize("array, accepted", [
    (DO, True), (DO[:, 0], True), (DO * (1 + 1e-8), True), (DO * 1.001, False), (-DO, False), (DO[:1], False),
    (DO * np.nan, False), (DO[:, 0] * np.inf, False)])
def test_corrections_are_accepted_in_all_forms(array, accepted):
    assert check(lambda do: do).accepts(DoProbe, lambda probe: array) == accepted


def test_claims_as_sentences():
    def mine(do):
        return do

    assert str(check(mine, "|dL/do|")) == "mine equals |dL/do|" and check(mine).measured == "dL/do"
    assert str(check(mine, lambda o: o)) == "mine equals the other formula"
    assert str(check(lambda o: o, mine)) == "formula equals mine"


def test_a_second_formula_is_what_is_measured():
    trial = check(lambda o, do: o * do, lambda w_dW: w_dW[:, None]).trial(CASE)
    np.testing.assert_allclose(trial.measured[:, 0], DO[:, 0] * np.array([[1, -2], [2, -4.0]]), rtol=1e-9)
    assert trial.error < 1e-12 and trial.form == ""


BLOCK = mp.Network(2, [mp.Dense(2), mp.Residual([mp.Dense(3), mp.Dense(2)]), mp.Dense(1)])


@pytest.mark.parametrize("formula, quantity, fitting", [
    (lambda do: do, "dL/do", [1, 2, 3]), (lambda do: do, "removal", [2]), (lambda do: do, "|removal|", [2]),
    (lambda W_next, do: do, "dL/do", [2]), (lambda do: do, lambda o: o, [1, 2, 3]),
    (lambda do: do, lambda W_out: 0, [2]), (lambda do: do, lambda z_next: 0, [2]),
])
def test_what_is_added_to_others_has_derivatives_but_cannot_be_removed(formula, quantity, fitting):
    cases = [Case(BLOCK, f"dense{place}", np.ones((1, 2)), np.zeros((1, 1)), "mse") for place in (1, 2, 3)]
    assert [place for place, case in enumerate(cases, 1) if check(formula, quantity).fits(case)] == fitting


def test_equal_on_every_network():
    assert Equality.share == 1 and check(lambda do: do, tolerance=0.25).tolerance == 0.25


# --------------------------------------------------------------------------------------- a second formula


def other(o):
    return 3 * o


def test_what_a_second_formula_gives():
    quantity = quantity_of(other, Formula(lambda o: o), [CASE])
    assert quantity.name == "other" and quantity.is_formula and quantity.least == SMALL * 12      # o is -4 at most
    (form,) = quantity.forms(quantity.measure(CASE, STEP))
    assert (form.letters, form.reduction) == ("the other's", "")
    np.testing.assert_array_equal(form.values, 3 * CASE.trace["dense1"].o[:, np.newaxis])
    assert not find_quantity("dL/do").is_formula


@pytest.mark.parametrize("first, second, name", [
    (other, other, "the other other"), (lambda o: o, other, "other"), (other, lambda o: o, "the other formula"),
    (lambda o: o, lambda o: 2 * o, "the other formula")])
def test_names_of_second_formulas(first, second, name):
    assert quantity_of(second, Formula(first)).name == name


def test_equality_as_verify_makes_it():
    made = Equality.from_request(Formula(other), request("|dL/do|"))
    assert (made.measured, made.tolerance, made.step) == ("|dL/do|", 1e-3, STEP) and str(made) == "other equals |dL/do|"
    made = Equality.from_request(Formula(lambda o: o), request(other))
    largest = max(np.abs(3 * case.trace[case.layer].o).max() for case in request(other).first_cases(made.formula.fits))
    assert made.quantity.least == SMALL * largest and str(made) == "formula equals other"
    with pytest.raises(ValueError, match='unknown quantity "3"'):
        Equality.from_request(Formula(other), request(3))


def test_what_the_output_layer_has():
    assert [name for name in ("dL/do", "removal", "|removal|", other) if Equality.goes_with_the_output_layer(name)] == \
        ["dL/do", other]


def test_what_points_are_called():
    assert check(lambda do: do).labels == ("claimed", "measured dL/do")
    assert check(lambda do: do, "|dL/do|").labels == ("claimed", "measured |dL/do|")
    assert check(other, other).labels == ("other", "the other other")
    assert check(lambda o: o, other).labels == ("formula", "other")


def test_a_second_formula_named_like_a_quantity_is_called_a_formula():
    """Its name says nothing of how it is compared."""
    def removal(o):
        return o

    claim = check(lambda o: 2 * o, removal)
    assert claim.labels == ("formula", "removal")
    assert claim.story(claim.trial(CASE)) == ["  of dense1: formula gives [[2, -4], [4, -8]], removal gives "
                                              "[[1, -2], [2, -4]]"]


def test_the_story_of_an_equality():
    claim = check(lambda do: 2 * do)
    assert claim.story(claim.trial(CASE)) == ["  dL/do of dense1: claimed [[6, 1], [18, 3]], measured [[3, 0.5], "
                                              "[9, 1.5]]"]


def test_a_correction_of_an_equality():
    """It may have any of the accepted shapes; the case is measured once for all corrections."""
    measured = []
    quantity = find_quantity("dL/do")
    watched = quantity._replace(measure=lambda case, step: measured.append(step) or quantity.measure(case, step))
    claim = Equality(Formula(lambda do: 2 * do), watched, 1e-6)
    probe = Probe(claim, claim.trial(CASE))
    measured.clear()
    for factor, holds in ((1, False), (0.5, True), (np.nan, False), (0.5 + 1e-5, False)):
        assert claim.accepts(probe, lambda probe: factor * probe.claimed) == holds
    assert claim.accepts(probe, lambda probe: probe.claimed[:, 0] / 2)
    assert not claim.accepts(probe, lambda probe: probe.claimed[0] / 2)
    assert measured == [STEP]
