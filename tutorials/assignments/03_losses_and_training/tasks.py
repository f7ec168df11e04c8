"""Losses are sums of logarithms that cannot overflow, gradients central differences, steps minprune's."""

import numpy as np

import minprune as mp
from minprune.grading.assignments import Task


def logits(rng):
    """Half the cases hold numbers whose e^y is no float any more, each row at another height."""
    N, C = map(int, rng.integers([1, 2], 6))
    return {"y": rng.choice([1, 1000]) * (rng.normal(size=(N, C)) + 3 * rng.normal(size=(N, 1)))}


def labelled(rng):
    y = logits(rng)["y"]
    return {"y": y, "t": rng.integers(y.shape[1], size=len(y))}


def step(rng):
    K, F = map(int, rng.integers(1, 4, size=2))
    w, g, v = rng.normal(size=(3, K, F))
    return {"w": w, "g": g, "v": v, "rate": round(rng.uniform(0.1, 1), 2), "momentum": round(rng.uniform(0.5, 0.95), 2),
            "weight_decay": round(rng.uniform(0.01, 0.5), 2)}


def training(rng):
    """In two thirds of the cases the logits are so large that e^y is no float."""
    N, F, C = map(int, rng.integers([2, 1, 2], 5))
    return {"x": rng.normal(size=(N, F)), "t": rng.integers(C, size=N), "W": rng.normal(size=(C, F)),
            "b": rng.normal(size=C) + rng.choice([0, 1000, 1000]),
            "rate": round(rng.uniform(0.1, 1), 2), "steps": int(rng.integers(2, 5))}


def log_softmax(y):
    return y - np.logaddexp.reduce(y, axis=1, keepdims=True)


def softmax(y):
    return np.exp(log_softmax(y))


def cross_entropy(y, t):
    return np.array([-row[label] for row, label in zip(log_softmax(y), t)])


def cross_entropy_gradient(y, t):
    """Measured where the largest logit of each row is 0, for differences of large numbers are not precise."""
    return mp.finite_difference(lambda y: cross_entropy(y, t).sum(), y - y.max(axis=1, keepdims=True))


def momentum_step(w, g, v, rate, momentum, weight_decay):
    state = {"v": {"layer.W": v}}
    mp.SGD(rate, momentum, weight_decay=weight_decay).step({"layer.W": w}, {"layer.W": g}, state)
    return w, v


def train(x, t, W, b, rate, steps):
    def L(W, b):
        return cross_entropy(x @ W.T + b, t).mean()

    for _ in range(steps):
        dW = mp.finite_difference(lambda d: L(W + d, b), np.zeros_like(W))
        db = mp.finite_difference(lambda d: L(W, b + d), np.zeros_like(b))
        W, b = W - rate * dW, b - rate * db
    return W, b


def train_one_after_the_other(x, t, W, b, rate, steps):
    for _ in range(steps):
        for n in range(len(x)):
            W, b = train(x[n:n + 1], t[n:n + 1], W, b, rate, 1)
    return W, b


def train_without_bias(x, t, W, b, rate, steps):
    for _ in range(steps):
        W, _ = train(x, t, W, b, rate, 1)
    return W


def naive(y):
    return np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)


def e(y):
    return np.exp(y - y.max(axis=1, keepdims=True))


def one_taken_from_columns(y, t):
    dy = softmax(y)
    dy[:, t] -= 1
    return dy


TASKS = [
    Task("softmax", points=2, case=logits, answer=softmax, mistakes={
        "e^y overflows: subtract the largest logit of each row first": naive,
        "what is subtracted is the largest of all logits, not of each row": lambda y: np.exp(y - y.max()) / np.exp(
            y - y.max()).sum(axis=1, keepdims=True),
        "the sum goes over the samples, not over the classes": lambda y: e(y) / e(y).sum(axis=0),
        "largest and sum go over the samples, not over the classes": lambda y: softmax(y.T).T,
        "the sum goes over all numbers, not over each row": lambda y: e(y) / e(y).sum()}),
    Task("cross_entropy", points=2, case=labelled, answer=cross_entropy, mistakes={
        "it is the mean over the samples, not one loss for each": lambda y, t: cross_entropy(y, t).mean(),
        "it is the sum over the samples, not one loss for each": lambda y, t: cross_entropy(y, t).sum(),
        "a probability of 0 has no logarithm: use log softmax directly": lambda y, t: -np.log(
            softmax(y))[np.arange(len(y)), t],
        "e^y overflows: subtract the largest logit of each row first": lambda y, t: -np.log(
            naive(y))[np.arange(len(y)), t],
        "a small number is added to the probability: use log softmax directly": lambda y, t: -np.log(
            softmax(y)[np.arange(len(y)), t] + 1e-12)}),
    Task("cross_entropy_gradient", points=2, case=labelled, answer=cross_entropy_gradient, mistakes={
        "the target is not subtracted": lambda y, t: softmax(y),
        "e^y overflows: subtract the largest logit of each row first": lambda y, t: naive(y) - np.eye(y.shape[1])[t],
        "[:, t] takes whole columns: the 1 is one number's in each row, [np.arange(N), t]": one_taken_from_columns}),
    Task("momentum_step", points=2, case=step, answer=momentum_step, mistakes={
        "the two are returned in the other order: it is w, then v": lambda **given: momentum_step(**given)[::-1],
        "the weights move with the old velocity": lambda w, g, v, rate, momentum, weight_decay: (
            w - rate * v, momentum * v + g + weight_decay * w),
        "the gradient is weighed with 1 − momentum": lambda w, g, v, rate, momentum, weight_decay: (
            w - rate * (u := momentum * v + (1 - momentum) * (g + weight_decay * w)), u),
        "the weight decay is missing": lambda w, g, v, rate, momentum, weight_decay: momentum_step(
            w, g, v, rate, momentum, 0.0),
        "the momentum is missing": lambda w, g, v, rate, momentum, weight_decay: (
            w - rate * (g + weight_decay * w), g + weight_decay * w),
        "the step goes uphill": lambda w, g, v, rate, momentum, weight_decay: (
            w + rate * (u := momentum * v + g + weight_decay * w), u)}),
    Task("train", points=3, case=training, answer=train, trials=10, mistakes={
        "the loss is summed over the samples: it should be their mean": lambda x, t, W, b, rate, steps: train(
            x, t, W, b, rate * len(x), steps),
        "the steps go uphill": lambda x, t, W, b, rate, steps: train(x, t, W, b, -rate, steps),
        "it is one step too many": lambda x, t, W, b, rate, steps: train(x, t, W, b, rate, steps + 1),
        "it is one step too few": lambda x, t, W, b, rate, steps: train(x, t, W, b, rate, steps - 1),
        "only one step is taken": lambda x, t, W, b, rate, steps: train(x, t, W, b, rate, 1),
        "the bias does not learn": lambda x, t, W, b, rate, steps: (train_without_bias(x, t, W, b, rate, steps), b),
        "each step uses one sample, not all of them": train_one_after_the_other}),
]
