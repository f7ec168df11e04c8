"""All scores in one row, layer after layer: from here on a neuron is its place in that row."""

import numpy as np

from ..engine.checks import check_unmasked


def in_a_row(scores):
    """Return the (total,) scores of all layers one after the other, and {layer: (K,) the places of its neurons}."""
    where, total = {}, 0
    for layer, s in scores.items():
        where[layer] = total + np.arange(len(s))
        total += len(s)
    return np.concatenate(list(scores.values())), where


def by_place(groups):
    """{name: places} turned round: {place: name}."""
    return {place: name for name, places in groups.items() for place in places}


def chosen(name, neurons, places):
    """Return those of a layer's `places` that indices or a boolean mask choose; `name` is for messages."""
    check_unmasked(name, neurons)
    K, neurons = len(places), np.asarray(neurons)
    if neurons.dtype == bool and neurons.shape == (K,):
        return places[neurons]
    if neurons.ndim != 1 or neurons.size and neurons.dtype.kind not in "iu":
        got = f"{neurons.dtype} of shape {neurons.shape}"
        raise TypeError(f"{name}: expected indices or a mask of {K} booleans, got {got}")
    wrong = [i for place, i in enumerate(neurons.tolist()) if not 0 <= i < K or i in neurons[:place]]
    if wrong:
        raise ValueError(f"{name}: expected different indices from 0 to {K - 1}, got {wrong[0]}")
    return places[neurons.astype(int)]
