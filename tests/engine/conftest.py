"""What several tests of the engine need: a seeded generator, and networks that are not fresh."""

import numpy as np
import pytest

import minprune as mp


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def unsettle():
    """A function that moves every array of a network off its start: zeros and ones would hide mistakes."""
    def move(net, seed=0):
        rng = np.random.default_rng(seed)
        for array in net.arrays().values():
            array += rng.uniform(-0.3, 0.6, array.shape)
        return net
    return move


@pytest.fixture
def everything(unsettle):
    """A function that builds a small network with a bit of everything and no two sizes alike."""
    def build(dtype="float64", dropout=0.3):
        return unsettle(mp.Network((6, 7, 2), [
            mp.Conv2D(3, (2, 3), "relu", padding="same", batch_norm=True), mp.MaxPool2D(2),
            mp.Conv2D(4, 2, "tanh", padding=1), mp.AvgPool2D((2, 3), 1), mp.Dropout(dropout), mp.Flatten(),
            mp.Dense(5, "softplus", batch_norm=True), mp.Dense(3)], dtype=dtype))
    return build


# ------------------------------------------------------------ networks of all kinds of layers, branched at random

ACTIVATIONS = ("tanh", "sigmoid", "softplus", "identity")           # no kinks: central differences hold


def chance(rng, p):
    return rng.random() < p


def some_conv(rng, K=None, groups=1):
    K = int(rng.integers(1, 4)) * groups if K is None else K
    return mp.Conv2D(K, int(rng.integers(1, 4)), str(rng.choice(ACTIVATIONS)), padding="same", groups=groups,
                     batch_norm=chance(rng, 0.2), bias=chance(rng, 0.8))


def some_own(rng):
    """Batch norms and activations as layers of their own, or none."""
    return [[], [], [mp.BatchNorm(0.1)], [mp.BatchNorm(0.2), mp.ActivationLayer("tanh")],
            [mp.ActivationLayer("sigmoid")], [mp.ActivationLayer("tanh")],
            [mp.BatchNorm(), mp.ActivationLayer("softplus"), mp.ActivationLayer("tanh")]][rng.integers(7)]


def some_part(rng, C, depth):
    """(layers that read C channels and keep height and width, how many channels they make)."""
    kind, groups = rng.random(), [count for count in range(2, C) if C % count == 0]
    if kind < 0.2 and C > 1:
        conv = some_conv(rng, C * int(rng.integers(1, 3)), C)                       # depthwise
    elif kind < 0.35 and groups:
        conv = some_conv(rng, groups=int(rng.choice(groups)))
    elif kind < 0.5 or not depth:
        conv = some_conv(rng)
    elif kind < 0.75:
        body, _ = some_parts(rng, C, depth - 1)
        last = some_conv(rng, C if chance(rng, 0.6) else None)
        return [mp.Residual([*body, last]), *some_own(rng)], last.K
    else:
        branches = [some_parts(rng, C, depth - 1) if chance(rng, 0.7) else ([], C) for _ in range(2)]
        return [mp.Concat([branch for branch, _ in branches]), *some_own(rng)], sum(K for _, K in branches)
    return [conv, *some_own(rng)], conv.K


def some_parts(rng, C, depth):
    layers = []
    for _ in range(rng.integers(1, 3)):
        more, C = some_part(rng, C, depth)
        layers += more
    return (layers, C) if C < 10 else ([*layers, mp.Conv2D(3, 1)], 3)


def make_graph(seed):
    """Images through all of these, then vectors: side by side, added to each other, normalised."""
    rng = np.random.default_rng([seed, 11])
    C = int(rng.integers(1, 4))
    first = [some_conv(rng, int(rng.integers(2, 5))), *some_own(rng)] if chance(rng, 0.9) else []
    parts, _ = some_parts(rng, first[0].K if first else C, 2)
    layers = [*first, *parts]
    layers += [mp.AvgPool2D(2, 1, padding=(1, 0))] * chance(rng, 0.3)
    layers += [mp.Conv2D(3, 2, "tanh", padding=(0, 1))] * chance(rng, 0.3)
    layers += [mp.Flatten() if chance(rng, 0.6) else mp.GlobalAvgPool2D()]
    layers += [mp.Concat([[], [mp.Dense(3, "tanh"), *some_own(rng)]])] * chance(rng, 0.3)
    layers += [mp.BatchNorm()] * chance(rng, 0.2)
    layers += [mp.Residual([mp.Dense(3, "tanh"), mp.Dense(5)])] * chance(rng, 0.3)
    layers += [mp.Dense(4, "tanh"), *some_own(rng), mp.Dense(2)]
    net = mp.Network((*map(int, rng.integers(2, 4, 2)), C), layers, seed=seed)
    for name, array in net.arrays().items():
        array[...] = rng.uniform(0.5, 2, array.shape) if name.endswith("var") else rng.normal(0, 0.6, array.shape)
    return net


@pytest.fixture(scope="session")
def random_graph():
    return make_graph
