"""Dead neurons can go: the pruned network computes what the whole one computes."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.residual import Residual
from minprune.pruning.compensation import fold_means
from minprune.pruning.dead_neurons import alive


@each("f, dead", [("relu", True), ("leaky_relu", True), ("tanh", True), ("identity", True),
                  ("sigmoid", False), ("softplus", False)])
def test_what_is_zero_depends_on_the_activation(f, dead):
    net = mp.Network((3,), [mp.Dense(4, f), mp.Dense(2)], seed=0)
    x = np.random.default_rng(0).normal(size=(5, 3))
    net["dense1"].W[2] = 0
    np.testing.assert_array_equal(alive(net)["dense1"], [True, True, not dead, True])
    np.testing.assert_array_equal(alive(net, constant=True)["dense1"], [True, True, False, True])
    np.testing.assert_allclose(mp.prune(net, alive(net)).predict(x), net.predict(x), atol=1e-12)
    np.testing.assert_allclose(fold_means(net, alive(net, constant=True), x).predict(x), net.predict(x), atol=1e-12)
    net["dense1"].b[2] = -1
    np.testing.assert_array_equal(alive(net)["dense1"], [True, True, f != "relu", True])


@each("blocks, seed", [(False, seed) for seed in range(14)] + [(True, seed) for seed in range(10)])
def test_pruning_the_dead_changes_nothing(blocks, seed, random_network, random_residual, random_samples, close):
    """Whichever way they died, in networks of every shape, padding, batch norm and blocks included."""
    net, rng = (random_residual if blocks else random_network)(seed), np.random.default_rng(seed)
    x, _ = random_samples(net, seed, N=30)
    for name in net.hidden_layers:
        half, masked = rng.random(net[name].K) < 0.5, rng.random(net[name].K) < 0.2
        for layer in (net[member] for member in net.members(name)):
            layer.W[half & (rng.random(layer.K) < 0.8)] = 0
            if layer.batch_norm:
                layer.gamma[half & (rng.random(layer.K) < 0.6)] = 0
                at_mean = rng.random(layer.K) < 0.3             # a weightless neuron with b = mean has z = β
                layer.b[at_mean] = layer.running_mean[at_mean]
                layer.beta[rng.random(layer.K) < 0.5] = 0
            else:
                layer.b[rng.random(layer.K) < 0.5] = 0
            layer.mask = ~masked
    keep, trace = alive(net), net.forward(x)
    close(mp.prune(net, keep).predict(x), net.predict(x), 1e-12, least=1e-3)
    for name, varied in alive(net, constant=True).items():
        o = trace[name].o.reshape(len(x), -1, net[name].K)
        moves = np.ptp(o, axis=0).max(axis=0) > 1e-9
        assert (keep[name] >= (o != 0).any(axis=(0, 1))).all() and (varied >= moves).all()
        assert (varied <= keep[name]).all() or not moves.any()      # (where all are still, the first one stays)


def test_a_layer_is_never_emptied():
    net = mp.Network((3,), [mp.Dense(4, "relu"), mp.Dense(2)], seed=0)
    mp.GroupLasso(1e3)(net, 1.0)
    np.testing.assert_array_equal(alive(net)["dense1"], [True, False, False, False])
    assert not net["dense1"].W.any()
    np.testing.assert_array_equal(mp.prune(net, alive(net)).predict(np.ones((2, 3))), net.predict(np.ones((2, 3))))


def test_one_weight_that_is_left_keeps_a_neuron_alive():
    net = mp.Network((4, 4, 1), [mp.Conv2D(3, 2, "relu"), mp.Flatten(), mp.Dense(2)], seed=0)
    net["conv1"].W[:2] = 0
    net["conv1"].W[1, 1, 0, 0] = -1e-9
    np.testing.assert_array_equal(alive(net)["conv1"], [False, True, True])


def test_coupled_neurons_go_together():
    """Neuron 0 is at zero in both layers that are added, neuron 1 in one of them, which is not enough."""
    block = Residual([mp.Dense(6, "relu"), mp.Dense(3, "tanh")])
    net = mp.Network((4,), [mp.Dense(3, "relu"), block, mp.Dense(2)], seed=1)
    for name, neurons in (("dense1", [0, 1]), ("dense3", [0])):
        net[name].W[neurons] = 0
    np.testing.assert_array_equal(alive(net)["dense1+dense3"], [False, True, True])


def test_behind_a_batch_norm_of_its_own_only_masked_neurons_are_known_to_be_dead(close):
    """Its shift puts out a constant for a neuron without weights; behind a depthwise convolution weights are seen."""
    net = mp.Network((2, 2, 1), [mp.Conv2D(3, 1), mp.BatchNorm(), mp.Conv2D(2, 1), mp.Conv2D(4, 1, "relu", groups=2),
                                 mp.Flatten(), mp.Dense(1)], seed=1)
    net["conv1"].W[0] = net["conv3"].W[:3] = 0
    net.layers["batchnorm1"].beta[...] = 1
    net.silence("conv1+batchnorm1", np.array([True, True, False]))
    keep = alive(net)
    assert {name: stays.tolist() for name, stays in keep.items()} == {
        "conv1+batchnorm1": [True, True, False], "conv2+conv3*2": [False, True]}
    x = np.random.default_rng(0).normal(size=(3, 2, 2, 1))
    close(mp.prune(net, keep).predict(x), net.predict(x))


def test_no_network():
    with pytest.raises(TypeError, match="net expects a Network"):
        alive("net")
