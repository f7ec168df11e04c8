"""Calibration, against bins filled by hand."""

import numpy as np
import pytest

from minprune.engine.losses import find_loss
from minprune.evaluation.calibration import calibration_error, confidences, reliability


def test_bins_by_hand():
    confidence = np.array([0.5, 0.45, 0.41, 0.9, 1.0, 0.91])
    correct = np.array([True, False, False, True, True, False])
    rows = reliability(confidence, correct, bins=5)         # (0.4, 0.6] and (0.8, 1]
    assert rows == [pytest.approx((1.36 / 3, 1 / 3, 3)), pytest.approx((2.81 / 3, 2 / 3, 3))]
    assert calibration_error(rows) == pytest.approx(0.5 * (1.36 - 1) / 3 + 0.5 * (2.81 - 2) / 3)
    assert reliability(np.array([0.2, 0.4, 0.6, 0.8]), correct[:4], bins=5) == [
        (0.2, 1.0, 1), (0.4, 0.0, 1), (0.6, 0.0, 1), (0.8, 1.0, 1)]        # the upper end belongs to its bin


def test_a_network_that_is_right_as_often_as_it_says_has_no_error_in_the_limit():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.1, 1, 200_000)
    correct = rng.random(200_000) < confidence
    assert calibration_error(reliability(confidence, correct)) < 0.01
    assert calibration_error(reliability(confidence, ~correct)) > 0.3


def test_confidences_of_each_loss():
    y = np.array([[0.0, np.log(3.0)], [2.0, 2.0]])
    np.testing.assert_allclose(confidences(y, find_loss("cross_entropy")), [0.75, 0.5])
    one = np.array([[-np.log(3)], [0.0]])
    np.testing.assert_allclose(confidences(one, find_loss("binary_cross_entropy")), [0.75, 0.5])
    assert confidences(y, find_loss("binary_cross_entropy")) is None and confidences(y, find_loss("mse")) is None


def test_errors():
    with pytest.raises(ValueError, match="confidence has 2, correct has 3"):
        reliability(np.ones(2), np.ones(3, bool))
    with pytest.raises(ValueError, match="bins expects at least 1"):
        reliability(np.ones(2), np.ones(2, bool), bins=0)
