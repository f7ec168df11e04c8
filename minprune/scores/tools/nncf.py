"""NNCF: its magnitude pruning of single weights, formulas for `mp.score_connections`."""

import numpy as np

from .tool import Tool


def magnitude_local(W):
    """Each weight's size, compared with the others of its array.

    Call:     nncf.prune(model, PruneMode.UNSTRUCTURED_MAGNITUDE_LOCAL, ratio, examples_inputs=x)
    Formula:  S_ij = |w_ij|
    Order:    absolute value
    Same:     mp.score_connections(net, "magnitude"), decided with scope="layer"
    Names:    no paper
    Differs:  no

    W: any shape -> the same shape
    """
    return np.abs(W)


def magnitude_global(W):
    """Each weight's size over the ℓ2 norm of its array, compared with all weights of the network.

    Call:     nncf.prune(model, PruneMode.UNSTRUCTURED_MAGNITUDE_GLOBAL, ratio, examples_inputs=x)
    Formula:  S_ij = |w_ij| / √(Σ_kl w_kl²)
    Order:    absolute value, divided by the norm of the array
    Same:     none; the order within an array is that of "magnitude"
    Names:    no paper
    Differs:  global magnitude pruning compares |w| itself (Han et al., arXiv:1506.02626, set thresholds a layer): the
              norm grows with the size of the array, so that large layers lose a larger part

    W: any shape -> the same shape
    """
    return np.abs(W) / np.sqrt((W ** 2).sum())


def removed(K, ratio):
    """How many of K weights go: ⌊(K − 1) ratio⌋ + 1, as what equals the threshold goes too: one with ratio 0."""
    return int((K - 1) * ratio) + 1


TOOL = Tool("nncf", "3.4.0", (magnitude_local, magnitude_global), removed, "all that equal the threshold go")
