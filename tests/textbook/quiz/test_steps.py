"""Chapter 3: steps along measured slopes."""

import re

import numpy as np

from minprune.textbook.quiz import steps


def descent_step(slope):
    def stepped(given, at, question):
        def loss(wb):
            return np.mean((wb[0] * given["x"] + wb[1] - given["t"]) ** 2 / 2)

        start = np.array([given["w"], given["b"]])
        return [start[i] - given["rate"] * slope(loss, start, i) for i in (0, 1)]
    return stepped


def momentum(given, at, question):
    """The weights' path written out: each slope counts again, less by the momentum, in the second step."""
    first, second = given["g"]
    return [given["w"] - given["rate"] * (first + second + given["momentum"] * first)]


def cross_entropy_slope(slope):
    def measured(given, at, question):
        y = np.log([float(one) for one in re.findall(r"ln (\d+)", given["y"])])
        label = int(given["label"].split()[1])
        return [slope(lambda y: np.log(np.exp(y).sum()) - y[label], y, k) for k in range(3)]
    return measured


def test_keys(check_keys, slope):
    check_keys(steps, {"descent_step": descent_step(slope), "momentum": momentum,
                       "cross_entropy_slope": cross_entropy_slope(slope),
                       "step_count": lambda given, at, q: [
                           given["epochs"] * len(range(0, given["samples"], given["batch size"]))]})
