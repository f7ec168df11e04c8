"""Influence: the Jacobian of the next layer, which central differences give too."""

import numpy as np
import pytest

import minprune as mp


def by_differences(net, name, x):
    """mean_n √(Σ_pqk (∂o′_nqk/∂o_npi)²); an entry is moved in all samples at once, as they do not mix."""
    o = net.forward(x)[name].o

    def reader(move):
        read = o + move
        for after in net.names_after(name):
            read = net[after].forward(read).o
            if after == net.reader(name):
                return read

    by_neuron = int(np.prod(o.shape[1:-1])), net[name].K, len(x), -1            # positions, neuron, sample, all of o′
    jacobian = mp.finite_difference(reader, np.zeros(o.shape[1:])).reshape(by_neuron)
    return np.sqrt((jacobian ** 2).sum(axis=(0, 3))).mean(axis=1)


def conv(**settings):
    return mp.Conv2D(3, 3, "tanh", **settings)


VECTOR, IMAGE = (4,), (6, 5, 1)
CASES = {
    "dense to dense": (VECTOR, [mp.Dense(4, "relu"), mp.Dense(5, "tanh"), mp.Dense(3, "sigmoid")]),
    "dense to identity": (VECTOR, [mp.Dense(4, "relu"), mp.Dense(3)]),
    "one neuron": (VECTOR, [mp.Dense(1, "relu"), mp.Dense(2, "tanh"), mp.Dense(1)]),
    "one channel": (IMAGE, [mp.Conv2D(1, 2, "tanh"), mp.Conv2D(1, 2, "tanh", padding=1), mp.AvgPool2D(2),
                            mp.Flatten(), mp.Dense(2)]),
    "dropout": (VECTOR, [mp.Dense(4, "relu"), mp.Dropout(0.5), mp.Dense(3, "tanh")]),
    "conv to conv": (IMAGE, [conv(), mp.Conv2D(2, 2, "relu")]),
    "padding": (IMAGE, [conv(), mp.Conv2D(2, 3, "tanh", padding=2)]),
    "same": (IMAGE, [conv(padding="same"), mp.Conv2D(2, (2, 3), "tanh", padding="same")]),
    "stride": (IMAGE, [conv(), mp.Conv2D(2, 2, "tanh", stride=2, padding=1)]),
    "stride with gaps": (IMAGE, [conv(), mp.Conv2D(2, 1, "tanh", stride=2)]),
    "conv to maxpool to conv": (IMAGE, [conv(padding="same"), mp.MaxPool2D(2),
                                        mp.Conv2D(2, 2, "tanh", padding=1)]),
    "conv to avgpool to flatten to dense": (IMAGE, [conv(), mp.AvgPool2D(2), mp.Flatten(),
                                                    mp.Dense(3, "tanh")]),
    "pool with gaps": (IMAGE, [conv(), mp.AvgPool2D((1, 2), 3), mp.Flatten(), mp.Dense(3, "tanh")]),
    "pool after pool": (IMAGE, [conv(), mp.AvgPool2D((2, 1)), mp.AvgPool2D((1, 2)), mp.Flatten(),
                                mp.Dense(3)]),
    "average of averages": (IMAGE, [conv(), mp.AvgPool2D(2), mp.GlobalAvgPool2D(), mp.Dense(3, "tanh")]),
    "global average": (IMAGE, [conv(), mp.GlobalAvgPool2D(), mp.Dense(3, "softplus")]),
    "flatten": (IMAGE, [conv(), mp.Flatten(), mp.Dropout(0.1), mp.Dense(3, "tanh")]),
    "batch norm": (IMAGE, [conv(batch_norm=True), mp.Conv2D(2, 2, "tanh", batch_norm=True), mp.Flatten(),
                           mp.Dense(3, "tanh", batch_norm=True)]),
    "overlapping max": (IMAGE, [conv(), mp.MaxPool2D(2, 1), mp.Conv2D(2, 2, "tanh")]),
    "overlapping average": (IMAGE, [conv(), mp.AvgPool2D(3, 2), mp.Flatten(), mp.Dense(3, "tanh")]),
    "overlapping and not": (IMAGE, [conv(padding=1), mp.MaxPool2D(2, 1), mp.AvgPool2D(2), mp.Flatten(),
                                    mp.Dense(2)]),
}


@pytest.fixture(params=CASES.values(), ids=[case.replace(" ", "-") for case in CASES])
def net(request):
    shape, layers = request.param
    return shaken(mp.Network(shape, layers, seed=3))


def shaken(net):
    """Biases, γ, β and running statistics other than they start: γ of both signs, variances above 0."""
    rng = np.random.default_rng(7)
    for name, array in net.arrays().items():
        array += rng.uniform(0, 2, array.shape) if name.endswith("var") else rng.normal(0, 0.5, array.shape)
        if name.endswith("gamma"):
            array[::2] *= -1
    return net


def test_against_a_jacobian_of_central_differences(net, random_samples, near):
    x, _ = random_samples(net, 0, 2)
    scores = mp.score(net, "influence", x, batch_size=1)
    for name in net.hidden_layers:
        near(scores[name], by_differences(net, name, x))


def test_on_random_networks(kind, random_network, random_samples, near):
    net = random_network(1, kind, smooth=True)
    x, _ = random_samples(net, 1, 2)
    scores = mp.score(net, "influence", x)
    for name in net.hidden_layers:
        near(scores[name], by_differences(net, name, x))


def test_the_fast_way_is_the_slow_way(net, random_samples, monkeypatch, close):
    """A Dropout that claims that its outputs share inputs (squared_share None) leaves only the slow way."""
    x, _ = random_samples(net, 1, 4)
    fast = mp.score(net, "influence", x)
    layers = []
    for layer in net.layers.values():
        layers += [layer] + [mp.Dropout(0)] * (layer.name in net.hidden_layers)
    slow = mp.Network(net.input_shape, layers)
    slow.fill(net.arrays())
    asked = []
    monkeypatch.setattr(mp.Dropout, "squared_share", lambda self: asked.append(self))
    scores = mp.score(slow, "influence", x)
    assert asked
    for name in net.hidden_layers:
        close(scores[name], fast[name])


def test_by_hand():
    """Outgoing weights (3, 4) and (5, 12); relu lets the second reader through for one sample of two."""
    net = mp.Network(1, [mp.Dense(2), mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1], [1]], [[3, 5], [4, 12]]
    net["dense2"].b[...] = [100, 0]
    scores = mp.score(net, "influence", [[1.0], [-1.0]])
    np.testing.assert_allclose(scores["dense1"], [(5 + 3) / 2, (13 + 5) / 2], rtol=1e-15)


def test_readers_in_groups_are_those_with_the_full_kernel(close):
    """Of one sample: neuron i of the unit is channel i of either group, and its squares are those of both."""
    def network(groups):
        return mp.Network((6, 6, 1), [mp.Conv2D(4, 3, "relu"), mp.Conv2D(4, 3, "tanh", groups=groups), mp.Flatten(),
                                      mp.Dense(2)], seed=1)
    grouped, full = network(2), network(1)
    full["conv2"].W[...] = 0
    for name in ("conv1", "dense1"):
        full[name].W[...] = grouped[name].W
    for group in (slice(0, 2), slice(2, 4)):
        full["conv2"].W[group, ..., group] = grouped["conv2"].W[group]
    x = np.random.default_rng(0).normal(size=(1, 6, 6, 1))
    alone = mp.score(full, "influence", x)["conv1"]
    close(mp.score(grouped, "influence", x)["conv1*2"], np.hypot(alone[:2], alone[2:]))


def test_layers_of_a_unit_side_by_side_are_read_by_weights_of_their_own():
    """Each neuron leaves as two channels of a Concat: ∂y/∂o_1 = (1, 3), ∂y/∂o_2 = (2, 4)."""
    net = mp.Network((2,), [mp.Dense(2), mp.Concat([[mp.BatchNorm(eps=1e-9)], [mp.BatchNorm(eps=1e-9)]]), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = np.eye(2), [[1, 2, 3, 4]]
    (values,) = mp.score(net, "influence", np.ones((3, 2)), np.ones((3, 1)), "mse").values()
    np.testing.assert_allclose(values, [np.sqrt(1 + 9), np.sqrt(4 + 16)], rtol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_below_an_identity_output_layer_it_is_the_norm_of_the_outgoing_weights(seed, close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)], seed=seed)
    close(mp.score(net, "influence", np.ones((2, 3)))["dense1"],
          np.linalg.norm(net["dense2"].W, axis=0))


def test_readers_that_are_masked_do_not_respond(random_samples, close):
    net = mp.Network(3, [mp.Dense(3, "tanh"), mp.Dense(4, "tanh"), mp.Dense(2)], seed=1)
    x, _ = random_samples(net, 0, 3)
    keep = {"dense2": [True, False, True, False]}
    masked, pruned = (mp.score(act(net, keep), "influence", x)["dense1"] for act in (mp.mask, mp.prune))
    close(masked, pruned)
    assert (masked < mp.score(net, "influence", x)["dense1"]).all()
