"""TensorFlow Model Optimization: its magnitude pruning of single weights, a formula for `mp.score_connections`."""

import numpy as np

from .tool import Tool


def magnitude(W):
    """Each weight's size, compared with the others of its array.

    Call:     tfmot.sparsity.keras.prune_low_magnitude(model, ConstantSparsity(s, 0)), with UpdatePruningStep() in fit
    Formula:  S_ij = |w_ij|
    Order:    absolute value
    Same:     mp.score_connections(net, "magnitude"), decided with scope="layer"
    Names:    Zhu & Gupta, "To prune, or not to prune", 2017, arXiv:1710.01878
    Differs:  no; but of weights as large as the threshold none goes: fewer than asked for, where some are equal

    W: any shape -> the same shape
    """
    return np.abs(W)


def removed(K, ratio):
    """How many of K weights go: K − max(round(K (1 − ratio)), 1) in float32, a half to the even number: one stays."""
    stays = np.round(np.float32(K) * (1 - np.float32(ratio)))
    return K - max(int(stays), 1)


TOOL = Tool("tensorflow-model-optimization", "0.8.1", (magnitude,), removed, "all that equal the threshold stay")
