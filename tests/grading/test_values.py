"""Values are measured, described and sent, whatever they are made of."""

import json

import numpy as np
import pytest

from cases import each
from minprune.grading.values import (Other, are_identical, count_numbers, decode, describe_numbers, describe_shapes,
                                     encode, is_numeric, largest_number, pairs)

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
    assert not are_identical(np.array([1.0]), np.array([1.0]).view(int))            # the same bytes
    assert not are_identical(np.array([1.0, 2.0]), np.array([[1.0, 2.0]]))
    assert not are_identical({"a": 1, "b": 2}, {"b": 2, "a": 1}) and not are_identical([1], [1, 2])


def test_values_are_described():
    case = {"x": np.zeros((5, 3)), "rate": 0.1, "of": {"a": (np.zeros(2), 2)}}
    assert describe_shapes(case) == "x (5, 3), rate 0.1, of {'a': [(2,), 2]}"
    assert describe_numbers(NESTED) == "{'a': [[ 1., -7.]], 'b': True, [2, 3.]}"


@each("value", [
    None, True, 3, 10 ** 30, 2.5, float("inf"), "text", np.float32(1.5), np.bool_(True), np.array(2.0), np.zeros((0, 3)),
    np.arange(6).reshape(2, 3).T, np.array([True, False]), np.array([1j]), np.array([np.nan, -0.0], "float32"),
    NESTED, [], (), {}, {("a", 1): [(), [1, "b"]]},
])
def test_values_are_sent_as_they_are(value):
    received = decode(json.loads(json.dumps(encode(value))))
    assert type(received) is type(value) and are_identical(value, received)
    assert np.asarray(received).dtype == np.asarray(value).dtype if isinstance(value, np.ndarray) else True


def test_what_is_no_value_is_sent_as_the_name_of_its_type():
    for value, kind in ((print, "builtin_function_or_method"), ({1}, "set"), (np.array(["a"]), "ndarray"),
                        (iter([]), "list_iterator"),
                        (np.zeros(2_000_000), "an array of shape (2000000,), too large to be compared")):
        assert decode(json.loads(json.dumps(encode([value])))) == [Other(kind)]
    assert decode(encode(range(3))).tolist() == [0, 1, 2] and not is_numeric(Other("set"))


def test_an_array_of_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="no numbers: object"):
        decode({"array": "AAAAAAAAAAA=", "dtype": "O", "shape": [1], "single": False})


def test_the_parts_of_two_values_are_paired():
    assert pairs(1.0, [2.0]) == {"": (1.0, [2.0])} and pairs([1.0, 2.0], (1, 2)) == {"": ([1.0, 2.0], (1, 2))}
    assert pairs({"a": (1, {"b": 2})}, {"a": [3, {"b": 4}]}) == {"['a'] value 1": (1, 3), "['a'] value 2 ['b']": (2, 4)}
    assert pairs((1, 2), 3) is pairs((1, 2), (3,)) is pairs({"a": 1}, {"b": 1}) is pairs(((1, 2), 1), (1, 1)) is None
