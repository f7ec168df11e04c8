"""Replacements: a formula in which every result that equals a wrong array is the right array instead.

    replacing(lambda probe: [Pair(z − b, z)])           # the bias was forgotten

Where the wrong array is one number throughout, as W x of a dead layer is 0, other results of the formula may equal it
by chance. Then the formula is asked first about the same network with other numbers, to see which of its results it is.
"""

from typing import NamedTuple

import numpy as np

from .operations import Rule

RTOL, ATOL = 1e-11, 1e-12        # a difference up to ATOL + RTOL |wrong| is rounding
REDRAWN = 10                    # how often numbers are drawn, until no wrong array is one number throughout


class Pair(NamedTuple):
    """An array that a formula has by mistake, and the one that is meant."""

    wrong: np.ndarray
    right: np.ndarray

    def matches(self, result):
        """Whether a result is the wrong array, but for axes of length 1 and rounding."""
        wrong = self.wrong
        if result.size != wrong.size or result.dtype.kind not in "buif" or not result.ndim:
            return False
        if result.shape[:1] != wrong.shape[:1] or result.shape[-1:] != wrong.shape[-1:]:
            return False
        return not first_differs(result, wrong) and np.allclose(result.reshape(wrong.shape), wrong, RTOL, ATOL)


def first_differs(result, wrong):
    """Whether the first numbers differ by more than rounding: mostly they do, and the others need no look."""
    if not result.size:
        return False
    first, other = float(result.flat[0]), float(wrong.flat[0])
    return abs(first - other) > ATOL + RTOL * abs(other)


def replacing(pairs_of):
    """The correction by which each result (and each array given) that equals pair.wrong is pair.right.

    pairs_of(probe) returns the Pairs; the first that matches counts. A formula that has none of the wrong arrays in
    this case is left as it is.
    """
    def apply(probe):
        pairs = pairs_of(probe)
        if not pairs:
            return probe.claimed
        plain = any(is_plain(pair.wrong) for pair in pairs)
        if not plain:
            return replaced(probe, pairs, lambda result, place: first_match(pairs, result))
        places = matching_places(another(probe, pairs_of), pairs_of)
        return replaced(probe, pairs, lambda result, place: first_match(pairs, result) if place in places else None)
    return apply


def replaced(probe, pairs, find):
    """What the formula returns with each result replaced for which find(result, place) is the index of a pair."""
    def right_for(result, place):
        found = find(result, place)
        if found is None or pairs[found].right.size != result.size:
            return result
        return pairs[found].right.reshape(result.shape)

    return walk(probe, right_for)


def matching_places(probe, pairs_of):
    """The places of the formula's results that match, each with the earlier ones replaced."""
    pairs, places = pairs_of(probe), set()

    def noted(result, place):
        found = first_match(pairs, result)
        if found is not None:
            places.add(place)
        return found

    replaced(probe, pairs, noted)
    return places


def first_match(pairs, result):
    return next((index for index, pair in enumerate(pairs) if pair.matches(result)), None)


def walk(probe, function):
    """Call the formula with function(result, place) for each array given, by name, and each result, by its number."""
    numbers = iter(range(1 << 62))
    given = {name: np.array(function(array, name), copy=True) for name, array in probe.arrays.items()}
    return probe.under(Rule(seen=lambda result: function(result, next(numbers))), **given)


def is_plain(array):
    """Whether an array is one number throughout, but for rounding."""
    return not array.size or np.ptp(array.astype(float)) < 1e-10


def another(probe, pairs_of):
    """The same formula and layer with other weights and inputs, under which no wrong array is plain if that can be."""
    for place in range(REDRAWN):
        other = probe.redrawn(place)
        wrong = [pair.wrong for pair in pairs_of(other)]
        if not any(map(is_plain, wrong)) or any(array.size <= 1 for array in wrong):    # a single one is always plain
            break
    return other
