"""Scores of the incoming weights' gradients: against naive loops, central differences and identities."""

import numpy as np
import pytest

import minprune as mp

NAMES = ("taylor_weights", "taylor_weights_by_sample", "snip", "empirical_fisher_weights", "grasp")


def slopes_by_differences(net, name, x, t):
    """∂ℓ_n/∂w_ij, (N, K, F), by central differences."""
    def losses(_):
        return 0.5 * ((net.predict(x) - t) ** 2).reshape(len(x), -1).sum(axis=1)
    return np.moveaxis(mp.finite_difference(losses, net[name].W), -1, 0).reshape(len(x), net[name].K, -1)


def test_by_naive_loops(kind, random_network, random_samples, near):
    net = random_network(6, kind, smooth=True)
    x, t = random_samples(net, 6, 3)
    scores = {one: mp.score(net, one, x, t, "mse", batch_size=2) for one in NAMES[:4]}
    for name in net.hidden_layers:
        g, W, K = slopes_by_differences(net, name, x, t), net[name].W.reshape(net[name].K, -1), net[name].K
        inputs = range(W.shape[1])
        mean = [[sum(g[n, i, j] for n in range(3)) / 3 for j in inputs] for i in range(K)]
        near(scores["taylor_weights"][name], [sum(W[i, j] * mean[i][j] for j in inputs) ** 2 for i in range(K)])
        near(scores["snip"][name], [sum(abs(W[i, j] * mean[i][j]) for j in inputs) for i in range(K)])
        near(scores["taylor_weights_by_sample"][name],
             [sum(sum(W[i, j] * g[n, i, j] for j in inputs) ** 2 for n in range(3)) / 3 for i in range(K)])
        near(scores["empirical_fisher_weights"][name],
             [sum((W[i, j] * g[n, i, j]) ** 2 for j in inputs for n in range(3)) / 6 for i in range(K)])


def test_by_hand():
    """o = w x (one neuron, weights 1 and 2), y = 3 o, t = 0, two samples: ∂ℓ/∂w_j = 3 y x_j."""
    net = mp.Network(2, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, 2]], 3
    x, t = [[1.0, 0.0], [2.0, -2.0]], [[0.0], [0.0]]            # o = 1, −2; y = 3, −6; ∂ℓ/∂w = (9, 0), (−36, 36)
    by_hand = {"taylor_weights": (-13.5 + 2 * 18) ** 2, "snip": 13.5 + 36,
               "taylor_weights_by_sample": (81 + 36 ** 2) / 2,
               "empirical_fisher_weights": (81 + 36 ** 2 + 72 ** 2) / 4}
    for name, value in by_hand.items():
        assert mp.score(net, name, x, t, "mse")["dense1"].tolist() == [value], name


def test_grasp_by_hand():
    """y = u w x with x = 1, t = 0: ℓ = ½ u² w², ½‖g‖² = ½ (u⁴w² + u²w⁴), and w ∂/∂w of it = u⁴w² + 2u²w⁴."""
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 2, 3
    assert mp.score(net, "grasp", [[1.0]], [[0.0]], "mse")["dense1"].tolist() == [81 * 4 + 2 * 9 * 16]


@pytest.mark.parametrize("loss", ["mse", "cross_entropy", "binary_cross_entropy"])
def test_grasp_is_the_slope_of_half_the_squared_gradient(loss, random_samples, unbounded, near):
    """d/dα ½‖ḡ‖² at α = 1, all of the neuron's incoming weights being multiplied by α."""
    net = mp.Network((5, 5, 1), [mp.Conv2D(3, 2, "tanh", batch_norm=True), mp.AvgPool2D(2), mp.Flatten(),
                                 mp.Dense(3, "softplus"), mp.Dense(2, "sigmoid")], seed=4)
    x, t = random_samples(unbounded(net, loss), 1, 4, loss)

    def half_square(alpha, name, i):
        other = net.copy()
        other[name].W[i] *= alpha[0]
        trace = mp.record(other, x, t, loss)
        return sum(((trace[one].grads["W"] / 4) ** 2).sum() for one in other.neuron_layers) / 2

    scores = mp.score(net, "grasp", x, t, loss, batch_size=3)
    for name in net.hidden_layers:
        near(scores[name], [mp.finite_difference(lambda a: half_square(a, name, i), np.ones(1))[0]
                            for i in range(net[name].K)])


def test_what_cancels_and_what_does_not():
    """Two samples whose gradients are opposite, and two weights whose effects are."""
    net = mp.Network(2, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, -1]], 1
    samples = [[1.0, 0.0], [1.0, 0.0]], [[2.0], [0.0]]                      # y − t = −1, 1
    assert mp.score(net, "taylor_weights", *samples, "mse")["dense1"].tolist() == [0]
    assert mp.score(net, "snip", *samples, "mse")["dense1"].tolist() == [0]
    assert mp.score(net, "taylor_weights_by_sample", *samples, "mse")["dense1"].tolist() == [1]
    weights = [[1.0, 1.0]], [[1.0]]                                         # o = 0: w g = −1, 1
    assert mp.score(net, "taylor_weights", *weights, "mse")["dense1"].tolist() == [0]
    assert mp.score(net, "taylor_weights_by_sample", *weights, "mse")["dense1"].tolist() == [0]
    assert mp.score(net, "snip", *weights, "mse")["dense1"].tolist() == [2]
    assert mp.score(net, "empirical_fisher_weights", *weights, "mse")["dense1"].tolist() == [1]


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "identity"])
def test_weights_and_outputs_tell_the_same_where_the_neuron_is_homogeneous(activation, random_samples, close):
    """Euler: Σ_j w_ij ∂ℓ/∂w_ij = Σ_p o ∂ℓ/∂o without bias and batch norm, so by sample it is twice fisher."""
    net = mp.Network((5, 5, 1), [mp.Conv2D(3, 2, activation), mp.MaxPool2D(2), mp.Flatten(),
                                 mp.Dense(4, activation), mp.Dense(2)], seed=1)
    x, t = random_samples(net, 1, 6)
    by_sample, fisher = (mp.score(net, one, x, t, "mse") for one in ("taylor_weights_by_sample", "fisher"))
    whole, signed = (mp.score(net, one, x, t, "mse") for one in ("taylor_weights", "skeletonization"))
    for name in net.hidden_layers:
        close(by_sample[name], 2 * fisher[name])
        close(whole[name], signed[name] ** 2)


def test_relu_neurons_may_share_their_scale_as_they_like(random_samples, close):
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(3, "tanh"), mp.Dense(2)], seed=3)
    net["dense1"].b[...] = [0.1, 0.2, -0.1, 0.3]
    other, a = net.copy(), np.array([0.5, 2.0, 4.0, 8.0])
    other["dense1"].W[...] *= a[:, np.newaxis]
    other["dense1"].b[...] *= a
    other["dense2"].W[...] /= a
    x, t = random_samples(net, 0, 6)
    for name in NAMES[:4]:
        one, two = (mp.score(which, name, x, t, "mse") for which in (net, other))
        for layer in net.hidden_layers:
            close(two[layer], one[layer])
    one, two = (mp.score(which, "grasp", x, t, "mse")["dense1"] for which in (net, other))
    assert not np.allclose(one, two)


def test_grasp_needs_a_loss_whose_second_derivatives_are_known():
    from minprune.scores.first_order import linear_error
    net = mp.Network(2, [mp.Dense(2), mp.Dense(1)])
    with pytest.raises(ValueError, match='loss "linear_error" does not say its second derivatives'):
        mp.score(net, "grasp", [[1.0, 2.0]], [[0.0]], linear_error)
