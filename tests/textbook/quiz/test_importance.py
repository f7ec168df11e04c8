"""Chapter 4: neurons are silenced, and slopes measured."""

import re

import numpy as np

from minprune.textbook.quiz import importance


def outputs_of(given, x=None):
    return np.maximum(given["W1"] @ (given["x"] if x is None else x) + given["b1"], 0)


def loss(given, o):
    return ((given["W2"] @ o - given["t"]) ** 2).sum() / 2


def cost(given, *silent):
    o = outputs_of(given)
    return loss(given, np.where(np.isin(range(3), silent), 0, o)) - loss(given, o)


def score_of(slope, name, given, i):
    """A neuron's score, measured."""
    o = outputs_of(given)
    if name in ("gradient", "taylor"):
        return abs(slope(lambda o: loss(given, o), o, i)) * (o[i] if name == "taylor" else 1)
    if name == "influence":
        return abs(slope(lambda o: (given["W2"] @ o)[0], o, i))
    return np.sqrt(sum(slope(lambda x: outputs_of(given, x)[i], given["x"], j) ** 2 for j in (0, 1)))


def first_to_go(slope):
    def lowest(given, at, question):
        name = re.search(r"by the score (\w+)", question.asks)[1]
        return [int(np.argmin([score_of(slope, name, given, i) for i in range(3)]))]
    return lowest


def other_units(slope):
    def rescaled(given, at, question):
        factor = np.array([given["a"], 1, 1])
        new = {**given, "W1": given["W1"] * factor[:, None], "b1": given["b1"] * factor, "W2": given["W2"] / factor}
        assert np.allclose(new["W2"] @ outputs_of(new), given["W2"] @ outputs_of(given))
        return [score_of(slope, re.search(r"score by (\w+)", question.intro)[1], new, 0)]
    return rescaled


def two_together(given, at, question):
    assert abs(cost(given, *at) - sum(cost(given, i) for i in at)) > 1e-9   # as the way says: they do not add up
    return [cost(given, *at)]


def test_keys(check_keys, slope):
    check_keys(importance, {
        "removal": lambda given, at, q: [cost(given, i) for i in range(3)],
        "place_of_the_absolute_value": lambda given, at, q: [
            sum(abs(o * do) for o, do in zip(given["o"], given["do"])) / 4, abs(given["o"] @ given["do"]) / 4],
        "first_to_go": first_to_go(slope), "other_units": other_units(slope),
        "two_together": two_together})
