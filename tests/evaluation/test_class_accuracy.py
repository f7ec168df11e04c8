"""Accuracy by class, by hand."""

import numpy as np
import pytest

import minprune as mp
from minprune.evaluation.class_accuracy import balanced, class_accuracy, class_sizes, classes_of, unequal


def test_classes_of_targets():
    assert classes_of(mp.one_hot(np.array([2, 0, 1]), 3)).tolist() == [2, 0, 1]
    assert classes_of(np.array([[1.0], [0.0]])).tolist() == [1, 0]
    for soft in (np.array([[0.5, 0.5], [1, 0]]), np.array([[1.0, 1.0]]), np.array([[0.0, 0.0]]), np.array([[2.0]]),
                 np.zeros((2, 3, 3))):
        assert classes_of(soft) is None


def test_accuracy_by_class_and_its_mean():
    classes, correct = np.array([0, 0, 0, 2]), np.array([True, True, False, False])
    assert class_accuracy(classes, correct) == {0: 2 / 3, 2: 0.0} and class_sizes(classes) == {0: 3, 2: 1}
    assert balanced({0: 2 / 3, 2: 0.0}) == pytest.approx(1 / 3)
    assert unequal({0: 3, 2: 1}) and unequal({0: 5, 1: 3}) and not unequal({0: 3, 1: 2}) and not unequal({0: 3})


def always_zero(outputs=2):
    net = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(outputs)])
    net["dense2"].W[...] = 0
    net["dense2"].b[...] = [1] + [0] * (outputs - 1) if outputs > 1 else [-1]
    return net


@pytest.mark.parametrize("outputs, loss", [(2, "cross_entropy"), (1, "binary_cross_entropy")])
def test_a_network_that_says_always_the_same_has_half_the_balanced_accuracy(outputs, loss):
    x, t = np.ones((200, 2)), np.repeat([0, 1], [190, 10])
    result = mp.evaluate(always_zero(outputs), x, t, loss, latency=False)
    assert result.test_accuracy == 0.95 and result.class_accuracy == {0: 1.0, 1: 0.0}
    assert result.class_sizes == {0: 190, 1: 10} and result.balanced_accuracy == 0.5
    assert "balanced accuracy     50.00 %" in str(result)
    assert "balanced accuracy" in str(mp.compare(always_zero(outputs), always_zero(outputs), x, t, loss, latency=False))


def test_where_classes_are_equal_or_missing_there_is_no_line():
    x = np.ones((4, 2))
    assert "balanced" not in str(mp.evaluate(always_zero(), x, [0, 1, 0, 1], latency=False))
    numbers = mp.evaluate(always_zero(), x, x, "mse", latency=False)
    assert numbers.class_accuracy is None and numbers.balanced_accuracy is None and "balanced" not in str(numbers)
