"""Lookahead beside products of matrices, and by hand where layers are added, stand side by side, or have groups."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.connections.lookahead import lookahead


def linear(sizes, seed, batch_norm=False):
    net = mp.Network(sizes[0], [mp.Dense(size, batch_norm=batch_norm) for size in sizes[1:]], seed=seed)
    rng = np.random.default_rng(seed)
    for name in net.neuron_layers if batch_norm else ():
        net[name].gamma[...], net[name].running_var[...] = rng.normal(size=net[name].K), rng.uniform(1, 2, net[name].K)
    return net


def scaled(layer):
    """W with the batch norm in it."""
    s = layer.gamma / np.sqrt(layer.running_var + layer.constants.eps) if layer.batch_norm else np.ones(layer.K)
    return s[:, None] * layer.W


@each("seed", range(10))
def test_how_far_the_product_of_three_matrices_moves(seed, close):
    """‖W″ S W W′ − W″ S (W without w_ij) W′‖; the network's ends are identities."""
    net = linear(np.random.default_rng(seed).integers(2, 6, size=4).tolist(), seed, batch_norm=seed % 2 > 0)
    scores, names = lookahead(net), net.neuron_layers
    for place, name in enumerate(names):
        before = scaled(net[names[place - 1]]) if place else np.eye(net.input_shape[0])
        after = net[names[place + 1]].W if place + 1 < len(names) else np.eye(net[name].K)
        for i, j in np.ndindex(net[name].W.shape):
            gone = np.zeros_like(net[name].W)
            gone[i, j] = scaled(net[name])[i, j]
            close(scores[f"{name}.W"][i, j], np.linalg.norm(after @ gone @ before), 1e-10)


def rows(layer):
    """The squared norm of each neuron's weights."""
    return (layer.W ** 2).reshape(layer.K, -1).sum(axis=1)


def test_of_convolutions_all_places_of_a_kernel_count(close):
    net = mp.Network((6, 6, 2), [mp.Conv2D(3, 3, "relu"), mp.MaxPool2D(2), mp.Conv2D(4, 2, "relu"), mp.Flatten(),
                                 mp.Dense(2)], seed=1)
    scores, readers = lookahead(net), (net["dense1"].W ** 2).reshape(2, -1, 4).sum(axis=(0, 1))
    squares = net["conv2"].W ** 2 * rows(net["conv1"]) * readers[:, None, None, None]
    close(scores["conv2.W"] ** 2, squares)
    close(scores["dense1.W"] ** 2, net["dense1"].W ** 2 * np.tile(rows(net["conv2"]), len(net["dense1"].W[0]) // 4))


def test_where_layers_are_added_the_squares_are_added(close):
    """x + body(x): what reads the sum has both before it, and what makes x has the body and what follows after it."""
    net = mp.Network(3, [mp.Dense(4), mp.Residual([mp.Dense(5, "relu"), mp.Dense(4)]), mp.Dense(2)], seed=2)
    scores, columns = lookahead(net), {name: (net[name].W ** 2).sum(axis=0) for name in net.neuron_layers}
    close(scores["dense1.W"] ** 2, net["dense1"].W ** 2 * (columns["dense2"] + columns["dense4"])[:, None])
    close(scores["dense3.W"] ** 2, net["dense3"].W ** 2 * columns["dense4"][:, None] * rows(net["dense2"]))
    close(scores["dense4.W"] ** 2, net["dense4"].W ** 2 * (rows(net["dense1"]) + rows(net["dense3"])))


def test_side_by_side_and_in_groups_each_channel_has_its_own(close):
    net = mp.Network((4, 4, 2), [mp.Concat([[mp.Conv2D(1, 1)], [mp.Conv2D(3, 1)]]), mp.BatchNorm(),
                                 mp.Conv2D(4, 2, groups=2), mp.Flatten(), mp.Dense(2)], seed=3)
    net["batchnorm1"].gamma[...] = [1, 2, 3, 4]
    scores = lookahead(net)
    s2 = net["batchnorm1"].scale() ** 2
    before = np.concatenate([rows(net["conv1"]), rows(net["conv2"])]) * s2
    own = np.array([before[:2], before[:2], before[2:], before[2:]])[:, None, None, :]
    after = (net["dense1"].W ** 2).reshape(2, -1, 4).sum(axis=(0, 1))
    close(scores["conv3.W"] ** 2, net["conv3"].W ** 2 * own * after[:, None, None, None])
    reads = [(net["conv3"].W[g] ** 2).sum(axis=(0, 1, 2)) for g in (slice(2), slice(2, 4))]
    close(scores["conv2.W"] ** 2, net["conv2"].W ** 2 * (np.concatenate(reads) * s2)[1:, None, None, None])


def test_every_network_has_one(random_network, random_residual):
    for net in [make(seed) for make in (random_network, random_residual) for seed in range(10)]:
        for name, found in lookahead(net).items():
            W = net.parameters()[name]
            assert found.shape == W.shape and np.isfinite(found).all() and ((found > 0) <= (W != 0)).all()


def test_a_layer_that_does_not_say_what_becomes_of_channels_is_refused():
    class Mixes(mp.Layer):
        def forward(self, x, training=False, rng=None):
            return mp.LayerTrace(x, x[..., ::-1])

    net = mp.Network(3, [mp.Dense(4), Mixes(), mp.Dense(2)])
    with pytest.raises(mp.NotSaid, match="channels stay channels.*lookahead"):
        lookahead(net)
    Mixes.keeps_channels = False
    with pytest.raises(mp.NotSaid, match='Mixes "[a-z]*1" mixes channels or moves zeros .*lookahead does not pass'):
        lookahead(net)
