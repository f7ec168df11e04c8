"""Chapter 1: a neuron, forward and backward."""

import numpy as np

from ...recording import record
from .networks import describe, network_of, paper_network, pass_of
from .question import Kind, Question
from .text import as_text, number, product, products


def outputs(rng):
    """What do the hidden neurons and the network put out?"""
    given = paper_network(rng)
    net, x, _ = network_of(given)
    trace = net.forward(x)
    z, o, y, _ = pass_of(given)
    return Question(
        intro=describe(given),
        given=given,
        asks="What are the three hidden outputs o, and y?",
        answer=(*trace["dense1"].o[0], trace.y[0, 0]),
        way=f"z = W1 x + b1 = {as_text(z)}. relu makes the negative ones 0: o = {as_text(o)}. y = "
            f"{products(given['W2'][0], o)} = {number(y[0])}.")


def output_slope(rng):
    """What is ∂ℓ/∂o of a hidden neuron that two outputs read?"""
    given = paper_network(rng, C=2)
    net, x, t = network_of(given)
    i = int(rng.integers(3))
    slope = record(net, x, t, "mse")["dense1"].do[0, i]
    _, o, y, errors = pass_of(given)
    return Question(
        intro=describe(given),
        given=given,
        asks=f"What is ∂ℓ/∂o of hidden neuron {i}?",
        answer=(slope,),
        way=f"o = {as_text(o)}, y = {as_text(y)}, ∂ℓ/∂y = y − t = {as_text(errors)}. Both outputs read the neuron, "
            f"so both ways count: ∂ℓ/∂o_{i} = Σ_k (y_k − t_k) w_k{i} = {products(errors, given['W2'][:, i])} = "
            f"{number(slope)}.")


def weight_slope(rng):
    """What is ∂ℓ/∂w of a weight of a hidden neuron?"""
    given = paper_network(rng)
    net, x, t = network_of(given)
    z, o, _, errors = pass_of(given)
    i, j = int(rng.integers(3)), int(rng.integers(2))
    slope = record(net, x, t, "mse")["dense1"].grads["W"][i, j]
    do = errors[0] * given["W2"][0, i]
    way = f"z_{i} = {number(z[i])}. " + (
        f"The neuron is silent, relu′ = 0: nothing of it reaches the loss, {number(slope)}." if z[i] < 0 else
        f"relu′(z_{i}) = 1. y − t = {number(errors[0])}, ∂ℓ/∂o_{i} = {product(errors[0], given['W2'][0, i])} = "
        f"{number(do)} = ∂ℓ/∂z_{i}, times the input x_{j}: {product(do, given['x'][j])} = {number(slope)}.")
    return Question(
        intro=describe(given),
        given=given,
        asks=f"What is ∂ℓ/∂w of the weight with which hidden neuron {i} reads input {j}, W1[{i}, {j}]?",
        answer=(slope,),
        way=way)


def input_slope(rng):
    """What is ∂ℓ/∂x of an input, which all neurons read?"""
    given = paper_network(rng)
    net, x, t = network_of(given)
    j = int(rng.integers(2))
    slope = record(net, x, t, "mse").dx[0, j]
    z, _, _, errors = pass_of(given)
    on = np.flatnonzero(z > 0)
    dz = errors[0] * given["W2"][0]
    return Question(
        intro=describe(given),
        given=given,
        asks=f"What is ∂ℓ/∂x_{j}?",
        answer=(slope,),
        way=f"z = {as_text(z)}, so that the neurons {as_text(on)} speak. y − t = {number(errors[0])}, and their "
            f"∂ℓ/∂z = (y − t) w are {as_text(dz[on])}. Each reads x_{j} with its own weight: "
            f"{products(dz[on], given['W1'][on, j])} = {number(slope)}.")


KINDS = tuple(Kind(1, draw) for draw in (outputs, output_slope, weight_slope, input_slope))
