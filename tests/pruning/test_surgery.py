"""Pruning: the smaller network computes what the masked one computes, and the first one is left alone."""

import numpy as np
import pytest

import minprune as mp
from cases import case, each
from minprune.engine.residual import Residual

SEEDS = [*range(14), 24, 30]        # every kind of network twice, and two for what is rare
POOLS = ("MaxPool2D", "AvgPool2D")


def parameters(net):
    return sum(array.size for array in net.parameters().values())


def multiply_adds(net):
    return sum(layer.multiply_adds() for layer in net.layers.values())


# prune = mask

def features(net):
    """What is tried with this network: kinds of layers, which follows which, and their settings."""
    layers = [layer for layer in net.layers.values() if not isinstance(layer, mp.Dropout)]
    kinds = [type(layer).__name__ for layer in layers]
    found = {("ends in", kinds[-1]), ("hidden", len(net.hidden_layers)), *zip(kinds, kinds[1:])}
    for layer, kind in zip(layers, kinds):
        found |= {(kind, key, str(value)) for key, value in layer.settings().items()}
        if kind in POOLS:
            found.add((kind, "overlaps", layer.overlaps()))
    if len(layers) < len(net.layers):
        found.add("Dropout")
    return found


def test_the_random_networks_have_every_shape_the_engine_can_express(random_network):
    """Without this, the tests below could pass on networks that lack what they are meant to try."""
    wanted = {"Dropout", ("hidden", 1), ("hidden", 2), ("hidden", 3), ("Conv2D", "Conv2D"),
              ("Dense", "Dense"), ("Conv2D", "Flatten"), ("Conv2D", "GlobalAvgPool2D"), ("Flatten", "Dense"),
              ("GlobalAvgPool2D", "Dense"), ("Conv2D", "stride", "1"), ("Conv2D", "stride", "2")}
    wanted |= {("ends in", kind) for kind in ("Dense", "Conv2D", "GlobalAvgPool2D", "Flatten")}
    wanted |= {("Conv2D", "padding", one) for one in ("valid", "same", "1", "2")}
    for pool in POOLS:
        wanted |= {("Conv2D", pool), (pool, "Conv2D"), (pool, "Flatten"), (pool, "GlobalAvgPool2D"),
                   (pool, "overlaps", True), (pool, "overlaps", False)}
    for kind in ("Dense", "Conv2D"):
        wanted |= {(kind, "activation", one) for one in mp.ACTIVATIONS}
        wanted |= {(kind, "batch_norm", "True"), (kind, "batch_norm", "False")}
    assert wanted - set().union(*[features(random_network(seed)) for seed in SEEDS]) == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_prune_computes_what_mask_computes(seed, random_network, random_samples, random_keep, fingerprint,
                                           close, tmp_path):
    net = random_network(seed)
    keep, (x, _) = random_keep(net, seed), random_samples(net, seed)
    before = fingerprint(net)
    small, masked = mp.prune(net, keep), mp.mask(net, keep)
    close(small.predict(x), masked.predict(x))
    for name in net.hidden_layers:
        stays = keep.get(name, np.ones(net[name].K, bool))
        assert small[name].K == stays.sum() == len(small[name].W) and masked[name].K == len(stays)
    assert fingerprint(net) == before
    # the three take turns in being saved
    one = (net, small, masked)[seed % 3]
    one.save(tmp_path / "net.npz")
    loaded = mp.Network.load(tmp_path / "net.npz")
    assert fingerprint(loaded) == fingerprint(one)
    np.testing.assert_array_equal(loaded.predict(x), one.predict(x))
    if one is net:
        assert fingerprint(mp.prune(loaded, keep)) == fingerprint(small)
        assert fingerprint(mp.mask(loaded, keep)) == fingerprint(masked)


def test_pruned_gradients_are_those_of_the_masked_neurons_that_stay(kind, random_network, random_samples,
                                                                    random_keep, close):
    for seed in range(2):
        net = random_network(seed, kind)
        keep, (x, t) = random_keep(net, seed), random_samples(net, seed)
        small, masked = (mp.record(one, x, t, "mse") for one in (mp.prune(net, keep), mp.mask(net, keep)))
        close(small.dx, masked.dx)
        for name in net.hidden_layers:
            stays = keep.get(name, np.ones(net[name].K, bool))
            for array in ("o", "z", "do", "dz"):
                close(getattr(small[name], array), getattr(masked[name], array)[..., stays])


def test_in_a_training_pass_too(random_samples, random_keep, close):
    """Batch norm then uses the batch: still each neuron its own."""
    layers = [mp.Conv2D(4, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Flatten(),
              mp.Dense(5, "tanh", batch_norm=True), mp.Dense(2)]
    net = mp.Network((6, 6, 2), layers)
    keep, (x, _) = random_keep(net, 4), random_samples(net, 4)
    small, masked = mp.prune(net, keep), mp.mask(net, keep)
    close(small.forward(x, training=True).y, masked.forward(x, training=True).y)


def test_a_masked_neuron_puts_out_zero_and_the_others_what_they_did():
    net = mp.Network((5, 5, 1), [mp.Conv2D(3, 2, "sigmoid"), mp.Flatten(), mp.Dense(2)])
    x = np.random.default_rng(0).normal(size=(2, 5, 5, 1))
    o, masked = net.forward(x)["conv1"].o, mp.mask(net, {"conv1": [True, False, True]}).forward(x)["conv1"].o
    assert (masked[..., 1] == 0).all()
    np.testing.assert_array_equal(masked[..., [0, 2]], o[..., [0, 2]])


def test_by_hand():
    """The sum of two relu neurons, without the second."""
    net = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = [[1, 2], [3, 4]], [5, 6]
    net["dense2"].W[...], net["dense2"].b[...] = [[7, 8]], [9]
    small = mp.prune(net, {"dense1": [True, False]})
    assert small["dense1"].W.tolist() == [[1, 2]] and small["dense1"].b.tolist() == [5]
    assert small["dense2"].W.tolist() == [[7]] and small["dense2"].b.tolist() == [9]
    assert small.predict([[1, 1]]).tolist() == [[7 * 8 + 9]] == \
        mp.mask(net, {"dense1": [True, False]}).predict([[1, 1]]).tolist()


@each("seed", range(7))
def test_neurons_that_nobody_reads_can_go_without_a_trace(seed, random_network, random_samples, close):
    net = random_network(seed)
    rng, keep = np.random.default_rng(seed), {}
    for name in net.hidden_layers:
        stays = rng.random(net[name].K) < 0.5
        stays[rng.integers(len(stays))] = True
        reader = net[net.reader(name)]
        by_neuron = reader.W.reshape(-1, net[name].K)               # a view: the neuron is the fastest axis
        by_neuron[:, ~stays] = 0
        keep[name] = stays
    x, _ = random_samples(net, seed)
    close(mp.prune(net, keep).predict(x), net.predict(x))
    close(mp.mask(net, keep).predict(x), net.predict(x))


def test_pruning_step_by_step_is_pruning_at_once(kind, random_network, random_keep, fingerprint):
    net = random_network(11, kind)
    first, second = random_keep(net, 1), random_keep(net, 2)
    both = {}
    for name in net.hidden_layers:
        one = first.get(name, np.ones(net[name].K, bool))
        two = second.get(name, np.ones(net[name].K, bool))[one]
        two[0] = True
        second[name], both[name] = two, one.copy()
        both[name][one] = two
    assert fingerprint(mp.prune(mp.prune(net, first), second)) == fingerprint(mp.prune(net, both))


# Neurons that meet in an addition leave together

def residual_features(net):
    """What is tried with this network: how units are coupled and read, and which blocks it has."""
    found = {("members", min(3, len(one.members))) for one in net.units.values()}
    found |= {("readers", min(3, len(one.readers))) for one in net.units.values()}
    found |= {"of a block of one layer" for one in net.units.values() if set(one.members) & set(one.readers)}
    free = {member for one in net.units.values() for member in one.members}
    found |= {"fixed" for name in net.neuron_layers[:-1] if name not in free}
    for name, layer in net.all_layers.items():
        if layer.inside:
            projection = layer.projection
            found |= {"nested" if name not in net.layers else "block",
                      "identity" if projection is None else ("projection", type(projection).__name__)}
            if isinstance(projection, mp.Conv2D) and projection.stride > 1:
                found.add("stride")
            found |= {(type(one).__name__, "inside") for one in layer.inside.values()}
            found |= {"batch norm inside" for one in layer.inside.values() if getattr(one, "batch_norm", False)}
    names = list(net.layers)
    found |= {("after", before[:-1]) for before, name in zip(names, names[1:]) if name.startswith("residual")}
    return found


RESIDUAL_SEEDS = [*range(10), 14, 61]      # every kind twice, and two for what is rare


def test_the_random_residual_networks_have_every_shape(random_residual):
    wanted = {("members", n) for n in (1, 2, 3)} | {("readers", n) for n in (1, 2, 3)}
    wanted |= {"of a block of one layer", "fixed", "nested", "identity", "stride", "batch norm inside",
               ("projection", "Conv2D"), ("projection", "Dense"), ("after", "residual"), ("after", "maxpool"),
               ("after", "avgpool"), ("after", "conv"), ("after", "flatten"), ("after", "globalavgpool"),
               ("after", "dense")}
    wanted |= {(kind, "inside") for kind in ("Conv2D", "Dense", "Dropout", "MaxPool2D")}
    assert wanted - set().union(*[residual_features(random_residual(seed)) for seed in RESIDUAL_SEEDS]) == set()


@each("seed", RESIDUAL_SEEDS)
def test_with_blocks_too_prune_computes_what_mask_computes(seed, random_residual, random_samples, random_keep,
                                                           fingerprint, close):
    net = random_residual(seed)
    keep, (x, t) = random_keep(net, seed), random_samples(net, seed)
    before = fingerprint(net)
    small, masked = mp.prune(net, keep), mp.mask(net, keep)
    close(small.predict(x), masked.predict(x))
    assert small.hidden_layers == net.hidden_layers and list(small.all_layers) == list(net.all_layers)
    one, other = (mp.record(each, x, t, "mse") for each in (small, masked))
    close(one.dx, other.dx, least=1e-12)
    for name, stays in keep.items():
        assert small[name].K == stays.sum() and masked[name].K == len(stays)
        for member in net.members(name):
            assert len(small[member].W) == stays.sum()
            close(one[member].o, other[member].o[..., stays])
            assert (other[member].o[..., ~stays] == 0).all()
    assert fingerprint(net) == before == fingerprint(mp.prune(net, {})) == fingerprint(mp.mask(net, {}))
    again = mp.prune(masked, keep)
    close(again.predict(x), masked.predict(x))


def test_a_block_by_hand():
    """y = 1 s₁ + 2 s₂ with s = h + V h and h = W x; without neuron 1 of the sum, s₂ = h₂ + v₂₂ h₂."""
    net = mp.Network(1, [mp.Dense(2), Residual([mp.Dense(2)]), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...], net["dense3"].W[...] = [[3], [5]], [[7, 11], [13, 17]], [[1, 2]]
    assert net.predict([[1]]).tolist() == [[(3 + 7 * 3 + 11 * 5) + 2 * (5 + 13 * 3 + 17 * 5)]]
    keep = {"dense1+dense2": [False, True]}
    small = mp.prune(net, keep)
    assert small.predict([[1]]).tolist() == mp.mask(net, keep).predict([[1]]).tolist() == [[2 * (5 + 17 * 5)]]
    assert {name: array.tolist() for name, array in small.parameters().items() if name.endswith("W")} \
        == {"dense1.W": [[5]], "dense2.W": [[17]], "dense3.W": [[2]]}


def test_a_projection_stays_where_pruning_makes_the_shapes_agree(close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), Residual([mp.Dense(5, "tanh"), mp.Dense(6)]), mp.Dense(2)])
    keep = {"dense1": np.arange(4) > 1, "dense3+dense4": np.arange(6) > 3}
    small, x = mp.prune(net, keep), np.random.default_rng(0).normal(size=(4, 3))
    assert small["residual1"].input_shape == small["residual1"].output_shape == (2,) and "dense4" in small
    close(small.predict(x), mp.mask(net, keep).predict(x))
    close(small.copy().predict(x), small.predict(x))


def test_members_are_not_asked_one_by_one():
    net = mp.Network(3, [mp.Dense(4), Residual([mp.Dense(4)]), mp.Dense(2)])
    for act in (mp.prune, mp.mask):
        with pytest.raises(ValueError, match='unknown hidden layer "dense1".* Known: dense1\\+dense2$'):
            act(net, {"dense1": [True] * 4})
        with pytest.raises(ValueError, match=r"expects shape \(4,\), got \(3,\)"):
            act(net, {"dense1+dense2": [True] * 3})


# A network that is masked already

def test_pruning_a_masked_network(kind, random_network, random_samples, random_keep, close, fingerprint):
    for seed in range(2):
        net = random_network(seed, kind)
        x, _ = random_samples(net, seed)
        masked, keep = mp.mask(net, random_keep(net, seed + 100)), random_keep(net, seed)
        before = fingerprint(masked)
        small, both = mp.prune(masked, keep), mp.mask(masked, keep)
        close(small.predict(x), both.predict(x))
        assert fingerprint(masked) == before
        for name in net.hidden_layers:
            if masked[name].mask is not None:
                stays = keep.get(name, np.ones(net[name].K, bool))
                np.testing.assert_array_equal(small[name].mask, masked[name].mask[stays])
                np.testing.assert_array_equal(both[name].mask, masked[name].mask & stays)


def test_pruning_what_is_masked_changes_nothing(kind, random_network, random_samples, random_keep, close):
    net = random_network(2, kind)
    keep, (x, _) = random_keep(net, 2), random_samples(net, 2)
    masked = mp.mask(net, keep)
    close(mp.prune(masked, keep).predict(x), masked.predict(x))


# The first network is left alone

def test_nothing_is_shared(kind, random_network, random_keep, fingerprint):
    net = random_network(6, kind)
    net = mp.mask(net, {name: [True] + [False] * (net[name].K - 1) for name in net.hidden_layers[:1]})
    keep = random_keep(net, 6)
    before, kept = fingerprint(net), {name: stays.copy() for name, stays in keep.items()}
    for other in (mp.prune(net, keep), mp.mask(net, keep), mp.prune(net, {}), mp.mask(net, {})):
        for array in other.arrays().values():
            array[...] = ~array if array.dtype == bool else 7
    assert fingerprint(net) == before
    for name, stays in keep.items():
        np.testing.assert_array_equal(stays, kept[name])


def test_a_mask_does_not_follow_the_keep_it_was_made_of():
    net, stays = mp.Network(2, [mp.Dense(3), mp.Dense(1)]), np.array([True, False, True])
    masked = mp.mask(net, {"dense1": stays})
    stays[...] = True
    assert masked["dense1"].mask.tolist() == [True, False, True]


# What is kept, and what it saves

def test_layers_that_are_not_named_stay_whole(fingerprint):
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(5, "relu"), mp.Dense(2)])
    assert fingerprint(mp.prune(net, {})) == fingerprint(mp.mask(net, {})) == fingerprint(net)
    small, masked = (f(net, {"dense2": [False, True] * 2 + [False]}) for f in (mp.prune, mp.mask))
    assert [small[name].K for name in ("dense1", "dense2", "dense3")] == [4, 2, 2]
    assert masked["dense1"].mask is None and masked["dense2"].mask.sum() == 2
    np.testing.assert_array_equal(small["dense1"].W, net["dense1"].W)


def test_all_true_masks_nothing():
    net = mp.Network(3, [mp.Dense(2), mp.Dense(2)])
    assert mp.mask(net, {"dense1": [True, True]})["dense1"].mask is None


def test_parameters_and_multiply_adds_shrink_by_what_they_should():
    layers = [mp.Conv2D(4, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(6, "relu"),
              mp.Dense(3)]
    net = mp.Network((8, 8, 2), layers)
    small = mp.prune(net, {"conv1": np.arange(4) < 3, "dense1": np.arange(6) < 2})
    # 3×3×2 weights a channel, bias, gamma, beta; 3×3 positions after pooling 6×6; biases
    assert parameters(net) == 4 * (18 + 3) + 6 * (9 * 4 + 1) + 3 * (6 + 1)
    assert parameters(small) == 3 * (18 + 3) + 2 * (9 * 3 + 1) + 3 * (2 + 1)
    assert multiply_adds(net) == 36 * 4 * 18 + 6 * 36 + 3 * 6
    assert multiply_adds(small) == 36 * 3 * 18 + 2 * 27 + 3 * 2
    masked = mp.mask(net, {"conv1": np.arange(4) < 3})
    assert parameters(masked) == parameters(net) and multiply_adds(masked) == multiply_adds(net)


def test_every_neuron_that_goes_makes_the_network_smaller(kind, random_network):
    net = random_network(8, kind)
    for name in net.hidden_layers:
        small = mp.prune(net, {name: np.arange(net[name].K) > 0})
        assert parameters(small) < parameters(net) and multiply_adds(small) < multiply_adds(net)


def test_a_pruned_network_keeps_its_dtype_and_trains(random_network):
    net = random_network(0, "dense", dtype="float32")
    small = mp.prune(net, {name: np.arange(net[name].K) > 0 for name in net.hidden_layers})
    assert {array.dtype for array in small.arrays().values()} == {np.dtype("float32")}
    x, t = np.random.default_rng(0).normal(size=(20, *net.input_shape)), np.arange(20) % 3
    history = mp.fit(small, x, t, optimizer=mp.Adam(0.01), epochs=30, batch_size=20)
    assert history.loss[-1] < history.loss[0]


# What is refused

NET = mp.Network((6, 6, 1), [mp.Conv2D(4, 3, "relu"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(3, "relu"),
                             mp.Dense(2)])
BAD = {
    "unknown layer": ({"conv2": [True] * 4}, ValueError, 'hidden layer "conv2"; did you mean "conv1"'),
    "near name": ({"dens1": [True] * 3}, ValueError, 'did you mean "dense1"'),
    "output layer": ({"dense2": [True, False]}, ValueError,
                     'unknown hidden layer "dense2".*Known: conv1, dense1$'),
    "no neurons": ({"maxpool1": [True] * 4}, ValueError, 'unknown hidden layer "maxpool1"'),
    "not a name": ({1: [True] * 4}, ValueError, 'unknown hidden layer "1"'),
    "too long": ({"conv1": [True] * 5}, ValueError, r'keep\["conv1"\] expects shape \(4,\), got \(5,\)'),
    "too deep": ({"conv1": [[True] * 4]}, ValueError, r"expects shape \(4,\), got \(1, 4\)"),
    "one value": ({"conv1": True}, ValueError, r"expects shape \(4,\), got \(\)"),
    "numbers": ({"dense1": [1, 0, 1]}, TypeError, r'keep\["dense1"\] expects booleans.* got int'),
    "scores": ({"dense1": np.ones(3)}, TypeError, "got float64"),
    "indices": ({"dense1": [0, 2]}, TypeError, "expects booleans"),
    "nobody": ({"dense1": [False] * 3}, ValueError, r'keep\["dense1"\] would leave the layer empty'),
    "second of two": ({"conv1": [True] * 4, "dense1": [False] * 3}, ValueError, "empty"),
    "none at all": (None, TypeError, "keep"),
    "a list": ([[True] * 4, [True] * 3], TypeError, "keep"),
}


@each("act", [mp.prune, mp.mask])
def test_a_bad_keep_is_refused(act, fingerprint):
    before = fingerprint(NET)
    for name, (keep, error, told) in BAD.items():
        with case(name), pytest.raises(error, match=told):
            act(NET, keep)
    assert fingerprint(NET) == before


def coupled():
    return mp.Network((4,), [mp.Dense(3, "relu"), Residual([mp.Dense(5, "relu"), mp.Dense(3)]), mp.Dense(2)])


@each("call", [lambda net, keep: mp.prune(net, keep), lambda net, keep: mp.mask(net, keep),
               lambda net, keep: net.members("dense3"), lambda net, keep: net.readers("dense3")])
def test_a_coupled_layer_is_told_its_group(call):
    with pytest.raises(ValueError, match='unknown hidden layer "dense3": it is part of "dense1.dense3"; Known: dense1'):
        call(coupled(), {"dense3": np.array([True, False, True])})


def test_a_masked_array_of_who_stays_is_refused():
    with pytest.raises(ValueError, match=r'keep\["dense2"\] is a masked array with 2 masked entries, of 5'):
        mp.prune(coupled(), {"dense2": np.ma.array([True] * 5, mask=[1, 0, 0, 0, 1])})
