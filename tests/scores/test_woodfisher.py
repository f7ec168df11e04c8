"""WoodFisher beside the Woodbury identity sample by sample, and beside optimal brain surgeon where they are one."""

import numpy as np
import pytest

import minprune as mp
from minprune.scores.hessian import weight_names
from minprune.scores.woodfisher import woodfisher_weights


def by_woodbury(net, x, t, damping):
    """F⁻¹ − F⁻¹g gᵀF⁻¹ / (N + gᵀF⁻¹g), one sample after the other, from 1/damping · 1; then w²/(2 [F⁻¹]_qq)."""
    keys, w = weight_names(net), net.parameters()
    vector = np.concatenate([w[key].ravel() for key in keys])
    inverse = np.eye(len(vector)) / damping
    for n in range(len(x)):
        grads = mp.record(net, x[n:n + 1], t[n:n + 1], "mse").grads()
        g = np.concatenate([grads[key].ravel() for key in keys])
        Fg = inverse @ g
        inverse -= np.outer(Fg, Fg) / (len(x) + g @ Fg)
    saliencies, start = {}, 0
    for key in keys:
        place = slice(start, start := start + w[key].size)
        saliencies[key] = (vector[place] ** 2 / (2 * np.diag(inverse)[place])).reshape(w[key].shape)
    return saliencies


def depthwise(seed=1):
    """A channel and what a depthwise convolution makes of it are one neuron."""
    layers = [mp.Conv2D(3, 2, "tanh"), mp.Conv2D(3, 2, "tanh", groups=3), mp.Flatten(), mp.Dense(2)]
    return mp.Network((4, 4, 2), layers, seed=seed)


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_beside_the_woodbury_identity(make, request, random_samples, close):
    nets = [request.getfixturevalue(make)(seed) for seed in range(12)]
    small = [net for net in nets if sum(array.size for array in net.parameters().values()) < 310]
    assert len(small) >= 4
    for seed, net in enumerate([*small[:4], depthwise()]):
        x, t = random_samples(net, seed, N=4)
        expected = by_woodbury(net, x, t, 1e-4)
        found = woodfisher_weights(net, x, t, "mse", batch_size=2)
        assert list(found) == list(expected)
        for key in found:
            close(found[key], expected[key], 1e-8)
        scores = mp.score(net, "woodfisher", x, t, "mse", batch_size=2)
        for name in net.hidden_layers:
            close(scores[name], sum(expected[f"{member}.W"].reshape(net[name].K, -1).sum(axis=1)
                                    for member in net.members(name)), 1e-8)


def test_where_every_answer_is_wrong_by_1_it_is_obs(close):
    """Of ½ (y − t)² with |y − t| = 1, g gᵀ = J Jᵀ, which is Gauss-Newton's Hessian."""
    net, rng = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(1)], seed=1), np.random.default_rng(1)
    x = rng.normal(size=(30, 3))
    t = net.predict(x) + rng.choice([-1.0, 1.0], size=(30, 1))
    found = mp.score(net, ["woodfisher", "obs"], x, t, "mse")
    close(found["woodfisher"]["dense1"], found["obs"]["dense1"], 1e-9)


def test_where_the_network_is_exactly_right_only_the_damping_is_left(close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(1)], seed=1)
    x = np.random.default_rng(1).normal(size=(9, 3))
    scores = mp.score(net, "woodfisher", x, net.predict(x), "mse", damping=0.5)["dense1"]
    close(scores, 0.25 * (net["dense1"].W ** 2).sum(axis=1))


def test_without_damping_few_samples_leave_directions_in_which_nothing_is_known():
    net, rng = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(1)], seed=1), np.random.default_rng(1)
    x, t = rng.normal(size=(9, 3)), rng.normal(size=(9, 1))
    with pytest.raises(ValueError, match="of 21 parameters is not positive definite: raise damping, got 0"):
        mp.score(net, "woodfisher", x, t, "mse", damping=0)


def test_large_networks_are_refused():
    net = mp.Network(300, [mp.Dense(8), mp.Dense(1)])
    with pytest.raises(ValueError, match="the Fisher information of 2417 parameters"):
        mp.score(net, "woodfisher", np.ones((1, 300)), np.ones((1, 1)), "mse")
