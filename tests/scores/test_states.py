"""The entropy of on and off, counted one output at a time."""

import math

import numpy as np
import pytest

import minprune as mp


def entropy(states):
    p = sum(states) / len(states)
    return 0.0 if p in (0, 1) else math.log2(len(states)) - sum(
        count * math.log2(count) for count in (sum(states), len(states) - sum(states))) / len(states)


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_counted_one_by_one(make, request, random_samples, close):
    for seed in range(10):
        net = request.getfixturevalue(make)(seed)
        x, _ = random_samples(net, seed)
        trace, scores = net.forward(x), mp.score(net, "on_off_entropy", x, batch_size=2)
        for name, found in scores.items():
            members = [trace[member].z.reshape(-1, net[name].K) for member in net.members(name)]
            close(found, [entropy([z > 0 for one in members for z in one[:, i].tolist()]) for i in range(net[name].K)],
                  1e-8, least=1)


def test_by_hand_and_its_two_kinds_of_0():
    """On in 1 of 4 samples, in none, in all, in half."""
    net = mp.Network(1, [mp.Dense(4, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = 1, [-3, -9, 1, -2]
    found = mp.score(net, "on_off_entropy", [[1.0], [2.0], [3.0], [4.0]])["dense1"]
    np.testing.assert_allclose(found, [2 - 0.75 * math.log2(3), 0, 0, 1], atol=1e-12)


def test_a_layer_that_is_always_on_is_linear(close):
    """So it can be multiplied into the next one: the networks are equal on these samples."""
    net, rng = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)], seed=1), np.random.default_rng(1)
    net["dense1"].b[...] = 9
    x = rng.normal(size=(8, 3))
    assert (mp.score(net, "on_off_entropy", x)["dense1"] == 0).all()
    (W, b), (V, c) = ((net[name].W, net[name].b) for name in ("dense1", "dense2"))
    close(net.predict(x), x @ (V @ W).T + V @ b + c)
