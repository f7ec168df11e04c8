"""Splits lose nothing, repeat nothing, keep the classes' shares, and depend on the seed alone."""

import numpy as np
import pytest

from cases import each
from minprune.datasets.splits import class_shares, shuffled_split, stratified_split

UNEQUAL = np.repeat([0, 1, 2, 5], [50, 31, 7, 2])


@each("split, samples", [(shuffled_split, 90), (stratified_split, UNEQUAL)])
@each("test", [0.1, 0.2, 1 / 3, 0.5, 0.77])
def test_every_index_is_in_exactly_one_part(split, samples, test):
    train, held_out = split(samples, test, 0)
    assert sorted([*train, *held_out]) == list(range(90))
    assert len(held_out) == round(test * 90)


@pytest.mark.parametrize("split, samples", [(shuffled_split, 90), (stratified_split, UNEQUAL)])
def test_the_seed_decides(split, samples):
    one, same, other = split(samples, 0.5, 4), split(samples, 0.5, 4), split(samples, 0.5, 5)
    assert all(np.array_equal(a, b) for a, b in zip(one, same))
    assert set(one[1]) != set(other[1])


def test_both_parts_come_shuffled():
    """Whoever takes the first few samples of a file that is sorted by class gets all kinds."""
    for part in (*shuffled_split(90, 0.5, 0), *stratified_split(UNEQUAL, 0.5, 0)):
        assert np.any(np.diff(part) < 0)


@each("seed", range(5))
@each("test", [0.1, 0.25, 0.9])
def test_every_class_gives_its_share_within_one_sample(test, seed):
    _, held_out = stratified_split(UNEQUAL, test, seed)
    for one, count in zip(*np.unique(UNEQUAL, return_counts=True)):
        assert abs(np.sum(UNEQUAL[held_out] == one) - test * count) < 1


@each("counts, test, shares", [
    ([10, 20, 30], 0.2, [2, 4, 6]),         # exact
    ([4, 3, 3], 0.5, [2, 2, 1]),            # 2, 1.5, 1.5 of 5: the tie goes to the lower class
    ([9, 8, 3], 0.2, [2, 2, 0]),            # 1.8, 1.6, 0.6 of 4: largest fraction, then the lower of a tie
    ([1, 9], 0.2, [0, 2]),                  # 0.2, 1.8 of 2
    ([100, 100], 0.29, [29, 29]),           # 0.29 * 100 is 28.999999999999996 in float64
    ([1, 1, 1, 1], 0.5, [1, 1, 0, 0]),
])
def test_shares_worked_by_hand(counts, test, shares):
    assert class_shares(np.array(counts), test).tolist() == shares


@pytest.mark.parametrize("count, test, part", [(3, 0.1, "test"), (1, 0.5, "test"), (2, 0.9, "train")])
def test_an_empty_part_is_refused(count, test, part):
    for split, samples in ((shuffled_split, count), (stratified_split, np.zeros(count, dtype=int))):
        with pytest.raises(ValueError, match=rf"test={test} of {count} samples leaves the {part} part empty"):
            split(samples, test, 0)
