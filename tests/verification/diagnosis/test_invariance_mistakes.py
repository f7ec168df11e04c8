"""Why something depends on what should not matter: named where the correction helps everywhere, and only there."""

import numpy as np
import pytest

from minprune.verification.verify import verify
from minprune.verification.diagnosis.probe import Asked
from minprune.verification.diagnosis.invariance_mistakes import (abs_by_sample, aligned, alike_for_one, along, counterweight, degree_in, held, leaves_something, mean_for_max,
    of_batch_size, of_first_or_last, of_neuron_order, of_sample_order, of_scales, same, square_by_sample,
    with_equal_neurons, with_equal_samples)
from minprune.verification.formulas import Formula
from minprune.verification.diagnosis.counterfactual import altered
from minprune.verification.claims.invariance import (Invariance, of_samples, orders, permuted_case, rescaled_case, scales)
from minprune.verification.sampling.random_networks import Where, draw_cases
from minprune.verification.claims.trial import Trial

BATCH, SAMPLES, NEURONS, SCALES = "batch size", "sample order", "neuron permutation", "relu rescaling"


def index(array, axis):
    """1, 2, 3, … along an axis."""
    return np.arange(1, array.shape[axis] + 1).reshape([-1 if place == axis else 1 for place in range(array.ndim)])


NAMED = [
    (BATCH, "sum where the mean is meant", lambda do: np.abs(do).sum(axis=(0, 1))),
    (BATCH, "off by the factor N", lambda do: do * len(do)),
    (BATCH, "off by the factor 1/N", lambda do: do / len(do)),
    (BATCH, "off by the factor √N", lambda do: np.sqrt(len(do)) * do),
    (BATCH, "off by the factor 1/N²", lambda do: do[:, 0] / len(do) ** 2),
    (BATCH, "absolute value after the mean over the batch", lambda o, do: np.abs((o * do).sum(axis=1).mean(axis=0))),
    (BATCH, "square after the mean over the batch", lambda dW: (dW.mean(axis=0) ** 2).sum(axis=1)),
    (BATCH, "square after the mean over the batch", lambda do: np.square(do.mean(axis=0))),
    (BATCH, "the maximum over the batch", lambda o: np.abs(o).max(axis=0)),
    (BATCH, "only the first sample is read", lambda do: np.abs(do[0])),
    (BATCH, "only the last sample is read", lambda do: np.abs(do[-1])),
    (BATCH, "the batch's mean in each sample's result", lambda o: o - o.mean(axis=0)),
    (BATCH, "the batch's mean in each sample's result", lambda o, do: o * do.mean(axis=0)),
    (BATCH, "the batch's maximum in each sample's result", lambda o: o / (1 + np.max(np.abs(o), axis=0))),
    (BATCH, "the batch's minimum in each sample's result", lambda z: z - z.min(axis=0, keepdims=True)),
    (BATCH, "the batch's variance in each sample's result", lambda o: o / np.sqrt(1e-3 + np.var(o, axis=0))),
    (BATCH, "the batch's standard deviation in each sample's result", lambda o: o / (1 + o.std(axis=0))),
    (BATCH, "the batch's norm in each sample's result", lambda o: o / (1 + np.linalg.norm(o, axis=0))),
    (BATCH, "the batch's median in each sample's result", lambda o: o - np.median(o, axis=0)),
    (BATCH, "the batch's sum in each sample's result", lambda z: np.exp(z) / np.exp(z).sum(axis=0)),
    (BATCH, "the batch's mean and variance in each sample's result",
     lambda o: (o - o.mean(axis=0)) / np.sqrt(1e-3 + o.var(axis=0))),
    (SAMPLES, "only the first sample is read", lambda do: np.abs(do[0]).sum(axis=0)),
    (SAMPLES, "only the last sample is read", lambda o: o[-1]),
    (SAMPLES, "weighted by the sample's index", lambda do: do * index(do, 0)),
    (SAMPLES, "the sample's index is added", lambda z: z + index(z, 0)),
    (NEURONS, "weighted by the neuron's index", lambda W: W * index(W, 0)),
    (NEURONS, "weighted by the neuron's index", lambda z: z / index(z, 2)),
    (NEURONS, "the neuron's index is added", lambda z: (z + index(z, 2))[:, 0]),
    (NEURONS, "normalised by the first neuron", lambda W: np.abs(W).sum(axis=1) / np.abs(W[0]).sum()),
    (NEURONS, "normalised by the last neuron", lambda W: W / np.linalg.norm(W[-1])),
    (NEURONS, "the first neuron is subtracted", lambda z: z - z[:, :, :1]),
    (NEURONS, "the last neuron is subtracted", lambda b: b - b[-1]),
    (SCALES, "scales with a", lambda W: np.sqrt((W ** 2).sum(axis=1))),
    (SCALES, "scales with a", lambda W, b: np.abs(W).sum(axis=1) + np.abs(b)),
    (SCALES, "scales with a²", lambda W: (W ** 2).sum(axis=1)),
    (SCALES, "scales with √a", lambda W: np.sqrt(np.abs(W).sum(axis=1))),
    (SCALES, "scales with 1/a", lambda W_out: np.abs(W_out).sum(axis=1)),
    (SCALES, "scales with 1/a²", lambda W_out, do: do[:, 0] * W_out.sum(axis=1)),
    (SCALES, "scales with a", lambda o, do: o ** 2 * do),
]
UNNAMED = [
    (BATCH, lambda do: np.sqrt((do ** 2).sum(axis=(0, 1)))),                    # a norm, of however many
    (BATCH, lambda do: np.sign(do.mean(axis=(0, 1)))),
    (BATCH, lambda do: do.mean(axis=(0, 1)) / (1e-300 + np.abs(do.mean(axis=(0, 1))))),         # ±1, else a constant
    (BATCH, lambda do: do.cumsum(axis=0)),
    (BATCH, lambda o: np.full(o.shape[2], float(len(o)))),                      # N alone: divided by it, a constant
    (SAMPLES, lambda do: do * np.roll(do, 1, axis=0)),
    (SAMPLES, lambda do: np.repeat(np.arange(len(do)), do.shape[2]).reshape(len(do), -1)),
    (NEURONS, lambda W: np.arange(len(W))),
    (NEURONS, lambda z: np.sort(z, axis=2)),
    (NEURONS, lambda z: z * np.roll(z, 1, axis=2)),
    (NEURONS, lambda z: z.cumsum(axis=2)),
    (NEURONS, lambda W: W.sum(axis=1) + W[0].sum() * W[-1].sum() + np.arange(len(W)) ** 2 * W[0, 0]),
    (SCALES, lambda W, W_out: np.abs(W).sum(axis=1) + np.abs(W_out).sum(axis=1)),
    (SCALES, lambda W: np.abs(W).sum(axis=1) / np.abs(W).sum()),
    (SCALES, lambda o: np.exp(-o)),
]


@pytest.mark.parametrize("kind, mistake, formula", NAMED)
def test_what_it_depends_on_is_named(kind, mistake, formula):
    verdict = verify(formula, invariant=kind, trials=40)
    assert verdict.mistake and verdict.mistake.name == mistake, str(verdict)


@pytest.mark.parametrize("kind, mistake, formula", [one for one in NAMED[::4] if "neuron" not in one[1]])
def test_conv_layers_as_well(kind, mistake, formula):
    verdict = verify(formula, invariant=kind, trials=20, where={"layers": "conv"})
    assert verdict.mistake and verdict.mistake.name == mistake, str(verdict)


@pytest.mark.parametrize("kind, formula", UNNAMED)
def test_nothing_is_said_rather_than_a_guess(kind, formula):
    verdict = verify(formula, invariant=kind, trials=40)
    assert not verdict and verdict.mistake is None, str(verdict)


def test_of_two_neurons_neither_is_said_to_decide():
    """Where no third can change places with the second, it may be any of the two; images here have two at most."""
    for where in ({"neurons": 2}, {"layers": "conv"}):
        verdict = verify(lambda z: z - z[:, :, :1], invariant=NEURONS, where=where, trials=20)
        assert not verdict and verdict.mistake is None


def remedy(formula, kind, **where):
    return verify(formula, invariant=kind, where=where or None, trials=20).mistake.remedy


def test_the_remedies_say_what_was_measured():
    assert remedy(lambda W: np.abs(W).sum(axis=1), SCALES) == (
        "it is homogeneous of degree 1 in W; times Σ |w| over its outgoing weights, formula holds (on all 20 networks)")
    assert remedy(lambda o, do: o ** 2 * do, SCALES).startswith(
        "it is homogeneous of degree 2 in o and of degree 1 in do; times Σ |w| over its outgoing weights, ")
    assert remedy(lambda W_out: (W_out ** 2).sum(axis=1), SCALES).startswith(
        "it is homogeneous of degree 2 in W_out; times Σ |w| over its incoming weights to the power 2, ")
    assert remedy(lambda z: z / index(z, 2), NEURONS).startswith(
        "equal neurons get different numbers; divided by 1, 0.5, 0.33333, 0.25 by index, ")
    assert remedy(lambda z: z + index(z, 0), SAMPLES).startswith(
        "equal samples get different numbers; less 0, 1, 2, 3 by index, ")
    assert remedy(lambda o: o / (1 + o.std(axis=0)), BATCH).startswith(
        "with a constant in place of the standard deviation over the samples, formula holds")
    assert remedy(lambda o: (o - o.mean(axis=0)) / (1e-3 + o.std(axis=0)), BATCH).startswith(
        "with constants in place of the mean and standard deviation over the samples, formula holds")


def test_batch_norm_scales_by_gamma_and_beta():
    assert remedy(lambda gamma, W: np.abs(gamma), SCALES, batch_norm=True).startswith(
        "it is homogeneous of degree 1 in gamma; ")
    verdict = verify(lambda W: np.abs(W).sum(axis=1), invariant=SCALES, where={"batch_norm": True}, trials=10)
    assert verdict                              # W stays as it is, γ and β are multiplied


def cases(count=30, **where):
    where = Where({"activation": "relu", "residual": False, **where})
    return draw_cases(where, count, 0, lambda case: not case.coupled)


def test_the_changed_networks_are_what_they_are_said_to_be():
    for case in cases(samples=(2, 3)):
        other, a = rescaled_case(case), scales(case)
        np.testing.assert_allclose(other.trace.y, case.trace.y, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(other.trace[case.layer].o, case.trace[case.layer].o * a, rtol=1e-12)
        np.testing.assert_allclose(other.trace[case.layer].do, case.trace[case.layer].do / a, rtol=1e-12)
        for power in (1, -2, 0.5):
            np.testing.assert_allclose(counterweight(other, power), counterweight(case, power) * a ** -float(power))
        for order in orders(len(a)) if len(a) > 1 else []:
            other = permuted_case(case, order)
            np.testing.assert_allclose(other.trace.y, case.trace.y, rtol=1e-12, atol=1e-12)
            np.testing.assert_array_equal(other.trace[case.layer].z, case.trace[case.layer].z[:, order])
        assert np.ptp(with_equal_neurons(case).trace[case.layer].o, axis=-1).max() == 0
        assert np.ptp(with_equal_samples(case).trace.y, axis=0).max() == 0


def test_orders_make_every_order():
    for count in (2, 3, 4):
        reached = {tuple(range(count))}
        for _ in range(12):
            reached |= {tuple(np.array(one)[order]) for one in reached for order in orders(count)}
        assert len(reached) == [2, 6, 24][count - 2]


def test_neighbours_are_no_invariants_of_order():
    """Going round the circle leaves them neighbours; exchanging two does not."""
    assert not verify(lambda z: z * np.roll(z, 1, axis=2), invariant=NEURONS, where={"neurons": 4}, trials=20)
    assert not verify(lambda z: z * np.roll(z, 1, axis=0), invariant=SAMPLES, where={"samples": 4}, trials=20)


@pytest.mark.parametrize("name, sign, expected, formula", [
    ("W", 1, 1, lambda W: W), ("W", 1, 2, lambda W: W ** 2), ("do", -1, 1, lambda do: do),
    ("do", -1, 0, lambda do: np.sign(do)), ("o", 1, 0.5, lambda o: np.sqrt(np.abs(o))),
    ("do", -1, -1, lambda do: 1 / (do + (do == 0))), ("z", 1, None, lambda z: np.exp(z))])
def test_degrees(name, sign, expected, formula):
    check = Invariance(Formula(formula), SCALES, 1e-6)
    case = next(one for one in cases() if (one.trace[one.layer].z > 0).all() and one.trace[one.layer].do.all())
    axis = formula.__code__.co_varnames[0] != "W" and 2 or 0
    asked = Asked(check, check.trial(case)).about(case)
    assert degree_in(asked, asked.about(rescaled_case(case)), [name], axis, sign) == expected


A = np.array([[[1.0, -2, 3], [4, 5, -6]], [[-1, 0, 2], [7, -8, 9]]])           # N = 2


def test_statistics_that_are_held():
    array = altered(A.copy(), held(("max", "norm", "median", "var"), 2))
    for held_at_one in (array.max(axis=0), np.max(array, axis=0), np.linalg.norm(array, axis=0),
                        np.median(array, axis=0), np.var(array, axis=0, ddof=1), np.median(array)):
        assert (np.asarray(held_at_one) == 1).all()
    for left, expected in ((array.max(axis=1), A.max(axis=1)), (array.sum(axis=0), A.sum(axis=0)),
                           (np.linalg.norm(array, axis=2), np.linalg.norm(A, axis=2)),
                           (np.median(array, axis=-1), np.median(A, axis=-1)),
                           (np.var(array, axis=1, ddof=1), np.var(A, axis=1, ddof=1)),
                           (np.std(array, axis=0), np.std(A, axis=0))):
        np.testing.assert_allclose(np.asarray(left), expected, rtol=1e-15)


# ------------------------------------------------------------------ each correction by itself


def asked_about(formula, kind, case):
    return Asked(Invariance(Formula(formula), kind, 1e-6), Trial(case, None, None, 0.0)).about(case)


def test_factors_of_the_batch_by_hand():
    four = cases(1, samples=4)[0]
    asked = asked_about(lambda do: np.ones((len(do), 2)), BATCH, four)
    found = {one.name: one.apply(asked) for one in of_batch_size("f") if one.name.startswith("off by")}
    factors = {"N": 4, "1/N": 1 / 4, "N²": 16, "1/N²": 1 / 16, "√N": 2, "1/√N": 1 / 2}
    assert found.keys() == {f"off by the factor {told}" for told in factors}
    for told, factor in factors.items():
        np.testing.assert_allclose(found[f"off by the factor {told}"], np.full((4, 2), 1 / factor))


BATCHES = np.array([[1.0, -2], [-3, 4]])                      # N = 2


@pytest.mark.parametrize("rule, formula, expected", [
    (abs_by_sample, lambda a: np.abs(a.mean(axis=0)), [2, 3]), (abs_by_sample, lambda a: a.sum(axis=0), [4, 6]),
    (abs_by_sample, lambda a: a.sum(axis=1), [-1, 1]), (abs_by_sample, lambda a: a.sum(), 2),
    (square_by_sample, lambda a: a.mean(axis=0) ** 2, [5, 10]), (square_by_sample, lambda a: a.sum(axis=0), [10, 20]),
    (square_by_sample, lambda a: np.square(a.mean()), 1 / 4), (square_by_sample, lambda a: a ** 3, BATCHES ** 3),
    (square_by_sample, lambda a: a.mean(axis=1) ** 2, [-1 / 2, 1 / 2]),
    (mean_for_max, lambda a: a.max(axis=0), [-1, 1]), (mean_for_max, lambda a: a.min(axis=0), [-1, 1]),
    (mean_for_max, lambda a: a.max(axis=1), [1, 4]), (mean_for_max, lambda a: a.max(), 2.5)])
def test_rules_of_the_batch_by_hand(rule, formula, expected):
    np.testing.assert_allclose(np.asarray(formula(altered(BATCHES.copy(), rule(2)))), expected)


def test_no_rule_of_the_batch_where_it_changes_what_is_said_of_one_sample():
    two = next(case for case in cases(samples=2) if (case.trace[case.layer].z < 0).any(axis=-1).all())
    one = of_samples(two, slice(0, 1))
    apply = alike_for_one(abs_by_sample)
    signed = asked_about(lambda z: z.mean(axis=0), BATCH, two)
    np.testing.assert_allclose(apply(signed), np.abs(two.trace[two.layer].z).mean(axis=0, keepdims=True))
    with pytest.raises(ValueError, match="something else of one sample"):
        apply(asked_about(lambda z: z.mean(axis=0), BATCH, one))
    same_of_one = asked_about(lambda z: np.abs(z.mean(axis=0)), BATCH, one)
    np.testing.assert_allclose(apply(same_of_one), same_of_one.claimed)


def test_what_is_the_same():
    one = np.array([1.0, 2])
    assert same(one, one + 1e-10) and not same(one, one + 1e-8) and not same(one, one[:1])


@pytest.mark.parametrize("values, left", [([1, 2, 3, 4], True), ([1, 2, 3, 3], False), ([1, 2, 3, 3 + 1e-12], False)])
def test_four_numbers_are_something_that_is_left(values, left):
    case = cases(1)[0]
    asked = asked_about(lambda W: np.array(values, float), SCALES, case)
    assert leaves_something(lambda asked: asked.claimed)([asked]) == left
    assert not leaves_something(lambda asked: asked.claimed * 0)([asked, asked])


def test_only_the_first_or_last():
    case = cases(1, samples=3, activation="relu", outputs=2)[0]
    z = case.trace[case.layer].z
    first, last = of_first_or_last("f")
    for correction, place in ((first, 0), (last, -1)):
        np.testing.assert_allclose(correction.apply(asked_about(lambda z: z[place, 0], SAMPLES, case)), z.mean(axis=0))
        for formula in (lambda z: z[-1 - place, 0], lambda z: z.mean(axis=(0, 1)), lambda z: z[len(z) // 2, 0]):
            with pytest.raises(ValueError, match="one sample only"):
                correction.apply(asked_about(formula, SAMPLES, case))


@pytest.mark.parametrize("power, told", [(1, "a"), (2, "a²"), (3, "a³"), (0.5, "√a"), (-1, "1/a"), (-2, "1/a²"),
                                         (-3, "1/a³"), (-0.5, "1/√a")])
def test_powers_of_the_scales(power, told):
    """(Σ |w|)^p scales with a^p: the correction of this name, and no other, takes that back."""
    case = next(one for one in cases(outputs=2) if one.net[one.layer].K == 2)
    asked = asked_about(lambda W: np.abs(W).sum(axis=1) ** power, SCALES, case)
    after = asked.about(rescaled_case(case))
    np.testing.assert_allclose(after.claimed, asked.claimed * scales(case) ** power)
    helping = {one.name for one in of_scales("f")
               if asked.claimed.ndim == 1 and accepted(one, asked, after)}
    assert helping == {f"scales with {told}"}


def accepted(correction, asked, after):
    try:
        return same(correction.apply(after), correction.apply(asked))
    except ValueError:
        return False


def test_equal_ones_get_their_indices():
    """What is largest tells the factor: where relu puts out 0 there is none."""
    for kind, axis in ((SAMPLES, 0), (NEURONS, 2)):
        verdict = verify(lambda o: o * index(o, axis), invariant=kind, where={"activation": "relu"}, trials=20)
        assert verdict.mistake and verdict.mistake.name.startswith("weighted by the "), str(verdict)


def test_nothing_is_weighted_by_its_index():
    """A correction that divides by 1, 1, 1 says nothing, even where it is accepted."""
    corrections = [*of_sample_order("f"), *of_neuron_order("f")]
    several = cases(12, samples=2, neurons=3)
    for formula in (lambda z: z, lambda b: b):
        for correction in corrections:
            if "index" not in correction.name:
                continue
            every = [asked_about(formula, SAMPLES, case) for case in several]
            try:
                for asked in every:
                    correction.apply(asked)
            except (ValueError, IndexError):
                continue
            assert not correction.confirm(every)


def test_axes_that_are_not_of_this_kind():
    assert along(np.ones((2, 3)), 1, 3) == 3
    for array, axis in ((np.ones((2, 3)), 0), (np.ones((2, 3)), 2)):
        with pytest.raises(ValueError, match="no axis"):
            along(array, axis, 3)
    assert [aligned(np.ones(3), axis, 3).shape for axis in range(3)] == [(3, 1, 1), (1, 3, 1), (1, 1, 3)]
