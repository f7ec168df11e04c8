"""Chapter 7: Taylor, OBD, OBS: orders of approximation."""

import numpy as np

from ...connections import score_connections
from ...engine.dense import Dense
from ...engine.network import Network
from ...scores.second_order import diagonal
from ...scores import obs_remove, obs_weights
from ...recording import record
from ...scoring import score
from .networks import HALF_SQUARES, drawn, one_hidden_layer, whole
from .question import Kind, Question
from .text import as_text, factor, number, product


def second_order(rng):
    """What does the removal of a neuron cost to first and to second order?"""
    given = drawn(lambda: {"o": float(rng.integers(1, 4)), "w": whole(rng, 2, -3, 3, zero=False),
                           "b": whole(rng, 2, -3, 3), "t": whole(rng, 2, -3, 3)},
                  lambda g: (g["w"] * g["o"] + g["b"] != g["t"]).any() and first_order(g) != 0)
    net = one_hidden_layer(np.zeros((1, 1)), given["o"], given["w"][:, np.newaxis], given["b"], "identity")
    exact = score(net, "taylor_second_order", np.zeros((1, 1)), given["t"][np.newaxis], loss="mse")["dense1"][0]
    o, w = given["o"], given["w"]
    do = -first_order(given) / o
    curvature = float(w @ w)
    return Question(
        intro="A hidden neuron puts out o. Two outputs read it, y_k = w_k o + b_k (b has what the other neurons say "
              f"in it), and {HALF_SQUARES}.",
        given=given,
        asks="What does removing it change the loss by: to first order, and to second order?",
        answer=(first_order(given), exact),
        way=f"y − t = {as_text(w * o + given['b'] - given['t'])}, ∂ℓ/∂o = {number(do)}: to first order −o ∂ℓ/∂o = "
            f"{number(-o * do)}. ∂²ℓ/∂o² = Σ w² = {number(curvature)}, and ½ o² of that is "
            f"{number(o * o * curvature / 2)}: together {number(exact)}. The loss is a parabola, so that this is "
            "exact.")


def first_order(given):
    """−o ∂ℓ/∂o."""
    errors = given["w"] * given["o"] + given["b"] - given["t"]
    return float(-given["o"] * (errors @ given["w"]))


def brain_damage(rng):
    """What are the saliencies of weights by optimal brain damage?"""
    given = drawn(lambda: {"x": whole(rng, (2, 3), -2, 3), "w": whole(rng, 3, -3, 3, zero=False)},
                  lambda g: ((g["x"] ** 2).sum(axis=0) > 0).all())
    net = Network((3,), [Dense(1, bias=False)])
    net["dense1"].W[...] = given["w"]
    found = score_connections(net, "obd", given["x"], np.zeros((2, 1)), loss="mse")["dense1.W"][0]
    curvatures = (given["x"] ** 2).mean(axis=0)
    return Question(
        intro="One neuron y = Σ_j w_j x_j learns with ℓ_n = ½ (y_n − t_n)²; the loss is the mean over two samples, "
              "the rows of x. Optimal brain damage gives a weight the saliency ½ h w², h = ∂²L/∂w².",
        given=given,
        asks="What are the three saliencies?",
        answer=tuple(found),
        way=f"∂²ℓ_n/∂w_j² = x_nj²: h is their mean, {as_text(curvatures)}. Times w² = {as_text(given['w'] ** 2)} "
            f"and ½: {as_text(found)}. The targets do not matter.")


def brain_surgeon(rng):
    """What does a weight's removal cost if the other one makes up for it?"""
    given = drawn(lambda: {"x": whole(rng, (2, 2), -2, 3), "w": whole(rng, 2, -3, 3, zero=False)},
                  lambda g: abs(np.linalg.det(g["x"])) in (1, 2, 4) and (g["x"] ** 2).sum(axis=0)[0] in (1, 2, 4, 5, 8))
    net = Network((2,), [Dense(1, bias=False)])
    net["dense1"].W[...] = given["w"]
    targets = given["x"] @ given["w"][:, np.newaxis]
    cost = obs_weights(net, given["x"], targets, "mse", damping=1e-12)["dense1.W"][0, 1]
    other = obs_remove(net, "dense1.W", (0, 1), given["x"], targets, "mse", damping=1e-12)["dense1"].W[0, 0]
    squares, mixed = given["x"].T @ given["x"] / 2, (given["x"][:, 0] @ given["x"][:, 1]) / 2
    return Question(
        intro="One neuron y = w_0 x_0 + w_1 x_1 meets the targets of two samples, the rows of x, exactly; ℓ_n = ½ "
              "(y_n − t_n)², and the loss is the mean. Weight w_1 goes, and w_0 moves so that the loss rises least "
              "(optimal brain surgeon).",
        given=given,
        asks="What is w_0 then, and by how much has the loss risen?",
        answer=(float(other), float(cost)),
        way=f"H = mean of x xᵀ = {as_text(squares)}. With δ_1 = −w_1 = {number(-given['w'][1])}, the slope in δ_0 "
            f"is H_00 δ_0 + H_01 δ_1 = 0: δ_0 = {product(mixed, given['w'][1])} / {number(squares[0, 0])}, so w_0 = "
            f"{number(other)}. ½ δᵀ H δ = {number(cost)}, which is also w_1² / (2 [H⁻¹]_11).")


def softmax_curvature(rng):
    """What is the curvature under softmax, and what does OBD take for it?"""
    p, w = np.array(tenths(rng)) / 10, drawn(lambda: whole(rng, 3, -2, 3), lambda w: len(set(w)) > 1)
    net = one_hidden_layer(np.ones((1, 1)), np.zeros(1), w[:, np.newaxis], np.log(p) - w, "identity")
    x, t = np.ones((1, 1)), np.array([0])
    o_do = -record(net, x, t)["dense1"].do[0, 0]
    whole_matrix = 2 * (score(net, "taylor_second_order", x, t)["dense1"][0] - o_do)
    alone = diagonal(net, record(net, x, t), "cross_entropy")["dense1"][0][0, 0]
    mean = p @ w
    return Question(
        intro="Three outputs read a hidden neuron with the weights w; the loss is the cross entropy, and softmax "
              "gives the classes the probabilities p.",
        given={"p": p, "w": w},
        asks="What is ∂²ℓ/∂o², and what does OBD take for it, Σ_k w_k² p_k (1 − p_k)?",
        answer=(float(whole_matrix), float(alone)),
        way=f"∂²ℓ/∂o² is the variance of w under p: Σ p w² = {number(p @ w ** 2)}, less (Σ p w)² = {factor(mean)}²: "
            f"{number(whole_matrix)}. OBD leaves out how softmax couples the outputs: with p (1 − p) = "
            f"{as_text(p * (1 - p))} it is {number(alone)}.")


def tenths(rng):
    """Three whole numbers that add up to 10."""
    first = int(rng.integers(1, 7))
    second = int(rng.integers(1, 10 - first))
    return first, second, 10 - first - second


KINDS = tuple(Kind(7, draw) for draw in (second_order, brain_damage, brain_surgeon, softmax_curvature))
