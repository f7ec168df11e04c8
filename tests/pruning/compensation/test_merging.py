"""Merging: twins merged exactly, shares that the activation lets through, facts that nobody guesses."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.facts import NotSaid
from minprune.engine.layer import Layer, LayerTrace
from minprune.engine.residual import Residual
from minprune.pruning.compensation import merging
from minprune.pruning.compensation.merging import duplicates, merge

PLAIN, BLOCKS = [("plain", seed) for seed in range(14)], [("blocks", seed) for seed in range(5)]


def read(net, name, x):
    """What layer `name` reads."""
    return net.forward(x)[name].x


def make_twin(net, name, j, i, scale=1.0):
    """Let neuron j of a layer compute scale times neuron i's z; who reads it stays as it is."""
    for layer in (net[member] for member in net.members(name)):
        for key in layer.arrays():
            getattr(layer, key)[j] = getattr(layer, key)[i]
        for key in ("gamma", "beta") if layer.batch_norm else ("W", "b"):
            getattr(layer, key)[j] *= scale


def all_but(net, name, j):
    return {name: np.arange(net[name].K) != j}


def test_merge_by_hand():
    """The third neuron is nearly the second one, whose column gets the third's."""
    net = mp.Network((2,), [mp.Dense(3, "sigmoid"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, 0], [0, 1], [0, 0.9]], [[10, 20, 5]]
    small = merge(net, {"dense1": [True, True, False]})
    np.testing.assert_array_equal(small["dense2"].W, [[10, 25]])
    net["dense1"].b[1] = 5                          # the bias is a part of what is compared
    np.testing.assert_array_equal(merge(net, {"dense1": [True, True, False]})["dense2"].W, [[15, 20]])


def test_merge_by_hand_with_a_share():
    """w = (4, 3) and (3, 4) on relu: 24/25 of the first is the nearest to the second."""
    net = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[-1, -1], [4, 3], [3, 4]], [[1, 2, 50]]
    np.testing.assert_allclose(merge(net, {"dense1": [True, True, False]})["dense2"].W, [[1, 50]])
    np.testing.assert_allclose(merge(net, {"dense1": [True, False, False]})["dense2"].W, [[1]])


@each("kind, seed", PLAIN + BLOCKS)
def test_twins_are_merged_exactly(kind, seed, any_network, random_samples, close):
    net = any_network(kind, seed)
    x, _ = random_samples(net, seed)
    keep = {}
    for place, name in enumerate(net.hidden_layers):
        if net[name].K > 1:
            make_twin(net, name, 0, net[name].K - 1)
            keep |= all_but(net, name, (0, net[name].K - 1)[(seed + place) % 2])
    for small in (merge(net, keep), merge(net, keep, x)):
        close(small.predict(x), net.predict(x), 1e-11)


@each("f, scale", [("relu", 3), ("leaky_relu", 0.2), ("identity", 3), ("identity", -2),
                   ("tanh", -1)])
@each("batch_norm", [False, True])
def test_scaled_twins_are_merged_exactly(f, scale, batch_norm, close):
    net = mp.Network((4,), [mp.Dense(4, f, batch_norm=batch_norm), mp.Dense(5, f), mp.Dense(3)], seed=2)
    x = np.random.default_rng(0).normal(size=(9, 4))
    net["dense1"].b[...] = 0.3
    make_twin(net, "dense1", 2, 0, scale)
    close(merge(net, all_but(net, "dense1", 2)).predict(x), net.predict(x))
    close(merge(net, all_but(net, "dense1", 2), x).predict(x), net.predict(x))
    np.testing.assert_array_equal(duplicates(net)["dense1"], [True, True, False, True])


@each("f, best", [
    ("identity", {2.3: 2.3, -2.3: -2.3}), ("relu", {2.3: 2.3, -2.3: 0}), ("leaky_relu", {0.4: 0.4, -0.4: 0}),
    ("tanh", {2.3: 1, 0.6: 1, 0.4: 0, -0.4: 0, -0.6: -1, -7: -1}), ("sigmoid", {2.3: 1, -2.3: 1}), ("softplus", {0: 1}),
    ("elu", {2.3: 1, 0.4: 0, -2.3: 0}), ("gelu", {0.6: 1, -0.6: 0}),
])
def test_shares_are_those_that_the_activation_lets_through(f, best):
    for layers, expected in (([], best), ([mp.AvgPool2D(2)], best),
                             ([mp.MaxPool2D(2)], {scale: max(share, 0) for scale, share in best.items()})):
        net = mp.Network((4, 4, 1), [mp.Conv2D(2, 1, f), *layers, mp.Flatten(), mp.Dense(2)])
        facts = merging.scaling_facts(net, "conv1")
        assert {scale: merging.nearest_allowed(np.array(float(scale)), *facts) for scale in best} == expected
    z = np.linspace(-3, 3, 7)
    for share in best.values():
        np.testing.assert_allclose(mp.ACTIVATIONS[f](share * z), share * mp.ACTIVATIONS[f](z))


def test_a_mirror_image_is_no_twin_through_max_pooling(close):
    """max(−o) is not −max(o). Judged by what comes out of the pooling, it is not one either."""
    for pool, exact in ((mp.AvgPool2D(2), True), (mp.MaxPool2D(2), False)):
        net = mp.Network((6, 6, 1), [mp.Conv2D(3, 3), pool, mp.Flatten(), mp.Dense(2)], seed=2)
        make_twin(net, "conv1", 1, 0, -1)
        x = np.random.default_rng(0).normal(size=(9, 6, 6, 1))
        assert np.allclose(merge(net, all_but(net, "conv1", 1)).predict(x), net.predict(x)) == exact
        assert np.allclose(merge(net, all_but(net, "conv1", 1), x).predict(x), net.predict(x)) == exact
        assert duplicates(net)["conv1"].all() != exact


@each("seed", range(7))
def test_likeness_is_what_its_formula_says(seed, random_network, random_samples, close):
    """Distances and shares against loops over pairs, and against the least-squares solution of each pair."""
    net = random_network(seed)
    x, _ = random_samples(net, seed, N=9)
    for name in net.hidden_layers:
        layer, after, K = net[name], net.reader(name), net[name].K
        v = merging.rows_of(net, name)
        distance, share = merging.like_weights(net, name)
        o = read(net, after, x).reshape(-1, K)
        left, ratio = merging.like_outputs([read(net, after, x)], K)
        for j, i in np.ndindex(K, K):
            np.testing.assert_allclose(distance[j, i], ((v[j] - share[j, i] * v[i]) ** 2).sum(), atol=1e-12)
            (best,), residual, *_ = np.linalg.lstsq(o[:, [i]], o[:, j], rcond=None)
            np.testing.assert_allclose(ratio[j, i], best if o[:, i].any() else 0, atol=1e-9)
            np.testing.assert_allclose(left[j, i], ((o[:, j] - ratio[j, i] * o[:, i]) ** 2).sum(), atol=1e-9)
            if layer.f.homogeneous and not layer.f.odd and i != j:
                steps = share[j, i] + np.linspace(-1, 1, 21)
                others = ((v[j] - steps[steps >= 0, np.newaxis] * v[i]) ** 2).sum(axis=1)
                assert distance[j, i] <= others.min() + 1e-12


def test_the_nearest_by_output_takes_over():
    """On this data the first neuron is silent and the second one puts out half of what the third does."""
    net = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[0, 1], [1, 0], [2, 2]], [[1, 10, 100]]
    small = merge(net, {"dense1": [True, True, False]}, [[1.0, 0], [2, 0], [3, -1]])
    o = np.array([[1, 2], [2, 4], [3, 4]])
    np.testing.assert_allclose(small["dense2"].W, [[1, 10 + 100 * (o[:, 0] @ o[:, 1]) / (o[:, 0] @ o[:, 0])]])


def test_coupled_neurons_are_compared_in_all_their_layers(close):
    """Alike in one of the two layers that are added is not alike; and the share must suit relu and tanh both."""
    net = mp.Network((4,), [mp.Dense(5, "relu"), Residual([mp.Dense(6), mp.Dense(5, "tanh")]), mp.Dense(2)], seed=1)
    (name,) = [name for name in net.hidden_layers if "+" in name]
    assert net.members(name) == ["dense1", "dense3"]
    x, keep = np.random.default_rng(0).normal(size=(6, 4)), {name: np.arange(5) != 1}
    net["dense1"].W[1] = net["dense1"].W[0]
    assert duplicates(net)[name].all()
    net["dense3"].W[1] = net["dense3"].W[0]
    np.testing.assert_array_equal(duplicates(net)[name], keep[name])
    close(merge(net, keep).predict(x), net.predict(x))
    for layer in ("dense1", "dense3"):
        net[layer].W[1] *= 1.2
    share = merging.like_weights(net, name)[1]
    assert share[1, 0] == 1 and set(np.unique(share)) <= {0, 1}


def test_a_masked_neuron_stands_for_nobody(close):
    net = mp.Network((3,), [mp.Dense(4, "sigmoid"), mp.Dense(2)], seed=0)
    make_twin(net, "dense1", 1, 0)
    net["dense1"].W[2] = net["dense1"].W[0] + 0.1
    x = np.random.default_rng(0).normal(size=(5, 3))
    masked = mp.mask(net, all_but(net, "dense1", 0))
    small = merge(masked, all_but(net, "dense1", 1))                # not the silent twin: the next nearest
    close(small["dense2"].W[:, 1], net["dense2"].W[:, 2] + net["dense2"].W[:, 1])
    close(merge(masked, all_but(net, "dense1", 0)).predict(x), masked.predict(x))
    close(merge(masked, {"dense1": [True, False, False, False]}).predict(x), masked.predict(x) * 0)
    assert duplicates(masked)["dense1"].all()


def test_duplicates_leaves_one_of_each_family_and_merge_loses_nothing(close):
    net = mp.Network((6, 6, 1), [mp.Conv2D(6, 3, "relu"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(4, "sigmoid"),
                                 mp.Dense(3)], seed=4)
    for j, i, scale in ((2, 0, 1), (3, 0, 5), (4, 1, 0.1)):
        make_twin(net, "conv1", j, i, scale)
    net["conv1"].W[5] = 0
    make_twin(net, "dense1", 3, 1)
    keep = duplicates(net)
    assert {name: stays.tolist() for name, stays in keep.items()} == {
        "conv1": [True, True, False, False, False, False], "dense1": [True, True, True, False]}
    x = np.random.default_rng(0).normal(size=(5, 6, 6, 1))
    close(merge(net, keep).predict(x), net.predict(x))
    net["dense1"].W[3] += 1e-5
    assert duplicates(net)["dense1"].all() and not duplicates(net, 1e-3)["dense1"].all()


# facts that are not said

def mine(**facts):
    """An activation of a user: 2 relu(z)."""
    return mp.Activation("mine", lambda z: 2 * np.maximum(z, 0), lambda z: 2.0 * (z > 0), **facts)


def test_an_activation_of_your_own_is_merged_by_what_it_says(close):
    net = mp.Network((4,), [mp.Dense(4, mine(homogeneous=True, odd=False)), mp.Dense(3)], seed=2)
    x = np.random.default_rng(0).normal(size=(9, 4))
    make_twin(net, "dense1", 2, 0, 3)
    close(merge(net, all_but(net, "dense1", 2)).predict(x), net.predict(x))
    np.testing.assert_array_equal(duplicates(net)["dense1"], [True, True, False, True])


@pytest.mark.parametrize("facts, need", [({}, "homogeneous"), ({"odd": False}, "homogeneous"),
                                         ({"homogeneous": True}, "odd")])
def test_what_an_activation_does_not_say_is_refused(facts, need):
    net = mp.Network((4,), [mp.Dense(4, mine(**facts)), mp.Dense(3)])
    for function in (duplicates, lambda net: merge(net, all_but(net, "dense1", 2))):
        with pytest.raises(NotSaid, match=f'activation "mine" does not say whether it is {need} .*merge needs'):
            function(net)
    merge(net, all_but(net, "dense1", 2), np.ones((3, 4)))          # outputs are compared as they are


class Half(Layer):
    """o = x / 2, said to be linear or not."""

    keeps_channels = True

    def forward(self, x, training=False, rng=None):
        return LayerTrace(x, x / 2)


def test_what_a_layer_in_between_does_not_say_is_refused():
    net = mp.Network((4,), [mp.Dense(4, "identity"), Half(), mp.Dense(3)])
    with pytest.raises(NotSaid, match="does not say whether it is linear .*merge needs"):
        duplicates(net)
    half = net["layer1"]
    half.linear = False
    with pytest.raises(NotSaid, match="does not say whether each output is one of its inputs .*merge needs"):
        duplicates(net)
    for linear, passes_on, facts in ((True, None, (True, True, True)), (False, True, (True, False, True)),
                                     (False, False, (False, False, True))):
        half.linear, half.passes_on = linear, passes_on
        assert merging.scaling_facts(net, "dense1") == facts


def twins_at(length, apart):
    """Two sigmoid neurons of incoming weights (length, 0) and (length, apart)."""
    net = mp.Network((2,), [mp.Dense(2, "sigmoid"), mp.Dense(1)])
    net["dense1"].W[...] = [[length, 0], [length, apart]]
    return net


@each("length, apart, tolerance, goes", [
    (1, 0.9e-9, None, True), (1, 1.2e-9, None, False), (10, 0.08, 0.01, True), (10, 0.12, 0.01, False),
    (0.1, 0.08, 0.01, False), (1, 0, 0, True), (1, 1e-15, 0, False)])
def test_the_tolerance_is_a_share_of_the_neurons_length(length, apart, tolerance, goes):
    options = {} if tolerance is None else {"tolerance": tolerance}
    assert duplicates(twins_at(length, apart), **options)["dense1"].tolist() == [True, not goes]


def test_who_is_silent_takes_nothing_over():
    """By its weights, or by what it puts out on x: its share is 0, and the cut is the plain one."""
    net = mp.Network((2,), [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[0, 0], [1, 2]], [[3, 50]]
    assert merge(net, {"dense1": [True, False]})["dense2"].W.tolist() == [[3]]
    net["dense1"].W[0] = [-1, 0]
    assert merge(net, {"dense1": [True, False]}, [[1.0, 1.0], [2.0, 0.0]])["dense2"].W.tolist() == [[3]]
