"""Networks small enough for paper on which a score is provably wrong, and who is right there."""

import numpy as np
import pytest

import minprune as mp
from cases import each

ONE = np.ones((1, 1))


def network(W, b, V, activation="relu"):
    """One input, hidden neurons with these weights and biases, one output that reads them with V."""
    net = mp.Network(1, [mp.Dense(len(W), activation), mp.Dense(1)])
    net["dense1"].W[...] = np.reshape(W, (-1, 1))
    net["dense1"].b[...] = b
    net["dense2"].W[...] = V
    return net


def score(net, name, t, x=ONE):
    return mp.score(net, name, x, np.reshape(t, (len(x), 1)), "mse")["dense1"]


@each("name", ["gradient", "gradient_z", "taylor", "taylor_mean", "skeletonization", "fisher",
               "snip", "taylor_weights", "taylor_weights_by_sample", "empirical_fisher_weights"])
def test_where_the_loss_is_zero_the_first_order_knows_nothing(name):
    """o = (1, 2), y = 3 = t: every gradient is 0. Without neuron 0 the loss is ½ · 1², without neuron 1 ½ · 2²."""
    net = network([1, 2], 0, [1, 1])
    assert score(net, name, 3.0).tolist() == [0, 0]
    assert score(net, "removal", 3.0).tolist() == [0.5, 2.0]
    np.testing.assert_allclose(score(net, "taylor_second_order", 3.0), [0.5, 2.0])


def test_two_neurons_that_cancel_each_look_important():
    """o = (1, 1), y = 1 − 1 = 0 = t. One alone gone costs ½; both gone cost nothing."""
    net, t = network([1, 1], 0, [1, -1]), np.zeros((1, 1))
    assert score(net, "removal", 0.0).tolist() == [0.5, 0.5]
    assert mp.scores.pair_removal(net, ONE, t, "mse", "dense1").tolist() == [[0, -1], [-1, 0]]
    np.testing.assert_allclose(score(net, "shapley", 0.0), [0, 0], atol=1e-15)
    both = network([0, 0], 0, [1, -1])
    assert mp.evaluate(both, ONE, t, "mse", latency=False).test_loss == 0


def test_two_neurons_that_stand_in_for_each_other_each_look_useless():
    """o = (1, 1), a sigmoid reads 40 o₀ + 40 o₁ − 20: σ(60) ≈ σ(20) ≈ 1 = t with one or both, σ(−20) ≈ 0 without."""
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(1, "sigmoid"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...], net["dense2"].b[...], net["dense3"].W[...] = 1, 40, -20, 1
    t = np.ones((1, 1))
    alone = mp.score(net, "removal", ONE, t, "mse")["dense1"]
    together = mp.scores.pair_removal(net, ONE, t, "mse", "dense1")[0, 1] + alone.sum()
    assert np.abs(alone).max() < 1e-8 and together == pytest.approx(0.5)
    shares = mp.score(net, "shapley", ONE, t, "mse", players="layer")["dense1"]
    np.testing.assert_allclose(shares, [0.25, 0.25], atol=1e-8)


def test_a_saturated_sigmoid_responds_to_nothing_and_is_all_there_is():
    """z = 20: o = 1 − 2·10⁻⁹, y = o, t = 1. Its slope is 2·10⁻⁹; without it the loss is ½."""
    net = network([20], 0, [1], "sigmoid")
    for name in ("sensitivity", "gradient_z", "activation_std"):
        assert score(net, name, 1.0)[0] < 1e-7
    assert score(net, "removal", 1.0)[0] == pytest.approx(0.5)


@each("name", ["sensitivity", "activation_std", "activation_entropy", "mutual_information",
               "weight_norm"])
def test_a_neuron_that_never_moves_can_carry_the_bias_of_all(name):
    """Neuron 0 reads nothing and puts out 3; the targets are x + 3. It can go if the output's bias becomes 3."""
    x = np.array([[1.0], [2.0], [4.0]])
    net = network([0, 1], [3, 0], [1, 1])
    assert score(net, name, x + 3, x)[0] == 0 < score(net, name, x + 3, x)[1] + (name == "mutual_information")
    assert score(net, "removal", x + 3, x)[0] == pytest.approx(4.5)
    gone = mp.prune(net, {"dense1": np.array([False, True])})
    gone["dense2"].b[...] = 3
    np.testing.assert_allclose(gone.predict(x), net.predict(x))


def test_the_gradient_of_a_silent_neuron_is_not_its_importance():
    """o₀ = 0 on every sample, and it is read: ∂ℓ/∂o₀ = (y − t) v₀ = −2. Removing it changes nothing."""
    net = network([-1, 1], 0, [2, 1])
    assert score(net, "gradient", 2.0).tolist() == [2, 1]
    assert score(net, "removal", 2.0).tolist() == [0, 1.5] and score(net, "taylor", 2.0).tolist() == [0, 1]
