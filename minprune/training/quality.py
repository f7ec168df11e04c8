"""Quality: the loss and the accuracy of a network's outputs."""

import numpy as np


def loss_and_accuracy(net, x, t, loss, batch_size=256):
    """(mean loss, accuracy or None) of prepared samples: the loss is a Loss, t as it prepared it."""
    value, correct = judge(net.predict(x, batch_size), t, loss)
    return value, None if correct is None else float(correct.mean())


def judge(y, t, loss):
    """(mean loss, which samples are right or None) of outputs; an output that is NaN or infinite is wrong."""
    correct = loss.right(y, t)
    if correct is not None:
        correct = correct & np.isfinite(y.reshape(len(y), -1)).all(axis=1)
    return float(loss(y, t).mean(dtype=float)), correct
