"""Slopes and curvatures are central differences of the cross entropy; the claim is tried label by label."""

import functools
import itertools

import numpy as np

from minprune import finite_difference
from minprune.grading.assignments import Task
from minprune.scores.first_order import fisher

# Probabilities that are multiples of 1/16, so that nothing is rounded.
SIXTEENTHS = ((8, 8), (4, 12), (14, 2), (8, 4, 4), (4, 10, 2), (2, 6, 8), (3, 5, 8), (4, 4, 4, 4), (8, 4, 2, 2),
              (6, 2, 6, 2), (1, 7, 3, 5))


def outputs(rng):
    N, P, K = map(int, rng.permutation([1, 2, 3, 4])[:3])
    return {"o": rng.normal(size=(N, P, K)), "do": rng.normal(size=(N, P, K))}


def whole_numbers(rng):
    """Neurons of all kinds, in any order: right for all labels, for some, for none."""
    sixteenths = tuple(map(int, rng.permutation(SIXTEENTHS[rng.integers(len(SIXTEENTHS))])))
    kinds = [kind for kind in columns(sixteenths) if kind]
    chosen = [kinds[rng.integers(len(kinds))] for _ in range(rng.integers(1, 4))]
    return {"W_next": np.array([kind[rng.integers(len(kind))] for kind in chosen], dtype=float).T,
            "p": np.array(sixteenths) / 16}


@functools.cache
def columns(sixteenths):
    """The weights −2 … 2 of neurons for which the claim is right: for all labels, for some and the first, for some
    others, for none."""
    w, p = np.array(list(itertools.product(range(-2, 3), repeat=len(sixteenths)))), np.array(sixteenths)
    right = (16 * w - (w @ p)[:, np.newaxis]) ** 2 == (16 * (w ** 2 @ p) - (w @ p) ** 2)[:, np.newaxis]
    every, first, some = right.all(axis=1), right[:, 0], right.any(axis=1)
    return [list(map(tuple, w[chosen])) for chosen in (every, first & ~every, some & ~first, ~some)]


def probabilities(rng, M):
    p = np.exp(1.5 * rng.normal(size=M))
    return p / p.sum()


def readers(rng):
    """Weights and probabilities where one label is clearly the most wrong; in one case of three, not the steepest."""
    too_small = rng.random() < 1 / 3
    M, K = int(rng.integers(3 if too_small else 2, 6)), int(rng.integers(1, 4))
    while True:
        case = {"W_next": rng.normal(size=(M, K)), "p": probabilities(rng, M)}
        apart, steepest = np.abs(differences(**case)), np.abs(slopes(**case)).argmax(axis=0)
        worst = np.sort(apart, axis=0)
        if ((worst[-1] > np.maximum(1.01 * worst[-2], 0.01)).all()
                and (not too_small or (apart.argmax(axis=0) != steepest).any())):
            return case


def two_beliefs(rng):
    M, K = int(rng.integers(2, 5)), int(rng.integers(1, 4))
    return {"W_next": rng.normal(size=(M, K)), "p": probabilities(rng, M), "q": probabilities(rng, M)}


def samples(rng):
    N, M, K = map(int, rng.permutation([1, 2, 3, 4])[:3])
    M = max(M, 2)
    return {"W_next": rng.normal(size=(M, K)), "p": np.array([probabilities(rng, M) for _ in range(N)])}


def saliency(o, do):
    """Half the squared slope in a dimmer on the neuron, whose outputs are α o at α = 1."""
    slope = finite_difference(lambda dimmers: (dimmers[:, np.newaxis] * o * do).sum(), np.ones((len(o), o.shape[2])))
    return 0.5 * slope ** 2


def softmax(y):
    return np.exp(y - np.logaddexp.reduce(y, axis=0))


def slopes(W_next, p, moves=0):
    """∂ℓ/∂o_i for each label, (M, K), where each neuron's own output has moved by its entry of `moves`."""
    moved = softmax(np.log(p)[:, np.newaxis] + moves * W_next)
    return (moved * W_next).sum(axis=0) - W_next


def curvature(W_next, p):
    """∂²ℓ/∂o_i², measured: the slope of the slope, which is that of the first label as of all others."""
    return finite_difference(lambda moves: slopes(W_next, p, moves)[0].sum(), np.zeros(W_next.shape[1]))


def differences(W_next, p):
    """The left minus the right side of the claim for each label, (M, K)."""
    return slopes(W_next, p) ** 2 - curvature(W_next, p)


def claim(W_next, p):
    return (np.abs(differences(W_next, p)) < 1e-5).all(axis=0)


def counterexample(W_next, p):
    return np.abs(differences(W_next, p)).argmax(axis=0)


def error(W_next, p, q):
    return sum(share * difference for share, difference in zip(q, differences(W_next, p)))


def repaired(W_next, p):
    return np.array([curvature(W_next, row) for row in p])


def right_for(W_next, p):
    return np.abs(differences(W_next, p)) < 1e-5


TASKS = [
    Task("saliency", points=2, case=outputs, answer=saliency, trials=12,
         claim={"equals": fisher, "where": {"layers": "conv"}, "trials": 10}, mistakes={
        "the ½ is missing": lambda o, do: (o * do).sum(axis=1) ** 2,
        "the square is taken before the sum over positions": lambda o, do: 0.5 * ((o * do) ** 2).sum(axis=1),
        "it is the mean over positions, not the sum": lambda o, do: 0.5 * (o * do).mean(axis=1) ** 2,
        "the output o is missing: that is a slope, not a change": lambda o, do: 0.5 * do.sum(axis=1) ** 2,
        "it is the absolute value, not the square": lambda o, do: 0.5 * np.abs((o * do).sum(axis=1))}),
    Task("claim", points=3, case=whole_numbers, answer=claim, trials=40, mistakes={
        "True means that the claim holds": lambda W_next, p: ~claim(W_next, p),
        "one label is enough for you: it must hold for all": lambda W_next, p: right_for(W_next, p).any(axis=0),
        "only the first label is looked at": lambda W_next, p: right_for(W_next, p)[0],
        "it holds on average over labels drawn from p, not whatever the label is": lambda W_next, p: (
            np.ones(W_next.shape[1], dtype=bool)),
        "weights that are all equal are not the only ones": lambda W_next, p: (W_next == W_next[0]).all(axis=0),
        "two values are not enough: each needs half of the probability": lambda W_next, p: np.array(
            [len(set(column)) <= 2 for column in W_next.T])}),
    Task("counterexample", points=2, case=readers, answer=counterexample, trials=30, mistakes={
        "that is the label of the largest slope: the squared slope can also be too small": lambda W_next, p: (
            np.abs(slopes(W_next, p)).argmax(axis=0)),
        "that is the label at which the claim is nearly right": lambda W_next, p: (
            np.abs(differences(W_next, p)).argmin(axis=0)),
        "that is the label that the network believes least": lambda W_next, p: np.full(W_next.shape[1], p.argmin())}),
    Task("error", points=3, case=two_beliefs, answer=error, trials=12, mistakes={
        "the labels come with q, not with p: with p the error is always 0": lambda W_next, p, q: (
            0 * error(W_next, p, q)),
        "all labels are counted alike, not with q": lambda W_next, p, q: differences(W_next, p).mean(axis=0),
        "the network believes p, not q: the slopes and the curvature are those of p": lambda W_next, p, q: (
            error(W_next, q, p)),
        "it is the right side minus the left": lambda W_next, p, q: -error(W_next, p, q),
        "the mean slope is squared: it is the mean of the squares": lambda W_next, p, q: (
            (q @ slopes(W_next, p)) ** 2 - curvature(W_next, p)),
        "that is the squared slope alone; the curvature is to be taken away": lambda W_next, p, q: (
            q @ slopes(W_next, p) ** 2)}),
    Task("repaired", points=4, case=samples, answer=repaired, trials=12,
         claim={"equals": "d2L/do2", "where": {"layer": "last hidden", "loss": "cross_entropy"}, "trials": 10},
         mistakes={
        "the outputs are taken one by one, Σ w² p (1 − p): softmax couples them": lambda W_next, p: (
            (p * (1 - p)) @ W_next ** 2),
        "the squared mean is not taken away": lambda W_next, p: p @ W_next ** 2,
        "all labels are counted alike, not with the network's own p": lambda W_next, p: (
            (((p @ W_next)[:, np.newaxis] - W_next) ** 2).mean(axis=1)),
        "the square is taken after the mean": lambda W_next, p: (p @ W_next) ** 2,
        "the weights are not weighed by p": lambda W_next, p: np.tile(W_next.var(axis=0), (len(p), 1))}),
]
