"""Who is spared: protected neurons, and layers that can lose no more."""

import numpy as np
import pytest

from cases import each
from minprune.decisions.rules import decide
from minprune.decisions.limits import spare_neurons, unprotected

# Lowest first: b0, a1, b2, a2, a0, b1, b3.
TWO = {"a": np.array([3.0, 1.0, 2.0]), "b": np.array([0.5, 4.0, 1.5, 5.0])}


WHERE = {"a": np.arange(3), "b": np.arange(3, 7)}


@each("protect, may_go", [
    ([], [1, 1, 1, 1, 1, 1, 1]), (["a"], [0, 0, 0, 1, 1, 1, 1]), ([("b", 2)], [1, 1, 1, 1, 1, 0, 1]),
    (iter([("a", np.int64(0)), "b", ("b", 0)]), [0, 1, 1, 0, 0, 0, 0])])
def test_protected_neurons_stay(protect, may_go):
    assert unprotected(WHERE, protect).tolist() == [bool(one) for one in may_go]


@each("min_keep, max_remove, spare", [
    (1, None, {"a": 2, "b": 3}), (3, None, {"a": 0, "b": 1}), (9, None, {"a": 0, "b": 0}),
    (1, 1, {"a": 1, "b": 1}), (1, 7, {"a": 2, "b": 3}), (1, 0.5, {"a": 1, "b": 2}), (3, 0.5, {"a": 0, "b": 1}),
    (1, {"b": 0}, {"a": 2, "b": 0}), (1, {"a": 0.4, "b": 2}, {"a": 1, "b": 2})])
def test_what_a_layer_can_lose(min_keep, max_remove, spare):
    assert spare_neurons(WHERE, min_keep, max_remove) == spare


@each("arguments, error, message", [
    (dict(remove=1, max_remove=-1), ValueError, "max_remove expects at least 0, got -1"),
    (dict(remove=1, max_remove=1.0), ValueError, "max_remove .*less than 1, got 1.0"),
    (dict(remove=1, max_remove={"c": 1}), ValueError, 'unknown layer in max_remove "c"'),
    (dict(remove=1, max_remove=[1]), TypeError, "max_remove .*expects a number"),
    (dict(remove=1, protect="a"), TypeError, "protect expects a list"),
    (dict(remove=1, protect=3), TypeError, "protect expects a list"),
    (dict(remove=1, protect=("a", 1)), TypeError, r"\(layer, index\) pairs, got 1"),
    (dict(remove=1, protect=[("a", 1, 2)]), TypeError, r"pairs, got \('a', 1, 2\)"),
    (dict(remove=1, protect=["c"]), ValueError, 'unknown layer in protect "c"'),
    (dict(remove=1, protect=[("c", 0)]), ValueError, 'unknown layer in protect "c"'),
    (dict(remove=1, protect=[("a", 3)]), ValueError, "from 0 to 2, got 3"),
    (dict(remove=1, protect=[("a", -1)]), ValueError, "from 0 to 2, got -1"),
    (dict(remove=1, protect=[("a", 0.0)]), TypeError, "expected indices"),
])
def test_errors(arguments, error, message):
    with pytest.raises(error, match=message) as raised:
        decide(TWO, **arguments)
    assert "\n" not in str(raised.value)
