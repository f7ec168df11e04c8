"""Chapter 6: is this formula true?"""

import numpy as np

from ...engine.activations import ACTIVATIONS
from ...engine.dense import Dense
from ...engine.network import Network
from ...engine.residual import Residual
from ...recording import record
from .networks import drawn, whole
from .question import Kind, Question
from .text import as_text, listed, number, product

TRIED = ("identity", "relu", "leaky_relu", "tanh")
FORMULAS = {"∂ℓ/∂o": lambda z: 1.0, "∂ℓ/∂o · [z > 0]": lambda z: float(z > 0)}


def where_it_holds(rng):
    """Of which neurons is a formula for ∂ℓ/∂z true?"""
    formula = str(rng.choice(list(FORMULAS)))
    names = [str(rng.choice(TRIED)) for _ in range(5)]
    given = {"activation": names, "z": whole(rng, 5, -3, 3, zero=False)}
    slopes = [float(ACTIVATIONS[name].derivative(np.array([z]))[0]) for name, z in zip(names, given["z"])]
    right = tuple(i for i, (slope, z) in enumerate(zip(slopes, given["z"])) if slope == FORMULAS[formula](z))
    told = ", ".join(f"{i}: {name}′({number(z)}) = {number(slope)}"
                     for i, (name, z, slope) in enumerate(zip(names, given["z"], slopes)))
    return Question(
        intro=f"Somebody claims ∂ℓ/∂z = {formula}; [z > 0] is 1 where z > 0, else 0. Five neurons 0 … 4 have these "
              "activations and these z, and ∂ℓ/∂o is 0 for none of them. (leaky_relu is z/100 below 0.)",
        given=given,
        asks="For which of the neurons does the claim give the right number?",
        answer=right,
        way=f"It is right where the factor is f′(z). {told}. So: {listed(right)}.",
        any_order=True)


def order_of_an_error(rng):
    """Of which order is an approximation, by its errors?"""
    order, base, last = int(rng.integers(0, 4)), int(rng.choice([2, 3, 4])), int(rng.integers(1, 10))
    falls = base ** (order + 1)
    given = {"ε": ["1", f"1/{base}", f"1/{base ** 2}"], "error": [last * falls ** 2, last * falls, last]}
    return Question(
        intro="A neuron is made quieter: all weights that read it are multiplied by ε. The errors of an "
              "approximation of its removal shrink.",
        given=given,
        asks="Of which order is the approximation?",
        answer=(order,),
        way=f"ε divided by {base} divides the error by {falls} = {base}^{order + 1}: it falls as ε^{order + 1}, so "
            f"that the order is one less, {order}. (One of order 0 approximates nothing: to answer 0 does as well.)")


def cut_into_batches(rng):
    """What does a score give that takes its absolute value after the mean over a batch?"""
    given = drawn(lambda: {"o · do": whole(rng, 4, -4, 4, zero=False)}, lambda g: len(set(np.sign(g["o · do"]))) > 1)
    changes = given["o · do"]
    answers = [np.abs(changes.reshape(-1, size).mean(axis=1)).mean() for size in (4, 2, 1)]
    halves = changes.reshape(2, 2).mean(axis=1)
    return Question(
        intro="A score takes the absolute value of the mean of o · ∂ℓ/∂o over each batch, and then the mean of that "
              "over the batches. Four samples gave these products.",
        given=given,
        asks="What is the score with one batch of four, with two of two (in this order), and with four of one?",
        answer=tuple(answers),
        way=f"The mean of all is {number(changes.mean())}, of the halves {as_text(halves)}, of each alone "
            f"{as_text(changes)}; then absolute values, then the mean: {', '.join(map(number, answers))}. The finer "
            "the batches, the less cancels: such a score depends on the batch size.")


def around_a_block(rng):
    """What does a formula miss that knows only one of two paths?"""
    given = drawn(lambda: {"x": float(rng.integers(1, 4)), "w1": float(rng.choice([-2, -1, 1, 2])),
                           "w2": float(rng.choice([-3, -2, 1, 2, 3])), "w3": float(rng.choice([-2, -1, 1, 2])),
                           "t": float(rng.integers(-3, 4))},
                  lambda g: g["w3"] * (1 + g["w2"]) * g["w1"] * g["x"] != g["t"])
    net = Network((1,), [Dense(1), Residual([Dense(1)]), Dense(1)])
    for layer, weight in zip(("dense1", "dense2", "dense3"), ("w1", "w2", "w3")):
        net[layer].W[...] = given[weight]
    trace = record(net, np.array([[given["x"]]]), np.array([[given["t"]]]), "mse")
    through, slope = float(trace["dense2"].dz[0, 0] * given["w2"]), float(trace["dense1"].do[0, 0])
    error = float(trace.y[0, 0] - given["t"])
    return Question(
        intro="One neuron a layer, all plain sums. A residual block adds its input to what it computes: o1 = w1 x, "
              "o2 = w2 o1, s = o1 + o2, y = w3 s, ℓ = ½ (y − t)².",
        given=given,
        asks="What does the formula ∂ℓ/∂o1 = ∂ℓ/∂o2 · w2 give, and what is ∂ℓ/∂o1 really?",
        answer=(through, slope),
        way=f"y − t = {number(error)}, ∂ℓ/∂s = {product(error, given['w3'])} = {number(error * given['w3'])} = "
            f"∂ℓ/∂o2. Through the block comes {number(through)}, around it ∂ℓ/∂s once more: {number(slope)}.")


KINDS = tuple(Kind(6, draw) for draw in (where_it_holds, order_of_an_error, cut_into_batches, around_a_block))
