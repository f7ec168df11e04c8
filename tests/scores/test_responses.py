"""SeReNe's sensitivity beside a walk forwards: what a push at one z does to the outputs."""

import numpy as np
import pytest

import minprune as mp


def pushed(chain, trace, at, dz, moved):
    """How the chain's output moves when z of layer `at` moves by dz, and its input by `moved`: the paths added up."""
    for name, layer in chain.items():
        if name == at:
            moved = layer.slope(trace[name].z) * dz
        elif layer.paths:
            moved = sum(pushed(path, trace, at, dz, moved) for path in layer.paths)
        else:
            moved = layer.tangent(trace[name], moved)
    return moved


def by_pushes(net, name, x):
    """1/(C P) Σ_kp |∂y_k/∂z_pi|, averaged over samples."""
    slopes = []
    for member in net.units[name].ends:
        shape = net[member].output_shape
        many = np.repeat(x, np.prod(shape), axis=0)                                         # each z is pushed by itself
        dz = np.tile(np.eye(np.prod(shape)), (len(x), 1)).reshape(-1, *shape)
        moved = pushed(net.layers, net.forward(many), member, dz, np.zeros_like(many))
        slopes.append(np.abs(moved).reshape(len(x), -1, shape[-1], moved[0].size).mean(axis=(0, 3)))
    return np.concatenate(slopes).mean(axis=0)


def depthwise(seed=1):
    """A channel and what a depthwise convolution makes of it are one neuron."""
    layers = [mp.Conv2D(3, 2, "tanh"), mp.Conv2D(3, 2, "tanh", groups=3), mp.Flatten(), mp.Dense(2)]
    return mp.Network((4, 4, 2), layers, seed=seed)


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_beside_a_walk_forwards(make, request, random_samples, close):
    nets = [request.getfixturevalue(make)(seed) for seed in range(8)]
    few_outputs = [net for net in nets if np.prod(net.output_shape) < 13][:5]
    assert len(few_outputs) == 5
    for seed, net in enumerate([*few_outputs, depthwise()]):
        x, _ = random_samples(net, seed, N=2)
        scores = mp.score(net, "serene", x, batch_size=1)
        for name in net.hidden_layers:
            close(scores[name], by_pushes(net, name, x), 1e-8, least=1e-12)


def test_by_hand():
    """y = (2 relu(z₁), −3 relu(z₁) + z₂): slopes 2 and 3 where z₁ > 0, half the time; 1 of z₂ always."""
    net = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(2)])
    net["dense1"].W[...], net["dense1"].b[...], net["dense2"].W[...] = np.eye(2), [0, 9], [[2, 0], [-3, 1]]
    assert mp.score(net, "serene", [[1.0, 0.0], [-1.0, 0.0]])["dense1"].tolist() == [1.25, 0.5]
