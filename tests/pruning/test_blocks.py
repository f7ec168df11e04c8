"""Whole blocks go: the same function as with their bodies held at 0, on random residual networks and by hand."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.pruning.blocks import mask_blocks, remove_blocks


def blocks_of(net):
    return [name for name, layer in net.all_layers.items() if hasattr(layer, "body")]


@each("seed", range(10))
def test_removed_is_masked(seed, random_residual, random_samples, fingerprint, close):
    net = random_residual(seed)
    x, _ = random_samples(net, seed)
    rng, before, done = np.random.default_rng(seed), fingerprint(net), 0
    for _ in range(3):
        blocks = [name for name in blocks_of(net) if rng.random() < 0.6]
        try:
            small = remove_blocks(net, blocks)
        except ValueError as error:
            assert "nothing is left of its body" in str(error) or "nothing would be left" in str(error)
            continue
        close(small.predict(x), mask_blocks(net, blocks).predict(x))
        # each layer has the arrays of the one that it was
        for name, layer in small.all_layers.items():
            for key, array in layer.arrays().items():
                np.testing.assert_array_equal(array, getattr(net.all_layers[small.origin_name(name)], key))
        assert len(blocks_of(small)) <= len(blocks_of(net)) - len(blocks)
        done += 1
    assert fingerprint(net) == before
    assert done or len(net.layers) < 4


def conv(channels, f="relu"):
    return mp.Conv2D(channels, 3, f, padding="same", batch_norm=True)


def network():
    return mp.Network((6, 6, 1), [
        conv(3), mp.Residual([conv(2), conv(3, "tanh")]),
        mp.Residual([conv(4), mp.Residual([conv(4)]), mp.Dropout(0.5)]),
        mp.Concat([[], [mp.Residual([conv(4), conv(4)])]]), mp.GlobalAvgPool2D(), mp.Dense(2)], seed=3)


def test_names_move_up_and_are_remembered_through_cuts_and_files(tmp_path):
    net = network()
    cut = mp.prune(net, {"conv2": np.array([True, False]), "conv1+conv3": np.array([True, False, True])})
    small = remove_blocks(cut, ["residual1"])
    assert {name: small.origin_name(name) for name in ("conv1", "conv2", "residual1", "residual3")} == {
        "conv1": "conv1", "conv2": "conv4", "residual1": "residual2", "residual3": "residual4"}
    again = mp.prune(small, {small.hidden_layers[0]: np.arange(small[small.hidden_layers[0]].K) != 0})
    again.save(tmp_path / "net.npz")
    read = mp.Network.load(tmp_path / "net.npz")
    assert all(read.origin_name(name) == again.origin_name(name) for name in again.all_layers)
    assert read.origin("conv1").tolist() == [2] and read.origin_name("conv2") == "conv4"


def test_a_projection_stays_as_the_layer_that_it_is(close):
    net = mp.models.resnet((8, 8, 1), 10)
    small = remove_blocks(net, ["residual1", "residual2"])
    assert list(small.all_layers) == ["conv1", "conv2", "conv3", "globalavgpool1", "dense1"]
    assert [small.origin_name(name) for name in ("conv2", "conv3")] == ["conv6", "conv7"]
    x = np.random.default_rng(0).normal(size=(5, 8, 8, 1))
    close(small.predict(x), mask_blocks(net, ["residual1", "residual2"]).predict(x))


def test_what_was_coupled_through_a_block_is_no_longer():
    net = mp.models.resnet((8, 8, 1), 10)
    assert "conv1+conv3" in net.hidden_layers and "conv1" in remove_blocks(net, ["residual1"]).hidden_layers


def test_errors():
    net = network()
    for blocks, error, message in [
            (["residual9"], ValueError, 'unknown Residual block "residual9"'),
            ("residual1", TypeError, "blocks expects a list"),
            (["conv1"], ValueError, 'unknown Residual block "conv1"'), ([3], ValueError, "unknown Residual block")]:
        for function in (remove_blocks, mask_blocks):
            with pytest.raises(error, match=message):
                function(net, blocks)
    inner = mp.Network(3, [mp.Residual([mp.Residual([mp.Dense(3)])]), mp.Dense(2)])
    with pytest.raises(ValueError, match="nothing is left of its body; remove it, too"):
        remove_blocks(inner, ["residual2"])
    assert list(remove_blocks(inner, blocks_of(inner)).layers) == ["dense1"]
    with pytest.raises(ValueError, match="hands on its own input"):
        mask_blocks(inner, ["residual1"])
    with pytest.raises(ValueError, match="nothing would be left"):
        remove_blocks(mp.Network(3, [mp.Residual([mp.Dense(3)])]), ["residual1"])
