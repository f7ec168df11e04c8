"""Connections that are held at 0 stay there, and the rest is the best that can be had with these zeros."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.connections.masks import mask_connections, masks_of, prune_masks, weight_arrays
from minprune.pruning.compensation import fold_means, merge, reconstruct
from minprune.pruning.compensation.least_squares import solved

METHODS = {"fold_means": lambda net, keep, x, masks: fold_means(net, keep, x),
           "reconstruct": lambda net, keep, x, masks: reconstruct(net, keep, x, masks=masks),
           "merge": lambda net, keep, x, masks: merge(net, keep, x, masks=masks),
           "merge without x": lambda net, keep, x, masks: merge(net, keep, masks=masks)}


def some_masks(net, seed):
    rng = np.random.default_rng([seed, 4])
    return {name: rng.random(W.shape) < 0.6 for name, W in weight_arrays(net).items()}


@each("kind, seed", [("plain", seed) for seed in (0, 2)] + [("blocks", seed) for seed in (0, 1)])
@each("method", METHODS)
def test_what_is_masked_stays_0(kind, seed, method, any_network, random_samples, random_keep):
    net = any_network(kind, seed)
    (x, _), keep, masks = random_samples(net, seed, N=12), random_keep(net, seed), some_masks(net, seed)
    small = METHODS[method](mask_connections(net, masks), keep, x, masks)
    for name, stays in prune_masks(net, masks, keep).items():
        assert not weight_arrays(small)[name][~stays].any()


def test_without_masks_zeros_are_weights_like_others():
    net, x = mp.Network((4,), [mp.Dense(6, "relu"), mp.Dense(3)], seed=0), np.random.default_rng(0).normal(size=(30, 4))
    masks = {"dense2.W": np.arange(18).reshape(3, 6) % 2 == 0}
    assert reconstruct(mask_connections(net, masks), {"dense1": np.arange(6) < 4}, x)["dense2"].W.all()


@each("seed", range(4))
def test_of_all_weights_with_these_zeros_none_are_better(seed, random_network, random_samples, random_keep):
    """What is left over is orthogonal to all that a neuron of the reader reads by a weight that is not masked."""
    net = random_network(seed)
    (x, _), keep, masks = random_samples(net, seed, N=40), random_keep(net, seed), some_masks(net, seed)
    masked = mask_connections(net, masks)
    for name, stays in keep.items():
        small, reader = reconstruct(masked, {name: stays}, x, masks=masks), net.reader(name)
        read = {one: one[reader].patches(one.forward(x)[reader].x) for one in (masked, small)}
        read = {one: patches.reshape(-1, patches.shape[-1]) for one, patches in read.items()}
        a = {one: patches @ one[reader].W.reshape(net[reader].K, -1).T + one[reader].b for one, patches in read.items()}
        over = a[masked] - a[small]
        slopes = read[small].T @ over
        free = prune_masks(net, masks, {name: stays})[f"{reader}.W"].reshape(net[reader].K, -1)
        size = max(1, np.abs(read[small]).sum()) * max(1, np.abs(a[masked]).max())
        assert np.abs(slopes[free.T]).max(initial=0) < 1e-10 * size and np.abs(over.sum(axis=0)).max() < 1e-10 * size
        if not stays.all() and not free.all():
            assert np.square(over).mean() <= np.square(a[masked] - pre_activation(masked, name, stays, x)).mean()


def pre_activation(net, name, stays, x):
    """That of the reader after the plain cut."""
    cut = mp.prune(net, {name: stays})
    layer = cut[cut.reader(name)]
    return (layer.product(cut.forward(x)[layer.name].x) + layer.b).reshape(-1, layer.K)


def test_merge_by_hand():
    """The third neuron is the second one again; the first output does not read the second neuron, and shall not."""
    net = mp.Network((2,), [mp.Dense(3, "sigmoid"), mp.Dense(2)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, 0], [0, 1], [0, 1]], [[10, 0, 5], [10, 20, 5]]
    keep, masks = {"dense1": [True, True, False]}, masks_of(net)
    del masks["dense1.W"]
    assert merge(net, keep, masks=masks)["dense2"].W.tolist() == [[10, 0], [10, 25]]
    assert merge(net, keep)["dense2"].W.tolist() == [[10, 5], [10, 25]]


def test_masks_that_mask_nothing_change_no_bit(fingerprint):
    net = mp.Network((4,), [mp.Dense(6, "relu"), mp.Dense(3)], seed=0)
    keep, x = {"dense1": np.arange(6) < 4}, np.random.default_rng(0).normal(size=(30, 4))
    for method in METHODS.values():
        assert fingerprint(method(net, keep, x, masks_of(net))) == fingerprint(method(net, keep, x, None))


def test_each_neuron_has_its_own_zeros():
    A, Y = np.random.default_rng(0).normal(size=(9, 4)), np.random.default_rng(1).normal(size=(9, 3))
    free = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0]], bool)
    dW = solved(A, Y, 1e-12, free)
    assert not dW[~free.T].any()
    np.testing.assert_allclose(dW[[0, 1, 3], 0], np.linalg.lstsq(A[:, [0, 1, 3]], Y[:, 0], rcond=None)[0])
    np.testing.assert_allclose(dW[2, 2], A[:, 2] @ Y[:, 2] / (A[:, 2] @ A[:, 2]))


def test_directions_of_rounding_errors_are_judged_by_all_that_is_read():
    """A column that is 10⁻¹⁴ of the others consists of rounding errors, also where it is all that a neuron reads."""
    A, Y = np.diag([1.0, 1e-14]), np.ones((2, 2))
    free = np.array([[True, False], [False, True]])
    assert solved(A, Y, 1e-12, free).tolist() == [[1, 0], [0, 0]]
    np.testing.assert_allclose(solved(A, Y, 1e-16, free), [[1, 0], [0, 1e14]])


@pytest.mark.parametrize("method", ["reconstruct", "merge"])
def test_masks_that_the_network_does_not_keep_are_refused(method):
    net = mp.Network((4,), [mp.Dense(3, "relu"), mp.Dense(2)], seed=0)
    keep, x, masks = {"dense1": np.arange(3) > 0}, np.eye(4), {"dense2.W": np.arange(6).reshape(2, 3) > 1}
    with pytest.raises(ValueError, match=r'masks\["dense2.W"\] is False for 2 weights of the network that are not 0; '
                                         r"give mask_connections\(net, masks\)"):
        METHODS[method](net, keep, x, masks)
    with pytest.raises(ValueError, match='unknown weight array "dense7.W"'):
        METHODS[method](net, keep, x, {"dense7.W": masks["dense2.W"]})
