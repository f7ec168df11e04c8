"""Who reads whom: by hand, against the network's own units, and by moving outputs.

Coupled neurons in scores and in pruning are tested with `scoring` and `pruning`, units of blocks with `residual`.
"""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.coupling import (INPUT, Unit, check_channels, find_units, readers_of, units_of_chain,
                                      units_of_channels, what_is_read)
from minprune.engine.facts import NotSaid
from minprune.verification.sampling.random_networks import draw_cases

CHAIN = mp.Network((4, 4, 1), [mp.Conv2D(2, 2), mp.MaxPool2D(2, 1), mp.Conv2D(2, 1), mp.AvgPool2D(2), mp.Flatten(),
                               mp.Dense(3), mp.Dense(2)])
IDENTITY = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(3), mp.Dense(2)]), mp.Dense(4), mp.Dense(1)])
PROJECTED = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(4)], mp.Dense(4)), mp.Dense(1)])
FIRST = mp.Network((3, 3, 2), [mp.Residual([mp.Conv2D(2, 1)]), mp.GlobalAvgPool2D(), mp.Dense(1)])
NETS = {"chain": CHAIN, "identity": IDENTITY, "projected": PROJECTED, "first": FIRST}
CASES = draw_cases({"residual": True}, 30, 0) + draw_cases({"layers": "conv"}, 20, 0)


def names(between):
    return [layer.name for layer in between]


# ---------------------------------------------------------------------------------------- walking


@each("net, reads", [
    (CHAIN, {"conv1": {INPUT}, "conv2": {"conv1"}, "dense1": {"conv2"}, "dense2": {"dense1"}}),
    (IDENTITY, {"dense1": {INPUT}, "dense2": {"dense1"}, "dense3": {"dense2"}, "dense4": {"dense1", "dense3"},
                "dense5": {"dense4"}}),
    (PROJECTED, {"dense1": {INPUT}, "dense2": {"dense1"}, "dense3": {"dense1"}, "dense4": {"dense2", "dense3"}}),
    (FIRST, {"conv1": {INPUT}, "dense1": {INPUT, "conv1"}}),
])
def test_what_each_layer_reads(net, reads):
    assert {reader: set(sources) for reader, sources in what_is_read(net.layers).items()} == reads


def test_readers_in_order_with_what_lies_between():
    assert {reader: names(between) for reader, between in readers_of(CHAIN.layers, "conv2").items()} == \
        {"dense1": ["avgpool1", "flatten1"]}
    assert list(readers_of(IDENTITY.layers, "dense1")) == ["dense2", "dense4"]
    assert list(readers_of(PROJECTED.layers, "dense1")) == ["dense2", "dense3"]
    assert names(readers_of(FIRST.layers, "conv1")["dense1"]) == ["globalavgpool1"]
    assert readers_of(CHAIN.layers, "dense2") == {}


def test_who_reads_the_input():
    assert list(readers_of(CHAIN.layers, INPUT)) == ["conv1"]
    assert {reader: names(between) for reader, between in readers_of(FIRST.layers, INPUT).items()} == \
        {"conv1": [], "dense1": ["globalavgpool1"]}


def test_what_lies_between_on_both_paths():
    """A layer is read through the block and around it: what stands on either path lies between, and nothing twice."""
    block = mp.Residual([mp.Dropout(0.5), mp.Dropout(0.1)])
    net = mp.Network(3, [mp.Dense(2), mp.Dropout(0.3), block, mp.Dropout(0.2), mp.Dense(1)])
    between = ("dropout1", "dropout2", "dropout3", "dropout4")
    assert names(what_is_read(net.layers)["dense2"]["dense1"]) == list(between)
    assert net.units["dense1"] == Unit(("dense1",), ("dense2",), between)


@each("net", [*NETS.values(), *(case.net for case in CASES)])
def test_readers_of_neurons_that_stand_alone_are_those_of_the_network(net):
    for name, unit in net.units.items():
        if name in net.all_layers:
            readers = readers_of(net.layers, name)
            assert list(readers) == list(unit.readers) == net.readers(name)
            assert {layer for between in readers.values() for layer in names(between)} == set(unit.between)
    assert find_units(net.layers) == net.units


def test_what_is_moved_reaches_each_reader():
    """With the weights of all readers but one at 0, that one still reads what is moved."""
    for case in CASES:
        net, name = case.net.copy(), case.layer
        readers = list(readers_of(net.layers, name))
        for reader in readers:
            others = {other: net[other].W.copy() for other in readers if other != reader}
            for other in others:
                net[other].W[...] = 0
            trace, o = net.forward(case.x), case.trace[name].o
            moved = net.run_from(name, o + 0.1, trace)[1]
            assert (moved[reader].x != trace[reader].x).any()
            for other, W in others.items():
                net[other].W[...] = W


# ---------------------------------------------------------------------------------------- channels


class Mixing(mp.Layer):
    """o = x with its features in the opposite order."""

    prefix = "mixing"
    linear, passes_on, keeps_channels = True, False, False

    def forward(self, x, training=False, rng=None):
        return mp.LayerTrace(x, x[..., ::-1])


class Silent(Mixing):
    """The same, which does not say so."""

    prefix = "silent"
    keeps_channels = None


@pytest.mark.parametrize("layer, message", [
    (Mixing(), r'mixes the channels of "dense1" or moves zeros \(keeps_channels = False\), so that pruning is not '
               "possible there"),
    (Silent(), "does not say whether its channels stay channels and zeros stay zeros .*, which pruning needs")])
def test_layers_between_must_keep_channels(layer, message):
    layer.name = "odd"
    layers, unit = {"odd": layer}, Unit(("dense1",), ("dense2",), ("odd",))
    with pytest.raises(NotSaid, match=message):
        check_channels(layers, unit, "pruning")
    check_channels(layers, Unit(("dense1",), ("dense2",)), "pruning")         # it does not stand between


def test_built_in_layers_keep_channels():
    for net in (*NETS.values(), *(case.net for case in CASES)):
        for unit in net.units.values():
            check_channels(net.all_layers, unit, "pruning")


def test_coupled_layers_are_named_together():
    layer = Mixing()
    layer.name = "odd"
    with pytest.raises(NotSaid, match=r'mixes the channels of "conv1\+conv3"'):
        check_channels({"odd": layer}, Unit(("conv1", "conv3"), ("dense1",), ("odd",)), "pruning")


# ------------------------------------------------------------------- units: by hand, and both ways to find them


def rows_of(unit):
    return {layer: rows.tolist() for layer, rows in unit.rows.items()}


def test_the_short_way_to_the_units_of_a_chain_finds_what_the_general_one_finds(random_network):
    """Who reads whom, and which channels each neuron has, in networks of all kinds without blocks."""
    for seed in range(21):
        chain = random_network(seed).layers
        short, general = units_of_chain(chain), units_of_channels(chain)
        assert list(short) == list(general) and short == general == find_units(chain)
        assert {name: rows_of(unit) for name, unit in short.items()} == {name: rows_of(unit)
                                                                        for name, unit in general.items()}


@each("layers, units", [
    # a batch norm and what follows it, and a curved activation, are parts of the neuron; tanh by itself is not
    ([mp.Dense(2), mp.BatchNorm(), mp.ActivationLayer("relu"), mp.Dense(2), mp.ActivationLayer("sigmoid"), mp.Dense(2),
      mp.ActivationLayer("tanh"), mp.Dense(1)],
     {"dense1+batchnorm1+activation1": ("activation1",), "dense2+activation2": ("activation2",),
      "dense3": ("dense3",)}),
    # behind a sum it is a part of all that is added; before the next block the sum is read as well
    ([mp.Dense(2), mp.Residual([mp.Dense(2)]), mp.BatchNorm(), mp.Dense(1)],
     {"dense1+dense2": ("dense1", "batchnorm1")}),
    ([mp.Dense(2), mp.Residual([mp.BatchNorm(), mp.Dense(2)]), mp.Dense(1)],
     {"dense1+dense2": ("dense1", "batchnorm1", "dense2")}),
    # two layers side by side share a batch norm: each has a part of it; the network's input has another part
    ([mp.Concat([[mp.Dense(2)], [mp.Dense(3)], []]), mp.BatchNorm(), mp.Dense(1)],
     {"dense1+batchnorm1": ("batchnorm1",), "dense2+batchnorm1": ("batchnorm1",)}),
    # what is made of the input's own channels, or is the output, stays
    ([mp.BatchNorm(), mp.Residual([mp.Dense(2)]), mp.Dense(1), mp.BatchNorm()], {}),
])
def test_units_of_layers_in_a_row_by_hand(layers, units):
    net = mp.Network(2, layers)
    assert {name: unit.ends for name, unit in net.units.items()} == units


def test_rows_and_texts_by_hand():
    net = mp.Network((1, 2, 2), [mp.Concat([[mp.Conv2D(2, 1)], []]), mp.Conv2D(8, 1, groups=4), mp.BatchNorm(),
                                 mp.Flatten(), mp.Dense(1)])
    (name, unit), = net.units.items()
    assert name == "conv1+conv2*2"
    assert unit.members == ("conv1", "conv2") and unit.series == ("batchnorm1",)
    assert rows_of(unit) == {"conv1": [[0], [1]], "conv2": [[0, 1], [2, 3]], "batchnorm1": [[0, 1], [2, 3]]}
    assert net.groups().splitlines() == [
        "conv1+conv2*2: 2 neurons, each made of one of conv1 and 2 of conv2 and 2 of batchnorm1; "
        "read by dense1 through flatten1",
        "conv2: some neurons stay; its neurons are added to the network's input, or made of its channels one by one",
        "dense1: stays; its neurons make the network's output"]
    small = mp.prune(net, {name: np.array([False, True])})
    assert small["conv2"].groups == 3 and small["conv2"].K == 6
    assert small["dense1"].W.tolist() == net["dense1"].W.reshape(2, 8)[:, 2:].reshape(1, 12).tolist()


class Shift(mp.Layer):
    """o = x + 1: a user's own layer that moves zeros, and can hold channels at 0."""

    prefix = "shift"
    linear, passes_on, keeps_channels, moves_zeros, mask = False, False, False, True, None

    def forward(self, x, training=False, rng=None):
        return mp.LayerTrace(x, (x + 1) * self.held())

    def backward(self, trace, do, need_dx=True, need_grads=True):
        trace.do = do
        return do * self.held()

    def held(self):
        return 1.0 if self.mask is None else self.mask

    def before(self, trace, do=0.0):
        return trace.o, do * self.held()

    def arrays(self):
        return {} if self.mask is None else {"mask": self.mask}

    def without_channels(self, arrays, stays):
        return {name: array[stays] for name, array in arrays.items()}


def test_a_layer_of_ones_own_that_moves_zeros_leaves_with_the_neurons_before_it(close):
    mp.register_layer(Shift)
    net = mp.Network(2, [mp.Dense(3), Shift(), mp.Dense(2)])
    x, t = samples_of(net)
    assert net.hidden_layers == ["dense1+shift1"]
    keep = {"dense1+shift1": np.array([True, False, True])}
    masked = mp.mask(net, keep)
    close(mp.prune(net, keep).predict(x), masked.predict(x))
    close(mp.prune(masked, keep).predict(x), masked.copy().predict(x))
    removal = mp.score(net, "removal", x, t, "mse")["dense1+shift1"][1]
    close(removal, (mp.record(masked, x, t, "mse").L - mp.record(net, x, t, "mse").L).mean())


# ------------------------------------------------------------------- random graphs of all kinds of layers


def samples_of(net, N=3):
    rng = np.random.default_rng(1)
    return rng.normal(size=(N, *net.input_shape)), rng.normal(size=(N, *net.output_shape))


def scaled_readers(net, name, i, factor):
    """A copy of the network in which all weights that read neuron i of hidden layer `name` are scaled."""
    other = net.copy()
    for reader in net.readers(name):
        W = other[reader].W
        W.reshape(-1)[net.reading(name, reader, np.arange(W.size).reshape(W.shape))[i]] *= factor
    return other


@pytest.mark.parametrize("seed", range(7))
def test_prune_is_mask(seed, random_graph, random_keep, close, tmp_path, fingerprint):
    net = random_graph(seed)
    keep, (x, t) = random_keep(net, seed), samples_of(net)
    small, masked = mp.prune(net, keep), mp.mask(net, keep)
    close(small.predict(x), masked.predict(x))
    close(mp.record(small, x, t, "mse").dx, mp.record(masked, x, t, "mse").dx)
    close(small.forward(x, training=True).y, masked.forward(x, training=True).y, 1e-10)
    for one in (small, masked):
        one.save(tmp_path / "net.npz")
        loaded = mp.Network.load(tmp_path / "net.npz")
        assert fingerprint(loaded) == fingerprint(one) == fingerprint(one.copy()) and loaded.groups() == one.groups()
    if seed in (0, 4):
        assert mp.check_gradients(masked, x[:2], t[:2], "mse", entries=1).worst < 1e-6


@each("seed", range(13, 16))
def test_silence_is_what_the_readers_do_not_hear(seed, random_graph, close):
    """A neuron that no weight reads is a silent one: the loss is that of its removal, and the slope in a factor on
    these weights is what `skeletonization` takes with the gradients at the ends of the unit."""
    net = random_graph(seed)
    x, t = samples_of(net)

    def loss(one):
        return mp.record(one, x, t, "mse").L.mean()
    removal, slopes = (mp.score(net, score, x, t, "mse") for score in ("removal", "skeletonization"))
    for name, unit in net.units.items():
        i, curved = net[name].K - 1, any(isinstance(net[one], mp.ActivationLayer) for one in unit.between)
        silent = loss(mp.mask(net, {name: np.arange(i + 1) != i})) if i else removal[name][i] + loss(net)
        close(removal[name][i] + loss(net), silent, 1e-11)
        close(loss(scaled_readers(net, name, i, 0)), silent, 1e-11)
        if not curved:
            two = [loss(scaled_readers(net, name, i, factor)) for factor in (1 - 1e-5, 1 + 1e-5)]
            assert abs(slopes[name][i] + (two[1] - two[0]) / 2e-5) < 1e-6 * max(1, abs(slopes[name][i]))
