"""Rows, kernels and blocks: which weights are together, beside slices, and what their scores are."""

import numpy as np
import pytest

from cases import each
from minprune import connections
from minprune.connections.grains import check_grain, labels

CONV, DENSE = np.random.default_rng(0).normal(size=(3, 2, 2, 5)), np.random.default_rng(1).normal(size=(4, 7))


def test_mean_scores_beside_slices(close):
    scores = {"conv1.W": CONV, "dense1.W": DENSE}
    found = {grain: connections.grain_scores(scores, grain) for grain in ("weight", "row", "kernel", (2, 3), (1, 4))}
    close(found["weight"]["conv1.W"], CONV)
    close(found["row"]["conv1.W"], CONV.mean(axis=(1, 2, 3)))
    close(found["row"]["dense1.W"], DENSE.mean(axis=1))
    close(found["kernel"]["conv1.W"], CONV.mean(axis=(1, 2)))
    close(found["kernel"]["dense1.W"], DENSE)
    blocks = [[DENSE[i:i + 2, j:j + 3].mean() for j in (0, 3, 6)] for i in (0, 2)]
    close(found[2, 3]["dense1.W"], blocks)
    flat = CONV.reshape(3, 20)
    close(found[2, 3]["conv1.W"], [[flat[i:i + 2, j:j + 3].mean() for j in range(0, 20, 3)] for i in (0, 2)])
    close(found[1, 4]["dense1.W"], [[row[:4].mean(), row[4:].mean()] for row in DENSE])


@each("grain", ["weight", "row", "kernel", (2, 3), (1, 1), (9, 99)])
@each("shape", [(3, 2, 2, 5), (4, 7), (1, 1)])
def test_each_weight_has_one_grain_and_each_grain_some_weights(grain, shape):
    of, made = labels(shape, grain)
    assert of.shape == shape and sorted(set(of.ravel().tolist())) == list(range(int(np.prod(made))))


@each("grain, scope, error, told", [
    ("rows", "global", ValueError, 'unknown grain "rows"; did you mean "row"'),
    (3, "global", ValueError, "unknown grain"), ((2,), "global", ValueError, "expects a pair"),
    ((0, 2), "global", ValueError, r"grain \(neurons\) expects at least 1"),
    ((2, 1.5), "global", TypeError, r"grain \(weights\) expects a whole number"),
    ("row", "row", ValueError, "has no parts of a single neuron"), ((2, 2), "row", ValueError, "has no parts"),
])
def test_bad_grains(grain, scope, error, told):
    with pytest.raises(error, match=told):
        check_grain(grain, scope)
