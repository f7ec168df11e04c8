"""Sensitivity: the norm of a Jacobian, which central differences give too."""

import numpy as np

import minprune as mp


def by_differences(net, x):
    """{layer: mean_n √(Σ_pd (∂o_npi/∂x_nd)²)}; an entry is moved in all samples at once, as they do not mix."""
    def outputs(move):
        trace = net.forward(x + move)
        return np.concatenate([trace[name].o.reshape(len(x), -1) for name in net.hidden_layers], axis=1)

    sizes = [net.forward(x)[name].o[0].size for name in net.hidden_layers]
    jacobian = mp.finite_difference(outputs, np.zeros(net.input_shape)).reshape(-1, len(x), sum(sizes))
    parts = np.split((jacobian ** 2).sum(axis=0), np.cumsum(sizes)[:-1], axis=1)            # each (N, P · K)
    return {name: np.sqrt(part.reshape(len(x), -1, net[name].K).sum(axis=1)).mean(axis=0)
            for name, part in zip(net.hidden_layers, parts)}


def test_against_a_jacobian_of_central_differences(kind, random_network, random_samples, near):
    net = random_network(0, kind)
    x, _ = random_samples(net, 0, 3)
    scores = mp.score(net, "sensitivity", x, batch_size=2)
    for name, expected in by_differences(net, x).items():
        near(scores[name], expected)


def test_by_hand():
    """z = 3 x₁ + 4 x₂ and its relu; below 0 there is no response. 5 and 0 for the two samples: 2.5."""
    net = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(1, "identity"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[3, 4], [-5, -12]], [[2, 7]]
    scores = mp.score(net, "sensitivity", [[1, 1], [1, -1]])
    assert scores["dense1"].tolist() == [(5 + 0) / 2, (0 + 13) / 2]
    np.testing.assert_allclose(scores["dense2"], [(2 * 5 + 7 * 13) / 2], rtol=1e-12)


def test_norms_are_averaged_not_squares():
    net = mp.Network(1, [mp.Dense(1, "relu"), mp.Dense(1)])
    net["dense1"].W[...] = 2
    assert mp.score(net, "sensitivity", [[1.0], [-1.0], [-1.0], [-1.0]])["dense1"].tolist() == [2 / 4]


def test_all_positions_count():
    """A 1×1 channel of weight 3 on 4 pixels responds with 3 at each: √(4 · 9)."""
    net = mp.Network((2, 2, 1), [mp.Conv2D(1, 1), mp.GlobalAvgPool2D(), mp.Dense(1)])
    net["conv1"].W[...] = 3
    assert mp.score(net, "sensitivity", np.ones((2, 2, 2, 1)))["conv1"].tolist() == [6]


def test_neurons_that_are_constant_do_not_respond(close):
    net = mp.Network(3, [mp.Dense(3, "relu"), mp.Dense(2, "tanh"), mp.Dense(2)], seed=2)
    net["dense1"].b[...] = [-100, 0, 100]
    x = np.random.default_rng(0).normal(size=(4, 3))
    scores = mp.score(net, "sensitivity", x)
    assert scores["dense1"][0] == 0
    close(scores["dense1"][2], np.linalg.norm(net["dense1"].W[2]))         # always on: its own weights


def test_what_a_masked_neuron_would_pass_on_is_not_counted(random_samples, close):
    net = mp.Network(3, [mp.Dense(3, "tanh"), mp.Dense(2, "tanh"), mp.Dense(2)], seed=2)
    x, _ = random_samples(net, 0, 4)
    keep = {"dense1": [True, True, False]}
    masked, pruned = (mp.score(act(net, keep), "sensitivity", x) for act in (mp.mask, mp.prune))
    assert masked["dense1"][2] == 0
    close(masked["dense1"][:2], pruned["dense1"])
    close(masked["dense2"], pruned["dense2"])
