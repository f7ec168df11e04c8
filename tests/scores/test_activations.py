"""Scores of outputs: by hand, and position by position."""

import numpy as np
import pytest

import minprune as mp
from cases import each


def test_dense_by_hand():
    """o = relu(x) for x = (1, −2), (3, 0), (0, 5), (−4, −1)."""
    net = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...] = np.eye(2)
    x = [[1, -2], [3, 0], [0, 5], [-4, -1]]
    assert mp.score(net, "activation_mean", x)["dense1"].tolist() == [1.0, 1.25]
    assert mp.score(net, "apoz", x)["dense1"].tolist() == [0.5, 0.25]


def test_conv_by_hand():
    """One 2×2 image, two 1×1 channels: relu(x) and relu(−x). The mean is over all four positions."""
    net = mp.Network((2, 2, 1), [mp.Conv2D(2, 1, "relu"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...] = [[[[1]]], [[[-1]]]]
    x = np.array([[[1, -2], [3, 0]], [[0, 0], [8, 0]]])[..., np.newaxis]
    assert mp.score(net, "activation_mean", x)["conv1"].tolist() == [12 / 8, 2 / 8]
    assert mp.score(net, "apoz", x)["conv1"].tolist() == [3 / 8, 1 / 8]


@each("seed", range(7))
def test_they_are_means_over_samples_and_positions(seed, random_network, random_samples):
    net = random_network(seed, activations=["relu", "tanh"])
    x, _ = random_samples(net, seed)
    mean, busy = mp.score(net, "activation_mean", x, batch_size=2), mp.score(net, "apoz", x, batch_size=2)
    for name in net.hidden_layers:
        for i in range(net[name].K):
            outputs = [o for sample in net.forward(x)[name].o[..., i] for o in np.ravel(sample).tolist()]
            assert abs(mean[name][i] - sum(outputs) / len(outputs)) < 1e-12
            assert abs(busy[name][i] - (1 - outputs.count(0.0) / len(outputs))) < 1e-12


def test_the_sign_of_the_mean_is_kept():
    net = mp.Network(1, [mp.Dense(2, "identity"), mp.Dense(1)])
    net["dense1"].W[...] = [[1], [-1]]
    assert mp.score(net, "activation_mean", [[2.0], [4.0]])["dense1"].tolist() == [3, -3]


def test_apoz_counts_what_is_zero_up_to_rounding():
    """Negative and tiny outputs are not silent; a masked neuron is."""
    net = mp.Network(1, [mp.Dense(3, "identity"), mp.Dense(1)])
    net["dense1"].W[...] = [[-1], [1e-9], [1]]
    masked = mp.mask(net, {"dense1": [True, True, False]})
    assert mp.score(masked, "apoz", [[2.0], [4.0]])["dense1"].tolist() == [1, 1, 0]


def test_outputs_are_those_before_pooling():
    """relu leaves 1 of 4 positions; max pooling would make it all of them, its mean 8 instead of 2."""
    net = mp.Network((2, 2, 1), [mp.Conv2D(1, 1, "relu"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...] = 1
    x = np.array([8.0, -1, -1, -1]).reshape(1, 2, 2, 1)
    assert mp.score(net, "apoz", x)["conv1"].tolist() == [0.25]
    assert mp.score(net, "activation_mean", x)["conv1"].tolist() == [2]


# Size and spread

def identity_net(K, *after):
    """K identity neurons of K inputs: o = x."""
    net = mp.Network(K, [mp.Dense(K), *after, mp.Dense(1)])
    net["dense1"].W[...] = np.eye(K)
    return net


def image_net(channels, size, activation="identity"):
    """Channels that copy those of the image: o = f(x)."""
    net = mp.Network((*size, channels), [mp.Conv2D(channels, 1, activation), mp.GlobalAvgPool2D(), mp.Dense(1)])
    net["conv1"].W[...] = np.eye(channels).reshape(net["conv1"].W.shape)
    return net


def test_mean_size_by_hand():
    net, x = identity_net(2), [[1, -2], [3, 0], [-5, 1], [-1, 1]]
    assert mp.score(net, "activation_mean_abs", x)["dense1"].tolist() == [2.5, 1]
    assert mp.score(net, "activation_mean", x)["dense1"].tolist() == [-0.5, 0]


def test_deviation_by_hand():
    net, x = identity_net(3), [[1, -2, 7], [3, 0, 7], [5, 2, 7], [7, 4, 7]]
    assert mp.score(net, "activation_std", x, batch_size=3)["dense1"].tolist() == [5 ** 0.5, 5 ** 0.5, 0]


@each("seed", range(7))
def test_deviation_is_that_of_all_outputs_of_all_samples(seed, random_network, random_samples, close):
    net = random_network(seed)
    x, _ = random_samples(net, seed, 11)
    mean_abs = mp.score(net, "activation_mean_abs", x, batch_size=4)
    for batch_size in (1, 3, 11):
        std = mp.score(net, "activation_std", x, batch_size=batch_size)
        for name in net.hidden_layers:
            outputs = net.forward(x)[name].o.reshape(-1, net[name].K)
            close(std[name], outputs.std(axis=0))
            close(mean_abs[name], np.abs(outputs).mean(axis=0))


def test_deviation_does_not_cancel_far_from_zero(close):
    """At 10⁹ the mean of squares less the square of the mean would keep no digit of a deviation of 1."""
    x = np.random.default_rng(0).normal(size=(50, 2))
    net = identity_net(2)
    near, far = (mp.score(net, "activation_std", x + shift, batch_size=7)["dense1"] for shift in (0, 1e9))
    close(far, near, 1e-7)
    assert mp.score(net, "activation_std", np.full((9, 2), 0.1), batch_size=2)["dense1"].tolist() == [0, 0]


def test_a_dead_neuron_with_a_bias():
    """Neuron 0 always says 4. Scores of spread say remove it, and with its 4 · 2 moved into the next bias that is
    free; without, it is the worst that can be removed. Scores of size say keep it, though it tells nothing."""
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...], net["dense2"].W[...] = [[0], [1]], [4, 0], [[2, 0.5]]
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    t = net.predict(x)
    for score in ("activation_std", "activation_entropy"):
        assert mp.score(net, score, x)["dense1"][0] == 0 < mp.score(net, score, x)["dense1"][1]
    for score in ("activation_mean", "activation_mean_abs", "apoz"):
        assert mp.score(net, score, x)["dense1"].argmax() == 0
    assert mp.score(net, "removal", x, t, "mse")["dense1"].tolist() == [32, 0.4375]
    small = mp.prune(net, {"dense1": [False, True]})
    small["dense2"].b += 4 * 2
    np.testing.assert_array_equal(small.predict(x), t)


# HRank

def ranked(*images):
    """The scores of channels that say these images."""
    x = np.stack(images, axis=-1)[np.newaxis]
    return mp.score(image_net(len(images), x.shape[1:3]), "hrank", x)["conv1"].tolist()


def test_ranks_by_hand():
    one, edge = np.ones((3, 4)), np.outer([1, 1, 1], [0, 0, 1, 1])
    assert ranked(one * 0, one, 1e-9 * one, edge, edge + edge[::-1, ::-1], np.eye(3, 4)) == [0, 1, 1, 1, 1, 3]
    cross = np.zeros((3, 4))
    cross[1], cross[:, 2] = 1, 1
    assert ranked(cross, np.arange(12.0).reshape(3, 4), -7e5 * np.eye(3, 4)) == [2, 2, 3]


def test_rounding_is_not_rank_and_small_detail_is():
    """A tenth is not exact: sums of outer products have rounding errors; 10⁻⁵ beside 1 counts, 10⁻⁹ does not."""
    u, v = np.random.default_rng(0).normal(size=(2, 3))
    assert ranked(np.outer(u, v) + 0.1 * np.outer(u, v), np.diag([1, 1e-5, 0]), np.diag([1, 1e-9, 0])) == [1, 2, 1]


def rank(image):
    return np.linalg.matrix_rank(image, tol=1.2e-7 * max(image.shape) * np.linalg.norm(image, 2))


@each("seed", range(14))
def test_ranks_are_means_over_samples(seed, random_network, random_samples, close):
    net = random_network(seed, activations=["relu", "tanh"])
    x, _ = random_samples(net, seed, 5)
    scores, trace = mp.score(net, "hrank", x, batch_size=2), net.forward(x)
    for name in net.hidden_layers:
        o = trace[name].o.reshape(5, -1, *net[name].output_shape[-2:]) if trace[name].o.ndim == 4 \
            else trace[name].o[:, np.newaxis, np.newaxis]
        close(scores[name], [np.mean([rank(one[..., i]) for one in o]) for i in range(net[name].K)])
        if net[name].output_shape == (net[name].K,):
            close(scores[name], mp.score(net, "apoz", x)[name])


def test_rank_does_not_know_how_much():
    """Noise of 10⁻⁹ outranks the edge that the target is made of."""
    net = image_net(2, (4, 4))
    net["dense1"].W[...] = 1
    x = np.zeros((1, 4, 4, 2))
    x[..., 0] = [0, 0, 1, 1]
    x[..., 1] = 1e-9 * np.random.default_rng(0).normal(size=(4, 4))
    assert mp.score(net, "hrank", x)["conv1"].tolist() == [1, 4]
    exact = mp.score(net, "removal", x, net.predict(x), "mse")["conv1"]
    assert exact[0] > 0.1 and exact[1] < 1e-15


# CHIP

def recipe(o):
    """The authors' way, without their rounding: set row i to zeros, mean over samples."""
    independence = []
    for i in range(o.shape[-1]):
        without = o.copy()
        without[..., i] = 0
        norms = [[np.linalg.norm(one.reshape(-1, o.shape[-1]).T, "nuc") for one in maps] for maps in (o, without)]
        independence.append(np.mean(np.subtract(*norms)))
    return independence


@each("seed", range(7))
def test_independence_is_that_of_the_papers_recipe(seed, random_network, random_samples, close):
    net = random_network(seed)
    x, _ = random_samples(net, seed, 4)
    scores, trace = mp.score(net, "chip", x, batch_size=3), net.forward(x)
    for name in net.hidden_layers:
        close(scores[name], recipe(trace[name].o), 1e-10)


def test_independence_by_hand(close):
    """Maps at right angles score their norms, a silent one 0, equal ones (√2 − 1) of theirs."""
    maps = np.array([[3, 4, 0, 0], [0, 0, 0, 2], [0, 0, 0, 0]], float)
    scores = mp.score(image_net(3, (2, 2)), "chip", maps.T.reshape(1, 2, 2, 3))["conv1"]
    close(scores, [5, 2, 0])
    twins = np.array([[3, 4, 0, 0], [3, 4, 0, 0]], float)
    close(mp.score(image_net(2, (2, 2)), "chip", twins.T.reshape(1, 2, 2, 2))["conv1"], [5 * (2 ** 0.5 - 1)] * 2)


def test_independence_of_dense_neurons_is_a_difference_of_norms(close):
    scores = mp.score(identity_net(3), "chip", [[3.0, 4, 0], [0, 0, 2]])["dense1"]
    close(scores, [(5 - 4) / 2, (5 - 3) / 2, 2 / 2])
    assert mp.score(identity_net(1), "chip", [[-3.0], [1]])["dense1"].tolist() == [2]


@pytest.mark.parametrize("score", ["apoz", "hrank", "activation_entropy"])
def test_what_does_not_change_when_a_relu_neuron_is_rescaled(score, close):
    net = mp.Network((5, 5, 1), [mp.Conv2D(3, 2, "relu"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(4, "relu"),
                                 mp.Dense(2)], seed=3)
    x, other = np.random.default_rng(0).normal(size=(20, 5, 5, 1)), net.copy()
    for name, a in (("conv1", 0.3), ("dense1", 7)):
        other[name].W *= a
        other[other.reader(name)].W /= a
    close(other.predict(x), net.predict(x))
    for name in net.hidden_layers:
        close(mp.score(other, score, x)[name], mp.score(net, score, x)[name])
