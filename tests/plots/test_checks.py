"""What is checked for more than one picture; the rest is tested with its picture."""

import numpy as np
import pytest

from cases import each
from minprune.plots.checks import check_fraction, check_keep, check_layer, check_reference

SCORES = {"conv1": np.array([3.0, 1.0]), "dense1": np.array([0.5])}


def test_keep_comes_back_as_arrays_in_the_order_of_the_scores():
    keep = check_keep({"dense1": [False], "conv1": [True, False]}, SCORES)
    assert list(keep) == ["conv1", "dense1"] and keep["conv1"].tolist() == [True, False]


@each("keep, message", [
    ({}, "keep expects a dict .* got an empty dict"),
    ([True], "keep expects a dict .* got list"),
    ({"conv1": [True, True]}, "keep expects the layers conv1, dense1, got conv1$"),
    ({"conv1": [True, True], "dense1": [1]}, r'keep of layer "dense1" expects booleans of shape \(1,\), got int'),
    ({"conv1": [True], "dense1": [True]}, r'keep of layer "conv1" expects booleans of shape \(2,\), got bool \(1,\)'),
])
def test_keep_is_refused(keep, message):
    with pytest.raises(ValueError, match=message):
        check_keep(keep, SCORES)


def test_a_reference_is_scores_or_a_number():
    assert check_reference(np.float64(3), SCORES) == 3.0
    assert list(check_reference(SCORES, SCORES)) == ["conv1", "dense1"]


def test_the_other_layers_are_not_looked_at():
    assert check_layer("scores", {"conv1": 1, "dense1": "nonsense"}, "conv1") == {"conv1": 1}
    with pytest.raises(ValueError, match='scores expects a dict with the layer "conv1"'):
        check_layer("scores", {"dense1": 1}, "conv1")


def test_a_fraction_is_a_float():
    assert isinstance(check_fraction("baseline", 1), float)
