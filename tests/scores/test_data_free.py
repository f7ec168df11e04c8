"""Scores of the weights alone: surgery that costs nothing, bounds that hold, flows that add up."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.scores.data_free import folded, linearised


def same_function(one, other, x, close):
    close(one.predict(x), other.predict(x), 1e-12, least=1)


# What the scores are made of

def test_folding_the_batch_norm_leaves_the_function(kind, random_network, random_samples, close):
    for seed in range(2):
        net = random_network(seed, kind)
        trace = net.forward(random_samples(net, seed)[0])
        for name in net.neuron_layers:
            W, b = folded(net[name])
            z = net[name].patches(trace[name].x) @ W.T + b
            close(trace[name].z.reshape(z.shape), z, 1e-12, least=1)


def test_the_linearised_network_is_linear_positive_and_another_one(kind, random_network, random_samples, close,
                                                                  fingerprint):
    seed = 1
    net = random_network(seed, kind, dtype="float32")
    before = fingerprint(net)
    linear = linearised(net)
    assert linear.dtype == np.float64 and linear.hidden_layers == net.hidden_layers
    x = np.abs(random_samples(net, seed)[0])
    close(linear.predict(3 * x), 3 * linear.predict(x), 1e-12)
    assert (linear.predict(x) >= 0).all()
    for array in linear.arrays().values():
        array[...] = 7
    assert fingerprint(net) == before


# Data-free similarity

def test_similarity_by_hand():
    """Neurons at (0, 0), (3, 4), (3, 5) with the bias as last number; mean squared outgoing weights 2, 10, 1."""
    net = mp.Network(1, [mp.Dense(3, "relu"), mp.Dense(2)])
    net["dense1"].W[...], net["dense1"].b[...] = [[0], [3], [3]], [0, 4, 5]
    net["dense2"].W[...] = [[2, 2, 1], [0, 4, -1]]
    assert mp.score(net, "data_free_similarity")["dense1"].tolist() == [2 * 25, 10 * 1, 1 * 1]


@each("layers", [
    [mp.Dense(4, "tanh"), mp.Dense(3)],
    [mp.Dense(4, "sigmoid", batch_norm=True), mp.Dense(3, "relu", batch_norm=True), mp.Dense(2)],
    [mp.Conv2D(4, 3, "relu", padding=1), mp.MaxPool2D(2), mp.Conv2D(2, 2, "tanh"), mp.Flatten(), mp.Dense(2)],
    [mp.Conv2D(4, 2, "softplus", batch_norm=True), mp.AvgPool2D(2), mp.Flatten(), mp.Dense(3)]])
def test_a_twin_costs_nothing_and_surgery_proves_it(layers, close):
    """Neuron 2 is a copy of neuron 0: both score 0, and after adding its outgoing weights to 0's it can go."""
    conv = isinstance(layers[0], mp.Conv2D)
    net = mp.Network((6, 6, 2) if conv else 3, layers, seed=1)
    first = net.hidden_layers[0]
    for array in net[first].arrays().values():
        array[...] = np.random.default_rng(0).uniform(0.5, 2, array.shape)
        array[2] = array[0]
    scores = mp.score(net, "data_free_similarity")[first]
    assert scores[0] == scores[2] == 0 and (scores[[1, 3]] > 0).all()
    merged = net.copy()
    out = merged[merged.reader(first)].W
    out = out.reshape(*out.shape[:-1], -1, 4)
    out[..., 0] += out[..., 2]
    x = np.random.default_rng(1).normal(size=(5, *net.input_shape))
    same_function(mp.prune(merged, {first: np.array([True, True, False, True])}), net, x, close)
    without = mp.prune(net, {first: np.array([True, True, False, True])})
    assert np.abs(without.predict(x) - net.predict(x)).max() > 1e-3


@each("seed", range(5))
def test_surgery_changes_the_next_layer_by_at_most_the_score(seed, random_network, random_samples):
    """mean_k(Δz′_k²) ≤ I_i (‖x‖² + 1) for the twin that the score names, whatever the activation."""
    net = random_network(seed, "dense")
    x, _ = random_samples(net, seed, 20)
    scores, trace = mp.score(net, "data_free_similarity"), net.forward(x)
    for name in net.hidden_layers:
        read, o, W = trace[name].x, trace[name].o, net[net.reader(name)].W
        for i in range(net[name].K):
            changes = [(W[:, i] * (o[:, [j]] - o[:, [i]])) ** 2 for j in range(net[name].K) if j != i]
            allowed = scores[name][i] * ((read ** 2).sum(axis=1) + 1) * (1 + 1e-12)
            assert any((change.mean(axis=1) <= allowed).all() for change in changes)


def test_the_masked_stand_in_for_nobody_and_the_only_one_has_no_twin(close):
    net = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(1, "relu"), mp.Dense(2)], seed=0)
    net["dense1"].W[...] = [[1, 1], [1, 1], [4, 5]]
    net["dense2"].W[...] = [[1, 2, 1]]
    masked = mp.mask(net, {"dense1": [False, True, True]})
    assert mp.score(net, "data_free_similarity")["dense1"].tolist() == [0, 0, 25]
    assert mp.score(masked, "data_free_similarity")["dense1"].tolist()[1:] == [4 * 25, 25]
    only = (net["dense2"].W ** 2).sum() * (net["dense3"].W ** 2).mean()
    close(mp.score(net, "data_free_similarity")["dense2"], [only])


def test_rescaled_twins_are_not_seen():
    """relu(x) and relu(2x): one is the other's double, and removal with surgery would be free."""
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1], [2]], [[1, 1]]
    assert mp.score(net, "data_free_similarity")["dense1"].tolist() == [1, 1]


# NISP

def test_nisp_by_hand():
    """Two outputs, |W2| = (1 2; 3 4), |W1| irrelevant for the upper layer; below: |W2 W1| path by path."""
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(2, "tanh"), mp.Dense(2)])
    net["dense3"].W[...] = [[1, -2], [-3, 4]]                   # s = 4, 6
    net["dense2"].W[...] = [[-1, 1], [0.5, 0]]                  # 4·1 + 6·½, 4·1
    net["dense1"].W[...] = [[7], [8]]
    scores = mp.score(net, "nisp")
    assert scores["dense2"].tolist() == [4, 6] and scores["dense1"].tolist() == [7, 4]


@each("seed", range(3))
def test_nisp_of_dense_layers_is_a_product_of_matrices(seed, random_network, close):
    net = random_network(seed, "dense")
    scores, s = mp.score(net, "nisp"), np.ones(net.output_shape)
    for name in reversed(net.hidden_layers):
        s = np.abs(folded(net[net.reader(name)])[0]).T @ s
        close(scores[name], s)


@each("seed", range(2))
def test_nisp_bounds_what_removal_does_to_the_outputs(seed, kind, random_network, random_samples):
    """Σ_k |Δy_nk| ≤ Σ_p s_pi |o_npi| ≤ I_i · max_p |o_npi|: no activation here is steeper than 1."""
    net = random_network(seed, kind)
    x, _ = random_samples(net, seed)
    scores, trace = mp.score(net, "nisp"), net.forward(x)
    for name in net.hidden_layers:
        for i in range(net[name].K):
            o = trace[name].o.copy()
            o[..., i] = 0
            change = np.abs(net.tail(name, o) - trace.y).reshape(len(x), -1).sum(axis=1)
            largest = np.abs(trace[name].o[..., i]).reshape(len(x), -1).max(axis=1)
            assert (change <= scores[name][i] * largest * (1 + 1e-12) + 1e-12).all()


@pytest.mark.parametrize("seed", range(3))
def test_nisp_is_exact_where_all_is_linear_and_positive(seed, close):
    """Then a channel that says 1 more everywhere adds just I_i to Σ y, through average pooling as well."""
    net = linearised(mp.Network((6, 6, 1), [mp.Conv2D(3, 3, padding=1), mp.AvgPool2D(2, 1), mp.Conv2D(2, 2),
                                            mp.Flatten(), mp.Dense(3), mp.Dense(2)], seed=seed))
    trace = net.forward(np.ones((1, 6, 6, 1)))
    for name, scores in mp.score(net, "nisp").items():
        for i in range(net[name].K):
            o = trace[name].o.copy()
            o[..., i] += 1
            close((net.tail(name, o) - trace.y).sum(), scores[i], 1e-10)


def test_nisp_gives_every_place_of_a_maximum_all_of_it():
    """One 2 × 2 window read with weight 5: each of the four could be the largest, 4 · 5; the average has 5."""
    for pool, expected in ((mp.MaxPool2D(2), 20), (mp.AvgPool2D(2), 5)):
        net = mp.Network((2, 2, 1), [mp.Conv2D(1, 1, "relu"), pool, mp.Flatten(), mp.Dense(1)])
        net["dense1"].W[...] = -5
        assert mp.score(net, "nisp")["conv1"].tolist() == [expected]


def test_nisp_below_a_dense_output_layer_is_the_outgoing_norm(close):
    for layers in ([mp.Dense(4, "tanh"), mp.Dense(3)], [mp.Conv2D(3, 2, "relu"), mp.Flatten(), mp.Dense(3)]):
        net = mp.Network((4, 4, 1) if len(layers) == 3 else 2, layers, seed=1)
        first = net.hidden_layers[0]
        close(mp.score(net, "nisp")[first], mp.score(net, "outgoing_norm_l1")[first])


def test_nisp_does_not_see_a_dead_neuron():
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...], net["dense2"].W[...] = [[0], [1]], [-1, 0], [[9, 1]]
    assert mp.score(net, "nisp")["dense1"].tolist() == [9, 1]
    assert mp.score(net, "removal", [[2.0]], [[0.0]], "mse")["dense1"].tolist() == [0, -2]


# SynFlow

def test_synflow_by_hand():
    """|W1| = (1 2; 3 4): o = 3, 7;  |W2| = (5 6): R = 15 + 42."""
    net = mp.Network(2, [mp.Dense(2, "tanh"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = [[-1, 2], [3, -4]], 100
    net["dense2"].W[...] = [[5, -6]]
    assert mp.score(net, "synflow")["dense1"].tolist() == [15, 42]


@each("seed", range(2))
def test_every_hidden_layer_carries_the_same_flow(seed, kind, random_network, close):
    """Pooling of both sorts, batch norm, biases, any activation and padding included."""
    net = random_network(seed, kind)
    linear = linearised(net)
    R = linear.forward(np.ones((1, *net.input_shape))).y.sum()
    for shares in mp.score(net, "synflow").values():
        close(shares.sum(), R)
        assert (shares >= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_what_flows_in_flows_out_and_relu_networks_get_what_the_papers_recipe_gives(seed, close):
    """The recipe on the network itself: |weights|, ones, ∂Σy/∂w · w, added up over incoming or outgoing weights."""
    net = mp.Network((6, 6, 2), [mp.Conv2D(3, 3, "relu", padding=1), mp.MaxPool2D(2), mp.Conv2D(4, 2, "relu"),
                                 mp.AvgPool2D(2), mp.Flatten(), mp.Dense(5, "relu"), mp.Dense(3)], seed=seed)
    positive = net.copy()
    for name in net.neuron_layers:
        positive[name].W[...] = np.abs(net[name].W)
    trace = positive.forward(np.ones((1, 6, 6, 2)))
    positive.backward(trace, np.ones_like(trace.y))
    for name, scores in mp.score(net, "synflow").items():
        inwards = positive[name].W * trace[name].grads["W"]
        outwards = positive[net.reader(name)].W * trace[net.reader(name)].grads["W"]
        close(scores, inwards.reshape(len(scores), -1).sum(axis=1))
        close(scores, outwards.reshape(-1, len(scores)).sum(axis=0))


@pytest.mark.parametrize("seed", range(3))
def test_removal_from_the_linearised_network_takes_away_just_the_share(seed, close):
    net = mp.Network((6, 6, 1), [mp.Conv2D(3, 3, "tanh", padding="same", batch_norm=True), mp.AvgPool2D(2),
                                 mp.Conv2D(2, 2), mp.GlobalAvgPool2D(), mp.Dense(4, "sigmoid"), mp.Dense(2)],
                     seed=seed)
    linear, ones = linearised(net), np.ones((1, 6, 6, 1))
    R = linear.predict(ones).sum()
    for name, scores in mp.score(net, "synflow").items():
        for i in range(net[name].K):
            without = mp.mask(linear, {name: np.arange(net[name].K) != i})
            close(R - without.predict(ones).sum(), scores[i], 1e-11, least=R)


@each("seed", range(7))
def test_synflow_and_nisp_of_a_masked_network_are_those_of_the_pruned_one(seed, random_network, random_keep, close):
    net = random_network(seed)
    keep = random_keep(net, seed)
    masked, small = mp.mask(net, keep), mp.prune(net, keep)
    for score in ("synflow", "nisp"):
        one, other = mp.score(masked, score), mp.score(small, score)
        for name in net.hidden_layers:
            stays = keep.get(name, np.ones(net[name].K, bool))
            close(one[name][stays], other[name], 1e-10)
            assert score == "nisp" or (one[name][~stays] == 0).all()


def test_synflow_does_not_change_when_a_relu_neuron_is_rescaled(close):
    net = mp.Network((5, 5, 1), [mp.Conv2D(3, 2, "relu"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(4, "relu"),
                                 mp.Dense(2)], seed=3)
    before, other = mp.score(net, "synflow"), net.copy()
    other["dense1"].W[1] *= 7
    other["dense2"].W[:, 1] /= 7
    other["conv1"].W[2] *= 0.3
    other["dense1"].W.reshape(4, -1, 3)[..., 2] /= 0.3
    after = mp.score(other, "synflow")
    for name in before:
        close(after[name], before[name])


def test_synflow_is_blind_to_signs():
    """Neurons 0 and 1 cancel exactly, neuron 2 never fires: together they change nothing, and 3 does it all."""
    net = mp.Network(1, [mp.Dense(4, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = [[5], [5], [-8], [1]], 0
    net["dense2"].W[...] = [[1, -1, 1, 1]]
    x = np.array([[1.0], [2.0]])
    only = mp.mask(net, {"dense1": [False, False, False, True]})
    np.testing.assert_array_equal(only.predict(x), net.predict(x))
    assert mp.score(net, "synflow")["dense1"].tolist() == [5, 5, 8, 1]
