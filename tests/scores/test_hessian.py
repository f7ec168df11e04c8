"""Hessians of the mean loss, against differences of handwritten gradients."""

import numpy as np
import pytest

import minprune as mp
from minprune.engine.losses import LOSSES
from minprune.scores.hessian import LARGEST, hessian, weight_names
from minprune.scores.surgeon import obs_weights


def raveled(net, arrays):
    return np.concatenate([arrays[key].ravel() for key in weight_names(net)])


@pytest.mark.parametrize("loss", LOSSES)
def test_the_exact_hessian_is_the_slope_of_the_handwritten_gradient(loss, random_samples, near):
    net = mp.Network((3, 4, 1), [mp.Conv2D(2, 2, "tanh", batch_norm=True), mp.MaxPool2D(2, 1), mp.Flatten(),
                                 mp.Dense(2, "softplus"), mp.Dense(2)], seed=1)
    x, t = random_samples(net, 0, 3, loss)
    columns = []
    for key in weight_names(net):
        columns.append(mp.finite_difference(lambda _: raveled(net, mp.record(net, x, t, loss).grads()) / 3,
                                            net.parameters()[key]).reshape(net.parameters()[key].size, -1))
    near(hessian(net, x, t, loss, batch_size=2, exact=True), np.concatenate(columns))


@pytest.mark.parametrize("loss", LOSSES)
def test_gauss_newtons_hessian_is_made_of_jacobians(loss, random_samples, unbounded, near):
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 2, "tanh", batch_norm=True), mp.MaxPool2D(2, 1), mp.Flatten(),
                                 mp.Dense(2, "softplus"), mp.Dense(3, "sigmoid")], seed=1)
    x, t = random_samples(unbounded(net, loss), 0, 3, loss)
    J = np.concatenate([mp.finite_difference(lambda _: net.predict(x), array).reshape(array.size, 3, 3)
                        for key, array in net.parameters().items() if key in weight_names(net)])
    one, expected = LOSSES[loss], 0
    for n in range(3):
        target = np.eye(3)[t[n:n + 1]] if loss == "cross_entropy" else t[n:n + 1]
        curvature = mp.finite_difference(lambda y: one.derivative(y[np.newaxis], target)[0], net.predict(x)[n])
        expected = expected + J[:, n] @ curvature @ J[:, n].T / 3
    H = hessian(net, x, t, loss, batch_size=2)
    near(H, expected)
    np.testing.assert_array_equal(H, H.T)
    assert np.linalg.eigvalsh(H).min() > -1e-12


def test_both_hessians_agree_where_the_network_is_right_or_linear(random_samples, close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)], seed=1)
    x = np.random.default_rng(0).normal(size=(5, 3))
    close(hessian(net, x, net.predict(x), "mse"), hessian(net, x, net.predict(x), "mse", exact=True))
    linear = mp.Network(3, [mp.Dense(2)], seed=1)
    x, t = random_samples(linear, 0, 5, "cross_entropy")
    close(hessian(linear, x, t), hessian(linear, x, t, exact=True))


def test_networks_too_large_are_refused_before_anything_is_computed():
    net = mp.Network(500, [mp.Dense(4), mp.Dense(1)])
    for score in ("obs", "obs_neurons"):
        with pytest.raises(ValueError, match="Hessian of 2009 parameters .* up to 2000"):
            mp.score(net, score, np.ones((1, 500)), [[0.0]], "mse")
    assert mp.score(net, "layerwise_obs", np.ones((1, 500)))["dense1"].shape == (4,)


def test_a_hessian_without_a_minimum_is_refused(random_samples):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)], seed=1)
    x, t = random_samples(net, 0, 3)
    assert np.linalg.eigvalsh(hessian(net, x, t * 9, "mse", exact=True)).min() < -0.1
    with pytest.raises(ValueError, match=r"not positive definite \(lowest eigenvalue -"):
        obs_weights(net, x, t * 9, "mse", exact=True)
    with pytest.raises(ValueError, match="not positive definite"):
        obs_weights(net, x, t, "mse", damping=0)                            # 26 weights, 6 equations
    with pytest.raises(ValueError, match="damping expects"):
        obs_weights(net, x, t, "mse", damping=-1)


def test_the_limit_is_what_the_docstrings_say():
    assert LARGEST == 2000
