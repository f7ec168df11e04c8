"""Chapter 9: the tools' rules in exact fractions, their scores weight by weight."""

import math
from fractions import Fraction

from minprune.textbook.quiz import tools


def how_many_go(given, at, question):
    K, ratio = given["K"], Fraction(given["ratio"])
    nearest = math.floor(K * ratio + Fraction(1, 2))
    nearest -= K * ratio % 1 == Fraction(1, 2) and nearest % 2                          # a half to the even one
    return [{"NNI": math.floor(K * ratio), "torch": nearest, "fasterai": max(1, math.floor(K * ratio)) - 1,
             "nncf": math.floor((K - 1) * ratio) + 1,
             "Torch-Pruning": K - math.floor(K * (1 - ratio))}[question.intro.split()[0]]]


def four_of_one_name(given, at, question):
    parts = [w * g for w, g in zip(given["w"], given["g"])]
    return abs(sum(parts)), sum(map(abs, parts)), sum(parts) ** 2, sum(part ** 2 for part in parts)


def square_of_the_sum(given, at, question):
    rows = [[w * g for w, g in zip(*row)] for row in zip(given["w"], given["g"])]
    return (min(range(3), key=lambda i: abs(sum(rows[i]))),
            min(range(3), key=lambda i: sum(part ** 2 for part in rows[i])))


def checker(given, at, question):
    """The largest error that is accepted, by halving."""
    atol, rtol, g = (float(given[name]) for name in ("atol", "rtol", "|g|"))
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if abs(g * (1 + middle) - g) <= atol + rtol * abs(g) else (low, middle)
    return [100 * low]


def test_keys(check_keys):
    check_keys(tools, {"how_many_go": how_many_go, "four_of_one_name": four_of_one_name,
                       "square_of_the_sum": square_of_the_sum, "checker": checker})
