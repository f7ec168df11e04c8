"""Chapter 3: training."""

import numpy as np

from ...engine.dense import Dense
from ...engine.losses import LOSSES
from ...engine.network import Network
from ...engine.optimizers import SGD
from ...training import fit
from .networks import drawn, whole
from .question import Kind, Question
from .text import as_text, factor, number, product


def descent_step(rng):
    """Where are weight and bias after a step of gradient descent on two samples?"""
    given = drawn(lambda: {"x": whole(rng, 2, -2, 3), "t": whole(rng, 2, -3, 3), "w": float(rng.integers(-2, 4)),
                           "b": float(rng.integers(-1, 2)), "rate": float(rng.choice([0.1, 0.5, 0.2]))},
                  lambda g: (g["w"] * g["x"] + g["b"] - g["t"]).any() and g["x"].any() and g["x"][0] != g["x"][1])
    net = Network((1,), [Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = given["w"], given["b"]
    fit(net, given["x"][:, np.newaxis], given["t"][:, np.newaxis], loss="mse", optimizer=SGD(given["rate"]), epochs=1,
        batch_size=2)
    errors = given["w"] * given["x"] + given["b"] - given["t"]
    dw, db = (errors * given["x"]).mean(), errors.mean()
    return Question(
        intro="One neuron y = w x + b learns two samples at once, by a step of gradient descent on the mean of "
              "their losses ½ (y − t)².",
        given=given,
        asks="What are w and b after the step?",
        answer=(net["dense1"].W[0, 0], net["dense1"].b[0]),
        way=f"The errors y − t are {as_text(errors)}. ∂L/∂w = mean of (y − t) x = {number(dw)}, ∂L/∂b = mean of (y "
            f"− t) = {number(db)}. w = {number(given['w'])} − {product(given['rate'], dw)} = "
            f"{number(net['dense1'].W[0, 0])}, b = {number(given['b'])} − {product(given['rate'], db)} = "
            f"{number(net['dense1'].b[0])}.")


def momentum(rng):
    """Where is a weight after two steps with momentum?"""
    given = {"w": float(rng.integers(-3, 4)), "g": whole(rng, 2, -4, 4, zero=False),
             "rate": float(rng.choice([0.1, 0.5])), "momentum": float(rng.choice([0.5, 0.9]))}
    optimizer, parameters = SGD(given["rate"], momentum=given["momentum"]), {"w": np.array([given["w"]])}
    state = optimizer.start(parameters)
    for g in given["g"]:
        optimizer.step(parameters, {"w": np.array([g])}, state)
    first, second = given["g"]
    v = given["momentum"] * first + second
    between = given["w"] - given["rate"] * first
    return Question(
        intro="A weight w is trained with momentum, v ← momentum · v + g, w ← w − rate · v. At the start v = 0; the "
              "slopes of the two steps are g.",
        given=given,
        asks="What is w after the two steps?",
        answer=(parameters["w"][0],),
        way=f"First v = {number(first)}, w = {number(given['w'])} − {product(given['rate'], first)} = "
            f"{number(between)}. Then v = {product(given['momentum'], first)} + {factor(second)} = {number(v)}, w = "
            f"{number(between)} − {product(given['rate'], v)} = {number(parameters['w'][0])}.")


def cross_entropy_slope(rng):
    """What is the slope of the cross entropy in the logits?"""
    numbers = drawn(lambda: rng.integers(1, 7, size=3), lambda n: n.sum() in (4, 5, 8, 10) and len(set(n)) > 1)
    label = int(rng.integers(3))
    slope = LOSSES["cross_entropy"].derivative(np.log(numbers)[np.newaxis], np.eye(3)[[label]])[0]
    total = int(numbers.sum())
    return Question(
        intro="A network's three outputs are logits: the probabilities are p = softmax(y), the loss is −log of the "
              "probability of the label. ln is the natural logarithm.",
        given={"y": f"[{', '.join(f'ln {n}' for n in numbers)}]", "label": f"class {label}"},
        asks="What is ∂ℓ/∂y (three numbers)?",
        answer=tuple(slope),
        way=f"e^y = {as_text(numbers)}, with the sum {total}: p = {as_text(numbers / total)}. ∂ℓ/∂y_k = p_k, less 1 "
            f"at the label: {as_text(slope)}.")


def step_count(rng):
    """How many steps does training take?"""
    given = {"samples": int(rng.integers(20, 200)), "batch size": int(rng.choice([8, 10, 16, 32])),
             "epochs": int(rng.integers(2, 8))}
    N, size, epochs = given.values()
    a_batch = -(-N // size)
    return Question(
        intro="In each epoch all samples are used once, batch by batch; what is left over at the end makes a "
              "smaller batch. Each batch is a step.",
        given=given,
        asks="How many steps are taken in all?",
        answer=(steps_of(*given.values()),),
        way=f"{N} / {size} = {number(N / size)}, so {a_batch} batches an epoch; {a_batch}·{epochs} = "
            f"{a_batch * epochs}.")


def steps_of(N, size, epochs):
    """Counted while a network is trained."""
    steps, net = [], Network((1,), [Dense(1)])
    fit(net, np.zeros((N, 1)), np.zeros((N, 1)), loss="mse", optimizer=SGD(0.0), epochs=epochs, batch_size=size,
        on_step=lambda net, rate: steps.append(rate))
    return len(steps)


KINDS = tuple(Kind(3, draw) for draw in (descent_step, momentum, cross_entropy_slope, step_count))
