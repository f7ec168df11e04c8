"""The digits that come with the package are the real ones, all of them, each once."""

from importlib import resources

import numpy as np
import pytest

from minprune.datasets.loading import load
from minprune.datasets.digits import read_digits

COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]     # as the origin's own description counts them
FIRST = [[0, 0, 5, 13, 9, 1, 0, 0],
         [0, 0, 13, 15, 10, 15, 5, 0],
         [0, 3, 15, 2, 0, 11, 8, 0],
         [0, 4, 12, 0, 0, 8, 8, 0],
         [0, 5, 8, 0, 0, 9, 8, 0],
         [0, 4, 11, 0, 1, 12, 7, 0],
         [0, 2, 14, 5, 10, 12, 0, 0],
         [0, 0, 6, 13, 10, 0, 0, 0]]


def test_the_file_is_the_original():
    x, t = read_digits()
    assert x.shape == (1797, 8, 8) and x.dtype == np.uint8 and t.shape == (1797,)
    assert np.bincount(t).tolist() == COUNTS
    assert x[0].tolist() == FIRST and t[:10].tolist() == list(range(10))
    assert (x.min(), x.max(), x.sum()) == (0, 16, 561718)
    by_class = [56415, 57007, 55566, 56151, 56239, 55915, 56336, 54289, 57408, 56392]
    assert [x[t == one].sum() for one in range(10)] == by_class
    order = np.arange(1, 1798)      # sums weighted by position notice a swap of images, pixels or labels
    assert (x.reshape(1797, 64).sum(axis=1) * order).sum() == 503904265
    assert (x.reshape(1797, 64) * np.arange(1, 65)).sum() == 18222371
    assert (t * order).sum() == 7272861


def test_the_file_is_small_and_tells_its_origin():
    folder = resources.files("minprune.datasets")
    assert len(folder.joinpath("digits.npz").read_bytes()) < 100_000
    note = folder.joinpath("digits.txt").read_text(encoding="utf-8")
    assert all(word in note for word in ("Alpaydin", "Kaynak", "UCI", "CC BY 4.0", "10.24432/C50P49"))


def test_the_dataset_has_the_promised_form():
    data = load("digits")
    assert data.x_train.shape == (1438, 8, 8, 1) and data.x_test.shape == (359, 8, 8, 1)
    assert data.t_train.shape == (1438,) and data.t_test.shape == (359,)
    assert data.x_train.dtype == data.x_test.dtype == np.float64
    assert data.t_train.dtype == data.t_test.dtype == np.int64
    assert data.x_train.min() == 0 and data.x_train.max() == 1
    assert (data.name, data.classes) == ("digits", 10)
    assert data.notes == [] and data.class_names == tuple("0123456789")
    assert repr(data) == 'Dataset("digits": 1438 train + 359 test, x (8, 8, 1), 10 classes)'


@pytest.mark.parametrize("test, seed", [(0.2, 0), (0.5, 3)])
def test_every_image_is_there_exactly_once_with_its_own_label(test, seed):
    data, (x, t) = load("digits", test=test, seed=seed), read_digits()
    images = np.concatenate([data.x_train, data.x_test])[..., 0] * 16
    labels = np.concatenate([data.t_train, data.t_test])
    seen = [(image.tobytes(), label) for image, label in zip(images.astype(np.uint8), labels)]
    assert len(set(seen)) == 1797       # no two of the original images are equal
    assert set(seen) == {(image.tobytes(), label) for image, label in zip(x, t)}


def test_every_class_gives_its_share():
    data = load("digits", test=0.3)
    assert np.all(np.abs(np.bincount(data.t_test) - 0.3 * np.array(COUNTS)) < 1)


def test_the_seed_decides_the_split():
    one, same, other = load("digits", seed=1), load("digits", seed=1), load("digits", seed=2)
    assert np.array_equal(one.x_train, same.x_train) and np.array_equal(one.t_test, same.t_test)
    assert not np.array_equal(one.x_test, other.x_test)
    assert np.array_equal(load("digits").x_test, load("digits", test=0.2, seed=0).x_test)
