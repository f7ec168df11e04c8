"""Grains: which weights are removed together: single ones, rows, kernels or blocks.

    W (K, kh, kw, C) of a Conv2D, W (K, F) of a Dense:

    "weight"    one weight
    "row"       all that a neuron reads, W[i]
    "kernel"    what a neuron reads of one channel, W[i, :, :, c]; of a Dense one weight
    (r, c)      a block: of r neurons, i to i + r − 1, c consecutive weights of W[i] flattened (Conv2D: row, column,
                channel); at the edges what is left of one
"""

from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_count, check_known

GRAINS = ("weight", "row", "kernel")
PLURALS = {"weight": "weights", "row": "rows", "kernel": "kernels"}


@dataclass(frozen=True)
class Grains:
    """The grains of one array: `of`, like W, says to which of them each weight belongs, 0, 1, 2, …; `score` is the mean
    score of the weights of each that are left, `left` whether any is, `may_go` whether all of these may go, and `rows`
    the places of the grains of each row of the array, where no grain has weights of several."""

    of: np.ndarray
    score: np.ndarray
    left: np.ndarray
    may_go: np.ndarray
    rows: list


def grain_scores(scores, grain):
    """{array name: the mean score of each grain} of scores of weights {"conv1.W": array}: rows (K,), kernels (K, C) (of
    a Dense (K, F)), blocks (⌈K / r⌉, ⌈F / c⌉). Raises ValueError or TypeError for an unknown grain, NaN for ∞ − ∞."""
    grain, found = check_grain(grain), {}
    for name, s in scores.items():
        s = np.asarray(s, float)
        of, shape = labels(s.shape, grain)
        found[name] = (np.bincount(of.ravel(), s.ravel()) / np.bincount(of.ravel())).reshape(shape)
    return found


def grains_of(name, s, grain, stays, may_go):
    """The Grains of one array of scores. ValueError where the mean of a grain is no number: ∞ − ∞."""
    of, shape = labels(s.shape, grain)
    size = int(np.prod(shape))
    left, stuck = (np.bincount(of.ravel(), weights.ravel(), size) for weights in (stays, stays & ~may_go))
    with np.errstate(invalid="ignore"):
        score = np.bincount(of.ravel(), np.where(stays, s, 0).ravel(), size) / np.maximum(left, 1)
    if np.isnan(score).any():
        raise ValueError(f'scores of "{name}": grain {grain!r} adds up scores of ∞ and −∞')
    rows = list(np.arange(size).reshape(len(s), -1)) if shape[0] == len(s) else []
    return Grains(of, score, left > 0, (left > 0) & (stuck == 0), rows)


def labels(shape, grain):
    """(the number of its grain for each weight of an array of this shape, the shape that the grains make)."""
    K, F = shape[0], int(np.prod(shape[1:]))
    row, place = np.divmod(np.arange(K * F), F)
    if grain == "row":
        found, made = row, (K,)
    elif grain == "kernel" and len(shape) > 2:
        found, made = row * shape[-1] + place % shape[-1], (K, shape[-1])
    elif isinstance(grain, tuple):
        r, c = grain
        made = (-(-K // r), -(-F // c))
        found = row // r * made[1] + place // c
    else:
        found, made = row * F + place, shape
    return found.reshape(shape), made


def check_grain(grain, scope="global"):
    """Return a grain; raise ValueError or TypeError unless it is one, and lies inside of what `scope` compares."""
    if isinstance(grain, (tuple, list)):
        if len(grain) != 2:
            raise ValueError(f"grain as a block expects a pair (neurons, weights of each), got {grain!r}")
        grain = tuple(check_count(f"grain ({what})", size) for what, size in zip(("neurons", "weights"), grain))
    else:
        check_known("grain", grain, GRAINS)
    if scope == "row" and (grain == "row" or isinstance(grain, tuple) and grain[0] > 1):
        raise ValueError(f'scope="row" compares the weights of each neuron by itself; grain={grain!r} has no parts of '
                         "a single neuron")
    return grain


def plural(grain):
    return PLURALS.get(grain, "blocks")
