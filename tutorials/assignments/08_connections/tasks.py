"""SNIP is a slope, measured; SynFlow what R loses with each weight; the decisions are made weight by weight."""

import math

import numpy as np

from minprune import finite_difference
from minprune.grading.assignments import Task


def layer(rng):
    N, F, K = map(int, rng.permutation([2, 3, 4])) if rng.random() < 0.7 else (1, 1, 2)
    return {"x": rng.normal(size=(N, F)), "dz": rng.normal(size=(N, K)), "W": rng.normal(size=(K, F))}


def network(rng):
    """Two to four layers, no two neighbours of one width, some weights 0 already."""
    widths = rng.permutation([1, 2, 3, 4, 5])[:rng.integers(3, 6)]
    return {"weights": tuple(rng.normal(size=(K, F)) * (rng.random((K, F)) < 0.9)
                             for F, K in zip(widths, widths[1:]))}


def grid(rng, K, F):
    """Scores of either sign with many ties."""
    return rng.integers(-3, 5, size=(K, F)) / 2


def rows(rng):
    K, F = int(rng.integers(1, 4)), int(rng.choice([1, 3, 4, 5, 8, 20], p=[.1, .2, .2, .2, .2, .1]))
    return {"scores": grid(rng, K, F), "remove": float(rng.choice([0, 0.25, 0.375, 0.5, 0.625, 0.75]))}


def groups(rng):
    m = int(rng.integers(2, 6))
    return {"scores": grid(rng, int(rng.integers(1, 4)), m * int(rng.integers(1, 4))),
            "n": int(rng.integers(1, m)), "m": m}


def step(rng):
    """The weights that are gone are not yet 0, and neither are their velocities."""
    K, F = map(int, rng.permutation([1, 2, 3, 4])[:2])
    W, v, g = rng.normal(size=(3, K, F))
    mask = rng.random((K, F)) < 0.6
    mask.flat[rng.integers(mask.size)] = False
    return {"W": W, "v": v, "g": g, "mask": mask, "rate": float(rng.choice([0.1, 0.5])),
            "momentum": float(rng.choice([0.5, 0.9]))}


def masks(rng):
    K, F, M = map(int, rng.permutation([1, 2, 3, 4])[:3])
    return {"mask": rng.random((K, F)) < 0.5, "mask_next": rng.random((M, K)) < 0.5}


def snip(x, dz, W):
    """The slope in each switch, measured, of the mean of Σ_i dz_ni z_ni: a loss whose gradient in z is dz."""
    return np.abs(finite_difference(lambda c: (dz * (x @ (c * W).T)).sum(axis=1).mean(), np.ones(W.shape)))


def synflow(weights):
    """R minus R without the weight: each path through the network carries a weight once at most."""
    sizes = sizes_of(weights)
    return [np.array([flow(sizes) - flow([*sizes[:at], without(size, place), *sizes[at + 1:]])
                      for place in np.ndindex(size.shape)]).reshape(size.shape) for at, size in enumerate(sizes)]


def without(W, place):
    W = W.copy()
    W[place] = 0
    return W


def flow(sizes):
    o = np.ones(sizes[0].shape[1])
    for size in sizes:
        o = size @ o
    return o.sum()


def lowest_go(row, count):
    """Booleans: all but the `count` lowest of a row stay; of equal ones the lower index goes first."""
    going = sorted(range(len(row)), key=lambda j: (row[j], j))[:count]
    return [j not in going for j in range(len(row))]


def keep_by_row(scores, remove):
    return np.array([lowest_go(row, int(remove * len(row))) for row in scores])


def n_of_m(scores, n, m):
    return np.array([lowest_go(part, m - n) for part in scores.reshape(-1, m)]).reshape(scores.shape)


def masked_step(W, v, g, mask, rate, momentum):
    new_W, new_v = np.zeros(W.shape), np.zeros(W.shape)
    for place in zip(*np.nonzero(mask)):
        new_v[place] = momentum * v[place] + g[place]
        new_W[place] = W[place] - rate * new_v[place]
    return new_W, new_v


def neurons_left(mask, mask_next):
    return np.array([any(row) and any(column) for row, column in zip(mask, mask_next.T)])


def turned(scores):
    """With the order of each row turned round: ties go the other way."""
    return scores[:, ::-1]


def slopes_of(weights):
    """∂R/∂|w| without the factor |w|: what the flow through a weight of size 1 would be."""
    sizes = sizes_of(weights)
    return [np.array([flow([*sizes[:at], one_of(size.shape, place), *sizes[at + 1:]])
                      for place in np.ndindex(size.shape)]).reshape(size.shape) for at, size in enumerate(sizes)]


def sizes_of(weights):
    return [np.abs(W) for W in weights]


def one_of(shape, place):
    W = np.zeros(shape)
    W[place] = 1
    return W


def signed_flow(weights):
    return [np.array([flow(list(weights)) - flow([*weights[:at], without(W, place), *weights[at + 1:]])
                      for place in np.ndindex(W.shape)]).reshape(W.shape) for at, W in enumerate(weights)]


TASKS = [
    Task("snip", points=3, case=layer, answer=snip, trials=12, mistakes={
        "it is the sum over the samples, not the mean": lambda x, dz, W: len(x) * snip(x, dz, W),
        "the absolute value is taken sample by sample: the slope is that of the mean loss": lambda x, dz, W: (
            np.abs(W) * (np.abs(dz).T @ np.abs(x)) / len(x)),
        "the weight is missing: that is the slope in w, not in its switch": lambda x, dz, W: (
            np.abs(dz.T @ x) / len(x)),
        "it is squared, not the absolute value": lambda x, dz, W: snip(x, dz, W) ** 2,
        "the absolute value is missing": lambda x, dz, W: W * (dz.T @ x) / len(x)}),
    Task("synflow", points=4, case=network, answer=synflow, trials=10, mistakes={
        "the weights keep their signs: they must be |w|": lambda weights: signed_flow(weights),
        "only the result is made positive: the flow is that of |w|": lambda weights: sizes_of(signed_flow(weights)),
        "the weight is missing: that is ∂R/∂|w|": lambda weights: slopes_of(weights),
        "that is the size of the weight, not what flows through it": lambda weights: sizes_of(weights)}),
    Task("keep_by_row", points=2, case=rows, answer=keep_by_row, trials=40, mistakes={
        "True means stays": lambda scores, remove: ~keep_by_row(scores, remove),
        "the highest go; high must mean keep": lambda scores, remove: keep_by_row(-scores, remove),
        "the absolute value is taken first: the lowest scores go, also negative ones": lambda scores, remove:
            keep_by_row(np.abs(scores), remove),
        "of equal scores the lower index goes first": lambda scores, remove: turned(
            keep_by_row(turned(scores), remove)),
        "all weights of the array are ranked together, not each row by itself": lambda scores, remove: np.array(
            lowest_go(scores.ravel(), int(remove * scores.size))).reshape(scores.shape),
        "a threshold cannot tell equal scores apart": lambda scores, remove: (
            scores >= np.sort(scores, axis=1)[:, [int(remove * scores.shape[1])]]),
        "a fraction of F weights is rounded up: it should be rounded down": lambda scores, remove: np.array(
            [lowest_go(row, math.ceil(remove * len(row))) for row in scores]),
        "the columns lose their lowest, not the rows": lambda scores, remove: keep_by_row(scores.T, remove).T}),
    Task("n_of_m", points=3, case=groups, answer=n_of_m, trials=40, mistakes={
        "n go and m − n stay: it is the other way round": lambda scores, n, m: n_of_m(scores, m - n, m),
        "True means stays": lambda scores, n, m: ~n_of_m(scores, n, m),
        "the lowest stay": lambda scores, n, m: n_of_m(-scores, n, m),
        "of equal scores the lower index goes first": lambda scores, n, m: turned(n_of_m(turned(scores), n, m)),
        "the groups are every so many columns, not columns side by side": lambda scores, n, m: n_of_m(
            scores.reshape(len(scores), m, -1).transpose(0, 2, 1), n, m).transpose(0, 2, 1).reshape(scores.shape),
        "the whole row is ranked, not each group by itself": lambda scores, n, m: np.array(
            [lowest_go(row, len(row) // m * (m - n)) for row in scores])}),
    Task("masked_step", points=2, case=step, answer=masked_step, trials=12, mistakes={
        "the mask is on the gradient alone: the removed weights are still what they were":
            lambda W, v, g, mask, rate, momentum: (
                W - rate * (momentum * v + g * mask), momentum * v + g * mask),
        "the removed weights still have a velocity": lambda W, v, g, mask, rate, momentum: (
            (W - rate * (momentum * v + g)) * mask, momentum * v + g),
        "the removed weights are as they were: they must be 0": lambda W, v, g, mask, rate, momentum: (
            W - rate * (momentum * v + g) * mask, (momentum * v + g) * mask),
        "the step takes the velocity from before": lambda W, v, g, mask, rate, momentum: (
            (W - rate * v) * mask, (momentum * v + g) * mask),
        "momentum is left out": lambda W, v, g, mask, rate, momentum: masked_step(W, 0 * v, g, mask, rate, momentum)}),
    Task("neurons_left", points=2, case=masks, answer=neurons_left, trials=40, mistakes={
        "one of the two is enough to stay: both are needed": lambda mask, mask_next: (
            mask.any(axis=1) | mask_next.any(axis=0)),
        "one weight is enough: not all of them have to be left": lambda mask, mask_next: (
            mask.all(axis=1) & mask_next.all(axis=0)),
        "a neuron that nobody reads is left": lambda mask, mask_next: mask.any(axis=1),
        "a neuron that reads nothing is left": lambda mask, mask_next: mask_next.any(axis=0)}),
]
