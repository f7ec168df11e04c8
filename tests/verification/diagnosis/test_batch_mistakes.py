"""What makes a formula depend on the batch is named where its correction helps on all networks, and only there."""

import numpy as np
import pytest

from cases import each
from minprune.verification.claims.claim import Trial
from minprune.verification.claims.invariance import Invariance
from minprune.verification.diagnosis.batch_mistakes import (
    abs_by_sample, alike_for_one, by_sample, holding, is_same, leaves_something, mean_for_max, of_batch_size,
    of_first_or_last, split_axes, square_by_sample)
from minprune.verification.diagnosis.operations import counterfactual
from minprune.verification.diagnosis.probe import DoesNotApply, Probe
from minprune.verification.formulas import Formula
from minprune.verification.sampling.random_networks import draw_cases
from minprune.verification.sampling.where import Where
from minprune.verification.verify import verify

BATCH = "batch size"
NAMED = [
    ("sum where the mean is meant", lambda do: np.abs(do).sum(axis=(0, 1))),
    ("off by the factor N", lambda do: do * len(do)),
    ("off by the factor 1/N", lambda do: do / len(do)),
    ("off by the factor √N", lambda do: np.sqrt(len(do)) * do),
    ("off by the factor 1/N²", lambda do: do[:, 0] / len(do) ** 2),
    ("absolute value after the mean over the batch", lambda o, do: np.abs((o * do).sum(axis=1).mean(axis=0))),
    ("square after the mean over the batch", lambda dW: (dW.mean(axis=0) ** 2).sum(axis=1)),
    ("square after the mean over the batch", lambda do: np.square(do.mean(axis=0))),
    ("the maximum over the batch", lambda o: np.abs(o).max(axis=0)),
    ("only the first sample is read", lambda do: np.abs(do[0])),
    ("only the last sample is read", lambda do: np.abs(do[-1])),
    ("the batch's mean in each sample's result", lambda o: o - o.mean(axis=0)),
    ("the batch's mean in each sample's result", lambda o, do: o * do.mean(axis=0)),
    ("the batch's maximum in each sample's result", lambda o: o / (1 + np.max(np.abs(o), axis=0))),
    ("the batch's minimum in each sample's result", lambda z: z - z.min(axis=0, keepdims=True)),
    ("the batch's variance in each sample's result", lambda o: o / np.sqrt(1e-3 + np.var(o, axis=0))),
    ("the batch's standard deviation in each sample's result", lambda o: o / (1 + o.std(axis=0))),
    ("the batch's norm in each sample's result", lambda o: o / (1 + np.linalg.norm(o, axis=0))),
    ("the batch's median in each sample's result", lambda o: o - np.median(o, axis=0)),
    ("the batch's sum in each sample's result", lambda z: np.exp(z) / np.exp(z).sum(axis=0)),
    ("the batch's mean and variance in each sample's result",
     lambda o: (o - o.mean(axis=0)) / np.sqrt(1e-3 + o.var(axis=0))),
]
UNNAMED = [
    (lambda do: np.sqrt((do ** 2).sum(axis=(0, 1)))),                    # a norm, of however many
    (lambda do: np.sign(do.mean(axis=(0, 1)))),
    (lambda do: do.mean(axis=(0, 1)) / (1e-300 + np.abs(do.mean(axis=(0, 1))))),         # ±1, else a constant
    (lambda do: do.cumsum(axis=0)),
    (lambda o: np.full(o.shape[2], float(len(o)))),                      # N alone: divided by it, a constant
]


@pytest.mark.parametrize("mistake, formula", NAMED)
def test_the_mistake_is_named(mistake, formula):
    verdict = verify(formula, invariant=BATCH, trials=12)
    assert verdict.mistake and verdict.mistake.name == mistake, str(verdict)


@pytest.mark.parametrize("mistake, formula", NAMED[::4])
def test_conv_layers_as_well(mistake, formula):
    verdict = verify(formula, invariant=BATCH, trials=12, where={"layers": "conv"})
    assert verdict.mistake and verdict.mistake.name == mistake, str(verdict)


@pytest.mark.parametrize("formula", UNNAMED)
def test_nothing_is_said_rather_than_a_guess(formula):
    verdict = verify(formula, invariant=BATCH, trials=12)
    assert not verdict and verdict.mistake is None, str(verdict)


def remedy(formula, **where):
    return verify(formula, invariant=BATCH, where=where or None, trials=12).mistake.remedy


def test_the_remedies_name_the_statistics():
    assert remedy(lambda o: o / (1 + o.std(axis=0))).startswith(
        "with a constant in place of the standard deviation over the samples, formula holds")
    assert remedy(lambda o: (o - o.mean(axis=0)) / (1e-3 + o.std(axis=0))).startswith(
        "with constants in place of the mean and standard deviation over the samples, formula holds")


# ------------------------------------------------------------------ reductions over the samples

A = np.array([[[1.0, -2, 3], [4, 5, -6]], [[-1, 0, 2], [7, -8, 9]]])           # N = 2


@each("axis, count, over, others", [
    (0, 2, True, ()), (1, 2, False, (1,)), (-1, 2, False, (1,)), (-2, 2, True, ()), (None, 2, True, (1,)),
    ((1, 0), 2, True, (1,)), (0, 3, False, ()), (None, 3, False, (1,))])
def test_whether_a_reduction_is_over_the_samples(axis, count, over, others):
    assert split_axes(A[0], axis, count) == (over, others)


def test_a_single_number_has_no_samples():
    assert split_axes(np.array(3.0), None, 1)[0] is False


def test_reductions_by_sample():
    doubled = by_sample("sum", 2, lambda each: 2 * each.sum(axis=0, keepdims=True))
    np.testing.assert_array_equal(doubled(A, axis=0), 2 * A.sum(axis=0))
    np.testing.assert_array_equal(doubled(A, axis=(0, 1)), 2 * A.sum(axis=(0, 1)))
    np.testing.assert_array_equal(doubled(A, axis=-3, keepdims=True), 2 * A.sum(axis=0, keepdims=True))
    np.testing.assert_array_equal(doubled(A, axis=None), 2 * A.sum())
    np.testing.assert_array_equal(doubled(A, axis=1), A.sum(axis=1))              # not the samples
    np.testing.assert_array_equal(doubled(A[0], axis=1), A[0].sum(axis=1))
    np.testing.assert_array_equal(by_sample("sum", 3, np.abs)(A, axis=0), A.sum(axis=0))    # nor of three
    absolute = by_sample("mean", 2, lambda each: np.abs(each).mean(axis=0, keepdims=True))
    np.testing.assert_array_equal(absolute(A, axis=(0, 1)), np.abs(A.mean(axis=1)).mean(axis=0))


def test_statistics_that_are_held():
    array = counterfactual(A.copy(), holding(("max", "norm", "median", "var"), 2))
    for held_at_one in (array.max(axis=0), np.max(array, axis=0), np.linalg.norm(array, axis=0),
                        np.median(array, axis=0), np.var(array, axis=0, ddof=1), np.median(array)):
        assert (np.asarray(held_at_one) == 1).all()
    for left, expected in ((array.max(axis=1), A.max(axis=1)), (array.sum(axis=0), A.sum(axis=0)),
                           (np.linalg.norm(array, axis=2), np.linalg.norm(A, axis=2)),
                           (np.median(array, axis=-1), np.median(A, axis=-1)),
                           (np.var(array, axis=1, ddof=1), np.var(A, axis=1, ddof=1)),
                           (np.std(array, axis=0), np.std(A, axis=0))):
        np.testing.assert_allclose(np.asarray(left), expected, rtol=1e-15)


BATCHES = np.array([[1.0, -2], [-3, 4]])                      # N = 2


@each("rule, formula, expected", [
    (abs_by_sample, lambda a: np.abs(a.mean(axis=0)), [2, 3]), (abs_by_sample, lambda a: a.sum(axis=0), [4, 6]),
    (abs_by_sample, lambda a: a.sum(axis=1), [-1, 1]), (abs_by_sample, lambda a: a.sum(), 2),
    (square_by_sample, lambda a: a.mean(axis=0) ** 2, [5, 10]), (square_by_sample, lambda a: a.sum(axis=0), [10, 20]),
    (square_by_sample, lambda a: np.square(a.mean()), 1 / 4), (square_by_sample, lambda a: a ** 3, BATCHES ** 3),
    (square_by_sample, lambda a: a.mean(axis=1) ** 2, [-1 / 2, 1 / 2]),
    (mean_for_max, lambda a: a.max(axis=0), [-1, 1]), (mean_for_max, lambda a: a.min(axis=0), [-1, 1]),
    (mean_for_max, lambda a: a.max(axis=1), [1, 4]), (mean_for_max, lambda a: a.max(), 2.5)])
def test_rules_of_the_batch_by_hand(rule, formula, expected):
    np.testing.assert_allclose(np.asarray(formula(counterfactual(BATCHES.copy(), rule(2)))), expected)


# ------------------------------------------------------------------ each correction by itself


def cases(count=30, **where):
    where = Where({"activation": "relu", "residual": False, **where})
    return draw_cases(where, count, 0, lambda case: not case.coupled)


def probe_of(formula, case):
    return Probe(Invariance(Formula(formula), BATCH, 1e-6), Trial(case, None, None, 0.0)).about(case)


def test_factors_of_the_batch_by_hand():
    four = cases(1, samples=4)[0]
    probe = probe_of(lambda do: np.ones((len(do), 2)), four)
    corrected = {one.name: one.apply(probe) for one in of_batch_size([probe]) if one.name.startswith("off by")}
    factors = {"N": 4, "1/N": 1 / 4, "N²": 16, "1/N²": 1 / 16, "√N": 2, "1/√N": 1 / 2}
    assert corrected.keys() == {f"off by the factor {factor}" for factor in factors}
    for text, factor in factors.items():
        np.testing.assert_allclose(corrected[f"off by the factor {text}"], np.full((4, 2), 1 / factor))


def test_no_rule_of_the_batch_where_it_changes_what_is_said_of_one_sample():
    two = next(case for case in cases(samples=2) if (case.trace[case.layer].z < 0).any(axis=-1).all())
    one = two.of(samples=slice(0, 1))
    apply = alike_for_one(abs_by_sample)
    signed = probe_of(lambda z: z.mean(axis=0), two)
    np.testing.assert_allclose(apply(signed), np.abs(two.trace[two.layer].z).mean(axis=0, keepdims=True))
    with pytest.raises(DoesNotApply, match="something else of one sample"):
        apply(probe_of(lambda z: z.mean(axis=0), one))
    alike = probe_of(lambda z: np.abs(z.mean(axis=0)), one)
    np.testing.assert_allclose(apply(alike), alike.claimed)


def test_what_is_the_same():
    one = np.array([1.0, 2])
    assert is_same(one, one + 1e-10) and not is_same(one, one + 1e-8) and not is_same(one, one[:1])


@pytest.mark.parametrize("values, left", [([1, 2, 3, 4], True), ([1, 2, 3, 3], False), ([1, 2, 3, 3 + 1e-12], False)])
def test_four_numbers_are_something_that_is_left(values, left):
    case = cases(1)[0]
    probe = probe_of(lambda W: np.array(values, float), case)
    assert leaves_something(lambda probe: probe.claimed, [probe]) == left
    assert not leaves_something(lambda probe: probe.claimed * 0, [probe, probe])


def test_only_the_first_or_last():
    case = cases(1, samples=3, activation="relu", outputs=2)[0]
    z = case.trace[case.layer].z
    first, last = of_first_or_last()
    for correction, place in ((first, 0), (last, -1)):
        np.testing.assert_allclose(correction.apply(probe_of(lambda z: z[place, 0], case)), z.mean(axis=0))
        for formula in (lambda z: z[-1 - place, 0], lambda z: z.mean(axis=(0, 1)), lambda z: z[len(z) // 2, 0]):
            with pytest.raises(DoesNotApply, match="one sample only"):
                correction.apply(probe_of(formula, case))
