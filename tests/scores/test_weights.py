"""Weight norms: by hand, and by what must not matter to them."""

import math

import numpy as np
import pytest

import minprune as mp
from cases import each


def test_by_hand():
    net = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(1)])
    net["dense1"].W[...] = [[3, 4], [0, 0], [-5, 12]]
    net["dense1"].b[...] = 100                                              # left out
    assert mp.score(net, "weight_norm")["dense1"].tolist() == [5, 0, 13]
    assert mp.score(net, "weight_norm_l1")["dense1"].tolist() == [7, 0, 17]


@each("seed", range(7))
def test_every_weight_of_the_neuron_counts_and_no_other(seed, random_network, close):
    net = random_network(seed)
    l1, l2 = mp.score(net, "weight_norm_l1"), mp.score(net, "weight_norm")
    for name in net.hidden_layers:
        for i in range(net[name].K):
            weights = [float(w) for w in net[name].W[i].ravel()]
            close(l1[name][i], sum(abs(w) for w in weights))
            close(l2[name][i], math.hypot(*weights))


def test_neither_bias_nor_batch_norm_counts():
    net = mp.Network((4, 4, 2), [mp.Conv2D(3, 2, batch_norm=True), mp.GlobalAvgPool2D(), mp.Dense(2)])
    before = [mp.score(net, name) for name in ("weight_norm", "weight_norm_l1")]
    for key in ("b", "gamma", "beta", "running_mean", "running_var"):
        getattr(net["conv1"], key)[...] = np.arange(3) + 5
    for one, name in zip(before, ("weight_norm", "weight_norm_l1")):
        np.testing.assert_array_equal(mp.score(net, name)["conv1"], one["conv1"])


def test_signs_do_not_matter_and_scale_does():
    net = mp.Network(4, [mp.Dense(3), mp.Dense(1)])
    before = {name: mp.score(net, name)["dense1"] for name in ("weight_norm", "weight_norm_l1")}
    net["dense1"].W[...] *= [[-1.0], [2.0], [-8.0]]                         # powers of two: exact
    for name, scores in before.items():
        np.testing.assert_array_equal(mp.score(net, name)["dense1"], scores * [1, 2, 8])


# Outgoing weights, and both together

def two_layers():
    net = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(2)])
    net["dense1"].W[...] = [[3, 4], [0, 0], [-5, 12]]
    net["dense2"].W[...] = [[6, 1, 0], [-8, 0, 0]]
    return net


def test_outgoing_weights_by_hand():
    net = two_layers()
    assert mp.score(net, "outgoing_norm")["dense1"].tolist() == [10, 1, 0]
    assert mp.score(net, "outgoing_norm_l1")["dense1"].tolist() == [14, 1, 0]
    np.testing.assert_allclose(mp.score(net, "group_norm")["dense1"], [math.sqrt(25 + 100), 1, 13], rtol=1e-15)


@each("seed", range(14))
def test_outgoing_weights_are_those_that_pruning_erases_from_the_next_layer(seed, random_network, close):
    net = random_network(seed)
    weight, out, out_l1, group = (mp.score(net, name) for name in (
        "weight_norm", "outgoing_norm", "outgoing_norm_l1", "group_norm"))
    for name in net.hidden_layers:
        if net[name].K == 1:
            continue
        for i in range(net[name].K):
            reader = net.reader(name)
            small = mp.prune(net, {name: np.arange(net[name].K) != i})
            lost = [(np.abs(net[reader].W) ** p).sum() - (np.abs(small[reader].W) ** p).sum() for p in (1, 2)]
            close(out_l1[name][i], lost[0], 1e-10)
            close(out[name][i] ** 2, lost[1], 1e-10)
            close(group[name][i] ** 2, weight[name][i] ** 2 + lost[1], 1e-10)


def test_a_neuron_that_nobody_reads_and_one_that_never_fires():
    """Outgoing norm 0 is certain; a large one is not: relu(−1) is never anything but 0."""
    net = two_layers()
    net["dense1"].b[...] = [0, -1, 0]
    x, t = np.random.default_rng(0).uniform(0, 1, (6, 2)), np.zeros((6, 2))
    exact = mp.score(net, "removal", x, t, "mse")["dense1"]
    assert exact[1] == exact[2] == 0 != exact[0]
    assert mp.score(net, "outgoing_norm")["dense1"].tolist() == [10, 1, 0]


def test_no_rescaling_has_a_smaller_group_norm_than_the_balanced_one(close):
    """relu(a z) w′/a is the same function for every a > 0; √(2 · in · out) is the least of all a."""
    rng = np.random.default_rng(1)
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)], seed=1)
    least = np.sqrt(2 * mp.score(net, "weight_norm")["dense1"] * mp.score(net, "outgoing_norm")["dense1"])
    found = []
    for a in [*rng.uniform(0.1, 5, 20), 1.0]:
        other = rescaled(net, a)
        close(other.predict(np.ones((1, 3))), net.predict(np.ones((1, 3))))
        found.append(mp.score(other, "group_norm")["dense1"])
    assert (np.array(found) >= least * (1 - 1e-12)).all()
    best = np.sqrt(mp.score(net, "outgoing_norm")["dense1"] / mp.score(net, "weight_norm")["dense1"])
    close(mp.score(rescaled(net, best[:, np.newaxis]), "group_norm")["dense1"], least)


def rescaled(net, a):
    other = net.copy()
    other["dense1"].W[...] *= a
    other["dense2"].W[...] /= np.reshape(a, -1)
    return other


# Batch norm

def test_batch_norm_scale_by_hand():
    net = mp.Network(2, [mp.Dense(3, "relu", batch_norm=True), mp.Dense(1)])
    net["dense1"].gamma[...] = [-2, 0, 0.5]
    assert mp.score(net, "batch_norm_scale")["dense1"].tolist() == [2, 0, 0.5]


def test_without_batch_norm_there_is_no_scale():
    """γ would be 1 for every neuron, so that 48 of 64 would go by their index."""
    net = mp.Network(2, [mp.Dense(3, "relu", batch_norm=True), mp.Dense(2, "relu"), mp.Dense(2), mp.Dense(1)])
    told = (r'score "batch_norm_scale" says nothing of the neurons of "dense2" \(it has no batch norm\), '
            r'"dense3" \(it has no batch norm\); choose another score')
    for score in ("batch_norm_scale", ["weight_norm", "batch_norm_scale"]):
        with pytest.raises(ValueError, match=told):
            mp.score(net, score)
    net["dense1"].gamma[...] = [-2, 0, 0.5]
    scores = mp.score(net, lambda gamma: np.abs(gamma))                 # a formula of one's own gets the ones
    assert scores["dense1"].tolist() == [2, 0, 0.5] and scores["dense2"].tolist() == [1, 1]


def test_a_neuron_without_scale_may_still_be_needed():
    """γ = 0, β = 3: the neuron always says 3, and the target is what it says. It scores lowest of all."""
    net = mp.Network(2, [mp.Dense(2, "relu", batch_norm=True), mp.Dense(1)], seed=0)
    net["dense1"].gamma[...], net["dense1"].beta[...] = [0, 0.1], [3, 0]
    net["dense2"].W[...] = [[1, 0]]
    x, t = np.random.default_rng(0).normal(size=(5, 2)), np.full((5, 1), 3.0)
    assert mp.score(net, "removal", x, t, "mse")["dense1"].tolist() == [4.5, 0]
    assert mp.score(net, "batch_norm_scale")["dense1"].tolist() == [0, 0.1]


# The geometric median

def test_distances_by_hand():
    """On a line at 0, 1, 5: distances 1 + 5, 1 + 4, 5 + 4; the middle one is the median."""
    net = mp.Network(1, [mp.Dense(3), mp.Dense(1)])
    net["dense1"].W[...] = [[0], [1], [5]]
    assert mp.score(net, "geometric_median")["dense1"].tolist() == [6, 5, 9]


@each("seed", range(7))
def test_distances_are_those_of_every_pair(seed, random_network, close):
    net = random_network(seed)
    scores = mp.score(net, "geometric_median")
    for name in net.hidden_layers:
        rows = net[name].W.reshape(net[name].K, -1).tolist()
        close(scores[name], [sum(math.dist(one, other) for other in rows) for one in rows])


def test_the_median_does_not_care_where_it_is_but_about_signs(close):
    """Shifting all weights alike changes nothing; w and −w are far apart (not so in Torch-Pruning)."""
    net = mp.Network(3, [mp.Dense(4), mp.Dense(1)], seed=2)
    before = mp.score(net, "geometric_median")["dense1"]
    net["dense1"].W += [10, -20, 30]
    close(mp.score(net, "geometric_median")["dense1"], before, 1e-12)
    net["dense1"].W[...] = [[3, 4, 0], [-3, -4, 0], [3, 4, 0], [3, 4, 0]]
    assert mp.score(net, "geometric_median")["dense1"].tolist() == [10, 30, 10, 10]


def test_equal_neurons_are_both_the_first_to_go():
    """relu(x) twice and relu(−x) once make |x|: the twins score least, and one of them is needed."""
    net = mp.Network(1, [mp.Dense(3, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1], [1], [-1]], [[0.5, 0.5, 1]]
    scores = mp.score(net, "geometric_median")["dense1"]
    assert scores[0] == scores[1] < scores[2]
    x = np.array([[-2.0], [3.0]])
    gone = mp.prune(net, {"dense1": scores > scores.min()})
    assert gone.predict(x).tolist() == [[2.0], [0.0]] != np.abs(x).tolist()
