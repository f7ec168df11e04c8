"""Kronecker factors: beside dense Hessians where they are exact, beside loops elsewhere; the published code's sum."""

import numpy as np
import pytest
from small_blocks import network

import minprune as mp
from cases import each
from minprune.scores.hessian import hessian, weight_names


def near(found, expected, tolerance=1e-8):
    assert list(found) == list(expected)
    for name in found:
        size = max(np.abs(expected[name]).max(), 1e-3)
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=tolerance * size, err_msg=name)


def places(net):
    """{parameter: where its numbers are in one row of all W and b}."""
    at, found = 0, {}
    for key in weight_names(net):
        size = net.parameters()[key].size
        found[key], at = np.arange(at, at + size).reshape(net.parameters()[key].shape), at + size
    return found


def linear(seed):
    """A network whose curvature is the same for all samples: neurons without activation, one position."""
    rng = np.random.default_rng(seed)
    net = mp.Network(3, [mp.Dense(3), mp.Residual([mp.Dense(2, batch_norm=True), mp.Dense(3)]), mp.Dense(2)], seed=seed)
    for name, array in net.arrays().items():
        array += rng.uniform(0.2, 1, array.shape) if name.endswith("var") else rng.normal(0, 0.4, array.shape)
    return net, rng.normal(size=(5, 3)), rng.normal(size=(5, 2))


@each("seed", range(6))
def test_kronecker_factors_are_exact_where_neurons_are_linear(seed):
    net, x, t = linear(seed)
    H, where = hessian(net, x, t, "mse"), places(net)
    alone, with_others = {}, {}
    for name, unit in net.units.items():
        costs = [[], []]
        for member in unit.members:
            rows = np.hstack([where[f"{member}.W"], where[f"{member}.b"][:, np.newaxis]])
            w = np.hstack([net[member].W, net[member].b[:, np.newaxis]])
            layer = H[np.ix_(rows.ravel(), rows.ravel())]
            S = layer.reshape(len(rows), rows.shape[1], len(rows), -1)
            damped = layer + 1e-3 * np.einsum("iajb,ij->iajb", S, np.eye(len(rows))).reshape(layer.shape)
            inverse = np.linalg.inv(damped + 0) if np.linalg.cond(damped) < 1e12 else np.linalg.pinv(damped, 1e-13)
            blocks = inverse.reshape(S.shape)
            costs[0].append([0.5 * w[i] @ S[i, :, i] @ w[i] for i in range(len(rows))])
            costs[1].append([0.5 * w[i] @ np.linalg.inv(blocks[i, :, i]) @ w[i] for i in range(len(rows))])
        alone[name], with_others[name] = (np.sum(one, axis=0) for one in costs)
    near(mp.score(net, "kron_obd", x, t, "mse", 2), alone)
    near(mp.score(net, "kron_obs", x, t, "mse", 2), with_others)


def test_the_quadratic_form_and_the_published_code():
    """Two equal inputs: read with 1 and −1 they give nothing, and the removal of that neuron is free."""
    net = mp.Network(2, [mp.Dense(2, bias=False), mp.Dense(1, bias=False)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, -1], [1, 1]], 1
    x = [[1.0, 1.0], [2.0, 2.0]]
    t = net.predict(np.array(x))
    assert mp.score(net, "removal", x, t, "mse")["dense1"].tolist() == [0, 5]
    assert mp.score(net, "kron_obd", x, t, "mse")["dense1"].tolist() == [0, 5]
    assert mp.score(net, "kron_obd", x, t, "mse", squares_first=True)["dense1"].tolist() == [5, 5]


@pytest.mark.parametrize("score", ["kron_obd", "kron_obs"])
def test_factors_of_any_network_by_loops(score):
    """Σ_np x̃ x̃ᵀ / N and Σ_np Σ_k g g ᵀ / (N P) under mse, of a convolution whose neurons are curved."""
    net, x, t = network(6)
    trace, expected = mp.Network.forward(net, x), {}
    A, S = {}, {name: 0.0 for name in net.neuron_layers}
    for k in range(2):
        dy = np.zeros_like(trace.y)
        dy[:, k] = 1
        net.backward(trace, dy)
        for name in S:
            da = net[name].scaled(trace[name].dz, trace[name]).reshape(-1, net[name].K)
            S[name] = S[name] + da.T @ da / len(da)
    for name in S:
        rows = np.concatenate([net[name].patches(trace[name].x).reshape(-1, net[name].W[0].size),
                               np.ones((trace[name].z.size // net[name].K, 1))], axis=1)
        A[name] = rows.T @ rows / len(x)
    for name, unit in net.units.items():
        expected[name] = 0.0
        for member in unit.members:
            w = np.hstack([net[member].W.reshape(net[member].K, -1), net[member].b[:, np.newaxis]])
            damped = np.linalg.inv(S[member] + 1e-3 * np.diag(np.diag(S[member])))
            weight = np.diag(S[member]) if score == "kron_obd" else 1 / np.diag(damped)
            expected[name] = expected[name] + 0.5 * np.einsum("ij,jk,ik->i", w, A[member], w) * weight
    near(mp.score(net, score, x, t, "mse", 1), expected)


@pytest.mark.parametrize("score", ["kron_obd", "kron_obs"])
def test_a_layer_on_which_nothing_depends_scores_0(score):
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2, "tanh"), mp.Dense(2)], seed=0)
    net["dense1"].b[...] = -100                                             # none of them ever fires
    x, t = np.eye(3), np.ones((3, 2))
    scores = mp.score(net, score, x, t, "mse")
    assert scores["dense1"].tolist() == [0, 0, 0, 0] and (scores["dense2"] >= 0).all()


def test_settings_that_cannot_be():
    net, x, t = network(0)
    with pytest.raises(ValueError, match="damping expects a finite number, at least 0"):
        mp.score(net, "kron_obs", x, t, "mse", damping=-1)
    with pytest.raises(TypeError, match="empirical expects True or False, got 1"):
        mp.score(net, "kron_obd", x, t, "mse", empirical=1)


def test_the_datas_own_gradients():
    """One sample, x = 2 and b = 0: A = (4, 2; 2, 1), y = 3 · 2, t = 5, so that ∂ℓ/∂a = 3 and S = 9, or 3² with J."""
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, 3
    for empirical, S in ((True, 9), (False, 9)):
        found = mp.score(net, "kron_obd", [[2.0]], [[5.0]], "mse", empirical=empirical)
        assert found["dense1"].tolist() == [0.5 * S * 4]
    assert mp.score(net, "kron_obd", [[2.0]], [[4.0]], "mse", empirical=True)["dense1"].tolist() == [0.5 * 36 * 4]
