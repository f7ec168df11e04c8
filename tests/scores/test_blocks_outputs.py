"""Scores of outputs and of readers in networks with blocks, a Concat, series of layers: beside plain definitions."""

import itertools
import math

import numpy as np
import pytest
from small_blocks import ONCE, STEPS, forced, losses, network, repeated, run, slope

import minprune as mp
from minprune.engine.facts import NotSaid
from minprune.scores.data_free import linearised
from minprune.scores.removal import pair_removal

SOME = pytest.mark.parametrize("seed", ONCE)


def near(found, expected, tolerance=1e-8):
    assert list(found) == list(expected)
    for name in found:
        size = max(np.abs(expected[name]).max(), 1e-3)
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=tolerance * size, err_msg=name)


def silent(net, name, seen, gone, given=False):
    """The rule of a pass without the unit's neurons in `gone`; `given`: all else with neurons as it was."""
    unit = net.units[name]

    def at(layer, o):
        if given and (layer.name in net.neuron_layers or layer.name in unit.ends):
            o = seen[layer.name]
        if layer.name in unit.ends and len(gone):
            o = o.copy()
            o[..., unit.rows[layer.name][gone].ravel()] = 0
        return o
    return at


@SOME
def test_responses_to_the_input_and_of_the_readers(seed):
    net, x, _ = network(seed)
    h, squares = 0.01, {}
    places = list(np.ndindex(net.input_shape))
    for place in places:
        unit = np.zeros((1, *net.input_shape))
        unit[(0, *place)] = h
        ends = [run(net, x + k * unit)[1] for k in STEPS]
        for layer in net.all_layers:
            if layer in ends[0]:
                J = slope(np.stack([end[layer] for end in ends])[np.newaxis], h)[0]
                squares[layer] = squares.get(layer, 0) + (J ** 2).reshape(len(x), -1, J.shape[-1]).sum(axis=1)
    near(mp.score(net, "sensitivity", x, batch_size=1), {
        name: np.sqrt(sum(squares[end][:, unit.rows[end]].sum(axis=2) for end in unit.ends)).mean(axis=0)
        for name, unit in net.units.items()})
    near(mp.score(net, "influence", x, batch_size=1), {name: influence(net, name, x) for name in net.hidden_layers})


def influence(net, name, x, h=0.01):
    """mean_n √(Σ (∂o′/∂o_np)²), each output of the unit moved by itself, all other layers with neurons as they were."""
    unit, seen = net.units[name], run(net, x)[1]
    moves = [(end, place) for end in unit.ends for place in np.ndindex(seen[end].shape[1:])]
    read, blocks = {}, len(moves) * len(STEPS)

    def at(layer, o):
        if layer.name in unit.readers:
            read[layer.name] = o.reshape(len(moves), len(STEPS), len(x), -1)
        if layer.name not in unit.ends:
            return repeated(seen[layer.name], blocks) if layer.name in net.neuron_layers else o
        o = repeated(seen[layer.name], blocks).reshape(len(moves), len(STEPS), *seen[layer.name].shape)
        for k, (end, place) in enumerate(moves):
            if end == layer.name:
                o[(k, slice(None), slice(None), *place)] += (STEPS * h)[:, np.newaxis]
        return o.reshape(-1, *o.shape[3:])
    run(net, repeated(x, blocks), at)
    squares = sum((slope(one, h) ** 2).sum(axis=2) for one in read.values())                # (moves, N)
    total = np.zeros((len(x), net[name].K))
    for (end, place), one in zip(moves, squares):
        total += one[:, np.newaxis] * (unit.rows[end] == place[-1]).any(axis=1)
    return np.sqrt(total).mean(axis=0)


@SOME
def test_shapley_values_and_pairs_of_one_layer(seed):
    """All coalitions of a layer's neurons, each with a pass of its own."""
    net, x, t = network(seed)
    y, seen = run(net, x)
    found, expected = mp.score(net, "shapley", x, t, "mse", 1, permutations=None, players="layer"), {}
    for name in net.hidden_layers:
        K = net[name].K
        cost = {gone: losses(run(net, x, silent(net, name, seen, list(gone)))[0], t).mean() - losses(y, t).mean()
                for size in range(K + 1) for gone in itertools.combinations(range(K), size)}
        expected[name] = np.zeros(K)
        for gone, one in cost.items():
            for i in set(range(K)) - set(gone):
                weight = 1 / (K * math.comb(K - 1, len(gone)))
                expected[name][i] += weight * (cost[tuple(sorted((*gone, i)))] - one)
        pairs = pair_removal(net, x, t, "mse", name, batch_size=1)
        for i, j in itertools.combinations(range(K), 2):
            assert abs(pairs[i, j] - (cost[i, j] - cost[i,] - cost[j,])) < 1e-10 * max(1, losses(y, t).mean())
    near(found, expected)
    mixed = mp.score(net, "shapley", x, t, "mse", permutations=3)
    everyone = {name: range(net[name].K) for name in net.hidden_layers}

    def at(layer, o):
        for name, gone in everyone.items():
            o = silent(net, name, seen, list(gone))(layer, o)
        return o
    lost = losses(run(net, x, at)[0], t).mean() - losses(y, t).mean()
    assert sum(one.sum() for one in mixed.values()) == pytest.approx(lost, rel=1e-9, abs=1e-12)


@SOME
def test_the_order_of_thinet(seed):
    """What each set of neurons takes from the weighted sums of all that read them, and the greedy order of that."""
    net, x, _ = network(seed)
    seen, found = run(net, x)[1], mp.score(net, "thinet", x, batch_size=1)
    for name, unit in net.units.items():
        def missed(gone):
            read = {}

            def forward(layer, inputs):
                if layer.name in unit.readers:
                    read[layer.name] = layer.product(inputs)
                return layer.forward(inputs).o
            run(net, x, silent(net, name, seen, list(gone), given=True), forward)
            return read
        whole, gone, K = missed([]), [], net[name].K
        for place in range(K):
            costs = {i: sum(((one - whole[reader]) ** 2).sum() for reader, one in missed([*gone, i]).items())
                     for i in range(K) if i not in gone}
            gone.append(min(costs, key=costs.get))
            assert found[name][gone[-1]] == place


@SOME
def test_from_the_weights_alone(seed):
    """nisp: how Σ y of the network of absolute weights moves. The nearest twin: by loops over rows."""
    net, x, _ = network(seed)
    linear = linearised(net)
    one = np.ones((1, *net.input_shape))
    seen = run(linear, one)[1]
    ones, flows = {layer: np.ones_like(o) for layer, o in seen.items()}, {}
    for name in net.hidden_layers:
        still, moved = (forced(linear, name, seen, one, ones, np.array([a])).sum(axis=3)[:, 0, 0] for a in (0.0, 1.0))
        flows[name] = moved - still
    near(mp.score(net, "nisp"), flows)

    small = net.merged()
    if any(isinstance(small[layer], mp.BatchNorm) for unit in small.units.values() for layer in unit.series):
        with pytest.raises(NotSaid, match="has numbers of its own for each neuron"):
            mp.score(net, "data_free_similarity")
        return
    expected = {}
    for name, unit in small.units.items():
        rows = [[number for member in unit.members for i in unit.rows[member][k] for number in folded(small[member], i)]
                for k in range(small[name].K)]
        rows, read = np.array(rows), small.outgoing_weights(name)
        apart = ((rows[:, np.newaxis] - rows) ** 2).sum(axis=2) + np.diag([np.inf] * len(rows))
        nearest = apart.min(axis=1) if len(rows) > 1 else (rows ** 2).sum(axis=1)
        expected[name] = (read ** 2).mean(axis=1) * nearest
    near(dict(zip(small.hidden_layers, mp.score(net, "data_free_similarity").values())), expected)


def folded(layer, i):
    """The numbers of neuron i: its weights and bias, batch norm multiplied in."""
    s = layer.gamma[i] / np.sqrt(layer.running_var[i] + 1e-5) if layer.batch_norm else 1
    b = s * (layer.b[i] - layer.running_mean[i]) + layer.beta[i] if layer.batch_norm else layer.b[i]
    return [*(s * layer.W[i].ravel()), b]


@SOME
def test_ranks_of_maps_and_replacement_by_the_mean(seed):
    net, x, t = network(seed)
    trace, ranks, replaced = mp.record(net, x, t, "mse"), {}, {}
    for name, unit in net.units.items():
        maps = [[[one[..., i] for i in rows] for rows in unit.rows[end]] for end in unit.ends for one in [trace[end].o]]
        ranks[name] = np.array([np.mean([rank(image) for end in maps for array in end[k] for image in array])
                                for k in range(net[name].K)])
        slopes = {end: trace[end].do if net.is_alone(name) else trace[name].of_end(end, "do") for end in unit.ends}
        replaced[name] = np.array([
            abs(sum(((trace[end].o[..., i].mean() - trace[end].o[..., i]) * slopes[end][..., i]).sum()
                    for end in unit.ends for i in unit.rows[end][k])) / len(x) for k in range(net[name].K)])
    near(mp.score(net, "hrank", x, batch_size=1), ranks)
    near(mp.score(net, "mean_replacement", x, t, "mse", 1), replaced)


def rank(image):
    return np.linalg.matrix_rank(image, rtol=max(image.shape) * np.finfo(np.float32).eps) if image.ndim else image != 0
