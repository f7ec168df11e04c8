"""Chapter 8: ranks, counted."""

import numpy as np

from minprune.textbook.quiz import ranks


def places(values):
    """The place of each in the order, the mean of all that equal it."""
    order = sorted(values)
    return [np.mean([place for place, one in enumerate(order, 1) if one == value]) for value in values]


def test_keys(check_keys):
    check_keys(ranks, {
        "rank_correlation": lambda given, at, q: [np.corrcoef(places(given["score"]), places(given["removal"]))[0, 1]],
        "shared_ranks": lambda given, at, q: places(given["score"]),
        "overlap": lambda given, at, q: [sum(one <= 3 and other <= 3 for one, other in
                                             zip(places(given["score"]), places(given["removal"])))],
        "regret": lambda given, at, q: [min(zip(given["score"], given["removal"]))[1] - min(given["removal"])]})
