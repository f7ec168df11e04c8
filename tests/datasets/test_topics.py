"""The paragraphs that come with the package: all of them, balanced, with their licence."""

from importlib import resources

import numpy as np

from minprune.datasets import topics
from minprune.datasets.loading import load


def test_the_file_is_as_it_is_described():
    read = topics.read_topics()
    assert read.counts.shape == (2000, 600) and read.counts.sum() == 31766 and read.counts.sum(axis=1).min() == 6
    assert np.bincount(read.t).tolist() == [250] * 8 == [250] * len(topics.TOPICS)
    assert list(read.vocabulary) == sorted(set(read.vocabulary)) and len(read.vocabulary) == 600
    assert all(word.isascii() and word.isalpha() and word.islower() and len(word) > 2 for word in read.vocabulary)
    pages = {topic: set(read.page[read.t == number]) for number, topic in enumerate(topics.TOPICS)}
    assert sum(map(len, pages.values())) == len(set(read.page)) == 68       # each page belongs to one chapter
    assert "decimal" in pages["numbers"] and "tkinter" in pages["windows"] and "sqlite3" in pages["persistence"]
    # sums weighted by position notice a swap of paragraphs or words
    assert (read.counts.sum(axis=1) * np.arange(2000)).sum() == 32742309
    assert (read.counts.sum(axis=0) * np.arange(600)).sum() == 9617837


def test_words_tell_the_topic():
    read = topics.read_topics()
    for word, topic in (("decimal", "numbers"), ("thread", "concurrency"), ("widget", "windows"), ("xml", "markup")):
        found = read.counts[:, read.vocabulary.index(word)] > 0
        assert topics.TOPICS[np.bincount(read.t[found]).argmax()] == topic


def test_the_data_set_has_rows_of_length_one():
    assert np.allclose(topics.as_inputs(np.array([[1, 1, 2], [0, 9, 0]])), [[0.5, 0.5, np.sqrt(0.5)], [0, 1, 0]])
    data = load("topics", seed=3)
    assert data.x_train.shape == (1600, 600) and np.bincount(data.t_test).tolist() == [50] * 8
    assert np.allclose((data.x_test ** 2).sum(axis=1), 1)
    assert (data.class_names, data.notes) == (topics.TOPICS, [])
    assert not np.array_equal(data.x_test, load("topics", seed=4).x_test)


def test_the_note_has_the_licence_and_all_data_are_small():
    folder = resources.files("minprune.datasets")
    note = folder.joinpath("topics.txt").read_text(encoding="utf-8")
    for words in ("PSF LICENSE AGREEMENT", "2001-2023 Python Software Foundation", "Changed", "Python 3.11.2"):
        assert words in note
    assert sum(len(folder.joinpath(f"{name}.npz").read_bytes()) for name in ("digits", "topics")) < 100_000
