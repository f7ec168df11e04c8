"""Chapter 4: what is importance?"""

import numpy as np

from ...scoring import score
from .networks import describe, drawn, lead, network_of, one_hidden_layer, paper_network, pass_of, whole
from .question import Kind, Question
from .text import as_text, factor, number, products

SCORES = {"gradient": "|∂ℓ/∂o|", "sensitivity": "‖∂o/∂x‖", "influence": "‖∂y/∂o‖", "taylor": "|o · ∂ℓ/∂o|"}


def scores_of(given, name):
    """The scores of the hidden neurons of a network for paper, by a name of the catalogue."""
    net, x, t = network_of(given)
    return score(net, name, x, t, loss="mse")["dense1"]


def removal(rng):
    """What does the removal of each hidden neuron cost, exactly?"""
    given = paper_network(rng)
    costs = scores_of(given, "removal")
    _, o, y, errors = pass_of(given)
    v, before = given["W2"][0], errors[0] ** 2 / 2
    steps = [f"without {i}: y = {number(y[0] - v[i] * o[i])}, ℓ = {number((errors[0] - v[i] * o[i]) ** 2 / 2)}, "
             f"cost {number(costs[i])}" for i in range(3)]
    silent = " A neuron that is silent costs 0." if (o == 0).any() else ""
    return Question(
        intro=describe(given),
        given=given,
        asks="What does it cost to remove hidden neuron 0, 1, 2, each by itself: the loss with its output held at "
             "0, less the loss as it is?",
        answer=tuple(costs),
        way=f"o = {as_text(o)}, y = {number(y[0])}, ℓ = ½·{factor(errors[0])}² = {number(before)}. "
            f"{'; '.join(steps)}.{silent}")


def place_of_the_absolute_value(rng):
    """What is Taylor's score of a neuron, and what if the absolute value comes last?"""
    given = drawn(lambda: {"o": whole(rng, 4, 0, 3), "do": whole(rng, 4, -3, 3, zero=False)},
                  lambda g: (g["o"] > 0).sum() >= 3 and np.ptp(np.sign(g["o"] * g["do"])) == 2)
    changes, both = given["o"] * given["do"], taylor_two_ways(**given)
    return Question(
        intro="A hidden neuron put out o on four samples; do are the slopes ∂ℓ_n/∂o_n, each of its own sample's "
              "loss.",
        given=given,
        asks="What is the mean of the absolute values |o · do|, which is taylor, and what is the absolute value of "
             "the mean?",
        answer=both,
        way=f"o · do = {as_text(changes)}. The absolute values have the mean {number(np.abs(changes).sum())}/4; the "
            f"products themselves, of either sign, have the sum {number(changes.sum())}: "
            f"{', '.join(map(number, both))}.")


def taylor_two_ways(o, do):
    """By the catalogue's `taylor`, and by the size of `skeletonization`, which has the signed mean: of a network that
    has these outputs and slopes."""
    net = one_hidden_layer(np.array([[1.0, 0], [0, 1]]), np.zeros(2), np.array([[1.0, 0]]), activation="identity")
    x, t = np.stack([o, 0 * o], axis=1), (o - do)[:, np.newaxis]
    return tuple(abs(score(net, name, x, t, loss="mse")["dense1"][0]) for name in ("taylor", "skeletonization"))


def first_to_go(rng):
    """Which neuron goes first by a score?"""
    name = str(rng.choice(list(SCORES)))
    given = drawn(lambda: paper_network(rng), lambda g: lead(scores_of(g, name)) > 0.01)
    found = scores_of(given, name)
    z, o, _, errors = pass_of(given)
    v, W1 = given["W2"][0], given["W1"]
    ways = {"gradient": f"∂ℓ/∂o = (y − t) w = {as_text(errors[0] * v)}, whatever the neurons say",
            "sensitivity": f"∂o_i/∂x is row i of W1 where z_i > 0, and 0 where it is not: z = {as_text(z)}, the "
                           f"sums of squares are {as_text((W1 ** 2).sum(axis=1) * (z > 0))}",
            "influence": f"∂y/∂o = {as_text(v)}, the weights that read them",
            "taylor": f"o · ∂ℓ/∂o = {as_text(o * errors[0] * v)}"}
    return Question(
        intro=describe(given),
        given=given,
        asks=f"Which hidden neuron goes first by the score {name}, {SCORES[name]}? (High = keep.)",
        answer=(int(found.argmin()),),
        way=f"{ways[name]}. The least important is {found.argmin()}.")


def other_units(rng):
    """What becomes of a score when a relu neuron counts in other units?"""
    name, a = str(rng.choice(list(SCORES))), int(rng.choice([2, 4, 5, 10]))
    given = drawn(lambda: paper_network(rng), lambda g: g["W1"][0].any() and pass_of(g)[0][0] > 0)
    before = scores_of(given, name)[0]
    scaled = {**given, "W1": given["W1"].copy(), "b1": given["b1"].copy(), "W2": given["W2"].copy()}
    scaled["W1"][0] *= a
    scaled["b1"][0] *= a
    scaled["W2"][:, 0] /= a
    after = scores_of(scaled, name)[0]
    why = {"gradient": f"The slope is per unit of output, and a unit is {a} times as small: divided by {a}.",
           "sensitivity": f"The output grows {a} times as fast: times {a}.",
           "influence": f"The weight that reads it is {a} times as small: divided by {a}.",
           "taylor": f"o is {a} times as large, ∂ℓ/∂o {a} times as small: it stays."}
    return Question(
        intro=f"{describe(given)} Neuron 0 speaks, and its score by {name}, {SCORES[name]}, is s. Then its incoming "
              "weights and its bias are multiplied by a, and the weight that reads it is divided by a: the network "
              "computes the same.",
        given={**given, "s": round(before, 4), "a": a},
        asks="What is its score by the same formula now?",
        answer=(after,),
        way=f"{why[name]} {number(before)} becomes {number(after)}.")


def two_together(rng):
    """What does it cost to remove two neurons together?"""
    given = paper_network(rng)
    _, o, y, errors = pass_of(given)
    i, j = sorted(map(int, rng.permutation(np.flatnonzero(o))[:2]))                     # two that speak
    net, x, t = network_of(given)
    silent = np.where(np.isin(np.arange(3), [i, j]), 0, net.forward(x)["dense1"].o)
    cost = ((net.tail("dense1", silent) - t) ** 2).sum() / 2 - errors[0] ** 2 / 2
    alone = scores_of(given, "removal")
    v = given["W2"][0]
    return Question(
        intro=describe(given),
        given=given,
        asks=f"What does it cost to remove the hidden neurons {i} and {j} together?",
        answer=(cost,),
        way=f"o = {as_text(o)}, y = {number(y[0])}, ℓ = {number(errors[0] ** 2 / 2)}. Without both y = "
            f"{number(y[0])} − ({products(v[[i, j]], o[[i, j]])}) = {number(y[0] - v[[i, j]] @ o[[i, j]])}, and the "
            f"loss changes by {number(cost)}. Each by itself costs {number(alone[i])} and {number(alone[j])}: "
            "removals do not add up, ℓ being no straight line.")


KINDS = tuple(Kind(4, draw) for draw in (removal, place_of_the_absolute_value, first_to_go, other_units, two_together))
