"""Slopes of a neuron's replacement by its mean, and sums of slopes: beside central differences and identities."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.recording import by_position


def test_mean_replacement_by_hand():
    """o = 1, 3 is read with weight 1 and t = 0: ∂ℓ/∂o = o, and (2 − 1) 1 + (2 − 3) 3 = −2 over 2 samples."""
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...] = net["dense2"].W[...] = 1
    assert mp.score(net, "mean_replacement", [[1.0], [3.0]], [0.0, 0.0], "mse")["dense1"].tolist() == [1]


@each("seed", range(4))
def test_mean_replacement_is_the_slope_of_moving_the_outputs_to_their_mean(seed):
    """The layers after the first are a network of their own, which is given the moved outputs."""
    rng = np.random.default_rng(seed)
    first, rest = [mp.Conv2D(3, 2, "tanh")], [mp.AvgPool2D(2), mp.Flatten(), mp.Dense(4, "tanh"), mp.Dense(2)]
    net = mp.Network((5, 5, 1), [*first, *rest], seed=seed)
    x, t = rng.normal(size=(5, 5, 5, 1)), rng.normal(size=(5, 2))
    after = mp.Network((4, 4, 3), [layer.again() for layer in rest], seed=seed)
    for name in ("dense1", "dense2"):
        after[name].W[...], after[name].b[...] = net[name].W, net[name].b
    o = net.forward(x)["conv1"].o
    found = mp.score(net, "mean_replacement", x, t, "mse", batch_size=2)["conv1"]

    def loss(i, by):
        moved = o.copy()
        moved[..., i] += by[0] * (o[..., i].mean() - o[..., i])
        return mp.record(after, moved, t, "mse").L.mean()

    slopes = [mp.finite_difference(lambda by: loss(i, by), np.zeros(1))[0] for i in range(3)]
    np.testing.assert_allclose(found, np.abs(slopes), rtol=1e-6, atol=1e-9)


@each("seed", range(5))
def test_mean_replacement_of_coupled_neurons_has_a_mean_for_each_layer(seed, random_residual, random_samples, close):
    net = random_residual(seed)
    x, t = random_samples(net, seed)
    trace, found = mp.record(net, x, t, "mse"), mp.score(net, "mean_replacement", x, t, "mse", batch_size=2)
    for name in net.hidden_layers:
        slope = 0
        for member in net.members(name):
            o, do = (by_position(net, member, getattr(trace[member], key)) for key in ("o", "do"))
            slope += ((o.mean(axis=(0, 1)) - o) * do).sum(axis=(0, 1)) / len(x)
        close(found[name], np.abs(slope), 1e-8)


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
@pytest.mark.parametrize("seed", range(5))
def test_taylor_abs_is_never_below_taylor(make, seed, request, random_samples, close):
    net = request.getfixturevalue(make)(seed)
    x, t = random_samples(net, seed)
    trace, found = mp.record(net, x, t, "mse"), mp.score(net, ["taylor", "taylor_abs"], x, t, "mse")
    for name in net.hidden_layers:
        members = [trace[member] for member in net.members(name)]
        expected = sum(np.abs(by_position(net, name, one.o * one.do)).sum(axis=(0, 1)) for one in members)
        close(found["taylor_abs"][name], expected / len(x), 1e-8)
        assert (found["taylor_abs"][name] >= found["taylor"][name] * (1 - 1e-9)).all()
        if len(members) == 1 and members[0].o.ndim == 2:
            close(found["taylor_abs"][name], found["taylor"][name], 1e-12)


@each("kind", ["dense", "convolution"])
@each("batch_norm", [True, False])
def test_taylor_bn_is_the_slope_in_gamma_and_beta_or_in_weights_and_bias(kind, batch_norm, close):
    """A sample at a time, from the gradients of the parameters themselves."""
    rng = np.random.default_rng(2)
    layers = [mp.Dense(4, "tanh", batch_norm)] if kind == "dense" else \
        [mp.Conv2D(4, 2, "tanh", batch_norm=batch_norm), mp.Flatten()]
    net = mp.Network(3 if kind == "dense" else (3, 3, 1), [*layers, mp.Dense(2)], seed=2)
    name = net.hidden_layers[0]
    keys = ("gamma", "beta") if batch_norm else ("W", "b")
    for key in keys:
        getattr(net[name], key)[...] = rng.normal(size=getattr(net[name], key).shape)
    x, t = rng.normal(size=(5, *net.input_shape)), rng.normal(size=(5, 2))
    slopes = 0
    for n in range(5):
        grads = mp.record(net, x[n:n + 1], t[n:n + 1], "mse")[name].grads
        slopes += np.abs(sum((getattr(net[name], key) * grads[key]).reshape(4, -1).sum(axis=1) for key in keys))
    close(mp.score(net, "taylor_bn", x, t, "mse")[name], slopes / 5, 1e-8)


def test_taylor_bn_of_coupled_neurons_is_the_slope_in_the_parameters_of_all_their_layers(
        random_residual, random_samples, close):
    for seed in range(10):
        net = random_residual(seed)
        x, t = random_samples(net, seed, 3)
        slopes, found = {name: 0 for name in net.hidden_layers}, mp.score(net, "taylor_bn", x, t, "mse")
        for n in range(3):
            trace = mp.record(net, x[n:n + 1], t[n:n + 1], "mse")
            for name in slopes:
                parts = [(net[one], trace[one].grads, ("gamma", "beta") if net[one].batch_norm else ("W", "b"))
                         for one in net.members(name)]
                slopes[name] += np.abs(sum((getattr(layer, key) * grads[key]).reshape(layer.K, -1).sum(axis=1)
                                           for layer, grads, keys in parts for key in keys)) / 3
        for name, expected in slopes.items():
            close(found[name], expected, 1e-8)


def test_taylor_bn_of_relu_is_taylor(close):
    net, rng = mp.Network(3, [mp.Dense(4, "relu", batch_norm=True), mp.Dense(2)], seed=3), np.random.default_rng(3)
    found = mp.score(net, ["taylor_bn", "taylor"], rng.normal(size=(6, 3)), rng.normal(size=(6, 2)), "mse")
    close(found["taylor_bn"]["dense1"], found["taylor"]["dense1"], 1e-12)
