"""Splits: which samples are trained on and which are held out. A seed alone decides the indices."""

import numpy as np


def shuffled_split(count, test, seed):
    """Return the indices (train, test) of `count` samples in random order.

    round(test · count) of them are held out. Raises ValueError if either part would be empty.
    """
    held_out = held_out_count(count, test)
    order = np.random.default_rng(seed).permutation(count)
    return order[held_out:], order[:held_out]


def stratified_split(t, test, seed):
    """Return the indices (train, test) in random order, the same fraction of each class in the test part.

    t: (N,) classes. round(test · N) samples are held out, and of each class test · (its count), rounded
    up or down. Raises ValueError if either part would be empty.
    """
    held_out_count(len(t), test)
    order = np.random.default_rng(seed).permutation(len(t))
    is_test = np.zeros(len(t), dtype=bool)
    classes, counts = np.unique(t, return_counts=True)
    for label, share in zip(classes, class_shares(counts, test)):
        is_test[order[t[order] == label][:share]] = True
    return order[~is_test[order]], order[is_test[order]]


def class_shares(counts, test):
    """How many samples of each class are held out: test · count, rounded so that their sum is round(test · N).

    All are rounded down; then those that lost the largest fractions are increased by 1 (ties: the lower class first).
    """
    exact = np.round(test * counts, 9)      # so that 0.29 · 100 is 29 and equal fractions are ties
    shares = np.floor(exact).astype(np.int64)
    missing = round(test * counts.sum()) - shares.sum()
    shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    return shares


def held_out_count(count, test):
    """Return round(test · count); raise ValueError if that leaves a part without samples."""
    held_out = round(test * count)
    if not 0 < held_out < count:
        part = "train" if held_out else "test"
        raise ValueError(f"test={test} of {count} samples leaves the {part} part empty")
    return held_out
