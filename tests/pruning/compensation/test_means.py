"""Means: constants folded exactly, the mean of each reader kept."""

import numpy as np

import minprune as mp
from cases import each
from minprune.pruning.compensation.means import fold_means

PLAIN, BLOCKS = [("plain", seed) for seed in range(14)], [("blocks", seed) for seed in range(5)]


def read(net, name, x):
    """What layer `name` reads."""
    return net.forward(x)[name].x


def pre_activation(net, name, x):
    """a = W x + b of layer `name`, before batch norm: (N · P, K)."""
    return (net[name].product(read(net, name, x)) + net[name].b).reshape(-1, net[name].K)


def left(net, keep, reader):
    """Which of a reader's own neurons are left once `keep` is done."""
    own = {member: stays for name, stays in keep.items() for member in net.members(name)}
    return own.get(reader, np.ones(net[reader].K, bool))


def missing(net, small, keep, reader, x):
    """What the reader's pre-activations lack to those of `net`."""
    return pre_activation(net, reader, x)[:, left(net, keep, reader)] - pre_activation(small, reader, x)


def squared_error(net, small, name, x):
    return np.square(missing(net, small, {}, name, x)).mean()


def is_padded(layer):
    return isinstance(layer, mp.Conv2D) and np.any(layer.zeros)


def make_constant(net, name, neurons, rng):
    """Let these neurons put out the same whatever they read."""
    for layer in (net[member] for member in net.members(name)):
        layer.W[neurons] = 0
        layer.b[neurons] = rng.normal(1, 1, layer.b[neurons].shape)


def all_but(net, name, j):
    return {name: np.arange(net[name].K) != j}


def test_fold_means_by_hand():
    """o = (1, 2), (3, 6): the second neuron is 4 on average, and 5 · 4 + 0.5 is the new bias."""
    net = mp.Network((1,), [mp.Dense(2), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...], net["dense2"].b[...] = [[1], [2]], [[3, 5]], 0.5
    small = fold_means(net, {"dense1": [True, False]}, [[1.0], [3.0]])
    np.testing.assert_allclose(small["dense2"].b, [20.5])
    np.testing.assert_allclose(small["dense2"].W, [[3]])
    np.testing.assert_allclose(small.predict([[1.0]]), [[23.5]])


@each("kind, seed", PLAIN + BLOCKS)
def test_constant_neurons_are_folded_exactly_where_no_zeros_are_padded(kind, seed, any_network, random_samples, close):
    net, rng = any_network(kind, seed), np.random.default_rng(seed)
    x, _ = random_samples(net, seed)
    for name in net.hidden_layers:
        if not any(is_padded(net[reader]) for reader in net.readers(name)):
            gone = np.arange(net[name].K) > 0
            make_constant(net, name, gone, rng)
            close(fold_means(net, {name: ~gone}, x[:2]).predict(x), net.predict(x), 1e-11)


@each("kind, seed", PLAIN + BLOCKS)
def test_the_mean_of_each_reader_stays_padding_or_not(kind, seed, any_network, random_samples, random_keep):
    """Of all of them, when several layers are pruned at once; and one alone is never worse than the plain cut."""
    net = any_network(kind, seed)
    x, _ = random_samples(net, seed)
    keep = random_keep(net, seed)
    small = fold_means(net, keep, x, batch_size=2)
    for name, stays in keep.items():
        for reader in net.readers(name):
            size = max(1, np.abs(pre_activation(net, reader, x)).max())
            assert np.abs(missing(net, small, keep, reader, x).mean(axis=0)).max() < 1e-12 * size or stays.all()
    if kind == "plain":
        name = net.hidden_layers[0]
        one, reader = {name: keep.get(name, np.arange(net[name].K) > 0)}, net.reader(name)
        plain, folded = (squared_error(net, method(net, one), reader, x)
                         for method in (mp.prune, lambda net, keep: fold_means(net, keep, x)))
        assert folded <= plain + 1e-12


def test_a_padded_border_gets_the_mean_over_all_positions():
    """A 3×3 image of ones, a 3×3 kernel of ones with zeros around it: 4 in the corners, 6 at the edges, 9 inside."""
    net = mp.Network((3, 3, 1), [mp.Conv2D(2, 1), mp.Conv2D(1, 3, padding="same"), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...], net["conv1"].b[...] = 0, [0, 1]
    net["conv2"].W[...] = 1
    small = fold_means(net, {"conv1": [True, False]}, np.zeros((1, 3, 3, 1)))
    np.testing.assert_allclose(small["conv2"].b, [(4 * 4 + 4 * 6 + 9) / 9])


def test_the_mean_is_that_of_what_the_reader_reads():
    """Of 0 and 2 the mean is 1, but max pooling hands on 2."""
    net = mp.Network((1, 2, 1), [mp.Conv2D(2, 1), mp.MaxPool2D((1, 2)), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...] = 1
    net["dense1"].W[...] = [[1, 10]]
    small = fold_means(net, {"conv1": [True, False]}, np.array([0.0, 2]).reshape(1, 1, 2, 1))
    np.testing.assert_allclose(small["dense1"].b, [20])


def test_batch_norm_goes_on_as_if_nothing_had_gone(close):
    """In training too: the batch's mean holds the constant, as it did when a neuron put it out."""
    net = mp.Network((4,), [mp.Dense(3, "sigmoid"), mp.Dense(4, "relu", batch_norm=True), mp.Dense(2)], seed=1)
    rng = np.random.default_rng(0)
    make_constant(net, "dense1", [1], rng)
    net["dense2"].running_mean[...] = rng.normal(size=4)
    x = rng.normal(size=(6, 4))
    small = fold_means(net, all_but(net, "dense1", 1), x)
    close(small.predict(x), net.predict(x))
    one, other = net.forward(x, training=True), small.forward(x, training=True)
    close(other.y, one.y)
    net.update_running(one), small.update_running(other)
    close(small["dense2"].running_mean, net["dense2"].running_mean)
    close(small.predict(x), net.predict(x))
