"""What is said of a returned value that is not the expected one."""

import numpy as np

from cases import each
from minprune.grading.comparison import FLOAT32, difference, float32_tolerance, is_float32


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


@each("expected, returned, message", [
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


@each("expected, returned, message", [
    ([np.zeros(1), np.zeros(2)], [np.zeros(1), np.ones(2)], "returned value 2: at [0] expected 0, got 1 (2 of 2 differ)"),
    ([np.zeros(1), np.zeros(2)], np.zeros(2), "expected 2 values to be returned, got ndarray"),
    ([1.0, 2.0], np.array([1.0, 3.0]), "at [1] expected 2, got 3 (1 of 2 differ)"),
    ([1.0, 2.0], (1.0, 2.0), None),
])
def test_a_list_of_numbers_is_an_array_and_another_list_is_like_a_tuple(expected, returned, message):
    assert difference(expected, returned, 1e-6) == message


# ----------------------------------------------------------------------------------- float32


def test_float32_is_seen_in_any_part_of_an_answer_that_it_cannot_hold_exactly():
    third = np.array([1 / 3])
    for returned in (third.astype("float32"), np.float32(1 / 3), third.astype("float32").astype(float)):
        assert is_float32(third, returned) and is_float32((0.5, third), (0.5, returned))
    assert not is_float32(third, third) and not is_float32((third, 1), (third, 1)) and not is_float32(third, None)
    assert not is_float32(third, np.array([0.5])) and is_float32(np.array([0.5]), np.float32([np.nan]))
    assert not is_float32(np.array([0.5]), np.array([0.5])) and is_float32(np.array([0.5]), np.float32([0.5]))
    assert not is_float32(np.array([1, 2]), np.float32([1, 2]))         # whole numbers and booleans are exact


def test_the_tolerance_of_float32_is_what_rounding_can_do():
    """The difference of large numbers is less precise than its arguments."""
    def answer(x, y):
        return x - y

    for size, least, most in ((1, FLOAT32, FLOAT32), (1e5, 1e-3, 1e-1)):
        case = {"x": np.array([size + 1 / 3]), "y": np.array([float(size)])}
        assert least <= float32_tolerance(answer, case, answer(**case), 1e-6) <= most
    assert float32_tolerance(answer, case, answer(**case), 0.5) == 0.5
