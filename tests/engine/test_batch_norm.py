"""Batch norm against its formula by hand, in a layer: z = γ (a − mean) / √(var + 1e-5) + β."""

import numpy as np
import pytest

import minprune as mp
from cases import each

EPSILON = 1e-5


def build(layer, shape=3, seed=0):
    """A layer with batch norm, alone in a network, every array off its start."""
    net, rng = mp.Network(shape, [layer]), np.random.default_rng(seed)
    for array in net.arrays().values():
        array += rng.uniform(0.1, 0.9, array.shape)
    return net, next(iter(net.layers.values()))


LAYERS = [(mp.Dense(4, "tanh", batch_norm=True), (3,)), (mp.Conv2D(4, 2, "tanh", batch_norm=True), (4, 5, 2))]


@pytest.mark.parametrize("recipe, shape", LAYERS)
def test_running_statistics_are_fixed_numbers(recipe, shape, rng):
    net, layer = build(recipe, shape)
    x = rng.normal(size=(5, *shape))
    a = layer.product(x) + layer.b
    z = layer.gamma * (a - layer.running_mean) / np.sqrt(layer.running_var + EPSILON) + layer.beta
    np.testing.assert_allclose(net.forward(x)[layer.name].z, z, rtol=1e-12)


@pytest.mark.parametrize("recipe, shape", LAYERS)
def test_training_normalises_each_neuron_over_samples_and_positions(recipe, shape, rng):
    net, layer = build(recipe, shape)
    x = rng.normal(size=(5, *shape))
    z = net.forward(x, training=True)[layer.name].z
    a = layer.product(x) + layer.b
    for i in range(4):
        values = [float(value) for value in a[..., i].ravel()]
        mean = sum(values) / len(values)
        var = sum((value - mean) ** 2 for value in values) / len(values)
        root = (var + EPSILON) ** 0.5
        by_hand = [layer.gamma[i] * (value - mean) / root + layer.beta[i] for value in values]
        np.testing.assert_allclose(z[..., i].ravel(), by_hand, rtol=1e-11)


def test_two_numbers_on_paper():
    net = mp.Network(1, [mp.Dense(1, batch_norm=True)])
    layer = net["dense1"]
    layer.W[...], layer.b[...], layer.gamma[...], layer.beta[...] = 2, 1, 3, 0.5
    trace = net.forward([[0.0], [2.0]], training=True)               # a = 1, 5: mean 3, variance 4
    unit = 2 / (4 + EPSILON) ** 0.5
    np.testing.assert_allclose(trace["dense1"].z, [[0.5 - 3 * unit], [0.5 + 3 * unit]], rtol=1e-14)
    net.update_running(trace)                                        # unbiased variance 8
    assert layer.running_mean[0] == pytest.approx(0.1 * 3)
    assert layer.running_var[0] == pytest.approx(0.9 + 0.1 * 8)
    z = net.forward([[4.0]])["dense1"].z                             # a = 9
    assert z[0, 0] == pytest.approx(0.5 + 3 * (9 - 0.3) / (1.7 + EPSILON) ** 0.5, rel=1e-14)


def test_a_fresh_layer_has_the_neutral_statistics():
    layer = mp.Network(3, [mp.Dense(2, batch_norm=True)])["dense1"]
    assert layer.gamma.tolist() == [1, 1] and layer.beta.tolist() == [0, 0]
    assert layer.running_mean.tolist() == [0, 0] and layer.running_var.tolist() == [1, 1]


@pytest.mark.parametrize("recipe, shape", LAYERS)
def test_update_running_blends_a_tenth(recipe, shape, rng):
    net, layer = build(recipe, shape)
    x = rng.normal(size=(5, *shape))
    a = (layer.product(x) + layer.b).reshape(-1, 4)
    old = layer.running_mean.copy(), layer.running_var.copy()
    trace = net.forward(x, training=True)
    assert np.array_equal(layer.running_mean, old[0]) and np.array_equal(layer.running_var, old[1])
    net.update_running(trace)
    np.testing.assert_allclose(layer.running_mean, 0.9 * old[0] + 0.1 * a.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(layer.running_var, 0.9 * old[1] + 0.1 * a.var(axis=0, ddof=1), rtol=1e-12)


@pytest.mark.filterwarnings("error")
def test_a_batch_of_one_has_no_spread_and_stays_finite():
    net, layer = build(mp.Dense(4, batch_norm=True))
    trace = net.forward(np.ones((1, 3)), training=True)
    np.testing.assert_allclose(trace.y, [layer.beta], rtol=1e-12)
    old = layer.running_mean.copy(), layer.running_var.copy()
    net.update_running(trace)
    assert np.array_equal(old, (layer.running_mean, layer.running_var))         # and says nothing of any


@pytest.mark.filterwarnings("error")
def test_a_constant_neuron_is_not_divided_by_zero():
    net, layer = build(mp.Dense(4, "relu", batch_norm=True))
    layer.W[1] = 0
    trace = net.forward(np.random.default_rng(0).normal(size=(6, 3)), training=True)
    net.backward(trace, np.ones((6, 4)))
    assert np.isfinite(trace.y).all() and all(np.isfinite(grad).all() for grad in trace.grads().values())


def test_running_statistics_converge_to_those_of_the_data(rng):
    net = mp.Network(3, [mp.Dense(4, batch_norm=True)])
    x = rng.normal(size=(50, 3)) * 3 + 1
    for _ in range(300):
        net.update_running(net.forward(x, training=True))
    a = net["dense1"].product(x)
    np.testing.assert_allclose(net["dense1"].running_mean, a.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(net["dense1"].running_var, a.var(axis=0, ddof=1), rtol=1e-10)


@each("training", [False, True])
@each("recipe, shape", LAYERS)
def test_gradients_against_central_differences_of_the_formula(recipe, shape, training, rng):
    """Not of the network: of the formula, written out again here."""
    net, layer = build(recipe, shape)
    x, up = rng.normal(size=(3, *shape)), rng.normal(size=(3, *layer.output_shape))
    W, b, gamma, beta = (one.copy() for one in (layer.W, layer.b, layer.gamma, layer.beta))
    fixed = layer.running_mean.copy(), layer.running_var.copy()

    def weigh(x):
        if len(shape) == 1:
            return np.einsum("nj,kj->nk", x, W)
        rows, columns, _ = layer.output_shape
        return sum(np.einsum("nrcj,kj->nrck", x[:, i:i + rows, j:j + columns], W[:, i, j])
                   for i in range(2) for j in range(2))

    def total(_):
        a = weigh(x) + b
        axes = tuple(range(a.ndim - 1))
        mean, var = (a.mean(axis=axes), a.var(axis=axes)) if training else fixed
        return (up * np.tanh(gamma * (a - mean) / np.sqrt(var + EPSILON) + beta)).sum()

    trace = net.forward(x, training=training)
    dx = net.backward(trace, up)
    grads = trace[layer.name].grads
    assert set(grads) == {"W", "b", "gamma", "beta"}
    for array, grad in ((x, dx), (W, grads["W"]), (b, grads["b"]), (gamma, grads["gamma"]),
                        (beta, grads["beta"])):
        assert grad.shape == array.shape
        np.testing.assert_allclose(grad, mp.finite_difference(total, array), rtol=1e-6, atol=1e-7)


def test_in_training_the_bias_is_taken_out_again(rng):
    net, layer = build(mp.Dense(4, "tanh", batch_norm=True))
    x = rng.normal(size=(6, 3))
    y = net.forward(x, training=True).y
    trace = net.forward(x, training=True)
    net.backward(trace, rng.normal(size=y.shape))
    layer.b += 7.0
    np.testing.assert_allclose(net.forward(x, training=True).y, y, rtol=1e-10)
    assert np.abs(trace["dense1"].grads["b"]).max() < 1e-12


def test_samples_mix_in_training_only(rng):
    net, _ = build(mp.Dense(4, batch_norm=True))
    x = rng.normal(size=(5, 3))
    other = x.copy()
    other[4] += 1
    same = net.forward(x).y[:4] == net.forward(other).y[:4]
    assert same.all() and not (net.forward(x, True).y[:4] == net.forward(other, True).y[:4]).any()
