"""Gradients are central differences; batch norm itself goes neuron by neuron, value by value; the fold is measured."""

import numpy as np

from minprune import finite_difference
from minprune.grading.assignments import Task


def values(rng):
    """What some neurons add up, of a dense layer or a convolution, no axis as long as another; never all the same."""
    N, H, W, K = map(int, rng.permutation([1, 2, 3, 4]))
    shape = (N, H, W, K) if rng.random() < 0.5 else (N + 2, K if K != N + 2 else 1)
    return rng.normal(size=shape) * rng.uniform(0.5, 2, shape[-1]) + rng.normal(size=shape[-1])


def small_number(rng):
    """ε: small, or so large that a wrong place shows."""
    return float(rng.choice([1e-5, 0.1, 0.5]))


def normalised(rng):
    a = values(rng)
    gamma, beta = rng.normal(size=(2, a.shape[-1])) + [[1], [0]]
    return {"a": a, "gamma": gamma, "beta": beta, "eps": small_number(rng)}


def gathered(rng):
    a = values(rng)
    return {"a": a, "mean": rng.normal(size=a.shape[-1]), "var": rng.uniform(0.5, 2, a.shape[-1]),
            "momentum": float(rng.choice([0.1, 0.3, 0.8]))}


def slopes(rng):
    a = values(rng)
    return {"dz": rng.normal(size=a.shape), "a_hat": hat(a, 1e-5)}


def backward(rng):
    a = values(rng)
    return {"dz": rng.normal(size=a.shape), "a": a, "gamma": rng.normal(size=a.shape[-1]) + 1,
            "eps": small_number(rng)}


def layer(rng):
    K, F = map(int, rng.permutation([1, 2, 3, 4])[:2])
    b, gamma, beta, mean = rng.normal(size=(4, K))
    return {"W": rng.normal(size=(K, F)), "b": b, "gamma": gamma, "beta": beta, "mean": mean,
            "var": rng.uniform(0.2, 2, K), "eps": small_number(rng)}


def rows_of(a):
    """The values of each neuron, (K, values)."""
    return np.moveaxis(a, -1, 0).reshape(a.shape[-1], -1)


def others(a):
    return tuple(range(a.ndim - 1))


def hat(a, eps):
    return (a - a.mean(axis=others(a))) / np.sqrt(a.var(axis=others(a)) + eps)


def batch_norm(a, gamma, beta, eps):
    z = np.empty(a.shape)
    for i, row in enumerate(rows_of(a)):
        m = sum(row) / len(row)
        v = sum((row - m) ** 2) / len(row)
        z[..., i] = gamma[i] * (a[..., i] - m) / (v + eps) ** 0.5 + beta[i]
    return z


def running_statistics(a, mean, var, momentum):
    """A step of length `momentum` from what was to what the batch says."""
    new_mean, new_var = mean.copy(), var.copy()
    for i, row in enumerate(rows_of(a)):
        m = sum(row) / len(row)
        new_mean[i] += momentum * (m - mean[i])
        new_var[i] += momentum * (sum((row - m) ** 2) / len(row) - var[i])
    return new_mean, new_var


def scale_gradients(dz, a_hat):
    """Measured, at any γ and β: L is linear in both."""
    def loss(parameters):
        return (dz * (parameters[0] * a_hat + parameters[1])).sum()

    return tuple(finite_difference(loss, np.ones((2, dz.shape[-1]))))


def input_gradient(dz, a, gamma, eps):
    """Measured, value by value; all neurons have their value moved at once, since they do not mix."""
    def losses(row):
        return (dz * gamma * hat(row.reshape(a.shape[:-1] + (-1,)), eps)).sum(axis=others(a))

    return finite_difference_of_neurons(losses, a.reshape(-1, a.shape[-1])).reshape(a.shape)


def finite_difference_of_neurons(losses, rows, h=1e-4):
    """d losses_i / d rows_ni by two central differences, whose errors of h² cancel."""
    slopes = np.empty(rows.shape)
    for n in range(len(rows)):
        one = (np.arange(len(rows)) == n)[:, np.newaxis]
        wide, narrow = [(losses(rows + step * one) - losses(rows - step * one)) / (2 * step) for step in (h, h / 2)]
        slopes[n] = (4 * narrow - wide) / 3
    return slopes


def fold(W, b, gamma, beta, mean, var, eps):
    """What layer and batch norm put out for no input, and for each input alone, says what W and b must be."""
    def outputs(x):
        return gamma * (W @ x + b - mean) / np.sqrt(var + eps) + beta

    nothing = outputs(np.zeros(W.shape[1]))
    return np.stack([outputs(one) - nothing for one in np.eye(W.shape[1])], axis=1), nothing


TASKS = [
    Task("batch_norm", points=2, case=normalised, answer=batch_norm, mistakes={
        "the variance is divided by the number of values less one": lambda a, gamma, beta, eps: (
            gamma * (a - a.mean(axis=others(a))) / np.sqrt(a.var(axis=others(a), ddof=1) + eps) + beta),
        "ε belongs under the root": lambda a, gamma, beta, eps: (
            gamma * (a - a.mean(axis=others(a))) / (a.std(axis=others(a)) + eps) + beta),
        "ε is left out": lambda a, gamma, beta, eps: gamma * hat(a, 0) + beta,
        "the root is missing: it is divided by the variance": lambda a, gamma, beta, eps: (
            gamma * (a - a.mean(axis=others(a))) / (a.var(axis=others(a)) + eps) + beta),
        "the mean is taken over the samples alone, not over the positions too": lambda a, gamma, beta, eps: (
            gamma * (a - a.mean(axis=0)) / np.sqrt(a.var(axis=0) + eps) + beta),
        "each sample is normalised by itself: that is layer norm": lambda a, gamma, beta, eps: (
            gamma * (a - a.mean(axis=tuple(range(1, a.ndim)), keepdims=True)) / np.sqrt(
                a.var(axis=tuple(range(1, a.ndim)), keepdims=True) + eps) + beta),
        "β is scaled by γ as well": lambda a, gamma, beta, eps: gamma * (hat(a, eps) + beta)}),
    Task("running_statistics", points=2, case=gathered, answer=running_statistics, mistakes={
        "momentum is the share of the new batch, not of what was": lambda a, mean, var, momentum: running_statistics(
            a, mean, var, 1 - momentum),
        "the variance is divided by the number of values less one": lambda a, mean, var, momentum: (
            running_statistics(a, mean, var, momentum)[0],
            (1 - momentum) * var + momentum * a.var(axis=others(a), ddof=1)),
        "that is the standard deviation, not the variance": lambda a, mean, var, momentum: (
            running_statistics(a, mean, var, momentum)[0], (1 - momentum) * var + momentum * a.std(axis=others(a))),
        "the squares are taken around the running mean, not around the batch's own": lambda a, mean, var, momentum: (
            running_statistics(a, mean, var, momentum)[0],
            (1 - momentum) * var + momentum * ((a - mean) ** 2).mean(axis=others(a))),
        "what was there before is not scaled down": lambda a, mean, var, momentum: (
            mean + momentum * a.mean(axis=others(a)), var + momentum * a.var(axis=others(a)))}),
    Task("scale_gradients", points=2, case=slopes, answer=scale_gradients, mistakes={
        "it is the mean, not the sum": lambda dz, a_hat: (
            (dz * a_hat).mean(axis=others(dz)), dz.mean(axis=others(dz))),
        "∂L/∂γ is without â": lambda dz, a_hat: (dz.sum(axis=others(dz)), dz.sum(axis=others(dz))),
        "∂L/∂β comes first: the order is γ, β": lambda dz, a_hat: scale_gradients(dz, a_hat)[::-1],
        "the sums are multiplied, not the values": lambda dz, a_hat: (
            dz.sum(axis=others(dz)) * a_hat.sum(axis=others(dz)), dz.sum(axis=others(dz)))}),
    Task("input_gradient", points=4, case=backward, answer=input_gradient, mistakes={
        "mean and variance are taken for fixed numbers": lambda dz, a, gamma, eps: (
            gamma / np.sqrt(a.var(axis=others(a)) + eps) * dz),
        "the way through the variance is missing": lambda dz, a, gamma, eps: (
            gamma / np.sqrt(a.var(axis=others(a)) + eps) * (dz - dz.mean(axis=others(a)))),
        "the way through the mean is missing": lambda dz, a, gamma, eps: (
            gamma / np.sqrt(a.var(axis=others(a)) + eps) * (
                dz - hat(a, eps) * (dz * hat(a, eps)).mean(axis=others(a)))),
        "γ is missing": lambda dz, a, gamma, eps: input_gradient(dz, a, np.ones_like(gamma), eps),
        "the two ways through mean and variance are added, not taken away": lambda dz, a, gamma, eps: (
            2 * gamma / np.sqrt(a.var(axis=others(a)) + eps) * dz - input_gradient(dz, a, gamma, eps))}),
    Task("fold", points=3, case=layer, answer=fold, trials=10, mistakes={
        "the running mean is not taken away from b": lambda W, b, gamma, beta, mean, var, eps: fold(
            W, b, gamma, beta, 0 * mean, var, eps),
        "b is not scaled": lambda W, b, gamma, beta, mean, var, eps: (
            fold(W, b, gamma, beta, mean, var, eps)[0],
            b - gamma * mean / np.sqrt(var + eps) + beta),
        "β is scaled as well": lambda W, b, gamma, beta, mean, var, eps: (
            fold(W, b, gamma, beta, mean, var, eps)[0], gamma * (b - mean + beta) / np.sqrt(var + eps)),
        "γ is missing": lambda W, b, gamma, beta, mean, var, eps: fold(
            W, b, np.ones_like(gamma), beta, mean, var, eps),
        "the root is missing": lambda W, b, gamma, beta, mean, var, eps: fold(
            W, b, gamma, beta, mean, (var + eps) ** 2, 0),
        "ε is left out": lambda W, b, gamma, beta, mean, var, eps: fold(W, b, gamma, beta, mean, var, 0),
        "ε belongs under the root": lambda W, b, gamma, beta, mean, var, eps: fold(
            W, b, gamma, beta, mean, (np.sqrt(var) + eps) ** 2, 0)}),
]
