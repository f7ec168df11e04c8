"""Of each m weights in a row the n best stay."""

import numpy as np
import pytest

from cases import each
from minprune.connections.n_of_m import n_of_m


def told(masks):
    return {name: mask.astype(int).tolist() for name, mask in masks.items()}


def test_two_of_four_by_hand():
    s = np.array([[1, 4, 3, 2, 9, 9, 9, 9, 5.0, 7, 6],           # the rest of three keeps its two best
                  [4, 3, 2, 1, 0, 0, 1, 0, 1.0, 1, 1]])          # ties: the lower index goes
    assert told(n_of_m({"a.W": s}))["a.W"] == [[0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1],
                                               [1, 1, 0, 0, 0, 0, 1, 1, 0, 1, 1]]


@each("n, m", [(1, 1), (1, 2), (2, 4), (3, 4), (4, 4), (1, 7), (2, 30)])
@each("shape", [(3, 8), (2, 3, 2, 5), (4, 1), (1, 2, 2, 3)])
def test_each_run_keeps_its_best(n, m, shape):
    scores = np.random.default_rng(n * m).permutation(int(np.prod(shape))).reshape(shape)
    mask = n_of_m({"a.W": scores}, n, m)["a.W"]
    assert mask.shape == shape and mask.dtype == bool
    F = scores[0].size
    for s, row in zip(scores.reshape(len(scores), F), mask.reshape(len(mask), F)):
        assert row.sum() == n * (F // m) + min(n, F % m)
        for start in range(0, F, m):
            run, stays = s[start:start + m], row[start:start + m]
            assert stays.sum() == min(n, len(run))
            assert not stays.any() or stays.all() or run[stays].min() > run[~stays].max()


def test_infinitely_low_scores_are_still_ranked():
    assert told(n_of_m({"a.W": np.full((1, 6), -np.inf)}, 1, 4)) == {"a.W": [[0, 0, 0, 1, 0, 1]]}


@each("arguments, error, message", [
    ((0, 4), ValueError, "n expects at least 1"), ((2, 0), ValueError, "m expects at least 1"),
    ((5, 4), ValueError, "n to be at most m, got 5 of 4"), ((2.0, 4), TypeError, "n expects a whole number")])
def test_bad_n_of_m(arguments, error, message):
    with pytest.raises(error, match=message):
        n_of_m({"a.W": np.ones((2, 8))}, *arguments)


@each("scores, error, message", [
    ({}, ValueError, "at least one array, got an empty dict"), ([1], ValueError, "got list"),
    ({"a.W": [1.0]}, ValueError, r"got shape \(1,\)"), ({"a.W": np.ones((0, 3))}, ValueError, r"got shape \(0, 3\)"),
    ({"a.W": [[1.0, np.nan]]}, ValueError, '"a.W": 1 of 2 numbers are NaN'),
    ({"a.W": [[1j]]}, TypeError, "dtype complex128"),
    ({"a.W": [[True]]}, TypeError, "dtype bool"), ({"a.W": [[1], [1, 2]]}, TypeError, "rows of different lengths"),
])
def test_bad_scores(scores, error, message):
    with pytest.raises(error, match=message):
        n_of_m(scores)
