"""Who reads whom: by hand, against the network's own units, and by moving outputs.

Coupled neurons in scores and in pruning are tested with `scoring` and `pruning`, units of blocks with `residual`.
"""

import pytest

import minprune as mp
from minprune.engine.coupling import INPUT, Unit, check_channels, find_units, readers_of, what_is_read
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


@pytest.mark.parametrize("net, reads", [
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


@pytest.mark.parametrize("net", [*NETS.values(), *(case.net for case in CASES)])
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
