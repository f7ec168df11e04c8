"""Scores of networks with blocks: neurons that meet in an addition have one score."""

import concurrent.futures
import warnings

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.cli.main import main
from minprune.engine.losses import prepare_samples
from minprune.engine.residual import Residual
from minprune.scores.score import Score
from minprune.scoring import catalogue
from minprune.scoring.catalogue import CATALOGUE, SCORES, takes_blocks, takes_series
from minprune.training.quality import loss_and_accuracy

SEEDS = range(5)                # every kind of network with blocks, and blocks in blocks


def silenced(net, name, i):
    return mp.mask(net, {name: np.arange(net[name].K) != i})


def mean_loss(net, x, t, loss="mse"):
    return loss_and_accuracy(net, *prepare_samples(net, x, t, loss))[0]


def loss_turned_down(net, name, i, x, t):
    """by -> the mean loss when what neuron i of each member puts out is multiplied by 1 − `by`; only for f(z) = z
    without batch norm, where that is a matter of weights."""
    other = net.copy()

    def loss(by):
        for member in net.members(name):
            other[member].W[i] = (1 - by[0]) * net[member].W[i]
            other[member].b[i] = (1 - by[0]) * net[member].b[i]
        return mean_loss(other, x, t)
    return loss


@pytest.mark.parametrize("seed", SEEDS)
def test_taylor_is_the_first_order_of_turning_all_members_down(seed, random_residual, random_samples):
    net = random_residual(seed)
    for member in net.neuron_layers:                        # f(z) = z, so that outputs are scaled by scaling weights
        net[member].f, net[member].batch_norm = mp.ACTIVATIONS["identity"], False
    x, t = random_samples(net, seed)
    scores = mp.score(net, lambda o, do: (o * do).sum(axis=1), x, t, "mse")
    for name in net.hidden_layers:
        slopes = [-mp.finite_difference(loss_turned_down(net, name, i, x, t), np.zeros(1))[0]
                  for i in range(net[name].K)]
        np.testing.assert_allclose(scores[name], slopes, rtol=1e-6, atol=1e-7 * np.abs(slopes).max())


@pytest.mark.parametrize("seed", SEEDS)
def test_removal_is_the_loss_with_all_members_silent(seed, random_residual, random_samples, fingerprint):
    net = random_residual(seed)
    net[net.neuron_layers[0]].mask = np.arange(net[net.neuron_layers[0]].K) > 0
    before, (x, t) = fingerprint(net), random_samples(net, seed)
    scores, whole = mp.score(net, "removal", x, t, "mse", batch_size=2), mean_loss(net, x, t)
    assert list(scores) == net.hidden_layers and fingerprint(net) == before
    for name, found in scores.items():
        expected = [mean_loss(silenced(net, name, i), x, t) - whole for i in range(net[name].K)]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12 * max(1, whole))


def test_greedy_removal_ends_with_nobody(random_residual, random_samples):
    net = random_residual(1)
    x, t = random_samples(net, 1)
    places = mp.score(net, "greedy_removal", x, t, "mse")
    assert sorted(np.concatenate(list(places.values()))) == list(range(sum(net[name].K for name in net.hidden_layers)))
    first = mp.score(net, "removal", x, t, "mse")
    lowest = min((value, name, i) for name, values in first.items() for i, value in enumerate(values))
    assert places[lowest[1]][lowest[2]] == 0
    second = mp.score(silenced(net, *lowest[1:]), "removal", x, t, "mse")
    again = min((value, name, i) for name, values in second.items() for i, value in enumerate(values)
                if (name, i) != lowest[1:])
    assert places[again[1]][again[2]] == 1


def by_hand(net, x, t):
    """What some formulas come to for conv1+conv3, from the arrays of its two members."""
    trace = mp.record(net, x, t, "mse")
    one, two = (trace[member] for member in ("conv1", "conv3"))
    W = np.hstack([net[member].W.reshape(3, -1) for member in ("conv1", "conv3")])
    mean_dW = np.hstack([each.grads["W"].reshape(3, -1) for each in (one, two)]) / len(x)
    readers = [net["conv2"].W[..., i].ravel().tolist() + net["dense1"].W.reshape(2, -1, 3)[..., i].ravel().tolist()
               for i in range(3)]
    rows = [np.concatenate([each.o[..., i].ravel() for each in (one, two)]) for i in range(3)]
    return {"taylor": np.abs(sum((each.o * each.do).sum(axis=(1, 2)) for each in (one, two))).mean(axis=0),
            "weight_norm": np.sqrt((W ** 2).sum(axis=1)), "snip": np.abs(W * mean_dW).sum(axis=1),
            "outgoing_norm_l1": [np.abs(read).sum() for read in readers],
            "activation_std": [row.std() for row in rows], "activation_mean": [row.mean() for row in rows]}


@pytest.mark.parametrize("name", ["taylor", "weight_norm", "snip", "outgoing_norm_l1", "activation_std",
                                  "activation_mean"])
def test_formulas_read_the_members_side_by_side(name, random_samples):
    net = mp.Network((4, 4, 1), [mp.Conv2D(3, 3, "tanh", padding="same", batch_norm=True), mp.AvgPool2D(2),
                                 Residual([mp.Conv2D(2, 1, "tanh"), mp.Conv2D(3, 1)]), mp.Flatten(), mp.Dense(2)])
    x, t = random_samples(net, 0)
    found = mp.score(net, name, x, t, "mse", batch_size=2)
    assert list(found) == ["conv1+conv3", "conv2"]
    np.testing.assert_allclose(found["conv1+conv3"], by_hand(net, x, t)[name], rtol=1e-9)


def test_slopes_in_the_weights_and_squared_gradients(random_samples):
    net = mp.Network((4, 4, 1), [mp.Conv2D(3, 3, "tanh", padding="same", batch_norm=True),
                                 Residual([mp.Conv2D(2, 1, "tanh"), mp.Conv2D(3, 1)]), mp.Flatten(), mp.Dense(2)])
    x, t = random_samples(net, 0)
    trace = mp.record(net, x, t, "mse")
    seen = mp.score(net, lambda w_dW: w_dW, x, t, "mse")["conv1+conv3"]
    slopes = [net[member].W.reshape(3, -1) * net[member].per_sample_dW(trace[member]) for member in ("conv1", "conv3")]
    np.testing.assert_allclose(seen, sum(one.sum(axis=2).mean(axis=0) for one in slopes), rtol=1e-9)
    squares = [(net[member].per_sample_dW(trace[member]) ** 2).mean(axis=0) for member in ("conv1", "conv3")]
    found = mp.score(net, lambda mean_dW2, W: mean_dW2 @ np.arange(W.shape[1]), x, t, "mse")["conv1+conv3"]
    np.testing.assert_allclose(found, np.hstack(squares) @ np.arange(9 + 2), rtol=1e-9)


def test_synaptic_flow_is_what_the_straightened_network_loses():
    """A neuron's Σ o ∂R/∂o over its members, by hand."""
    net = mp.Network(1, [mp.Dense(2), Residual([mp.Dense(1), mp.Dense(2)]), mp.Dense(1)])
    for array in net.parameters().values():
        array[...] = -1 if array.ndim == 2 else 3
    net["dense1"].W[...] = [[1], [2]]
    # h = (1, 2), s = h + (h₁ + h₂) (1, 1) = (4, 5), R = 9
    # dense1: ∂R/∂h = 1 + 2 = 3, so 3 and 6; dense3: o = 3, ∂R/∂o = 1; dense2: o = 3, ∂R/∂o = 2
    assert {name: flow.tolist() for name, flow in mp.score(net, "synflow").items()} \
        == {"dense1+dense3": [3 + 3, 6 + 3], "dense2": [6]}


def test_gathered_in_training(random_residual, random_samples):
    net = random_residual(0)
    x, t = random_samples(net, 0)
    gathered = mp.scores.GatheredGradient(), mp.scores.Movement()
    mp.fit(net, x, t, "mse", optimizer=mp.SGD(0.0), epochs=1, batch_size=5, progress=False,
           on_batch=lambda net, trace: [one(net, trace) for one in gathered])
    for one in gathered:
        assert {name: len(values) for name, values in one.scores().items()} \
            == {name: net[name].K for name in net.hidden_layers}


# --------------------------------------------------------------------------------------- all know blocks


def test_all_scores_know_blocks_and_neurons_that_several_layers_make():
    """What refuses such a network says why in its docstring, and not for want of work."""
    assert [score.name for score in SCORES if not takes_blocks(score.function)] == []
    assert [score.name for score in SCORES if not takes_series(score.function)] == []


@pytest.fixture(scope="module")
def residual(random_residual, random_samples, fingerprint):
    """A network with blocks, its bits, and samples."""
    net = random_residual(0)
    return net, fingerprint(net), *random_samples(net, 0, 4)


@each("name", CATALOGUE)
def test_every_score_of_a_residual_network(name, few, residual, fingerprint):
    net, before, x, t = residual
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "batch_norm_scale":
            with pytest.raises(ValueError, match='score "batch_norm_scale" says nothing of the neurons of "'):
                mp.score(net, name, x, t, "mse")
        else:
            scores = mp.score(net, name, x, t, "mse", **few(name))
            assert [*scores] == net.hidden_layers and all(len(scores[one]) == net[one].K for one in scores)
    assert fingerprint(net) == before


def test_the_list_of_scores_tells_who_does_not_know(capsys):
    main(["scores"])
    assert "no blocks" not in capsys.readouterr().out.split("\n\n")[0]


def test_a_score_that_does_not_know_is_refused_before_any_work_is_handed_out(random_residual, random_samples,
                                                                             monkeypatch):
    net = random_residual(1)
    x, t = random_samples(net, 1)
    ignorant = [Score(CATALOGUE["shapley"], mean_over_samples=True), *(one for one in SCORES if one.name != "shapley")]
    monkeypatch.setattr(catalogue, "SCORES", ignorant)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with pytest.raises(ValueError, match='score "shapley" takes a network as layers one after the other, '
                                             "and this one has blocks: residual1.*removal"):
            mp.score(net, "shapley", x, t, "mse", executor=pool)
        one, two = mp.score(net, "taylor", x, t, "mse", 2, pool), mp.score(net, "taylor", x, t, "mse")
        for name in net.hidden_layers:
            np.testing.assert_allclose(one[name], two[name], rtol=1e-9)
    for scores in ("shapley", ["taylor", "shapley"]):
        with pytest.raises(ValueError, match='score "shapley" takes a network'):
            mp.score(net, scores, x, t, "mse")


def test_a_bias_for_two_layers_is_refused():
    net = mp.Network(3, [mp.Dense(4), Residual([mp.Dense(4)]), mp.Dense(2)])
    with pytest.raises(ValueError, match=r'coupled neurons "dense1\+dense2" have no b of their own, but one in each'):
        mp.score(net, lambda W, b: np.abs(b))


def test_a_function_of_ones_own_is_trusted(random_residual):
    net = random_residual(1)

    def obd(net):
        return {name: np.arange(net[name].K) for name in net.hidden_layers}

    assert list(mp.score(net, obd)) == net.hidden_layers and takes_blocks(obd)


def test_what_a_neuron_costs_is_what_its_removal_saves(random_residual):
    for seed in SEEDS:
        net = random_residual(seed)
        cost = mp.scores.cost_aware({name: np.zeros(net[name].K) for name in net.hidden_layers}, net, price=1)
        for name in net.hidden_layers:
            small = mp.prune(net, {name: np.arange(net[name].K) > 0})
            saved = sum(one.multiply_adds() for one in net.layers.values()) \
                - sum(one.multiply_adds() for one in small.layers.values())
            np.testing.assert_allclose(cost[name], -saved)


def test_iterative_pruning_takes_members_together():
    rng = np.random.default_rng(0)
    data = mp.datasets.Dataset(rng.normal(size=(40, 5)), rng.integers(0, 2, 40), rng.normal(size=(20, 5)),
                               rng.integers(0, 2, 20), "noise", 2)
    net = mp.Network(5, [mp.Dense(6, "relu"), Residual([mp.Dense(4, "relu"), mp.Dense(6)]), mp.Dense(2)])
    steps = list(mp.prune_iteratively(net, data, schedule=[0.3, 0.6], retrain=lambda net, number: None))
    assert [step.removed for step in steps] == [3, 6]
    small = steps[-1].net
    assert small["dense1"].K == small["dense3"].K == steps[-1].keep["dense1+dense3"].sum()
