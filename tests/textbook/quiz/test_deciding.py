"""Chapter 10: neurons leave one by one."""

import re
from fractions import Fraction

from minprune.textbook.quiz import deciding


def leave(scores, may_go, most):
    """The names of those that leave, lowest first, at most `most`, as long as their layer keeps one."""
    left, going = {layer: len(values) for layer, values in scores.items()}, []
    ranked = sorted((value, layer, i) for layer, values in scores.items() for i, value in enumerate(values))
    for value, layer, i in ranked:
        if may_go(value) and left[layer] > 1 and len(going) < most:
            going.append(f"{layer}{i}")
            left[layer] -= 1
    return going


def layers_of(given):
    return {layer: given[layer] for layer in ("a", "b")}


def layer_by_layer(given, at, question):
    percent = int(re.search(r"loses (\d+) %", question.intro)[1])
    return [name for layer, values in given.items()
            for name in leave({layer: values}, lambda value: True, percent * len(values) // 100)]


def normalised(given, at, question):
    shares = {layer: [Fraction(int(value)) / Fraction(int(sum(values)), len(values)) for value in values]
              for layer, values in given.items()}
    return leave(shares, lambda value: True, 1)


def test_keys(check_keys):
    check_keys(deciding, {
        "screening": lambda given, at, q: leave(layers_of(given), lambda value: value < given["threshold"], 99),
        "layer_by_layer": layer_by_layer, "normalised": normalised,
        "all_together": lambda given, at, q: leave(
            given, lambda value: True, int(re.search(r"The (\d+) lowest", q.intro)[1])),
        "effective": lambda given, at, q: [sum(given["scores"]) ** 2 / sum(one ** 2 for one in given["scores"])]})
