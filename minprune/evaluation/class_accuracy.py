"""Accuracy by class: what the accuracy hides where some classes have many more samples than others."""

import numpy as np

UNEQUAL = 1.5                   # times as many samples in the largest class as in the smallest: they count differently


def classes_of(t):
    """(N,) the class of each sample of prepared targets; None where a sample has no single class.

    Rows with one 1 among zeros are of the class of that place; a single column of zeros and ones is of classes 0 and 1.
    """
    if t.ndim != 2 or not ((t == 0) | (t == 1)).all():
        return None
    if t.shape[1] == 1:
        return t[:, 0].astype(int)
    return t.argmax(axis=1) if (t.sum(axis=1) == 1).all() else None


def class_sizes(classes):
    """{class: how many samples it has}, of the classes that have any."""
    return {int(label): int(count) for label, count in zip(*np.unique(classes, return_counts=True))}


def class_accuracy(classes, correct):
    """{class: the fraction of its samples that are classified rightly}."""
    return {label: float(correct[classes == label].mean()) for label in class_sizes(classes)}


def balanced(accuracy):
    """The mean over the classes, each counting the same: 1 / C for a network that gives always the same answer."""
    return sum(accuracy.values()) / len(accuracy)


def unequal(sizes):
    """Whether the largest class has more than UNEQUAL times as many samples as the smallest, or all samples."""
    return len(sizes) > 1 and max(sizes.values()) > UNEQUAL * min(sizes.values())
