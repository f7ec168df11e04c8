"""Ratings: 1,500 readers give stars to 50 books; readers and books are invented.

What the generator knows, and a shop does not: how much reader u would like book i,

    likes_ui = MEAN + quality_i + kindness_u + Σ_k taste_uk · flavour_ik,     k = 1, 2, 3.

The stars are this plus noise, rounded to 1 … 5. Each reader rates 30 of the 50 books, chosen at random (in a shop one
rates what one has chosen oneself, which is harder); 15 of these ratings are shown, the other 15 are to be predicted.
"""

from typing import NamedTuple

import numpy as np

from .groups import grouped_dataset

READERS, BOOKS, TASTES = 1500, 50, 3
RATED, SHOWN = 30, 15           # books that each reader rates, and ratings that a recommender sees
MEAN, QUALITY, KINDNESS, FLAVOUR, NOISE = 3.2, 0.5, 0.3, 0.6, 0.6     # of likes, and standard deviations; tastes have 1
CENTRE = 3                      # stars are shown as −2 … 2
SEED = 1998


class Ratings(NamedTuple):
    """What the generator made.

    likes     (READERS, BOOKS) before noise and rounding
    stars     (READERS, BOOKS) 1 … 5, also of books that a reader has not rated
    shown     (READERS, BOOKS) booleans: the ratings that a recommender sees
    asked     (READERS, BOOKS) booleans: those that it is to predict
    quality   (BOOKS,) and flavours (BOOKS, TASTES): what the books are like, which a recommender has to find out
    """

    likes: np.ndarray
    stars: np.ndarray
    shown: np.ndarray
    asked: np.ndarray
    quality: np.ndarray
    flavours: np.ndarray


def read_ratings():
    """Return the Ratings; always the same."""
    rng = np.random.default_rng(SEED)
    # what the readers would like
    quality, kindness = rng.normal(0, QUALITY, BOOKS), rng.normal(0, KINDNESS, READERS)
    tastes, flavours = rng.normal(size=(READERS, TASTES)), rng.normal(0, FLAVOUR, (BOOKS, TASTES))
    likes = MEAN + quality + kindness[:, None] + tastes @ flavours.T
    stars = np.clip(np.rint(likes + NOISE * rng.normal(size=likes.shape)), 1, 5)
    # which books they rate
    place = rng.random(likes.shape).argsort(axis=1).argsort(axis=1)
    shown, asked = place < SHOWN, (place >= SHOWN) & (place < RATED)
    return Ratings(likes, stars, shown, asked, quality, flavours)


def load_ratings(source, test, seed):
    """Return the ratings as a Dataset; readers are held out as a whole.

    x  (N, 100): stars − 3 of the 50 books, 0 where they are not shown, then 1 or 0, whether they are shown
    t  (N, 50): the stars that are to be predicted, 0 where there is nothing to predict
    """
    ratings = read_ratings()
    x = np.concatenate([(ratings.stars - CENTRE) * ratings.shown, ratings.shown], axis=1)
    return grouped_dataset("ratings", x, ratings.stars * ratings.asked, np.arange(READERS), source, test, seed)
