"""The 1,797 handwritten digits that come with the package.

Origin: the test part of "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, donated to
the UCI Machine Learning Repository in 1998 (doi:10.24432/C50P49), in the copy that scikit-learn distributes
as `sklearn.datasets.load_digits`. Licence: Creative Commons Attribution 4.0 (CC BY 4.0). See digits.txt.

13 people wrote them on forms, scanned to 32x32 black-and-white pixels; a pixel here counts the black ones
in a block of 4x4: 0..16.
"""

from pathlib import Path

import numpy as np

from .samples import Samples, dataset_of, without_notes

FULL_BLOCK = 16


def read_digits():
    """Return (x, t): uint8 (1797, 8, 8) with pixels 0..16, and uint8 (1797,) with classes 0..9."""
    with np.load(Path(__file__).with_name("digits.npz"), allow_pickle=False) as archive:
        return archive["x"], archive["t"]


def load_digits(source, test, seed):
    """Return the digits as a Dataset: x (N, 8, 8, 1) scaled to [0, 1], 10 classes, stratified split."""
    x, t = read_digits()
    samples = Samples("digits", [x[..., None] / FULL_BLOCK], [t], (["x"], ["t"]))
    return without_notes(dataset_of(samples, source, test, seed), source)
