"""Topics: 2,000 paragraphs of the documentation of Python's standard library, each as a bag of words.

Which of eight chapters is a paragraph from? Its words are counted, and their order is lost. Origin and licence, that of
Python itself, are in topics.txt.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from .samples import Samples, dataset_of, without_notes

TOPICS = ("text", "numbers", "files", "persistence", "compression", "concurrency", "markup", "windows")


class Topics(NamedTuple):
    """The paragraphs as they are in topics.npz.

    counts      int64 (2000, 600): how often each word of the vocabulary stands in a paragraph
    t           int64 (2000,): the chapter, a place in TOPICS
    page        (2000,) texts: the page that the paragraph is from, as a rule a module
    vocabulary  600 words in alphabetical order
    """

    counts: np.ndarray
    t: np.ndarray
    page: np.ndarray
    vocabulary: tuple


def read_topics():
    """Return the Topics."""
    with np.load(Path(__file__).with_name("topics.npz"), allow_pickle=False) as archive:
        vocabulary, pages = (tuple(archive[name].tobytes().decode("ascii").split("\n"))
                             for name in ("vocabulary", "pages"))
        paragraph = np.repeat(np.arange(len(archive["t"])), archive["lengths"])     # of each word
        counts = np.zeros((len(archive["t"]), len(vocabulary)), np.int64)
        np.add.at(counts, (paragraph, archive["words"]), 1)
        return Topics(counts, archive["t"].astype(np.int64), np.array(pages)[archive["page"]], vocabulary)


def as_inputs(counts):
    """Return (N, words) the square root of each word's share of its paragraph: rows of length 1, long or short."""
    return np.sqrt(counts / counts.sum(axis=1, keepdims=True))


def load_topics(source, test, seed):
    """Return the paragraphs as a Dataset: x (N, 600), 8 classes, stratified split.

    Paragraphs are held out, not pages: a network that is tested with a paragraph may have read its neighbours. How much
    easier that is can be seen by holding out pages, `grouped_split(read_topics().page, …)`.
    """
    topics = read_topics()
    samples = Samples("topics", [as_inputs(topics.counts)], [topics.t], (["x"], ["t"]), class_names=TOPICS)
    return without_notes(dataset_of(samples, source, test, seed), source)
