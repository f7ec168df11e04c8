"""A neuron is its place in one row of all scores."""

import numpy as np
import pytest

from cases import each
from minprune.decisions.row import by_place, chosen, in_a_row


def test_layers_follow_each_other():
    row, where = in_a_row({"b": np.array([3.0, 1.0]), "a": np.array([2.0])})
    assert row.tolist() == [3, 1, 2]
    assert {layer: places.tolist() for layer, places in where.items()} == {"b": [0, 1], "a": [2]}
    assert by_place(where) == {0: "b", 1: "b", 2: "a"}


@each("neurons", [[2, 0], (2, 0), np.uint8([2, 0]), range(2, -1, -2)])
def test_indices_choose_in_their_order(neurons):
    assert chosen("r", neurons, np.array([10, 11, 12])).tolist() == [12, 10]


def test_a_mask_chooses_and_nothing_may_be_chosen():
    assert chosen("r", [True, False, True], np.array([10, 11, 12])).tolist() == [10, 12]
    assert chosen("r", [], np.array([10, 11, 12])).tolist() == []


@each("neurons, error, message", [
    ([3], ValueError, "^r: expected different indices from 0 to 2, got 3"), ([-1], ValueError, "got -1"),
    ([1, 0, 1], ValueError, "got 1"), ([True], TypeError, "^r: expected indices or a mask of 3 booleans, got bool"),
    ([0.0], TypeError, "got float64"), (1, TypeError, r"of shape \(\)")])
def test_what_chooses_nothing(neurons, error, message):
    with pytest.raises(error, match=message):
        chosen("r", neurons, np.arange(3))
