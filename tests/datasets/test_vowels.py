"""The vowels: who says what, how often; speakers who are held out."""

import numpy as np

from minprune.datasets import vowels
from minprune.datasets.formants import WORDS
from minprune.datasets.groups import grouped_split
from minprune.datasets.loading import load


def test_the_vowels():
    x, t, speaker = vowels.read_vowels()
    # sizes and balance
    assert x.shape == (1520, 3, 20) and np.bincount(t).tolist() == [152] * 10
    assert np.bincount(speaker * 10 + t).tolist() == [2] * 760              # everybody says each word twice
    # always the same, to what another Fourier transform rounds
    assert np.isclose(np.abs(x).sum(), 35080.8126, atol=1e-3) and np.allclose(x.mean(axis=(1, 2)), 0)
    assert np.allclose(x[0, 0, :3], [0.625926, 0.774982, 1.115289], atol=1e-5)
    # made once, and nobody can change it for the others
    assert vowels.read_vowels()[0] is x and not any(made.flags.writeable for made in (x, t, speaker))
    # heed has its energy high above, who'd far below
    high = x[:, :, 13:].mean(axis=(1, 2))
    assert high[t == WORDS.index("heed")].mean() > high[t == WORDS.index("who'd")].mean() + 0.3
    # the data set: all of it, and no speaker in both parts
    data = load("vowels", test=0.25, seed=4)
    train, test = grouped_split(speaker, 0.25, 4)
    assert np.array_equal(data.x_train[..., 0], x[train]) and np.array_equal(data.t_test, t[test])
    assert len(test) == 19 * 20 and not set(speaker[train]) & set(speaker[test])
    assert (data.classes, data.class_names, data.notes) == (10, WORDS, [])
