"""Second derivatives are measured by differences, the rest by doing it."""

import numpy as np

from minprune import finite_difference
from minprune.grading.assignments import Task


def logits(rng):
    return {"y": 2 * rng.normal(size=rng.integers([1, 2], 5))}


def layer(rng):
    N, F, K = map(int, rng.permutation(np.arange(1, 6))[:3])
    return {"x": rng.normal(size=(N, F)), "h": rng.normal(size=(N, K))}


def weights(rng):
    w, g, h = rng.normal(size=(3, *rng.integers(1, 5, size=2)))
    return {"w": w, "g": g, "h": h}


def minimum(rng):
    F = int(rng.integers(2, 5))
    root = rng.normal(size=(F, F + 2))
    return {"w": rng.normal(size=F), "H": root @ root.T / F, "i": int(rng.integers(F))}


def approximation(rng):
    """Errors of order 0, 1 or 2, with terms of the next order, of either sign."""
    power = int(rng.integers(1, 4))
    scales = 0.5 ** np.arange(rng.integers(3, 8)) * rng.uniform(0.1, 0.5)
    return {"scales": scales, "errors": rng.normal() * scales ** power * (1 + 0.1 * scales * rng.normal())}


def softmax(y):
    return np.exp(y - np.logaddexp.reduce(y, axis=1, keepdims=True))


def output_curvature(y):
    """The derivative of ∂ℓ_n/∂y_nk = p_nk − t_nk in y_nk, measured: the target falls out."""
    return np.stack([finite_difference(lambda d: softmax(y + d * one)[:, k], np.zeros(1))[0]
                     for k, one in enumerate(np.eye(y.shape[1]))], axis=1)


def weight_curvature(x, h):
    """L = mean_n Σ_i ½ h_ni z_ni² has the curvature h_ni in z_ni; its second differences in W are exact."""
    def loss(W):
        return (0.5 * h * (x @ W.T) ** 2).sum(axis=1).mean()

    W = np.zeros((h.shape[1], x.shape[1]))
    ones = np.eye(W.size).reshape(-1, *W.shape)
    return np.array([loss(one) - 2 * loss(W) + loss(-one) for one in ones]).reshape(W.shape)


def change_to_second_order(w, g, h):
    """Of the parabola with this slope and curvature at w: its value at 0 minus that at w."""
    def loss(v):
        return g * (v - w) + 0.5 * h * (v - w) ** 2

    return loss(0 * w) - loss(w)


def surgeon(w, H, i):
    """The minimum of ½ δᵀ H δ with w_i + δ_i = 0, over the other entries of δ."""
    others = np.arange(len(w)) != i
    delta = np.zeros(len(w))
    delta[i] = -w[i]
    delta[others] = np.linalg.solve(H[np.ix_(others, others)], -H[others, i] * delta[i])
    return 0.5 * delta @ H @ delta, w + delta


def order(scales, errors):
    return np.polyfit(np.log(scales), np.log(np.abs(errors)), 1)[0] - 1


def nothing_made_up(w, H, i):
    return 0.5 * H[i, i] * w[i] ** 2, w * (np.arange(len(w)) != i)


TASKS = [
    Task("output_curvature", points=2, case=logits, answer=output_curvature, mistakes={
        "that is the probability itself: the second derivative is p (1 − p)": lambda y: softmax(y),
        "that is the curvature of binary cross entropy, with σ in place of softmax":
            lambda y: (p := 1 / (1 + np.exp(-y))) * (1 - p)}),
    Task("weight_curvature", points=3, case=layer, answer=weight_curvature, mistakes={
        "it is the sum over the samples, not the mean": lambda x, h: h.T @ x ** 2,
        "x is not squared": lambda x, h: h.T @ x / len(x),
        "the mean is taken before the product: means of h and x² do not know of each other":
            lambda x, h: np.outer(h.mean(axis=0), (x ** 2).mean(axis=0))}),
    Task("change_to_second_order", points=2, case=weights, answer=change_to_second_order, mistakes={
        "the first-order term is left out; that is OBD, right only at a minimum": lambda w, g, h: 0.5 * h * w ** 2,
        "the first-order term has the wrong sign: w moves by −w": lambda w, g, h: g * w + 0.5 * h * w ** 2,
        "the ½ is missing": lambda w, g, h: -g * w + h * w ** 2}),
    Task("surgeon", points=4, case=minimum, answer=surgeon, mistakes={
        "nothing is made up for: that is optimal brain damage": nothing_made_up,
        "[H⁻¹]_ii is not 1 / H_ii": lambda w, H, i: (
            0.5 * H[i, i] * w[i] ** 2, w - w[i] * np.linalg.inv(H)[:, i] * H[i, i]),
        "the ½ is missing": lambda w, H, i: (2 * surgeon(w, H, i)[0], surgeon(w, H, i)[1]),
        "the other weights move the wrong way": lambda w, H, i: (
            surgeon(w, H, i)[0], np.where(np.arange(len(w)) == i, 0, 2 * w - surgeon(w, H, i)[1]))}),
    Task("order", points=2, case=approximation, answer=order, mistakes={
        "one too many: an error that falls like scale² is of order 1": lambda scales, errors: order(scales, errors) + 1,
        "the axes are swapped": lambda scales, errors: np.polyfit(
            np.log(np.abs(errors)), np.log(scales), 1)[0] - 1,
        "the slope is not that of logarithms": lambda scales, errors: np.polyfit(scales, np.abs(errors), 1)[0] - 1}),
]
