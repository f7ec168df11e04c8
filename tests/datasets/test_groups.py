"""Samples of one group are never in both parts."""

import numpy as np
import pytest

from minprune.datasets.groups import grouped_dataset, grouped_split
from minprune.datasets.source import Source

GROUPS = np.array(["b", "a", "c", "a", "b", "d", "e", "e"])


def test_a_group_is_held_out_as_a_whole():
    train, test = grouped_split(GROUPS, 0.4, seed=3)
    assert sorted([*train, *test]) == list(range(8)) and len(set(GROUPS[test])) == 2
    assert not set(GROUPS[train]) & set(GROUPS[test])
    assert list(train) == sorted(train) and list(test) == sorted(test)
    assert grouped_split(GROUPS, 0.4, seed=3)[1].tolist() == test.tolist()
    assert len({tuple(grouped_split(GROUPS, 0.4, seed)[1]) for seed in range(9)}) > 3


def test_either_part_needs_a_group():
    with pytest.raises(ValueError, match="of 5 samples leaves the test part empty"):
        grouped_split(GROUPS, 0.05, seed=0)


def test_notes_stay_only_where_an_option_was_given():
    x, t = np.arange(16.0).reshape(8, 2), np.array([0, 1] * 4)
    data = grouped_dataset("mine", x, t, GROUPS, Source("mine"), 0.4, 0, ("no", "yes"))
    assert data.notes == [] and data.class_names == ("no", "yes") and len(data.x_train) + len(data.x_test) == 8
    assert (data.x_train[:, 0] / 2 % 2 == data.t_train).all()              # each row with its own target
    scaled = grouped_dataset("mine", x, t, GROUPS, Source("mine", scale=True), 0.4, 0)
    assert scaled.notes and scaled.mean is not None
