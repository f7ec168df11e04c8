"""Chapter 11: numbers are counted, additions followed."""

import re

import numpy as np

from minprune.textbook.quiz import surgery


def flatten_columns(given, at, question):
    """The places of a channel's values in the flattened image."""
    image = np.zeros((given["height"], given["width"], given["channels"]))
    image[:, :, at[0]] = 1
    return np.flatnonzero(image.ravel()).tolist()


def multiply_adds(widths):
    return sum(1 for F, K in zip(widths, widths[1:]) for _ in range(F * K))


def multiply_adds_left(given, at, question):
    F, first, second, C = given["widths"]
    return multiply_adds(given["widths"]), multiply_adds([F, first - at[0], second - at[1], C])


def numbers_that_leave(given, at, question):
    """All numbers of both convolutions, with all kernels of the first and with one less."""
    side = int(given["kernel of the next"][0])

    def numbers(K):
        first = K * (9 * given["channels it reads"] + 1) + (2 * K if given["batch norm"] == "yes" else 0)
        return first + given["kernels of the next"] * (side * side * K + 1)

    return [numbers(given["kernels"]) - numbers(given["kernels"] - 1)]


def folded_bias(given, at, question):
    """What is missing of the mean of y without the neuron."""
    before = np.mean([given["w"] @ o + given["b"] for o in given["o"]])
    return [before - np.mean([given["w"][1 - at[0]] * o[1 - at[0]] for o in given["o"]])]


def who_leaves_together(given, at, question):
    """Whoever writes into one sum, from the layer that began it on."""
    sums, alone = [["conv1"]], []
    for line in given.values():
        if line.startswith("s = s +"):
            outer, inner = re.findall(r"conv\d+", line)
            sums[-1].append(outer)
            alone.append([inner])
        else:
            sums.append(re.findall(r"conv\d+", line))
    asked = re.search(r"conv\d+", question.asks)[0]
    return next(group for group in sums + alone if asked in group)


def test_keys(check_keys):
    check_keys(surgery, {"flatten_columns": flatten_columns, "multiply_adds_left": multiply_adds_left,
                         "numbers_that_leave": numbers_that_leave, "folded_bias": folded_bias,
                         "who_leaves_together": who_leaves_together})
