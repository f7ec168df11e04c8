"""Numbers of neurons that are read off the scores, against sums made by hand."""

import numpy as np
import pytest

from cases import each
from minprune.decisions.counts import effective_number, staying_by_share
from minprune.decisions.rules import decide

# Lowest first: b0, a1, b2, a2, a0, b1, b3; their sum is 17.
TWO = {"a": np.array([3.0, 1.0, 2.0]), "b": np.array([0.5, 4.0, 1.5, 5.0])}


def as_lists(keep):
    return {layer: [int(stays) for stays in k] for layer, k in keep.items()}


@each("scores, number", [
    ([1, 1, 1, 1], 4), ([0, 7, 7, 0, 7], 3), ([0, 0, 5], 1), ([3, 1], 1.6), ([0, 0], 2), ([-3, -1, 0], 3),
    ([-9, 3, 1], 1.6), ([3e-320, 1e-320], 1.6), ([3e300, 1e300], 1.6)])
def test_the_effective_number_by_hand(scores, number):
    assert effective_number({"a": np.array(scores, float)}) == pytest.approx(number, rel=1e-3)


def test_it_does_not_depend_on_scale_or_order_and_lies_between_1_and_n():
    rng = np.random.default_rng(0)
    for _ in range(50):
        s = rng.exponential(size=rng.integers(1, 30)) ** rng.uniform(0, 5)
        number = effective_number({"a": s})
        assert 1 - 1e-9 <= number <= len(s) * (1 + 1e-12)
        assert effective_number({"a": 7 * rng.permutation(s)}) == pytest.approx(number)
        assert effective_number({"a": s, "b": s}) == pytest.approx(2 * number)


def test_the_bound_that_is_said_to_hold_for_what_is_kept_does_not():
    omega, N, nu = np.array([0.51, 0.49, 0.0]), 3, 1
    assert int(effective_number({"a": omega})) == nu
    said = nu / N + (N - nu) / N * np.sqrt((N - nu - 1) / ((nu + 1) * (N - 1)))
    assert said == pytest.approx(2 / 3) and omega[0] == 0.51 < said


@each("arguments, a, b", [
    (dict(effective=1), [1, 0, 1], [0, 1, 1, 1]),                               # 17² / 57.5 = 5.03
    (dict(effective=0.99), [1, 0, 1], [0, 1, 0, 1]),                            # 4.98
    (dict(effective=9), [1, 1, 1], [1, 1, 1, 1]),
    (dict(effective=1e-9), [1, 0, 0], [0, 0, 0, 1]),                # one is asked for, and each layer keeps one
    (dict(effective=1, scope="layer"), [1, 0, 1], [0, 1, 0, 1]),                # 36/14 = 2.57 and 121/43.5 = 2.78
    (dict(effective=1, scope="layer", max_remove=1), [1, 0, 1], [0, 1, 1, 1]),
    (dict(effective=1, scope={"r": {"a": [1, 2]}}), [1, 0, 1], [1, 1, 1, 1]),   # 9/5 = 1.8
    (dict(effective=1, protect=[("b", 0)]), [1, 0, 1], [1, 1, 0, 1]),           # two go: the next in rank
    (dict(cumulative=1), [1, 1, 1], [1, 1, 1, 1]),
    (dict(cumulative=14 / 17), [1, 0, 1], [0, 1, 0, 1]),
    (dict(cumulative=14.1 / 17), [1, 0, 1], [0, 1, 1, 1]),
    (dict(cumulative=0.5, scope="layer"), [1, 0, 0], [0, 1, 0, 1]),             # 3 of 6 and 5 + 4 of 11
    (dict(cumulative=0.5, scope="layer", multiple=2), [1, 0, 1], [0, 1, 0, 1]),
])
def test_decisions_by_hand(arguments, a, b):
    assert as_lists(decide(TWO, **arguments)) == {"a": a, "b": b}


def test_equal_scores_are_all_or_an_exact_share_of_them():
    for K in range(1, 40):
        for value in (0.1, 1 / 3, 1e-300):
            assert decide({"a": np.full(K, value)}, effective=1)["a"].all()
            assert staying_by_share(np.full(10, value), 0.3) == 3
    assert as_lists(decide({"a": np.array([0.0, 2, 0, -1])}, cumulative=1)) == {"a": [0, 1, 0, 0]}


@each("arguments, error, message", [
    (dict(effective=0), ValueError, "effective expects a finite number, more than 0, got 0"),
    (dict(effective="all"), TypeError, "effective expects a number"),
    (dict(cumulative=1.1), ValueError, r"cumulative expects a share of the scores in \(0, 1\], got 1.1"),
    (dict(cumulative=0.0), ValueError, "cumulative expects a finite number, more than 0"),
    (dict(cumulative=0.5, effective=1), ValueError, "exactly one of .*got effective=1 and cumulative=0.5"),
    (dict(effective=1, scores={"a": [1.0, np.inf]}), ValueError, 'scores of layer "a": a number of neurons.*got inf'),
])
def test_errors(arguments, error, message):
    with pytest.raises(error, match=message):
        decide(**{"scores": TWO, **arguments})
