"""Calibration: is a network right as often as it is sure?"""

import numpy as np

from ..engine.activations import sigmoid
from ..engine.checks import check_count, check_same_length
from ..engine.losses import softmax

BINS = 15


def confidences(y, loss):
    """(N,) the probability that the network gives to its own answer; None where the loss makes no probabilities of y.

    With a softmax the largest probability; with a σ and one output max(p, 1 − p).
    """
    if loss.answer is softmax:
        return softmax(y).max(axis=1).astype(float)
    if loss.answer is sigmoid and y.shape[1:] == (1,):
        p = sigmoid(y[:, 0]).astype(float)
        return np.maximum(p, 1 - p)
    return None


def reliability(confidence, correct, bins=BINS):
    """[(mean confidence, accuracy, samples), …] of the bins (0, 1/bins], …, (1 − 1/bins, 1] that have samples."""
    check_count("bins", bins)
    check_same_length(confidence=confidence, correct=correct)
    place = np.clip(np.ceil(np.asarray(confidence) * bins).astype(int) - 1, 0, bins - 1)
    return [(float(confidence[place == bin].mean()), float(correct[place == bin].mean()), int((place == bin).sum()))
            for bin in range(bins) if (place == bin).any()]


def calibration_error(rows):
    """ECE = Σ_bins (samples / N) · |accuracy − mean confidence| of the rows of `reliability`.

    0 for a network that is right with exactly the frequency that it says. It depends on the bins, of which a small data
    set fills many with a few samples, and then it is above 0 for a perfectly calibrated network as well: it compares
    networks on the same samples. Guo, Pleiss, Sun & Weinberger, "On Calibration of Modern Neural Networks", ICML 2017,
    arXiv:1706.04599 (the definition read in code that follows its authors'; bins of equal
    width, 15 there as here).
    """
    total = sum(samples for *_, samples in rows)
    return sum(samples / total * abs(accuracy - confidence) for confidence, accuracy, samples in rows)
