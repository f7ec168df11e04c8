"""Channels and who leaves with whom: by hand, and beside a search that looks at what moves."""

import itertools

import numpy as np

import minprune as mp
from cases import each
from minprune.engine.channels import Groups, channels_read, is_depthwise, places_of, staying, together
from minprune.engine.layer import flat


def read_by(net):
    return {name: [sorted(channel) for channel in channels]
            for name, channels in channels_read(net.layers, net.input_shape)[0].items()}


def test_channels_by_hand():
    """A sum is read as one channel of two neurons; a batch norm makes channels of its own name; pooling does not."""
    net = mp.Network((1, 2, 1), [mp.Conv2D(2, 1), mp.Residual([mp.Conv2D(2, 1)]), mp.AvgPool2D(1), mp.BatchNorm(),
                                 mp.Flatten(), mp.Dense(1)])
    both = [[("conv1", i), ("conv2", i)] for i in range(2)]
    own = [[("batchnorm1", i)] for i in range(2)]
    read = read_by(net)
    assert read["conv1"] == [[("", 0)]] and read["conv2"] == [[("conv1", 0)], [("conv1", 1)]]
    assert read["avgpool1"] == read["batchnorm1"] == both and read["flatten1"] == own and read["dense1"] == own * 2


def test_groups_grow_together():
    groups = Groups()
    for one in ([("a", 0), ("b", 1)], [("c", 2)], [("b", 1), ("c", 2)], [("d", 0), ("d", 1)]):
        groups.join(one)
    assert sorted(map(sorted, groups.sets().values())) == [[("a", 0), ("b", 1), ("c", 2)], [("d", 0), ("d", 1)]]


def test_places_and_what_stays():
    a, b, c = ("a", 1), ("b", 0), ("c", 0)
    channels = [frozenset(one) for one in ([a], [("a", 0), b], [c], [a], [b], [c])]
    assert places_of(channels, {"a": np.array([[1]]), "c": np.array([[0]])}).tolist() == [[0, 2, 3, 5]]
    assert staying(channels, {"a": np.array([False, True])}).tolist() == [True, False, True, True, True, True]


@each("groups, C, K, depthwise", [
    (1, 1, 1, False), (2, 2, 2, True), (2, 2, 6, True), (2, 4, 4, False)])
def test_what_a_depthwise_convolution_is(groups, C, K, depthwise):
    net = mp.Network((1, 1, C), [mp.Conv2D(K, 1, groups=groups)])
    assert is_depthwise(net["conv1"]) is depthwise


def cuts_that_fit(net):
    """All sets of channels, {(layer, i)}, that can leave together: by trying every cut.

    A cut takes channels out of all arrays. It is possible if the layers still fit each other: what is added has equally
    many channels of the same places, groups are equal, and the input and the output are whole.
    """
    layers = {name: layer for name, layer in flat(net.layers).items() if not layer.paths}
    read, output = channels_read(net.layers, net.input_shape)
    makers = [(name, i) for name in {one for channels in (*read.values(), output) for c in channels for one, _ in c}
              if name for i in range(layers[name].output_shape[-1])]
    return [cut for size in range(1, len(makers) + 1) for cut in map(set, itertools.combinations(makers, size))
            if fits(cut, layers, read, output)]


def fits(cut, layers, read, output):
    for channels in (*read.values(), output):
        if any(not cut.isdisjoint(channel) and not channel <= cut for channel in channels):
            return False                                                    # a part of a sum
    if any(channel & cut for channel in output):
        return False
    for name, layer in layers.items():
        gone = [bool(channel & cut) for channel in read[name]]
        own = [(name, i) in cut for i in range(layer.output_shape[-1])]
        if getattr(layer, "moves_zeros", False) and gone != own:
            return False
        if (count := getattr(layer, "groups", 1)) > 1:
            by_group = [np.reshape(one, (count, -1)) for one in (gone, own)]
            if is_depthwise(layer):
                some, every = by_group[1].any(axis=1).tolist(), by_group[1].all(axis=1).tolist()
                if not some == every == gone:
                    return False
            elif any((one != one[0]).any() for one in by_group):
                return False
    return True


@each("shape, layers", [
    ((1, 1, 1), [mp.Conv2D(4, 1), mp.Conv2D(4, 1, groups=2), mp.Conv2D(1, 1)]),
    ((1, 1, 1), [mp.Conv2D(2, 1), mp.BatchNorm(), mp.Conv2D(4, 1, groups=2), mp.Conv2D(1, 1)]),
    ((1, 1, 1), [mp.Concat([[mp.Conv2D(2, 1)], []]), mp.Conv2D(3, 1, groups=3), mp.BatchNorm(), mp.Conv2D(1, 1)]),
    ((1, 2, 1), [mp.Conv2D(2, 1), mp.Flatten(), mp.Residual([mp.Dense(4)]), mp.Dense(1)]),
    ((2,), [mp.Dense(3), mp.Residual([mp.Concat([[mp.Dense(1)], [mp.Dense(2)]])]), mp.BatchNorm(), mp.Dense(1)])])
def test_what_leaves_together_is_the_least_that_fits(shape, layers):
    """Every cut that fits is made of whole sets; and each set alone fits."""
    net = mp.Network(shape, layers)
    chain = {name: layer for name, layer in flat(net.layers).items() if not layer.paths}
    sets, _ = together(chain, *channels_read(net.layers, net.input_shape))
    cuts = cuts_that_fit(net)
    assert all(one in cuts for one in sets) and len(cuts) == 2 ** len(sets) - 1
