"""Chapter 12: schedules neuron by neuron, descent along measured slopes, statistics anew."""

import re

import numpy as np

from minprune.textbook.quiz import retraining

SHARES = {"linear": lambda f, k, n: f * k / n, "exponential": lambda f, k, n: 1 - (1 - f) ** (k / n),
          "cubic": lambda f, k, n: f * (1 - (1 - k / n) ** 3)}


def scheduled(given, at, question):
    """Neuron i of K is gone after the first step whose share has reached it."""
    share = SHARES[re.search(r"by the (\w+) schedule", question.intro)[1]]
    K, n = given["neurons"], given["n"]
    steps = [next((k for k in range(1, n + 1) if share(given["remove"], k, n) * K >= i - 1e-9), None)
             for i in range(1, K + 1)]
    return [steps.count(k) for k in range(1, n + 1)]


def takes_over(slope):
    def descended(given, at, question):
        w, target = given["w"][0], given["w"].sum() * given["o"]
        for _ in range(2):
            w -= given["rate"] * slope(lambda w: (w[0] * given["o"] - target) ** 2 / 2, [w], 0)
        return [w]
    return descended


def recalibrated(given, at, question):
    a, old_mean, old_variance, gamma, beta = given.values()
    mean = sum(a) / 4
    variance = sum((one - mean) ** 2 for one in a) / 4
    return [gamma * (a[0] - m) / v ** 0.5 + beta for m, v in ((old_mean, old_variance), (mean, variance))]


def equal_cost(given, at, question):
    large, small = (sum(F * K for F, K in zip(widths, widths[1:])) for widths in (given["widths"], given["pruned"]))
    left, count = given["epochs"] * large + given["epochs of retraining"] * small, 0
    while left >= small:
        left, count = left - small, count + 1
    return [count]


def test_keys(check_keys, slope):
    check_keys(retraining, {"scheduled": scheduled, "takes_over": takes_over(slope), "recalibrated": recalibrated,
                            "equal_cost": equal_cost})


def test_the_steps_of_a_schedule_add_up_to_what_was_asked_for():
    for seed in range(10):
        question = retraining.scheduled(np.random.default_rng(seed))
        assert sum(question.answer) == question.given["neurons"] * question.given["remove"]
