"""Masks of connections are cut as the weights are, when neurons go."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.connections.masks import keep_masked, mask_connections
from minprune.pruning.connection_masks import check_held, masks_of, prune_masks, weight_arrays


def some_masks(net, seed, p=0.5):
    rng = np.random.default_rng([seed, 4])
    return {name: rng.random(W.shape) < p for name, W in weight_arrays(net).items()}


@each("seed", range(2))
def test_masks_are_cut_as_the_weights_are(seed, kind, random_network, random_keep):
    net = random_network(seed, kind)
    masks, keep = some_masks(net, seed), random_keep(net, seed)
    before = {name: mask.copy() for name, mask in masks.items()}
    cut, small = prune_masks(net, masks, keep), mp.prune(mask_connections(net, masks), keep)
    assert list(cut) == list(masks) and all((before[name] == masks[name]).all() for name in masks)
    for name, W in weight_arrays(small).items():
        np.testing.assert_array_equal(cut[name], masks_of(small)[name])
        np.testing.assert_array_equal(W, weight_arrays(mask_connections(mp.prune(net, keep), cut))[name])


def test_cut_masks_hold_through_training_and_the_old_ones_name_the_way():
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)], seed=0)
    masks = {"dense2.W": np.array([[True, False, True, False], [False, True, True, True]])}
    keep = {"dense1": np.array([True, False, True, True])}
    small, (x, t) = mp.prune(mask_connections(net, masks), keep), (np.eye(3), [0, 1, 0])
    with pytest.raises(ValueError, match=r"expects shape \(2, 3\), got \(2, 4\) .*prune_masks"):
        mp.fit(small.copy(), x, t, epochs=1, progress=False, on_step=keep_masked(masks))
    cut = prune_masks(net, masks, keep)
    assert {name: mask.tolist() for name, mask in cut.items()} \
        == {"dense2.W": [[True, True, False], [False, True, True]]}
    mp.fit(small, x, t, epochs=3, progress=False, on_step=keep_masked(cut))
    assert not small["dense2"].W[~cut["dense2.W"]].any()


def test_masks_of_coupled_neurons_are_cut_in_all_their_layers():
    net = mp.Network(3, [mp.Dense(3, "relu"), mp.Residual([mp.Dense(4, "relu"), mp.Dense(3)]), mp.Dense(2)], seed=0)
    cut = prune_masks(net, some_masks(net, 0), {"dense1+dense3": np.array([True, False, True])})
    assert {name: mask.shape for name, mask in cut.items()} \
        == {"dense1.W": (2, 3), "dense2.W": (4, 2), "dense3.W": (2, 4), "dense4.W": (2, 2)}


def test_masks_that_a_network_keeps():
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)], seed=0)
    masks = some_masks(net, 1)
    held = check_held(mask_connections(net, masks), masks)
    assert all((held[name] == masks[name]).all() for name in masks) and check_held(net, None) == {}
    with pytest.raises(ValueError, match="weights of the network that are not 0"):
        check_held(net, masks)
