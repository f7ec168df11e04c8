"""Every gradient is measured by central differences, with a random gradient coming from above."""

import numpy as np

from minprune import finite_difference
from minprune.grading.assignments import Task


def sizes(rng, count):
    """So many different sizes, so that no axis can be taken for another."""
    return map(int, rng.permutation(np.arange(1, count + 3))[:count])


def layer(rng):
    N, K, F = sizes(rng, 3)
    return {"x": rng.normal(size=(N, F)), "W": rng.normal(size=(K, F)), "b": rng.normal(size=K)}


def above(rng):
    N, K, _ = sizes(rng, 3)
    return {"z": rng.normal(0, 2, size=(N, K)), "do": rng.normal(size=(N, K))}


def samples(rng):
    N, K, F = sizes(rng, 3)
    return {"x": rng.normal(size=(N, F)), "dz": rng.normal(size=(N, K))}


def readers(rng):
    N, K, F = sizes(rng, 3)
    return {"dz": rng.normal(size=(N, K)), "W": rng.normal(size=(K, F))}


def network(rng):
    N, K, F, C = sizes(rng, 4)
    return {"x": rng.normal(size=(N, F)), "t": rng.normal(size=(N, C)), "W1": rng.normal(size=(K, F)),
            "b1": rng.normal(size=K), "W2": rng.normal(size=(C, K)), "b2": rng.normal(size=C)}


def pre_activation(x, W, b):
    return np.array([[sum(w * one for w, one in zip(row, sample)) + bias for row, bias in zip(W, b)] for sample in x])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def activation_gradient(z, do):
    return finite_difference(lambda z: (do * sigmoid(z)).sum(), z)


def parameter_gradients(x, dz):
    W, b = np.zeros((dz.shape[1], x.shape[1])), np.zeros(dz.shape[1])
    return (finite_difference(lambda W: (dz * pre_activation(x, W, b)).sum(), W),
            finite_difference(lambda b: (dz * pre_activation(x, W, b)).sum(), b))


def input_gradient(dz, W):
    x = np.zeros((len(dz), W.shape[1]))
    return finite_difference(lambda x: (dz * pre_activation(x, W, np.zeros(len(W)))).sum(), x)


def hidden_gradient(x, t, W1, b1, W2, b2):
    o1 = sigmoid(pre_activation(x, W1, b1))
    return finite_difference(lambda o1: 0.5 * ((o1 @ W2.T + b2 - t) ** 2).sum(), o1)


def error(x, t, W1, b1, W2, b2):
    return sigmoid(x @ W1.T + b1) @ W2.T + b2 - t


TASKS = [
    Task("pre_activation", points=1, case=layer, answer=pre_activation, mistakes={
        "the bias is forgotten": lambda x, W, b: x @ W.T}),
    Task("activation_gradient", points=2, case=above, answer=activation_gradient,
         claim={"equals": "dL/dz", "where": {"activation": "sigmoid"}, "trials": 50}, mistakes={
        "f′ is missing": lambda z, do: do,
        "do is missing": lambda z, do: sigmoid(z) * (1 - sigmoid(z)),
        "σ′ = o (1 − o): the factor o is missing": lambda z, do: do * (1 - sigmoid(z)),
        "σ′ = o (1 − o), not z (1 − z)": lambda z, do: do * z * (1 - z),
        "f′ is evaluated at o instead of z": lambda z, do: do * sigmoid(sigmoid(z)) * (1 - sigmoid(sigmoid(z)))}),
    Task("parameter_gradients", points=3, case=samples, answer=parameter_gradients, mistakes={
        "it is the mean over the samples, not the sum": lambda x, dz: (dz.T @ x / len(x), dz.mean(axis=0)),
        "the gradient of b is the mean over the samples, not the sum": lambda x, dz: (dz.T @ x, dz.mean(axis=0)),
        "the gradient of W is transposed": lambda x, dz: (x.T @ dz, dz.sum(axis=0))}),
    Task("input_gradient", points=2, case=readers, answer=input_gradient,
         claim={"equals": "dL/dx", "trials": 50}, mistakes={
        "only the first neuron's path is counted": lambda dz, W: dz[:, :1] * W[0]}),
    Task("hidden_gradient", points=3, case=network, answer=hidden_gradient, mistakes={
        "it is ∂ℓ/∂z1, not ∂ℓ/∂o1: f′ does not belong here": lambda x, t, W1, b1, W2, b2: error(
            x, t, W1, b1, W2, b2) @ W2 * (o := sigmoid(x @ W1.T + b1)) * (1 - o),
        "the loss has a ½: its derivative is y − t without a factor 2": lambda x, t, W1, b1, W2, b2: 2 * error(
            x, t, W1, b1, W2, b2) @ W2,
        "the sign is wrong: t − y in place of y − t": lambda x, t, W1, b1, W2, b2: -error(
            x, t, W1, b1, W2, b2) @ W2}),
]
