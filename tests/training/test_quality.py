"""Loss and accuracy of outputs, spelled out."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.losses import find_loss
from minprune.training.quality import loss_and_accuracy

X = np.random.default_rng(0).normal(size=(10, 3))
LABELS = np.array([0, 1, 2, 3, 3, 1, 0, 0, 2, 1])


def classifier(seed=0):
    return mp.Network(3, [mp.Dense(5, "tanh"), mp.Dense(4)], seed=seed)


def by_hand(net, x, labels):
    """(mean cross entropy, accuracy), spelled out."""
    y = net.forward(x).y
    p = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(x)), labels]).mean(), (y.argmax(axis=1) == labels).mean()


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_loss_and_accuracy(batch_size):
    net = classifier(seed=3)
    loss, accuracy = by_hand(net, X, LABELS)
    got = loss_and_accuracy(net, X, mp.one_hot(LABELS, 4), find_loss("cross_entropy"), batch_size)
    assert got == (pytest.approx(loss, rel=1e-12), accuracy)
    assert loss_and_accuracy(net, X, X @ np.ones((3, 4)), find_loss("mse"))[1] is None


@each("value", [np.nan, np.inf])
@each("loss", ["cross_entropy", "mse"])
def test_an_output_that_is_no_number_is_wrong(loss, value):
    """Its largest entry would be the first one, and all samples of class 0 would be right."""
    net = classifier()
    net["dense2"].b[0] = value
    with np.errstate(all="ignore"):
        assert loss_and_accuracy(net, X, mp.one_hot(np.zeros(10, int), 4), find_loss(loss))[1] == 0.0
