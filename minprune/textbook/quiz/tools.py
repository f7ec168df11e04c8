"""Chapter 9: what the tools really compute."""

import numpy as np

from ...scores.tools import find_tool
from .networks import drawn, lead, whole
from .question import Kind, Question
from .text import as_text, number, products

RULES = {"nni": "⌊K · ratio⌋ go",
         "torch": "K · ratio, rounded to the nearest whole number (a half to the even one), go",
         "fasterai": "max(1, ⌊K · ratio⌋) − 1 go", "nncf": "⌊(K − 1) · ratio⌋ + 1 go",
         "torch-pruning": "⌊K · (1 − ratio)⌋ stay"}


def how_many_go(rng):
    """How many neurons does a tool remove?"""
    name = str(rng.choice(list(RULES)))
    given = {"K": int(rng.integers(6, 21)), "ratio": float(rng.choice([0.25, 0.5, 0.75, 0.375]))}
    K, ratio = given.values()
    tool = find_tool(name)
    count = tool.removed(K, ratio)
    ways = {"nni": f"⌊{number(K * ratio)}⌋", "torch": f"{number(K * ratio)}, rounded",
            "fasterai": f"max(1, ⌊{number(K * ratio)}⌋) − 1", "nncf": f"⌊{number((K - 1) * ratio)}⌋ + 1",
            "torch-pruning": f"{K} − ⌊{number(K * (1 - ratio))}⌋"}
    exact = int(K * ratio)
    return Question(
        intro=f"{tool.name} {tool.version} is asked to remove a share of K neurons, all with different scores. It "
              f"was seen to do this: {RULES[name]}.",
        given=given,
        asks="How many go?",
        answer=(count,),
        way=f"{ways[name]} = {count}; ⌊K · ratio⌋ is {exact}.")


def four_of_one_name(rng):
    """What do four scores give that go by one name?"""
    given = weights_and_slopes(rng)
    parts = given["w"] * given["g"]
    found = (abs(parts.sum()), np.abs(parts).sum(), parts.sum() ** 2, (parts ** 2).sum())
    return Question(
        intro="Papers and tools call all of these the first-order Taylor score of a neuron with the weights w, "
              "whose slopes in the mean loss are g.",
        given=given,
        asks="What are |Σ w g|, Σ |w g|, (Σ w g)² and Σ (w g)², in this order?",
        answer=found,
        way=f"w g = {as_text(parts)}. Their sum is {products(given['w'], given['g'])} = {number(parts.sum())}; the "
            f"answers are {', '.join(map(number, found))}.")


def weights_and_slopes(rng):
    return drawn(lambda: {"w": whole(rng, 3, -3, 3, zero=False), "g": whole(rng, 3, -2, 3)},
                 lambda g: np.ptp(np.sign(g["w"] * g["g"])) == 2 and (g["w"] @ g["g"]) != 0)


def square_of_the_sum(rng):
    """Who goes first by the paper's score, and who by the tool's?"""
    def make():
        rows = [weights_and_slopes(rng) for _ in range(3)]
        return {name: np.array([row[name] for row in rows]) for name in ("w", "g")}

    given = drawn(make, lambda g: all(lead(values) > 0 for values in both_squares(**g)))
    paper, tool = both_squares(**given)
    return Question(
        intro="Three neurons have the weights w, a row each, and the slopes g. Molchanov et al. (2019) score them "
              "by (Σ_j w_j g_j)², NNI 3.0 by Σ_j (w_j g_j)²; high = keep.",
        given=given,
        asks="Which neuron goes first by the paper, and which by the tool (counted from 0)?",
        answer=(int(paper.argmin()), int(tool.argmin())),
        way=f"w g = {as_text(given['w'] * given['g'])}. The paper: {as_text(paper)}, neuron {paper.argmin()}. The "
            f"tool: {as_text(tool)}, neuron {tool.argmin()}.")


def both_squares(w, g):
    """The square of the sum and the sum of the squares, of each neuron."""
    parts = w * g
    return parts.sum(axis=1) ** 2, (parts ** 2).sum(axis=1)


def checker(rng):
    """How large a relative error does a gradient checker let pass?"""
    atol, rtol = float(rng.choice([1e-4, 1e-5])), float(rng.choice([0.001, 0.002, 0.005, 0.01]))
    size = float(rng.choice([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1]))
    percent = 100 * (atol + rtol * size) / size
    return Question(
        intro="A gradient checker accepts a derivative if |claimed − g| ≤ atol + rtol · |g|, where g is the "
              "measured slope.",
        given={"atol": f"{atol:.5f}", "rtol": f"{rtol:g}", "|g|": f"{size:g}"},
        asks="How large an error does it let pass, in percent of |g|?",
        answer=(percent,),
        way=f"{atol:.5f} + {rtol:g}·{size:g} = {atol + rtol * size:.7g}, divided by {size:g} and times 100: "
            f"{number(percent)} %. The smaller |g|, the more of it atol lets pass.")


KINDS = tuple(Kind(9, draw) for draw in (how_many_go, four_of_one_name, square_of_the_sum, checker))
