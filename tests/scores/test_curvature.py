"""The trace of a neuron's block of the Hessian: by hand, and beside the dense Hessian."""

import numpy as np
import pytest

import minprune as mp
from minprune.scores import curvature
from minprune.scores.hessian import hessian


def test_by_hand():
    """y = v · w x: ∂²ℓ/∂w_j² = (v x_j)² under mse. v = 3, x = (1, 2), w = (1, −1): tr = 9 · 5, ‖w‖² = 2, F = 2."""
    net = mp.Network(2, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, -1]], 3
    given = [[1.0, 2.0]], [[0.0]], "mse"
    for settings in ({"draws": None}, {"label_free": True}):
        assert mp.score(net, "hessian_trace", *given, **settings)["dense1"].tolist() == [0.5 * 45]
    # x₁ = 1 and x₂ = 2 with signs v: vᵀHv = 9 (v₁ + 2 v₂)² is 81 or 9, 45 on average
    drawn = mp.score(net, "hessian_trace", *given, draws=400, seed=1)["dense1"][0]
    assert drawn == pytest.approx(0.5 * 45, rel=0.15) and drawn != 0.5 * 45


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_beside_the_dense_hessian(loss, random_samples, close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(3, "softplus"), mp.Dense(3)], seed=1)
    x, t = random_samples(net, 0, 4, loss)
    diagonal, start = np.diag(hessian(net, x, t, loss, exact=True)), 0
    found = mp.score(net, "hessian_trace", x, t, loss, 3, draws=None)
    for name in net.hidden_layers:
        W = net[name].W
        trace = diagonal[start:start + W.size].reshape(W.shape).sum(axis=1)
        close(found[name], 0.5 * (W ** 2).sum(axis=1) * trace / W.shape[1], 1e-10)
        start += W.size + len(W)


def test_what_ranks_wrongly_by_the_trace():
    """Weights along which the loss is flat: w = (1, −1) of two equal inputs is free to go, and scores as (1, 1)."""
    net = mp.Network(2, [mp.Dense(2, bias=False), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, -1], [1, 1]], 1
    x = np.array([[1.0, 1.0]])
    scores = mp.score(net, ["removal", "kron_obd"], x, net.predict(x), "mse")
    traces = mp.score(net, "hessian_trace", x, net.predict(x), "mse", draws=None)
    assert scores["removal"]["dense1"].tolist() == scores["kron_obd"]["dense1"].tolist() == [0, 2]
    assert traces["dense1"].tolist() == [1, 1]


def test_settings_that_cannot_be():
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    with pytest.raises(ValueError, match="draws expects at least 1"):
        mp.score(net, "hessian_trace", [[1.0]], [[1.0]], "mse", draws=0)


@pytest.mark.parametrize("bytes_at_a_time", [1, curvature.BYTES])
def test_the_label_free_trace_sample_by_sample(bytes_at_a_time, monkeypatch, random_samples, close):
    """mean_n Σ_k ‖∂y_nk/∂w_i‖² from a backward pass for each sample and output, of convolutions as well."""
    monkeypatch.setattr(curvature, "BYTES", bytes_at_a_time)
    net = mp.Network((4, 4, 1), [mp.Conv2D(3, 2, "tanh"), mp.Flatten(), mp.Dense(4, "relu", batch_norm=True),
                                 mp.Dense(2)], seed=1)
    x, t = random_samples(net, 0, 5, "mse")
    found = mp.score(net, "hessian_trace", x, t, "mse", label_free=True)
    for name in net.hidden_layers:
        W, traces = net[name].W, 0
        for n in range(len(x)):
            for unit in np.eye(2):
                trace = net.forward(x[n:n + 1])
                net.backward(trace, unit[np.newaxis])
                traces = traces + (trace[name].grads["W"] ** 2).reshape(len(W), -1).sum(axis=1) / len(x)
        close(found[name], 0.5 * (W.reshape(len(W), -1) ** 2).mean(axis=1) * traces, 1e-10)
