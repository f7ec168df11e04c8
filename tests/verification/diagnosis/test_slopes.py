"""What is done wrong with f′ and f″."""

from types import SimpleNamespace

import numpy as np
import pytest

import minprune as mp
from minprune.verification.diagnosis import slopes
from minprune.verification.diagnosis.probe import DoesNotApply
from minprune.verification.sampling.random_networks import Case
from verification.diagnosis.probes import DO, O, applied, probe_of


def test_slopes_have_the_shape_of_what_was_claimed():
    exact = 1 - O[:, np.newaxis] ** 2                                             # tanh′(z) = 1 − o²
    for formula, expected in ((lambda do: do, exact), (lambda do: do[:, 0], exact[:, 0]),
                              (lambda dW: dW, exact[:, 0, :, np.newaxis])):
        np.testing.assert_allclose(slopes.slope(probe_of(formula, equals="dL/dW"), "z"), expected, rtol=1e-12)
    np.testing.assert_allclose(slopes.slope(probe_of(lambda do: do), "o"), 1 - np.tanh(O[:, np.newaxis]) ** 2)
    for formula in (lambda do: do.sum(axis=0), lambda do: do.sum(), lambda do: do[:2], lambda x: x):
        with pytest.raises(DoesNotApply, match="no slope of this shape"):
            slopes.slope(probe_of(formula), "z")
    images = mp.Network((1, 2, 1), [mp.Conv2D(2, 1, "tanh"), mp.Flatten(), mp.Dense(1)], seed=0)
    case = Case(images, "conv1", np.ones((3, 1, 2, 1)), np.ones((3, 1)), "mse")
    assert slopes.slope(probe_of(lambda do: do, case), "z").shape == (3, 2, 2)
    for formula in (lambda do: do[:, 0], lambda dW: dW):                          # of two positions, none is the one
        with pytest.raises(DoesNotApply, match="no slope of this shape"):
            slopes.slope(probe_of(formula, case), "z")


def test_slopes_are_taken_away_again():
    probe, slope = probe_of(lambda do: do), 1 - O[:, np.newaxis] ** 2
    at_o = 1 - np.tanh(O[:, np.newaxis]) ** 2
    for name, expected in (("f′ missing", DO[:, np.newaxis] * slope), ("f′ twice", DO[:, np.newaxis] / slope),
                           ("f′ at o instead of z", DO[:, np.newaxis] / at_o * slope)):
        np.testing.assert_allclose(applied(name, probe), expected, rtol=1e-12)


def test_without_the_slope_0_over_0_is_0(monkeypatch):
    monkeypatch.setattr(slopes, "slope", lambda probe, point: np.array([2.0, 3, 0, 0]))
    probe = SimpleNamespace(claimed=np.array([6.0, 0, 0, 1]))
    np.testing.assert_array_equal(slopes.without_slope(probe), [3, 0, 0, np.nan])


RELU = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(2)], seed=1)
OF_RELU = Case(RELU, "dense1", np.random.default_rng(0).normal(size=(6, 2)), np.ones((6, 2)), "mse")


def test_a_formula_that_has_the_slope_is_not_said_to_lack_it():
    """Of relu f′² = f′: one f′ more changes nothing, and does not show that there was none."""
    for formula, lacks in ((lambda do: do, True), (lambda do, o: do * (o >= 0), True),
                           (lambda do, z: do * (z > 0), False), (lambda do, df: do * df, False),
                           (lambda do, z: do * np.where(z > 0, 1, 0.01), False)):
        probe = probe_of(formula, OF_RELU, "dL/dz")
        assert slopes.has_no_slope("do")([probe]) is lacks
    without_do = probe_of(lambda dz_next, W_next, z: dz_next @ W_next * (z > 0), OF_RELU, "dL/dz")
    assert slopes.has_no_slope()([without_do]) is False


def test_the_term_with_f_second_by_hand():
    probe = probe_of(lambda do: 0 * do, equals="d2L/dz2")
    np.testing.assert_allclose(slopes.with_curvature(probe)[:, 0], DO * -2 * O * (1 - O ** 2), rtol=1e-12)
    with pytest.raises(DoesNotApply, match="no second derivative"):
        slopes.with_curvature(probe_of(lambda do: do))
