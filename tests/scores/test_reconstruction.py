"""LASSO channel selection beside a search through all supports and signs, on the sums that readers form."""

import itertools

import numpy as np
import pytest

import minprune as mp
from minprune.scores.reconstruction import entry_penalties


def gifts(net, name, x):
    """(numbers, K): all that each neuron gives to its readers' sums, from products with its channel alone."""
    trace, K, columns = net.forward(x), net[name].K, []
    for i in range(K):
        given = []
        for reader in net.readers(name):
            read = trace[reader].x
            only = np.where(np.arange(read.shape[-1]) % K == i, read, 0)
            given.append(net[reader].product(only).ravel())
        columns.append(np.concatenate(given))
    return np.stack(columns, axis=1)


def solutions(G, penalties):
    """(len(penalties), K): argmin ½ (1 − β)ᵀ G (1 − β) + λ Σ |β|, by trying every choice of signs and zeros."""
    K = len(G)
    signs = np.array(list(itertools.product([-1, 0, 1], repeat=K)), float)                  # (3^K, K)
    both = (signs[:, :, None] != 0) & (signs[:, None, :] != 0)
    system = np.where(both, G, 0) + np.eye(K) * (signs == 0)[:, None, :]
    c = G.sum(axis=1)
    u, v = (np.linalg.solve(system, (right * (signs != 0))[..., None])[..., 0]
            for right in (np.tile(c, (len(signs), 1)), signs))
    found = []
    for penalty in penalties:
        beta = u - penalty * v
        slopes = c - beta @ G
        wrong = np.where(signs == 0, np.abs(slopes) - penalty, -np.minimum(beta * signs, 0) * np.diag(G).max())
        found.append(beta[np.argmin(wrong.max(axis=1))])
    return np.array(found)


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_each_neuron_enters_at_its_penalty_and_at_no_higher_one(make, request, random_samples, close):
    seen = 0
    for seed in range(6):
        net = request.getfixturevalue(make)(seed)
        x, _ = random_samples(net, seed, N=12)
        scores = mp.score(net, "lasso", x, batch_size=5)
        for name, found in scores.items():
            Z = gifts(net, name, x)
            G = Z.T @ Z
            entered = entry_penalties(G)
            close(found, entered / max(entered.max(), 1e-300), 1e-8)
            if np.linalg.eigvalsh(G)[0] < 1e-7 * np.trace(G):
                continue                                    # as good as dependent: no two solvers agree to 1e-8
            seen += 1
            assert entered.max() == pytest.approx(np.abs(G.sum(axis=1)).max(), rel=1e-9)
            grid = np.geomspace(1, 1e-3, 4) * entered.max()
            near = np.concatenate([entered * (1 + 1e-8), entered * (1 - 1e-8), grid])
            beta, K = np.abs(solutions(G, near)) > 1e-13, len(entered)
            assert not beta[:K].diagonal().any() and beta[K:2 * K].diagonal().all()
            assert (near[:, None] <= entered * (1 + 2e-8))[beta].all()
    assert seen > 5


def test_by_hand():
    """Orthogonal gifts of squared lengths 9, 4, 1: β_i leaves at λ = its own square."""
    net = mp.Network(3, [mp.Dense(3), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = np.eye(3), [[3, 2, 1]]
    np.testing.assert_allclose(mp.score(net, "lasso", np.eye(3))["dense1"], [1, 4 / 9, 1 / 9], rtol=1e-12)


def test_of_two_equal_neurons_the_lower_scores_0():
    net, rng = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)], seed=1), np.random.default_rng(1)
    for array in (net["dense1"].W, net["dense2"].W.T):
        array[2] = array[0]
    scores = mp.score(net, "lasso", rng.normal(size=(9, 3)))["dense1"]
    assert scores[0] == 0 and (scores[1:] > 0).all() and scores.max() == 1


def test_a_silent_layer_scores_0_and_dependent_neurons_come_to_an_end():
    """Twins, opposites and sums of others, in whole numbers: every corner is a tie."""
    assert entry_penalties(np.zeros((3, 3))).tolist() == [0, 0, 0]
    for seed in range(30):
        rng = np.random.default_rng(seed)
        Z = np.round(rng.normal(size=(6, 9)))
        Z[:, 0], Z[:, 1], Z[:, 2] = Z[:, 5], -Z[:, 6], Z[:, 7:].sum(axis=1)
        entered = entry_penalties(Z.T @ Z)
        assert (entered >= 0).all() and (entered > 0).sum() <= np.linalg.matrix_rank(Z) + 3


@pytest.mark.parametrize("seed", [17, 34, 42])
def test_a_neuron_that_leaves_as_the_penalty_falls_comes_back(seed):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(9, 5)) + 2 * rng.normal(size=(9, 1)) * rng.normal(size=5)
    entered = entry_penalties(Z.T @ Z)
    grid = np.geomspace(entered.max(), entered.max() * 1e-5, 40) * (1 - 1e-9)
    there = np.abs(solutions(Z.T @ Z, grid)) > 1e-12
    assert (np.diff(there.astype(int), axis=0) < 0).any() and there[-1].all()
    assert (there <= (grid[:, None] <= entered * (1 + 1e-9))).all()
    assert (there.argmax(axis=0) == (grid[:, None] < entered).argmax(axis=0)).all()


def test_beside_a_concat(close):
    """Each channel alone, found by its place: a Concat of two layers."""
    branches = mp.Concat([[mp.Conv2D(3, 2, "relu")], [mp.Conv2D(1, 2, "tanh")]])
    net = mp.Network((4, 4, 2), [branches, mp.Conv2D(2, 2, "tanh"), mp.Flatten(), mp.Dense(2)], seed=2)
    x = np.random.default_rng(2).normal(size=(5, 4, 4, 2))
    found, trace = mp.score(net, "lasso", x), net.forward(x)
    read, Z = trace["conv3"].x, []
    for i in range(3):
        Z.append(net["conv3"].product(np.where(np.arange(4) == i, read, 0)).ravel())
    entered = entry_penalties(np.array(Z) @ np.array(Z).T)
    close(found["conv1"], entered / entered.max(), 1e-8)
    assert found["conv2"].tolist() == [1]


def test_in_groups_each_part_is_a_reader_of_its_own(close):
    """conv1*2: neuron i is channel i of the first half of conv1 and channel i of the second."""
    net = mp.Network((5, 5, 2), [mp.Conv2D(4, 2, "tanh"), mp.Conv2D(6, 2, "relu", groups=2), mp.Flatten(), mp.Dense(2)])
    x = np.random.default_rng(3).normal(size=(5, 5, 5, 2))
    found, read = mp.score(net, "lasso", x, batch_size=2), net.forward(x)["conv2"].x
    Z = np.array([net["conv2"].product(np.where(np.arange(4) % 2 == i, read, 0)).ravel() for i in range(2)])
    entered = entry_penalties(Z @ Z.T)
    assert list(found) == ["conv1*2", "conv2*2"]
    close(found["conv1*2"], entered / entered.max(), 1e-8)
