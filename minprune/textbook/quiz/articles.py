"""Chapter 5: checking the articles."""

import numpy as np

from ...engine.dense import Dense
from ...engine.network import Network
from ...recording import record
from ...scoring import score
from .networks import drawn, lead, one_hidden_layer, whole
from .question import Kind, Question
from .text import as_text, number, products


def reciprocal(rng):
    """Who goes first by 1/|s|, and who should?"""
    def make():
        return {"o": whole(rng, 3, 1, 4), "w": whole(rng, 3, -3, 3, zero=False), "t": float(rng.integers(-4, 5))}

    def answers(given):
        costs, slopes = costs_and_slopes(**given)
        return costs, 1 / np.abs(slopes) if slopes.all() else np.zeros(3)

    given = drawn(make, lambda g: all(lead(values) > 1e-9 for values in answers(g)))
    costs, importance = answers(given)
    y, w = given["w"] @ given["o"], given["w"]
    slopes = (y - given["t"]) * w
    return Question(
        intro="Three hidden neurons put out o. The output reads them with the weights w, y = Σ w o, and ℓ = ½ (y − "
              "t)². The second article's importance is I = 1/|s| with s = ∂ℓ/∂o, high = keep.",
        given=given,
        asks="Which neuron goes first by 1/|s|, and which by exact removal (counted from 0)?",
        answer=(int(importance.argmin()), int(costs.argmin())),
        way=f"y = {number(y)}, s = (y − t) w = {as_text(slopes)}. The lowest 1/|s| has the largest |s|: neuron "
            f"{importance.argmin()}. Removal costs {as_text(costs)}: neuron {costs.argmin()} is the cheapest.")


def costs_and_slopes(o, w, t):
    """The cost of removal and ∂ℓ/∂o of neurons that put out o."""
    net = Network((1,), [Dense(3), Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...], net["dense2"].W[...] = 0, o, w
    x, target = np.zeros((1, 1)), np.array([[t]])
    return score(net, "removal", x, target, loss="mse")["dense1"], record(net, x, target, "mse")["dense1"].do[0]


def linear_path(rng):
    """What is ∂y/∂o in a linear network?"""
    given = {"W2": whole(rng, (2, 2), -2, 3, zero=False), "W3": whole(rng, (1, 2), -2, 3, zero=False)}
    i = int(rng.integers(2))
    net = Network((1,), [Dense(2), Dense(2), Dense(1)])
    net["dense2"].W[...], net["dense3"].W[...] = given["W2"], given["W3"]
    o = np.zeros((2, 2))
    o[1, i] = 1
    slope = float(np.diff(net.tail("dense1", o)[:, 0])[0])
    return Question(
        intro="A linear network, all of whose neurons are plain sums, has two hidden layers: o2 = W2 o1, y = W3 o2. "
              "The second article says: for linear activations ∂y/∂o = 1.",
        given=given,
        asks=f"What is ∂y/∂o of neuron {i} of the first hidden layer, really?",
        answer=(slope,),
        way="Each path from the neuron to the output counts with the product of its weights: "
            f"{products(given['W3'][0], given['W2'][:, i])} = {number(slope)}.")


def missing_slope(rng):
    """How wrong is a gradient without f′?"""
    name = str(rng.choice(["sigmoid", "leaky_relu"]))
    given = drawn(lambda: {"x": whole(rng, 2, -3, 3, zero=False), "w": whole(rng, 2, -2, 2, zero=False),
                           "b": float(rng.integers(-4, 5)), "v": float(rng.choice([-4, -2, 2, 4])),
                           "t": float(rng.integers(-3, 4))}, lambda g: fits(name, g))
    if name == "sigmoid":
        given["b"] = -float(given["w"] @ given["x"])                # z = 0, where σ = ½ and σ′ = ¼
    net = one_hidden_layer(given["w"][np.newaxis], given["b"], np.array([[given["v"]]]), activation=name)
    trace = record(net, given["x"][np.newaxis], np.array([[given["t"]]]), "mse")
    do, dz, z = (float(getattr(trace["dense1"], one)[0, 0]) for one in ("do", "dz", "z"))
    j = int(rng.integers(2))
    about = {"sigmoid": "Here f is the sigmoid, with σ(0) = ½ and σ′(0) = ¼",
             "leaky_relu": "Here f is the leaky relu: f(z) = z for z > 0, else z/100"}[name]
    x = given["x"][j]
    return Question(
        intro=f"One hidden neuron, o = f(w x + b), is read by y = v o; ℓ = ½ (y − t)². {about}. An article writes "
              "∂ℓ/∂w_j = ∂ℓ/∂o · x_j.",
        given=given,
        asks=f"What does this give for w_{j}, and what is ∂ℓ/∂w_{j} really?",
        answer=(do * x, dz * x),
        way=f"z = {number(z)}, y = {number(float(trace.y[0, 0]))}, ∂ℓ/∂o = (y − t) v = {number(do)}. Times x_{j} = "
            f"{number(x)} it is {number(do * x)}; but f′(z) = {number(dz / do)} is missing: {number(dz * x)}.")


def fits(name, given):
    """Whether the neuron of `missing_slope` has a slope to be missed, and an error."""
    z = given["w"] @ given["x"] + given["b"]
    o = 0.5 if name == "sigmoid" else z / 100
    return given["v"] * o != given["t"] and (name == "sigmoid" or z < 0)


KINDS = tuple(Kind(5, draw) for draw in (reciprocal, linear_path, missing_slope))
