"""Greedy forward selection beside masks, one set of neurons at a time."""

import numpy as np
import pytest

import minprune as mp


def by_masks(net, name, x, t):
    """The place of each neuron in the order in which they come in, from the last: every set is masked and run."""
    K, chosen, masked = net[name].K, [], net.copy()

    def loss_with(neurons):
        for member in net.members(name):
            masked[member].mask = np.isin(np.arange(K), neurons)
        return 0.5 * ((masked.output(x) - t) ** 2).reshape(len(x), -1).sum(axis=1).mean()
    while len(chosen) < K:
        losses = {i: loss_with([*chosen, i]) for i in range(K) if i not in chosen}
        best = min(losses.values())
        chosen.append(max(i for i, loss in losses.items() if loss <= best + 1e-12 * max(1, max(losses.values()))))
    return [K - 1 - chosen.index(i) for i in range(K)]


def depthwise(seed=1):
    """A channel and what a depthwise convolution makes of it are one neuron."""
    layers = [mp.Conv2D(3, 2, "tanh"), mp.Conv2D(3, 2, "tanh", groups=3), mp.Flatten(), mp.Dense(2)]
    return mp.Network((4, 4, 2), layers, seed=seed)


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_beside_masks(make, request, random_samples, fingerprint):
    nets = [request.getfixturevalue(make)(seed) for seed in range(12)]
    small = [net for net in nets if sum(net[name].K for name in net.hidden_layers) < 16][:5]
    assert len(small) == 5
    for seed, net in enumerate([*small, depthwise()]):
        x, t = random_samples(net, seed, N=3)
        before, scores = fingerprint(net), mp.score(net, "greedy_forward", x, t, "mse", batch_size=2)
        for name, found in scores.items():
            assert found.tolist() == by_masks(net, name, x, t), (seed, name)
        assert fingerprint(net) == before


def test_two_that_only_work_together_come_late():
    """y = o₁ − o₂ + ½ o₃ with o₁, o₂ large and nearly equal: o₃ is the first to come in, and the first to go."""
    net = mp.Network(2, [mp.Dense(3), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[10, 1], [10, -1], [0, 1]], [[1, -1, 0.5]]
    x = np.random.default_rng(0).normal(size=(20, 2))
    forward = mp.score(net, "greedy_forward", x, net.predict(x), "mse")["dense1"]
    backward = mp.score(net, "greedy_removal", x, net.predict(x), "mse")["dense1"]
    assert forward.argmax() == 2 and backward.argmin() == 2


def test_of_equal_neurons_the_lower_index_comes_in_last():
    net = mp.Network(1, [mp.Dense(3, "tanh"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, 1
    assert mp.score(net, "greedy_forward", [[1.0]], net.predict([[1.0]]), "mse")["dense1"].tolist() == [0, 1, 2]
