"""The plainest claim: a formula equals a quantity, measured once more, finer, where it is in doubt."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.verification.claims.claim import SMALL, Request
from minprune.verification.claims.equality import DOUBT, Equality, quantity_of
from minprune.verification.diagnosis.probe import Probe
from minprune.verification.formulas import Formula
from minprune.verification.forms import Form
from minprune.verification.quantities import STEP, find_quantity
from minprune.verification.sampling.random_networks import Case
from minprune.verification.sampling.where import Where

NET = mp.Network(1, [mp.Dense(2), mp.Dense(1)])
NET["dense1"].W[...], NET["dense2"].W[...] = [[1], [-2]], [[3, 0.5]]
# o = (x, −2x), y = 3x − x = 2x; t = 1: dy = 2x − 1 = (1, 3) for x = 1, 2
CASE = Case(NET, "dense1", np.array([[1.0], [2.0]]), np.array([[1.0], [1.0]]), "mse")
DO = np.array([[[3.0, 0.5]], [[9.0, 1.5]]])


def request(value, where=None):
    return Request(value, 1e-3, 1, 0.5, Where(where), seed=0)


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
    assert one.least(CASE) == pytest.approx(1e-4 * 4.5) and one.least(far) == pytest.approx(1e-4 * 199 ** 2 / 2)
    assert check(lambda do: do, "d2L/do2").least(CASE) == pytest.approx(1e-2 * 4.5)
    small = Case(NET, "dense1", np.array([[0.5]]), np.array([[1.0]]), "mse")          # ℓ = 0: no less than 1 counts
    assert one.least(small) == 1e-4


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


@each("array, accepted", [
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


@each("formula, quantity, fitting", [
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


@each("first, second, name", [
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
    assert measured == []                       # by its trial: once, and once more where it failed


# ------------------------------------------------------------------------------------- measured again, finer


def watched(error, claimed=1.0, tolerance=1e-6):
    """A claim that 1 is a quantity of which m(h) = 1 + error(h) is measured; and the steps of the measurements."""
    steps = []

    def measure(case, step):
        steps.append(step)
        return np.ones((2, 1, 1)) + error(step)

    quantity = find_quantity("dL/do")._replace(measure=measure, forms=lambda values: [Form("(N, P, K)", "", values)])
    claim = Equality(Formula(lambda o: np.full((2, 1, 1), claimed)), quantity, tolerance)
    return claim, steps


def test_a_small_error_is_measured_once():
    claim, steps = watched(lambda h: DOUBT * 0.9e-6)
    assert claim.trial(CASE).error <= DOUBT * 1e-6 and steps == [STEP]


def test_an_error_of_the_step_is_none_of_the_formula():
    """It falls as h⁴: 3e-6 at first, which the second measurement takes away."""
    claim, steps = watched(lambda h: 3e-6 * (h / STEP) ** 4)
    assert claim.trial(CASE).error < 1e-12 and steps == [STEP, STEP / 2]
    claim.trial(CASE)
    assert steps == [STEP, STEP / 2]                                # a case is measured once with each step


def test_what_two_measurements_disagree_on_does_not_count():
    """As where a kink lies within the wider step."""
    claim, _ = watched(lambda h: 0.5 * (h == STEP))
    assert claim.trial(CASE).error < 1e-12


@each("claimed", [1 + 1e-5, 1 - 1e-5, 1.5, -1])
def test_a_wrong_formula_is_as_wrong_as_before(claimed):
    claim, _ = watched(lambda h: 3e-6 * (h / STEP) ** 4, claimed)
    assert claim.trial(CASE).error == pytest.approx(abs(1 - claimed) / max(1, abs(claimed)), rel=0.4)
    assert claim.trial(CASE).error > 5e-6


def test_sums_over_the_batch_are_measured_again_as_sums():
    def wide(case, step):
        return find_quantity("dL/dW").measure(case, step) + 0.01 * (step == STEP)

    summed = Equality(Formula(lambda dW: dW.sum(axis=0)), find_quantity("dL/dW")._replace(measure=wide), 1e-6)
    assert summed.trial(CASE).error < 1e-9
    assert Equality(Formula(lambda dW: 1.1 * dW.sum(axis=0)), summed.quantity, 1e-6).trial(CASE).error > 0.08


def test_a_second_formula_is_not_measured_again():
    calls = []
    claim = check(lambda o: o, lambda do: calls.append(do) or do)
    calls.clear()
    assert claim.trial(CASE).error > 0.1 and len(calls) == 1


def test_which_of_two_formulas_does_not_repeat():
    calls = []

    def counting(o):
        calls.append(o)
        return o + len(calls)

    first, second = check(counting, lambda o: o), check(lambda o: o, counting)
    assert first.not_repeated(first.trial(CASE)) == second.not_repeated(second.trial(CASE)) == "counting"
    assert check(lambda o: o, lambda do: do).not_repeated(check(lambda o: o, lambda do: do).trial(CASE)) == ""


def test_an_error_that_does_not_come_again_is_no_repetition():
    calls = []

    def raising_once(o):
        calls.append(o)
        return 1 / (len(calls) - 1) + o

    claim = check(raising_once)
    assert claim.not_repeated(claim.trial(CASE)) == "raising_once"


# ------------------------------------------------------------------------------- true second derivatives


def hessian_of_tanh(x, o, do, W_next):
    """(Σ_k w′² f′² + (∂ℓ/∂o) f″) x², below mse."""
    slope = 1 - o[:, 0] ** 2
    curvature = (W_next ** 2).sum(axis=0) * slope ** 2 - 2 * do[:, 0] * o[:, 0] * slope
    return np.einsum("nk,nf->nkf", curvature, x[:, 0] ** 2)


def hessian_of_softplus(x, z, do, y, W_next):
    """The same below the cross entropy: Σ_kl w′_k w′_l (p_k [k = l] − p_k p_l) for Σ_k w′²."""
    p, slope = np.exp(y - y.max(axis=1, keepdims=True)), 1 / (1 + np.exp(-z[:, 0]))
    p /= p.sum(axis=1, keepdims=True)
    curvature = p @ W_next ** 2 - (p @ W_next) ** 2
    return np.einsum("nk,nf->nkf", curvature * slope ** 2 + do[:, 0] * slope * (1 - slope), x[:, 0] ** 2)


@pytest.mark.parametrize("formula, activation, loss, seed, more", [
    (hessian_of_tanh, "tanh", "mse", 5, {}), (hessian_of_softplus, "softplus", "cross_entropy", 3, {}),
    (hessian_of_tanh, "tanh", "mse", 2, {"samples": 16}),
    (hessian_of_softplus, "softplus", "cross_entropy", 4, {"samples": 16})])
def test_true_second_derivatives_are_known_to_a_tenth_of_the_tolerance(formula, activation, loss, seed, more):
    where = {"layer": "last hidden", "activation": activation, "loss": loss, **more}
    verdict = mp.verify(formula, equals="d2L/dW2", where=where, seed=seed, trials=60)
    assert verdict.holds and verdict.error < 1e-7
