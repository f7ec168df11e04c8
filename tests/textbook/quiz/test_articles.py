"""Chapter 5: the articles' formulas beside measured slopes and removals."""

import numpy as np

from minprune.textbook.quiz import articles


def reciprocal(slope):
    def both(given, at, question):
        def loss(o):
            return (given["w"] @ o - given["t"]) ** 2 / 2

        s = [slope(loss, given["o"], i) for i in range(3)]
        costs = [loss(np.where(np.arange(3) == i, 0, given["o"])) for i in range(3)]
        return int(np.argmax(np.abs(s))), int(np.argmin(costs))
    return both


def missing_slope(slope):
    def both(given, at, question):
        def f(z):
            return 1 / (1 + np.exp(-z)) if "sigmoid" in question.intro else max(z, z / 100)

        def loss(o):
            return (given["v"] * o - given["t"]) ** 2 / 2

        j = at[0]
        o = f(given["w"] @ given["x"] + given["b"])
        claimed = slope(lambda o: loss(o[0]), [o], 0) * given["x"][j]
        return claimed, slope(lambda w: loss(f(w @ given["x"] + given["b"])), given["w"], j)
    return both


def test_keys(check_keys, slope):
    check_keys(articles, {
        "reciprocal": reciprocal(slope), "missing_slope": missing_slope(slope),
        "linear_path": lambda given, at, q: [slope(lambda o: (given["W3"] @ (given["W2"] @ o))[0], np.ones(2), at[0])]})
