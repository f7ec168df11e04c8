"""Relative sensitivity beside every product by itself, and its bound beside what silence does to the sums."""

import numpy as np
import pytest

import minprune as mp


def products(net, name, reader, trace):
    """(N, Q, K′, K, P): each product w′x′ by itself, by the neuron that it is from."""
    layer, K = net[reader], net[name].K
    x = layer.patches(trace[reader].x)
    each = x[:, :, None, :] * layer.W.reshape(layer.K, -1)
    return each.reshape(*each.shape[:3], -1, K).swapaxes(3, 4)


def sums(each, sign):
    """(N, Q, K′, K): Σ over the places of the channel of what has this sign."""
    return np.maximum(sign * each, 0).sum(axis=4)


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_beside_every_product_by_itself(make, request, random_samples, close):
    for seed in range(5):
        net = request.getfixturevalue(make)(seed)
        x, _ = random_samples(net, seed)
        trace, scores = net.forward(x), mp.score(net, "relative_sensitivity", x, batch_size=2)
        for name, found in scores.items():
            largest = []
            for reader in net.readers(name):
                for sign in (1, -1):
                    given = sums(products(net, name, reader, trace), sign)
                    whole = given.sum(axis=3, keepdims=True)
                    share = given / np.where(whole > 1e-13, whole, np.inf)
                    largest.append(share.reshape(-1, net[name].K).max(axis=0))
            close(found, np.max(largest, axis=0), 1e-8)


def test_no_sum_moves_by_more_than_the_bound(random_network, random_samples):
    """And for one neuron some sum comes up to it, where all its products have one sign."""
    for seed in range(7):
        net, rng = random_network(seed), np.random.default_rng(seed)
        x, _ = random_samples(net, seed)
        trace, scores = net.forward(x), mp.score(net, "relative_sensitivity", x)
        for name in net.hidden_layers:
            gone, reader = np.arange(net[name].K) < rng.integers(net[name].K), net.reader(name)
            silent = mp.mask(net, {name: ~gone}).forward(x)
            moved = np.abs(net[reader].product(trace[reader].x) - net[reader].product(silent[reader].x))
            each = products(net, name, reader, trace)
            bound = np.maximum(*(sums(each, sign).sum(axis=3) for sign in (1, -1))) * scores[name][gone].sum()
            assert (moved.reshape(bound.shape) <= bound * (1 + 1e-12) + 1e-14).all()


def test_by_hand():
    """Sums of 3 and 1 to the one neuron, and of 2 against −2 to the other: shares ¾, ¼; and all of either sign."""
    net = mp.Network(2, [mp.Dense(2), mp.Dense(2)])
    net["dense1"].W[...], net["dense2"].W[...] = np.eye(2), [[3, 1], [0, 0]]
    assert mp.score(net, "relative_sensitivity", [[1.0, 1.0]])["dense1"].tolist() == [0.75, 0.25]
    net["dense2"].W[1] = [2, -2]
    assert mp.score(net, "relative_sensitivity", [[1.0, 1.0]])["dense1"].tolist() == [1, 1]
    assert mp.score(net, "relative_sensitivity", [[0.0, 0.0]])["dense1"].tolist() == [0, 0]


def test_in_groups_the_sums_are_those_of_the_group(close):
    net = mp.Network((3, 3, 2), [mp.Conv2D(4, 1, "tanh"), mp.Conv2D(4, 2, groups=2), mp.Flatten(), mp.Dense(2)], seed=1)
    x = np.random.default_rng(1).normal(size=(2, 3, 3, 2))
    found, W, read = mp.score(net, "relative_sensitivity", x)["conv1*2"], net["conv2"].W, net.forward(x)["conv2"].x
    largest = np.zeros(2)
    for n, row, column, k in np.ndindex(2, 2, 2, 4):
        each = W[k] * read[n, row:row + 2, column:column + 2, 2 * (k // 2):2 * (k // 2) + 2]
        for part in (np.maximum(each, 0), np.maximum(-each, 0)):
            largest = np.maximum(largest, part.sum(axis=(0, 1)) / max(part.sum(), 1e-12))
    close(found, largest, 1e-8)
