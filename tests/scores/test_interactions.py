"""SOSP beside differences of the gradient along θ, to sixth order."""

import numpy as np
import pytest

import minprune as mp

SMOOTH = ("identity", "sigmoid", "softplus", "tanh")
SIXTH = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}                # central differences, exact for polynomials of degree 6


def gradient(net, keys, x, t):
    grads = mp.record(net, x, t, "mse").grads()
    return {key: grads[key] / len(x) for key in keys}


def along(net, theta, step, x, t):
    """The mean gradient with all θ multiplied by 1 + step."""
    parameters = net.parameters()
    for key, array in theta.items():
        parameters[key][...] = array * (1 + step)
    return gradient(net, theta, x, t)


def by_differences(net, x, t, step=2e-3):
    """{hidden layer: |θ_iᵀ ḡ| + ½ |θ_iᵀ H θ|}."""
    members = {member for name in net.hidden_layers for member in net.members(name)}
    theta = {key: array.copy() for key, array in net.parameters().items()
             if key[:-2] in members and key[-2:] in (".W", ".b")}
    slopes, moved = gradient(net, theta, x, t), net.copy()
    curved = dict.fromkeys(theta, 0.0)
    for times, weight in SIXTH.items():
        for sign in (1, -1):
            there = along(moved, theta, sign * times * step, x, t)
            curved = {key: curved[key] + sign * weight / step * there[key] for key in theta}
    found = {}
    for name in net.hidden_layers:
        parts = [sum((theta[key] * arrays[key]).reshape(net[name].K, -1).sum(axis=1)
                     for key in theta if key[:-2] in net.members(name)) for arrays in (slopes, curved)]
        found[name] = np.abs(parts[0]) + np.abs(parts[1]) / 2
    return found


def depthwise(seed=1):
    """A channel and what a depthwise convolution makes of it are one neuron."""
    layers = [mp.Conv2D(3, 2, "tanh", bias=False), mp.Conv2D(3, 2, "tanh", groups=3), mp.Flatten(), mp.Dense(2)]
    return mp.Network((4, 4, 2), layers, seed=seed)


def test_beside_differences_of_the_gradient(random_network, random_residual, random_samples, close):
    nets = [make(seed, activations=SMOOTH) for make, seeds in ((random_network, 7), (random_residual, 5))
            for seed in range(seeds)]
    for net in [*nets, depthwise()]:
        x, t = random_samples(net, 5, N=2)
        scores, expected = mp.score(net, "sosp", x, t, "mse"), by_differences(net, x, t)
        for name in net.hidden_layers:
            close(scores[name], expected[name], 1e-8)


def test_of_a_quadratic_loss_the_rows_add_up_to_the_whole(close):
    """One layer of linear neurons, read by fixed weights: ½ θᵀHθ − θᵀ(−ḡ) is what all going at once costs, exactly."""
    net, rng = mp.Network(3, [mp.Dense(4), mp.Dense(2)], seed=1), np.random.default_rng(1)
    x, t = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    theta = {key: net.parameters()[key] for key in ("dense1.W", "dense1.b")}
    slopes = gradient(net, theta, x, t)
    first = sum((theta[key] * slopes[key]).reshape(4, -1).sum(axis=1) for key in theta)
    second = [2 * score - 2 * abs(slope) for score, slope in zip(mp.score(net, "sosp", x, t, "mse")["dense1"], first)]
    silent = net.copy()
    silent["dense1"].W[...], silent["dense1"].b[...] = 0, 0
    rise = mp.record(silent, x, t, "mse").L.mean() - mp.record(net, x, t, "mse").L.mean()
    rows = by_differences(net, x, t)["dense1"]
    close(second, 2 * (rows - np.abs(first)), 1e-8)
    signs = [np.array(one) for one in np.ndindex(2, 2, 2, 2)]
    assert min(abs(rise + first.sum() - ((1 - 2 * one) * second).sum() / 2) for one in signs) < 1e-9


def test_a_loss_without_second_derivatives_is_refused():
    net = mp.Network(2, [mp.Dense(2), mp.Dense(1)])
    with pytest.raises(ValueError, match='score "sosp": loss "linear_error" does not say its second derivatives'):
        mp.score(net, "sosp", [[1.0, 2.0]], [[1.0]], mp.scores.linear_error)
