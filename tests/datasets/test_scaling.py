"""Standardisation by the training part, and the hint where it is missing."""

import numpy as np
import pytest

from minprune.datasets.samples import Samples, dataset_of
from minprune.datasets.source import Source

T = np.array([0, 1] * 3)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def load(x_train, x_test, scale=True):
    samples = Samples("a", [x_train, x_test], [T[:len(x_train)], T[:len(x_test)]], (["x", "x"], ["t", "t"]),
                      columns=["a", "b", "c"])
    return dataset_of(samples, Source("a", scale=scale))


@pytest.fixture
def table(rng):
    return rng.normal(size=(6, 3)) * [1, 50, 1000] + [5, 0, -100], rng.normal(size=(4, 3))


def test_the_statistics_are_those_of_the_training_part(table):
    data = load(*table)
    assert np.allclose(data.x_train.mean(axis=0), 0) and np.allclose(data.x_train.std(axis=0), 1)
    assert np.allclose(data.mean, table[0].mean(axis=0)) and np.allclose(data.sd, table[0].std(axis=0))
    assert np.array_equal(data.x_test, (table[1] - data.mean) / data.sd)
    assert np.array_equal(data.scaled(table[1]), data.x_test)
    assert any("standardised by the mean and standard deviation of the training part" in note for note in data.notes)


def test_a_constant_column_becomes_0_and_is_told(table):
    x = table[0].copy()
    x[:, 1] = 0.1
    data = load(x, table[1])
    assert not data.x_train[:, 1].any() and data.sd[1] == 1 and data.mean[1] == 0.1
    assert 'the same in all training samples: column "b"' in data.notes


def test_images_are_scaled_channel_by_channel(rng):
    x = rng.normal(size=(6, 4, 4, 3)) * [1, 2, 3]
    data = load(x, x[:2])
    assert data.mean.shape == data.sd.shape == (3,)
    assert np.allclose(data.x_train.std(axis=(0, 1, 2)), 1)


def test_without_scaling_a_table_of_unequal_columns_gets_a_hint(table):
    data = load(*table, scale=False)
    ratio = table[0].std(axis=0)
    assert np.array_equal(data.x_train, table[0]) and data.mean is data.sd is None
    assert data.notes[-1] == (f'the columns differ in size: column "c" varies {ratio[2] / ratio[0]:,.0f} times as much '
                              'as column "a"; scale=True standardises them')
    assert "differ" not in load(table[0] / [1, 50, 1000], table[1], scale=False).notes[-1]


def test_large_numbers_get_a_hint():
    assert load(np.full((6, 4, 4, 1), 255.0), np.ones((2, 4, 4, 1)), scale=False).notes[-1] == \
        "x reaches 255; scale=True standardises it"
