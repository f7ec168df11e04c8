"""Forms: the shapes in which a formula may return a quantity.

N samples, P positions, K neurons, F inputs of each, M outputs of the network.
"""

from typing import NamedTuple

import numpy as np


class Form(NamedTuple):
    """One way in which a formula may return a quantity.

    letters     its shape, "(N, P, K)"
    reduction   "per sample", "sum over the batch" or "mean over the batch"
    values      the quantity in this shape
    """

    letters: str
    reduction: str
    values: np.ndarray


def shapes_of_neurons(values):
    N, P, K = values.shape
    forms = [Form("(N, P, K)", "per sample", values)]
    return forms + ([Form("(N, K)", "per sample", values[:, 0])] if P == 1 else [])


def shapes_of_weights(values):
    return [Form("(N, K, F)", "per sample", values), Form("(K, F)", "sum over the batch", values.sum(axis=0))]


def shapes_of_biases(values):
    return [Form("(N, K)", "per sample", values), Form("(N, 1, K)", "per sample", values[:, np.newaxis]),
            Form("(K,)", "sum over the batch", values.sum(axis=0))]


def shapes_of_removals(values):
    return [Form("(N, K)", "per sample", values), Form("(N, 1, K)", "per sample", values[:, np.newaxis]),
            Form("(K,)", "mean over the batch", values.mean(axis=0))]


def shapes_of_inputs(values):
    forms = [Form("(N, P, F)", "per sample", values)]
    return forms + ([Form("(N, F)", "per sample", values[:, 0])] if values.shape[1] == 1 else [])


def shapes_of_neurons_and_inputs(values):
    return [Form("(N, K, F)", "per sample", values)]


def shapes_of_neurons_and_outputs(values):
    """(N, P, K, M) of M outputs; the axes P and M may be left out where they are 1."""
    N, P, K, M = values.shape
    forms = [Form("(N, P, K, M)", "per sample", values)]
    forms += [Form("(N, K, M)", "per sample", values[:, 0])] if P == 1 else []
    forms += [Form("(N, P, K)", "per sample", values[..., 0])] if M == 1 else []
    return forms + ([Form("(N, K)", "per sample", values[:, 0, :, 0])] if P == M == 1 else [])


def shapes_of_outputs(values):
    return [Form("(N, M)", "per sample", values)]


def shapes_of_pairs(values):
    return [Form("(N, K, K)", "per sample", values), Form("(K, K)", "mean over the batch", values.mean(axis=0))]
