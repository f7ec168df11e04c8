"""Removal by divergence of answers: beside a loop over neurons, in networks with and without blocks."""

import numpy as np
import pytest

import minprune as mp
from cases import each


def softmax(y):
    p = np.exp(y - y.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def silenced(net, name, i):
    return mp.mask(net, {name: np.arange(net[name].K) != i})


BLOCKS = [mp.Dense(4, "tanh"), mp.Residual([mp.Dense(3, "relu"), mp.Dense(4)]), mp.Dense(3)]
CHAIN = [mp.Dense(4, "tanh"), mp.Dense(3, "relu"), mp.Dense(3)]
BRANCHES = [mp.Concat([[mp.Dense(2, "tanh")], [mp.Dense(3, "relu")]]), mp.Dense(3)]


@each("layers", [CHAIN, BLOCKS, BRANCHES])
@each("seed", range(2))
def test_beside_a_loop_over_neurons(layers, seed, close):
    net = mp.Network(5, [layer.again() for layer in layers], seed=seed)
    x = np.random.default_rng(seed).normal(size=(6, 5))
    p, found = softmax(net.predict(x)), mp.score(net, "removal_kl", x, loss="cross_entropy", batch_size=4)
    other = mp.score(net, "removal_kl", x, loss="cross_entropy", batch_size=4, silenced_first=True)
    for name in net.hidden_layers:
        for i in range(net[name].K):
            q = softmax(silenced(net, name, i).predict(x))
            close(found[name][i], (p * np.log(p / q)).sum(axis=1).mean(), 1e-8)
            close(other[name][i], (q * np.log(q / p)).sum(axis=1).mean(), 1e-8)


def test_with_mse_it_is_how_far_the_output_moves(close):
    net = mp.Network(5, [mp.Dense(4, "tanh"), mp.Dense(3)], seed=1)
    x = np.random.default_rng(1).normal(size=(6, 5))
    moves = [0.5 * ((silenced(net, "dense1", i).predict(x) - net.predict(x)) ** 2).sum(axis=1).mean() for i in range(4)]
    close(mp.score(net, "removal_kl", x, loss="mse")["dense1"], moves, 1e-8)


def test_a_loss_without_an_answer_is_refused():
    net = mp.Network(2, [mp.Dense(2), mp.Dense(1)])
    with pytest.raises(ValueError, match='score "removal_kl": loss "linear_error" does not say its answer'):
        mp.score(net, "removal_kl", [[1.0, 2.0]], loss=mp.scores.linear_error)
