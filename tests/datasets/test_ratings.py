"""The ratings: what is shown, what is asked, and how far the stars lie from what the readers like."""

import numpy as np

from minprune.datasets import ratings
from minprune.datasets.groups import grouped_split
from minprune.datasets.loading import load


def test_what_the_generator_made():
    made = ratings.read_ratings()
    assert made.stars.shape == (1500, 50) and set(np.unique(made.stars)) == {1, 2, 3, 4, 5}
    assert (made.shown.sum(axis=1) == 15).all() and (made.asked.sum(axis=1) == 15).all()
    assert not (made.shown & made.asked).any()
    assert abs(made.shown.mean(axis=0) - 0.3).max() < 0.05                  # no book is preferred
    # likes = what is said in the docstring: of rank 4 when the mean and the quality are gone
    rest = made.likes - ratings.MEAN - made.quality
    values = np.linalg.svd(rest, compute_uv=False)
    assert values[3] > 10 and values[4] < 1e-9
    # stars = likes, noise and rounding
    inside = (made.likes > 2.5) & (made.likes < 3.5)
    assert np.isclose((made.stars - made.likes)[inside].var(), ratings.NOISE ** 2 + 1 / 12, atol=0.01)
    assert np.array_equal(made.stars, ratings.read_ratings().stars) and made.stars.sum() == 233148


def test_the_data_set_shows_some_and_asks_for_others():
    data, made = load("ratings", seed=2), ratings.read_ratings()
    train, test = grouped_split(np.arange(1500), 0.2, 2)
    assert data.x_train.shape == (1200, 100) and data.t_test.shape == (300, 50) and data.classes is None
    assert np.array_equal(data.x_test[:, 50:], made.shown[test])
    assert np.array_equal(data.x_test[:, :50], np.where(made.shown, made.stars - 3, 0)[test])
    assert np.array_equal(data.t_train, np.where(made.asked, made.stars, 0)[train])
    assert ((data.t_test > 0).sum(axis=1) == 15).all() and data.notes == []
