"""What a claim of invariance changes, by hand; and what a counterexample says of it."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.activations import Activation
from minprune.engine.facts import NotSaid
from minprune.verification.claims.claim import FIRST, SMALL, Request
from minprune.verification.claims.invariance import (
    KINDS, Change, Invariance, in_new_order, in_two_batches, largest_change, rescaled, with_neurons_in_another_order,
    with_samples_in_another_order)
from minprune.verification.formulas import Formula
from minprune.verification.sampling.random_networks import Case, draw_cases
from minprune.verification.sampling.where import Where
from minprune.verification.verify import verify

BATCH, SAMPLES, NEURONS, SCALES = "batch size", "sample order", "neuron permutation", "relu rescaling"
NET = mp.Network(1, [mp.Dense(2), mp.Dense(1)])
NET["dense1"].W[...], NET["dense2"].W[...] = [[1], [-2]], [[3, 0.5]]
CASE = Case(NET, "dense1", np.array([[1.0], [2.0], [4.0]]), np.zeros((3, 1)), "mse")
O = np.array([[1.0, -2], [2, -4], [4, -8]])                     # o = (x, −2x)
ONE = Case(NET, "dense1", CASE.x[:1], CASE.t[:1], "mse")


def claim(formula, kind, tolerance=1e-6):
    return Invariance(Formula(formula), kind, tolerance)


def test_batches_side_by_side_or_averaged():
    before, after, form, how = in_two_batches(CASE, Formula(lambda o: o / len(o)))
    np.testing.assert_array_equal(before[:, 0], O / 3)
    np.testing.assert_array_equal(after[:, 0], O / [[1], [2], [2]])
    assert (form, how) == ("per sample", "one below the other")
    before, after, form, how = in_two_batches(CASE, Formula(lambda o: o[:, 0].max(axis=0)))
    np.testing.assert_allclose(before, [4, -2])
    np.testing.assert_allclose(after, [(1 + 2 * 4) / 3, (-2 + 2 * -4) / 3])
    assert (form, how) == ("mean over the batch", "averaged")


def test_as_many_neurons_as_samples_are_averaged():
    case = CASE.of(samples=slice(0, 2))
    change = in_two_batches(case, Formula(lambda o: o[:, 0].sum(axis=0)))
    np.testing.assert_allclose(change.after, O[:2].mean(axis=0))
    assert change.how == "averaged"


@pytest.mark.parametrize("formula, whole, part", [
    (lambda o: o[:, 0] @ o[:, 0].T, (3, 3), (1, 1)),            # each sample with each: nothing to put side by side
    (lambda o: o.ravel(), (6,), (2,)),                          # nor to average
    (lambda o: o[1:, 0], (2, 2), (0, 2)),
    (lambda o: o[:-1, 0], (2, 2), (0, 2)),
    (lambda o: o[:3 - len(o) or None, 0], (3, 2), (1, 2)),      # of two samples it leaves one out
])
def test_results_of_other_shapes_cannot_be_put_together(formula, whole, part):
    trial = claim(formula, BATCH).trial(CASE)
    assert trial.error == np.inf and trial.claimed is trial.measured is None
    assert trial.problem.startswith(f"formula returned the shape {whole} before and ")
    verdict = verify(formula, invariant=BATCH, where={"samples": 3}, trials=10)
    assert not verdict and "returned the shape" in verdict.problem and verdict.counterexample.problem


def test_the_order_of_the_samples_by_hand():
    """1, 2, 3 times the samples: the last one first changes more than the first two exchanged."""
    def by_index(o):
        return o[:, 0] * np.arange(1, len(o) + 1)[:, None]

    before, after, form, (order, each) = with_samples_in_another_order(CASE, Formula(by_index))
    assert each and form == "" and order.tolist() == [2, 0, 1]
    np.testing.assert_array_equal(after, O[[2, 0, 1]] * [[1], [2], [3]])
    np.testing.assert_array_equal(before, O[[2, 0, 1]] * [[3], [1], [2]])
    before, after, _, (order, each) = with_samples_in_another_order(CASE, Formula(lambda o: o[0, 0]))
    assert not each and order.tolist() == [2, 0, 1]
    np.testing.assert_array_equal([before, after], O[[0, 2]])
    formula = Formula(lambda o: o[:2, 0].sum(axis=0) * (o[0, 0, 0] < 3))
    before, after, _, (order, _) = with_samples_in_another_order(CASE, formula)
    assert order.tolist() == [2, 0, 1] and not after.any()


def test_the_order_of_the_neurons_by_hand():
    before, after, _, order = with_neurons_in_another_order(CASE, Formula(lambda W: W[:, 0] * [1, 2]))
    assert order.tolist() == [1, 0]
    np.testing.assert_array_equal(after, [-2, 2])
    np.testing.assert_array_equal(before, [-4, 1])
    before, after, _, _ = with_neurons_in_another_order(CASE, Formula(lambda W: W[:1, 0]))         # no axis of neurons
    assert (before.tolist(), after.tolist()) == ([1], [-2])
    formula = Formula(lambda W: W[W[:, 0] > 0][:, :1] if W[0, 0] < 0 else W)
    before, after, _, _ = with_neurons_in_another_order(CASE, formula)
    assert before.shape == (2, 1) and after.shape == (1, 1)
    assert verify(lambda o: o[:, 0].T @ o[:, 0], invariant=NEURONS, trials=20)             # both axes are of neurons
    assert not verify(lambda o: np.tril(o[:, 0].T @ o[:, 0]), invariant=NEURONS, trials=20)


def test_all_axes_that_may_be_that_of_the_neurons():
    array, order = np.arange(8).reshape(2, 1, 4) + np.zeros((2, 2, 1)), np.array([1, 0])
    found = list(in_new_order(array, order))
    for one, expected in zip(found, (array[[1, 0]], array[:, [1, 0]], array[[1, 0]][:, [1, 0]]), strict=True):
        np.testing.assert_array_equal(one, expected)
    assert list(in_new_order(np.ones(3), order)) == []


def test_the_change_after_which_most_is_different():
    far, near, other = (Change(np.ones(2), after) for after in (2 * np.ones(2), 1.1 * np.ones(2), np.ones(3)))
    assert largest_change([near, far]) is largest_change([far, near]) is far
    assert largest_change([far, other, near]) is other


def test_scales_by_hand():
    """o = x w, so that the output of each neuron is multiplied by its a."""
    before, after, form, a = rescaled(CASE, Formula(lambda o: o[:, 0]))
    assert a.tolist() == [2, 0.5] and form == ""
    np.testing.assert_array_equal(before, O)
    np.testing.assert_array_equal(after, before * a)


def of_activation(f):
    return Case(mp.Network(1, [mp.Dense(2, f), mp.Dense(1)]), "dense1", CASE.x, CASE.t, "mse")


@each("kind, case, fits", [
    (BATCH, CASE, True), (BATCH, ONE, False), (SAMPLES, CASE, True), (SAMPLES, ONE, False), (NEURONS, ONE, True),
    (NEURONS, Case(NET, "dense2", CASE.x, CASE.t, "mse"), False), (SCALES, ONE, True),
    *((SCALES, of_activation(name), fits) for name, fits in (
        ("relu", True), ("leaky_relu", True), ("identity", True), ("tanh", False), ("softplus", False),
        ("elu", False), ("gelu", False)))])
def test_which_cases_can_show_it(kind, case, fits):
    assert KINDS[kind].fits(case) == claim(lambda o: o, kind).fits(case) == fits


def test_only_what_fits_the_formula():
    assert not claim(lambda do_next: do_next, BATCH).fits(Case(NET, "dense2", CASE.x, CASE.t, "mse"))


def test_a_trial_has_what_was_before_and_after():
    trial = claim(lambda o: o[:, 0] / len(o), BATCH).trial(CASE)
    np.testing.assert_array_equal(trial.measured, O / 3)
    np.testing.assert_array_equal(trial.claimed, O / [[1], [2], [2]])
    assert trial.error == pytest.approx(2 / 3) and trial.form == "per sample" and trial.problem is None
    again = claim(lambda o: o[:, 0] / len(o), BATCH).trial_again(CASE)
    assert again.error == trial.error
    raised = claim(lambda o: o[9], SAMPLES).trial(CASE)
    assert raised.error == np.inf and "raised IndexError" in raised.problem
    other = claim(lambda o: o[:1 + (o[0, 0, 0] > 1)], SAMPLES).trial(CASE)
    assert other.problem == "formula returned the shape (1, 1, 2) before and (2, 1, 2) after the change"


def test_all_trials_decide():
    check = claim(lambda o: o, BATCH)
    good = check.trial(CASE)
    assert good.error == 0 and check.judge([good, good]) == (True, "", {}) and Invariance.share == 1
    assert check.judge([good, good._replace(error=1e-6)])[0] and not check.judge([good, good._replace(error=2e-6)])[0]


def test_claims_as_sentences():
    def score(o):
        return o

    assert [str(claim(score, kind)) for kind in KINDS] == [
        "score gives the same for all samples at once and in smaller batches",
        "score does not depend on the order of the samples",
        "score gives each neuron the same in whatever order the neurons are",
        "score does not change where a neuron's incoming weights are multiplied by a and its outgoing weights divided "
        "by a"]
    assert claim(score, BATCH).measured == "score, batch size"


def story(formula, kind, case=CASE):
    check = claim(formula, kind)
    return check.story(check.trial(case))


def test_stories_by_hand():
    two = Case(NET, "dense1", CASE.x[:2], CASE.t[:2], "mse")
    assert story(lambda o: o[:, 0, 0] / len(o), BATCH) == [
        "  formula of all 3 samples at once: [0.33333, 0.66667, 1.3333]",
        "  formula of the first sample, and of the other 2 together, one below the other: [1, 1, 2]"]
    assert story(lambda o: o[:, 0, 0].max(), BATCH, two) == [
        "  formula of all 2 samples at once: 2", "  formula of each sample alone, averaged: 1.5"]
    assert story(lambda o: o[0, 0], SAMPLES) == [
        "  formula with the last sample first: [4, -8]", "  what it gave before: [1, -2]"]
    assert story(lambda o: o[:, 0, 0] * [1, 2][:len(o)], SAMPLES, two) == [
        "  formula with the first two samples exchanged: [2, 2]", "  what it gave before, in the new order: [4, 1]"]
    assert story(lambda W: W[:, 0] * [1, 2], NEURONS) == [
        "  formula with the first two neurons of dense1 exchanged (in its arrays, and in the weights that read it): "
        "[-2, 2]", "  what it gave before, in the new order: [-4, 1]"]
    assert story(lambda W: W[:, 0], SCALES) == [
        "  formula of the neurons of dense1: [1, -2]",
        "  formula with W and b of each neuron multiplied by [2, 0.5], the weights that read it divided by it: [2, -1]"]
    three = Case(mp.Network(1, [mp.Dense(3), mp.Dense(1)], seed=0), "dense1", CASE.x, CASE.t, "mse")
    assert "the last neuron of dense1 put first (in" in story(lambda W: W[:, 0] * [0, 0, 1], NEURONS, three)[0]
    normed = Case(mp.Network(1, [mp.Dense(1, "relu", batch_norm=True), mp.Dense(1)]), "dense1", CASE.x, CASE.t, "mse")
    assert story(lambda gamma: gamma, SCALES, normed)[1] == \
        "  formula with γ and β of each neuron multiplied by [2], the weights that read it divided by it: [2]"


# ------------------------------------------------------------------------------- as verify makes it


def request(kind, where=None):
    return Request(kind, 1e-6, 1, 0.5, Where(where, **Invariance.where_settings(kind)), seed=0)


def test_what_where_is_if_it_does_not_say():
    assert [Invariance.where_settings(kind) for kind in KINDS] == [
        {"samples": (2, 3, 4)}, {"samples": (2, 3, 4)}, {}, {"activation": ("relu", "leaky_relu")}]
    with pytest.raises(ValueError, match='unknown invariance "batchsize"; did you mean "batch size"'):
        Invariance.where_settings("batchsize")
    assert Invariance.smaller == {} and not Invariance.goes_with_the_output_layer(BATCH)


def test_small_is_what_is_small_beside_the_largest_number():
    """Nothing is measured: the rounding of the largest number that the formula gives is all that does not count."""
    formula = Formula(lambda o: 1e-30 * o)
    made = Invariance.from_request(formula, request(BATCH))
    cases = draw_cases(Where(samples=(2, 3, 4)), FIRST, 0, formula.fits)
    assert made.least == SMALL * max(np.abs(formula(case)).max() for case in cases) < 1e-35
    assert made.tolerance == 1e-6
    assert str(made) == "formula gives the same for all samples at once and in smaller batches"
    assert Invariance.from_request(Formula(lambda o: 0 * o), request(BATCH)).least > 0


def test_points_are_called_after_and_before():
    assert claim(lambda o: o, BATCH).labels == ("after", "before")


# ------------------------------------------------------------------------------- activations of one's own

HALF = {"function": lambda z: np.maximum(z, z / 2), "derivative": lambda z: np.where(z > 0, 1, 0.5), "kinks": (0.0,)}


def weights_with_biases(W, dW, b, dz):
    """Σ w ∂ℓ/∂w + b ∂ℓ/∂b is z ∂ℓ/∂z: without a factor where the activation is homogeneous."""
    return (W * dW).sum(axis=2) + b * dz.sum(axis=1)


def test_rescaling_with_an_activation_of_ones_own():
    half = Activation("half", homogeneous=True, **HALF)
    assert verify(weights_with_biases, invariant=SCALES, where={"activation": half}, trials=20)
    verdict = verify(lambda o: o, invariant=SCALES, where={"activation": half}, trials=20)
    assert not verdict and verdict.counterexample.net["dense1"].f is half


def test_rescaling_asks_whether_the_activation_is_homogeneous():
    silent, crooked = Activation("half", **HALF), Activation("crooked", homogeneous=False, **HALF)
    message = ('activation "half" does not say whether it is homogeneous \\(homogeneous=…\\), '
               'which invariant="relu rescaling" needs')
    with pytest.raises(NotSaid, match=message):
        verify(weights_with_biases, invariant=SCALES, where={"activation": ["relu", silent]}, trials=20)
    with pytest.raises(ValueError, match="where accepts none of"):
        verify(weights_with_biases, invariant=SCALES, where={"activation": crooked}, trials=5)
    assert verify(lambda o: o, invariant=SAMPLES, where={"activation": silent}, trials=5)    # only rescaling needs it
