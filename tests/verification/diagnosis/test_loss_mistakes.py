"""Mistakes at the end of the network: the loss, its targets, its Hessian."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from minprune.verification.diagnosis import loss_mistakes
from minprune.verification.diagnosis.probe import DoesNotApply
from minprune.verification.sampling.random_networks import Case
from verification.diagnosis.probes import CASE, NET, probe_of


@pytest.mark.parametrize("loss, expected", [
    ("mse", lambda y: y), ("cross_entropy", lambda y: np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)),
    ("binary_cross_entropy", lambda y: 1 / (1 + np.exp(-y)))])
def test_probabilities_of_logits(loss, expected):
    case = Case(NET, "dense1", CASE.x, np.eye(2)[[0, 1, 1, 0]], loss)
    answer = loss_mistakes.with_answer_for_y(probe_of(lambda y: y, case))
    np.testing.assert_allclose(answer, expected(case.trace.y), rtol=1e-12)


def test_a_loss_that_does_not_say_what_it_makes_of_the_logits():
    probe = SimpleNamespace(arrays={"y": CASE.trace.y}, case=SimpleNamespace(loss=SimpleNamespace(answer=None)))
    with pytest.raises(DoesNotApply, match="does not say"):
        loss_mistakes.with_answer_for_y(probe)


def test_the_function_of_the_other_cross_entropy_is_exchanged():
    t = np.eye(2)[[0, 1, 1, 0]]
    y = CASE.trace.y
    functions = {"cross_entropy": np.exp(y) / np.exp(y).sum(axis=1, keepdims=True),
                 "binary_cross_entropy": 1 / (1 + np.exp(-y))}
    for loss, other in itertools.permutations(functions):
        probe = probe_of(lambda y, t: functions[other] - t, Case(NET, "dense1", CASE.x, t, loss))
        np.testing.assert_allclose(loss_mistakes.with_own_answer(probe), functions[loss] - t, rtol=1e-12)
    with pytest.raises(DoesNotApply, match="neither"):
        loss_mistakes.with_own_answer(probe_of(lambda y: y))
