"""Values are measured and described, whatever they are made of."""

import numpy as np

from minprune.grading.values import (are_identical, count_numbers, describe_numbers, describe_shapes, is_numeric,
                                     largest_number)

NESTED = {"a": np.array([[1.0, -7.0]]), "b": (True, [2, np.float32(3)])}


def test_values_are_measured():
    assert count_numbers(NESTED) == 5 and largest_number(NESTED) == 7
    assert largest_number({}) == largest_number("text") == largest_number(np.zeros(0)) == 0


def test_numeric_values_consist_of_numbers_only():
    assert is_numeric(NESTED) and is_numeric(())
    for value in ("text", None, {"a": "text"}, [1, None], np.array(["text"]), 1j):
        assert not is_numeric(value)


def test_identical_means_to_the_bit():
    assert are_identical(NESTED, {"a": np.array([[1.0, -7.0]]), "b": [True, (2, np.float32(3))]})
    assert are_identical(np.array([np.nan]), np.array([np.nan])) and are_identical("text", "text")
    assert not are_identical(np.array([1.0]), np.array([1.0 + 1e-15]))
    assert not are_identical({"a": 1, "b": 2}, {"b": 2, "a": 1}) and not are_identical([1], [1, 2])


def test_values_are_described():
    case = {"x": np.zeros((5, 3)), "rate": 0.1, "of": {"a": (np.zeros(2), 2)}}
    assert describe_shapes(case) == "x (5, 3), rate 0.1, of {'a': [(2,), 2]}"
    assert describe_numbers(NESTED) == "{'a': [[ 1., -7.]], 'b': True, [2, 3.]}"
