"""Groups: samples that belong together, such as all words of one speaker, are held out together or not at all."""

import numpy as np

from .samples import Samples, dataset_of, without_notes
from .splits import shuffled_split


def grouped_split(groups, test, seed):
    """Return the indices (train, test) of samples so that no group is in both parts.

    groups: (N,) the group of each sample, numbers or texts. round(test · number of groups) groups are held out, which
    ones `seed` decides; the samples keep their order. Raises ValueError if either part would be empty.
    """
    names, group = np.unique(groups, return_inverse=True)
    _, held_out = shuffled_split(len(names), test, seed)
    is_test = np.isin(group.reshape(-1), held_out)
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def grouped_dataset(name, x, t, groups, source, test, seed, class_names=None):
    """Return the Dataset of samples whose groups are held out as a whole."""
    parts = grouped_split(groups, test, seed)
    samples = Samples(name, [x[part] for part in parts], [t[part] for part in parts], (["x", "x"], ["t", "t"]),
                      class_names=class_names)
    return without_notes(dataset_of(samples, source), source)
