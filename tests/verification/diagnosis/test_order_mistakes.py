"""What makes a formula depend on an order is named where its correction helps on all networks, and only there."""

import numpy as np
import pytest

from minprune.verification.claims.claim import Trial
from minprune.verification.claims.invariance import Invariance
from minprune.verification.diagnosis.order_mistakes import (
    along, checked_size, of_neuron_order, of_sample_order, with_equal_neurons, with_equal_samples)
from minprune.verification.diagnosis.probe import DoesNotApply, Probe
from minprune.verification.formulas import Formula
from minprune.verification.sampling.changed_cases import orders, permuted_case
from minprune.verification.sampling.random_networks import draw_cases
from minprune.verification.sampling.where import Where
from minprune.verification.verify import verify

SAMPLES, NEURONS = "sample order", "neuron permutation"


def index(array, axis):
    """1, 2, 3, … along an axis."""
    return np.arange(1, array.shape[axis] + 1).reshape([-1 if place == axis else 1 for place in range(array.ndim)])


NAMED = [
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
]
UNNAMED = [
    (SAMPLES, lambda do: do * np.roll(do, 1, axis=0)),
    (SAMPLES, lambda do: np.repeat(np.arange(len(do)), do.shape[2]).reshape(len(do), -1)),
    (NEURONS, lambda W: np.arange(len(W))),
    (NEURONS, lambda z: np.sort(z, axis=2)),
    (NEURONS, lambda z: z * np.roll(z, 1, axis=2)),
    (NEURONS, lambda z: z.cumsum(axis=2)),
    (NEURONS, lambda W: W.sum(axis=1) + W[0].sum() * W[-1].sum() + np.arange(len(W)) ** 2 * W[0, 0]),
]


@pytest.mark.parametrize("kind, mistake, formula", NAMED)
def test_the_mistake_is_named(kind, mistake, formula):
    verdict = verify(formula, invariant=kind, trials=12)
    assert verdict.mistake and verdict.mistake.name == mistake, str(verdict)


@pytest.mark.parametrize("kind, mistake, formula", [row for row in NAMED if row[0] == SAMPLES])
def test_conv_layers_as_well(kind, mistake, formula):
    verdict = verify(formula, invariant=kind, trials=12, where={"layers": "conv"})
    assert verdict.mistake and verdict.mistake.name == mistake, str(verdict)


@pytest.mark.parametrize("kind, formula", UNNAMED)
def test_nothing_is_said_rather_than_a_guess(kind, formula):
    verdict = verify(formula, invariant=kind, trials=12)
    assert not verdict and verdict.mistake is None, str(verdict)


def test_of_two_neurons_neither_is_said_to_decide():
    """Where no third can change places with the second, it may be any of the two."""
    for where in ({"neurons": 2}, {"layers": "conv", "that": lambda net: max(layer.K for layer in (
            net[name] for name in net.hidden_layers if name.startswith("conv"))) == 2}):
        verdict = verify(lambda z: z - z[:, :, :1], invariant=NEURONS, where=where, trials=12)
        assert not verdict and verdict.mistake is None


def remedy(formula, kind, **where):
    return verify(formula, invariant=kind, where=where or None, trials=12).mistake.remedy


def test_the_remedies_say_what_was_read_off():
    assert remedy(lambda z: z / index(z, 2), NEURONS).startswith(
        "equal neurons get different numbers; divided by 1, 0.5, 0.33333, 0.25")
    assert remedy(lambda z: z + index(z, 0), SAMPLES).startswith(
        "equal samples get different numbers; less 0, 1, 2, 3")


def cases(count=30, **where):
    where = Where({"activation": "relu", "residual": False, **where})
    return draw_cases(where, count, 0, lambda case: not case.coupled)


def test_cases_with_another_order_or_with_all_equal():
    for case in cases(samples=(2, 3)):
        K = case.net[case.layer].K
        for order in orders(K) if K > 1 else []:
            other = permuted_case(case, order)
            np.testing.assert_allclose(other.trace.y, case.trace.y, rtol=1e-12, atol=1e-12)
            np.testing.assert_array_equal(other.trace[case.layer].z, case.trace[case.layer].z[:, order])
        assert np.ptp(with_equal_neurons(case, 0).trace[case.layer].o, axis=-1).max() == 0
        assert np.ptp(with_equal_samples(case, 1).trace.y, axis=0).max() == 0


def test_orders_make_every_order():
    for count in (2, 3, 4):
        reached = {tuple(range(count))}
        for _ in range(12):
            reached |= {tuple(np.array(one)[order]) for one in reached for order in orders(count)}
        assert len(reached) == [2, 6, 24][count - 2]


def test_neighbours_are_no_invariants_of_order():
    """Going round the circle leaves them neighbours; exchanging two does not."""
    assert not verify(lambda z: z * np.roll(z, 1, axis=2), invariant=NEURONS, where={"neurons": 4}, trials=12)
    assert not verify(lambda z: z * np.roll(z, 1, axis=0), invariant=SAMPLES, where={"samples": 4}, trials=12)


# ------------------------------------------------------------------ each correction by itself


def probe_of(formula, kind, case):
    return Probe(Invariance(Formula(formula), kind, 1e-6), Trial(case, None, None, 0.0)).about(case)


def test_equal_ones_get_their_indices():
    """The factor is read off where the number is largest, and not of networks in which relu puts out nothing but 0."""
    for kind, axis in ((SAMPLES, 0), (NEURONS, 2)):
        for seed in range(2):
            verdict = verify(lambda o: o * index(o, axis), invariant=kind, where={"activation": "relu"}, trials=12,
                             seed=seed)
            assert verdict.mistake and verdict.mistake.name.startswith("weighted by the "), str(verdict)


def test_nothing_is_weighted_by_its_index():
    """A correction that divides by 1, 1, 1 says nothing, even where it is accepted."""
    several = cases(12, samples=2, neurons=3)
    for formula in (lambda z: z, lambda b: b):
        probes = [probe_of(formula, SAMPLES, case) for case in several]
        for correction in (*of_sample_order(probes), *of_neuron_order(probes)):
            if "index" not in correction.name:
                continue
            try:
                for probe in probes:
                    correction.apply(probe)
            except (ValueError, IndexError):
                continue
            assert not correction.confirm(probes)


def test_axes_that_are_not_of_this_kind():
    assert checked_size(np.ones((2, 3)), 1, 3) == 3
    for array, axis in ((np.ones((2, 3)), 0), (np.ones((2, 3)), 2)):
        with pytest.raises(DoesNotApply, match="no axis"):
            checked_size(array, axis, 3)
    assert [along(np.ones(3), axis, 3).shape for axis in range(3)] == [(3, 1, 1), (1, 3, 1), (1, 1, 3)]
