"""Chapter 2: convolution as a loop over positions, slopes as differences."""

import numpy as np

from minprune.textbook.quiz import images


def at_all_positions(x, w):
    return np.array([[sum(w[a, b] * x[r + a, c + b] for a in (0, 1) for b in (0, 1)) for c in (0, 1)] for r in (0, 1)])


def pooled(o):
    return np.array([[max(o[r, c], o[r, c + 1], o[r + 1, c], o[r + 1, c + 1]) for c in (0, 2)] for r in (0, 2)])


def sizes(given, at, question):
    H, k = (int(given[name].split("×")[0]) for name in ("image", "kernel"))
    rows = len(range(0, H + 2 * given["padding"] - k + 1, given["stride"]))
    weights = given["kernels"] * k * k * given["channels"]
    return rows, weights + given["kernels"], rows * rows * weights


def test_keys(check_keys, slope):
    check_keys(images, {
        "convolution": lambda given, at, q: [max(0, at_all_positions(given["x"], given["w"])[at[0], at[1]]
                                                 + given["bias"])],
        "kernel_slope": lambda given, at, q: [slope(
            lambda w: (given["dz"] * at_all_positions(given["x"], w)).sum(), np.zeros((2, 2)), (at[0], at[1]))],
        "pooled_slope": lambda given, at, q: [slope(
            lambda o: (given["dp"] * pooled(o)).sum(), given["o"], (at[0], at[1]))],
        "sizes": sizes})
