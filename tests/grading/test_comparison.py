"""What is said of a returned value that is not the expected one."""

import numpy as np
import pytest

from minprune.grading.comparison import difference


def test_how_many_numbers_differ():
    assert difference(np.zeros(3), np.array([0.0, 1.0, 2.0]), 1e-6) == "at [1] expected 0, got 1 (2 of 3 differ)"
    assert difference(np.zeros(()), np.ones(()), 1e-6) == "expected 0, got 1"
    assert difference(np.zeros(1), np.ones(1), 1e-6) == "at [0] expected 0, got 1"
    assert difference((np.zeros(1), np.zeros(2)), (np.zeros(1), np.zeros(1)), 1e-6) == \
        "returned value 2: expected shape (2,), got (1,)"


def test_the_tolerance_is_relative_to_the_largest_number():
    assert difference(np.array([1e6, 0.0]), np.array([1e6, 0.5]), 1e-6) is None
    assert difference(np.array([1.0, np.inf]), np.array([1.0, np.inf]), 1e-6) is None
    assert difference(np.array([1.0, np.inf]), np.array([1.0, -np.inf]), 1e-6) is not None


def test_it_is_relative_to_a_thousandth_at_least():
    assert difference(np.zeros(2), np.full(2, 9e-10), 1e-6) is None
    assert difference(np.zeros(2), np.full(2, 2e-9), 1e-6) == "at [0] expected 0, got 2e-09 (2 of 2 differ)"


@pytest.mark.parametrize("expected, returned, message", [
    ({"a": (1.0, 2.0)}, {"a": (1.0, 3.0)}, "['a'] returned value 2: expected 2, got 3"),
    ({"a": {"b": 1.0}}, {"a": {"b": None}}, "['a'] ['b'] is None"),
    ((1.0, 2.0), (1.0, None), "returned value 2: is None"),
    ((1.0, 2.0), 3.0, "expected 2 values to be returned, got float"),
    ((1.0, 2.0), [1.0], "expected 2 values to be returned, got 1 values"),
    ({"a": 1.0}, {}, "expected the keys a, got none"),
    (np.array([True]), np.array([False]), "at [0] expected True, got False"),
])
def test_the_part_of_a_value_is_named(expected, returned, message):
    assert difference(expected, returned, 1e-6) == message
