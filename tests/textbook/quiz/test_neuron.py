"""Chapter 1: slopes are central differences."""

import numpy as np

from minprune.textbook.quiz import neuron


def outputs_of(given):
    """o, y neuron by neuron."""
    o = [max(0, sum(w * x for w, x in zip(row, given["x"])) + b) for row, b in zip(given["W1"], given["b1"])]
    return o, [sum(w * one for w, one in zip(row, o)) for row in given["W2"]]


def loss(given, **changed):
    given = {**given, **changed}
    o = changed.get("o", outputs_of(given)[0])
    return sum((w @ np.asarray(o) - t) ** 2 / 2 for w, t in zip(given["W2"], given["t"]))


def test_keys(check_keys, slope):
    check_keys(neuron, {
        "outputs": lambda given, at, q: [*outputs_of(given)[0], *outputs_of(given)[1]],
        "output_slope": lambda given, at, q: [slope(lambda o: loss(given, o=o), outputs_of(given)[0], at[0])],
        "weight_slope": lambda given, at, q: [slope(lambda W1: loss(given, W1=W1), given["W1"], (at[0], at[1]))],
        "input_slope": lambda given, at, q: [slope(lambda x: loss(given, x=x), given["x"], at[0])]})
