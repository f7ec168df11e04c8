"""The claim that a formula equals a quantity, network by network."""

import numpy as np
import pytest

import minprune as mp
from minprune.verification.claims.claim import Equality, quantity_of
from minprune.verification.formulas import Formula
from minprune.verification.sampling.random_networks import Case
from minprune.verification.quantities import STEP, find_quantity

NET = mp.Network(1, [mp.Dense(2), mp.Dense(1)])
NET["dense1"].W[...], NET["dense2"].W[...] = [[1], [-2]], [[3, 0.5]]
# o = (x, −2x), y = 3x − x = 2x; t = 1: dy = 2x − 1 = (1, 3) for x = 1, 2
CASE = Case(NET, "dense1", np.array([[1.0], [2.0]]), np.array([[1.0], [1.0]]), "mse")
DO = np.array([[[3.0, 0.5]], [[9.0, 1.5]]])


def check(formula, quantity="dL/do", tolerance=1e-6):
    return Equality(Formula(formula), quantity_of(quantity), tolerance)


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
    assert one.trial(CASE).error < 1e-9 and one.again(CASE).error < 1e-9
    assert steps == [STEP, pytest.approx(1.4 * STEP)]


def test_all_trials_decide():
    right, wrong = check(lambda do: do).trial(CASE), check(lambda do: do * 1.001).trial(CASE)
    assert check(lambda do: do).judge([right, right]) == (True, "", {})
    assert not check(lambda do: do).judge([right, wrong])[0]
    assert check(lambda do: do, tolerance=0.01).judge([right, wrong])[0]
    exact = right._replace(error=1e-6)
    assert check(lambda do: do, tolerance=1e-6).judge([exact])[0]
    assert not check(lambda do: do, tolerance=1e-6).judge([right._replace(error=np.inf)])[0]


class Asked:
    case = CASE
    forms = find_quantity("dL/do").forms(DO)


@pytest.mark.parametrize("array, accepted", [
    (DO, True), (DO[:, 0], True), (DO * (1 + 1e-8), True), (DO * 1.001, False), (-DO, False), (DO[:1], False),
    (DO * np.nan, False), (DO[:, 0] * np.inf, False)])
def test_corrections_are_accepted_in_every_form(array, accepted):
    assert check(lambda do: do).accepts(Asked, lambda asked: array) == accepted


def test_claims_are_told():
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
