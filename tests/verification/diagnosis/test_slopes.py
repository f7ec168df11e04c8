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
