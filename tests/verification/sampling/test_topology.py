"""Who reads whom: by hand, against the network's own account of coupled neurons, and by moving outputs."""

import pytest

import minprune as mp
from minprune.verification.sampling.random_networks import Where, draw_cases
from minprune.verification.sampling.topology import (INPUT, PLACES, is_coupled, is_pooled, is_read_directly, place_of, readers, what_is_read)

CHAIN = mp.Network((4, 4, 1), [mp.Conv2D(2, 2), mp.MaxPool2D(2, 1), mp.Conv2D(2, 1), mp.AvgPool2D(2), mp.Flatten(),
                               mp.Dense(3), mp.Dense(2)])
IDENTITY = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(3), mp.Dense(2)]), mp.Dense(4), mp.Dense(1)])
PROJECTED = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(4)], mp.Dense(4)), mp.Dense(1)])
FIRST = mp.Network((3, 3, 2), [mp.Residual([mp.Conv2D(2, 1)]), mp.GlobalAvgPool2D(), mp.Dense(1)])
NETS = {"chain": CHAIN, "identity": IDENTITY, "projected": PROJECTED, "first": FIRST}


@pytest.mark.parametrize("net, reads", [
    (CHAIN, {"conv1": {INPUT}, "conv2": {"conv1"}, "dense1": {"conv2"}, "dense2": {"dense1"}}),
    (IDENTITY, {"dense1": {INPUT}, "dense2": {"dense1"}, "dense3": {"dense2"}, "dense4": {"dense1", "dense3"},
                "dense5": {"dense4"}}),
    (PROJECTED, {"dense1": {INPUT}, "dense2": {"dense1"}, "dense3": {"dense1"}, "dense4": {"dense2", "dense3"}}),
    (FIRST, {"conv1": {INPUT}, "dense1": {INPUT, "conv1"}}),
])
def test_what_each_layer_reads(net, reads):
    assert {reader: set(heard) for reader, heard in what_is_read(net).items()} == reads


def test_readers_in_order_with_what_lies_between():
    assert {reader: [one.name for one in between] for reader, between in readers(CHAIN, "conv2").items()} == \
        {"dense1": ["avgpool1", "flatten1"]}
    assert list(readers(IDENTITY, "dense1")) == ["dense2", "dense4"]
    assert list(readers(PROJECTED, "dense1")) == ["dense2", "dense3"]
    assert [one.name for one in readers(FIRST, "conv1")["dense1"]] == ["globalavgpool1"]
    assert readers(CHAIN, "dense2") == {}


@pytest.mark.parametrize("name, direct, coupled, place", [
    ("dense1", False, True, "before"), ("dense2", True, False, "inside"), ("dense3", False, True, "inside"),
    ("dense4", True, False, "after"), ("dense5", False, False, ""),
])
def test_around_a_block(name, direct, coupled, place):
    assert (is_read_directly(IDENTITY, name), is_coupled(IDENTITY, name), place_of(IDENTITY, name)) == \
        (direct, coupled, place)


def test_around_a_projection():
    assert [place_of(PROJECTED, name) for name in PROJECTED.neuron_layers] == ["before", "inside", "inside", "after"]
    assert [is_coupled(PROJECTED, name) for name in PROJECTED.neuron_layers] == [False, True, True, False]
    assert not any(is_read_directly(PROJECTED, name) for name in PROJECTED.neuron_layers)
    assert is_coupled(FIRST, "conv1") and place_of(FIRST, "conv1") == "inside" and place_of(FIRST, "dense1") == "after"


def test_pooling_is_found_on_the_way_to_the_reader():
    assert [is_pooled(CHAIN, name) for name in CHAIN.neuron_layers] == [True, True, False, False]
    assert is_pooled(CHAIN, "conv1", ("max",)) and not is_pooled(CHAIN, "conv1", ("avg", "global"))
    assert is_pooled(CHAIN, "conv2", ("avg",)) and not is_pooled(CHAIN, "conv2", ("max", "global"))
    assert is_pooled(FIRST, "conv1", ("global",)) and not is_read_directly(FIRST, "conv1")
    assert not is_read_directly(CHAIN, "conv1") and is_read_directly(CHAIN, "dense1")


def test_flatten_is_no_obstacle():
    net = mp.Network((2, 2, 1), [mp.Conv2D(2, 1), mp.Flatten(), mp.Dense(1)])
    assert is_read_directly(net, "conv1") and not is_pooled(net, "conv1") and place_of(net, "conv1") == ""


CASES = draw_cases(Where({"residual": True}), 30, 0) + draw_cases(Where({"layers": "conv"}), 20, 0)


@pytest.mark.parametrize("net", [*NETS.values(), *(case.net for case in CASES)])
def test_readers_of_neurons_that_stand_alone_are_those_of_the_network(net):
    for name, unit in net.units.items():
        if name in net.all_layers:
            assert list(readers(net, name)) == list(unit.readers)
            assert not is_coupled(net, name)
    assert all(is_coupled(net, name) for name in net.neuron_layers[:-1] if name not in net.units)


def test_who_hears_a_move_is_a_reader_or_comes_later():
    """With the weights of all readers but one at 0, that one still reads what is moved."""
    for case in CASES:
        net, name = case.net.copy(), case.layer
        for reader in readers(net, name):
            others = {one: net[one].W.copy() for one in readers(net, name) if one != reader}
            for one in others:
                net[one].W[...] = 0
            trace, o = net.forward(case.x), case.trace[name].o
            moved = net.run_from(name, o + 0.1, trace)[1]
            assert (moved[reader].x != trace[reader].x).any()
            for one, W in others.items():
                net[one].W[...] = W


def test_places_are_told_apart():
    assert list(PLACES) == ["before", "inside", "after"]
    for case in CASES:
        if case.net.is_chain:
            assert {place_of(case.net, name) for name in case.net.neuron_layers} == {""}
