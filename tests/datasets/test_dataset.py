"""What a Dataset holds and prints, and how it scales new inputs."""

import dataclasses

import numpy as np
import pytest

from minprune.datasets.dataset import Dataset

TOY = Dataset(np.zeros((3, 4)), np.zeros((3, 2)), np.zeros((1, 4)), np.zeros((1, 2)), "toy", None)


def test_it_is_frozen_and_prints_in_one_line():
    assert repr(TOY) == 'Dataset("toy": 3 train + 1 test, x (4,), regression to (2,))'
    with pytest.raises(dataclasses.FrozenInstanceError):
        TOY.name = "other"
    assert TOY == TOY and TOY != dataclasses.replace(TOY) and len({TOY}) == 1   # arrays are not compared


def test_new_inputs_are_scaled_by_the_numbers_of_the_training_part():
    assert np.array_equal(TOY.scaled([[1, 2, 3, 4]]), [[1.0, 2, 3, 4]])
    scaled = dataclasses.replace(TOY, mean=np.array([1.0, 0, 0, 0]), sd=np.array([2.0, 1, 1, 4]))
    assert np.array_equal(scaled.scaled([[1, 2, 3, 4]]), [[0, 2, 3, 1]])


def test_notes_and_names_are_empty_by_default():
    assert TOY.notes == [] and TOY.class_names is TOY.mean is TOY.sd is None
