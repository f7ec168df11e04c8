"""Shapley values: by hand, over all orders, and by what they must add up to."""

import functools
import itertools

import numpy as np
import pytest

import minprune as mp
from minprune.scores.shapley import shapley, shapley_with_error


def cost(net, x, t, gone):
    """mean_n [ℓ_n(o_j = 0 for all (layer, j) in gone) − ℓ_n], by running the whole network with masks."""
    masked = net.copy()
    for name in net.hidden_layers:
        mask = np.ones(net[name].K, bool) if net[name].mask is None else net[name].mask.copy()
        mask[[i for layer, i in gone if layer == name]] = False
        masked[name].mask = mask
    loss = mp.LOSSES["mse"]
    return (loss(masked.predict(x), t) - loss(net.predict(x), t)).mean()


def over_all_orders(net, x, t, players):
    """Each player's added cost, averaged over every order: the definition, with nothing clever."""
    share = dict.fromkeys(players, 0.0)
    cost_of = functools.cache(lambda gone: cost(net, x, t, gone))
    orders = list(itertools.permutations(players))
    for order in orders:
        for step, player in enumerate(order):
            share[player] += cost_of(frozenset(order[:step + 1])) - cost_of(frozenset(order[:step]))
    return {player: total / len(orders) for player, total in share.items()}


def maximum():
    net = mp.Network(2, [mp.Dense(4, "relu"), mp.Dense(1)])
    net["dense1"].W[...] = np.array([[-0.5, 1, 1, 1], [0.5, -1, 1, 1]]).T
    net["dense2"].W[...] = [[1, 0.5, 0.5, 0]]
    x = np.array([[0, 1], [1, 0], [1, 2], [2, 1]])
    return net, x, x.max(axis=1, keepdims=True)


@pytest.mark.parametrize("players", ["network", "layer"])
def test_four_relu_neurons_that_compute_the_maximum(players, close):
    """They add up to ½ · mean(1, 1, 4, 4) = 1.25, the loss of an output of 0."""
    net, x, t = maximum()
    close(shapley(net, x, t, "mse", players=players)["dense1"], [0.1875, 0.1875, 0.875, 0])
    close(shapley(net, x, t, "mse", permutations=None, players=players)["dense1"], [0.1875, 0.1875, 0.875, 0])
    assert mp.score(net, "removal", x, t, "mse")["dense1"].tolist() == [0.0625, 0.0625, 0.625, 0]


@pytest.mark.parametrize("make", [
    lambda: mp.Network(3, [mp.Dense(2, "tanh", batch_norm=True), mp.Dense(3, "relu"), mp.Dense(2)], seed=4),
    lambda: mp.Network((4, 4, 1), [mp.Conv2D(3, 2, "tanh"), mp.MaxPool2D(2, 1), mp.Flatten(),
                                   mp.Dense(2, "tanh"), mp.Dense(2)], seed=5)])
def test_against_all_orders(make, random_samples, close):
    net = make()
    x, t = random_samples(net, 1, 3)
    every = [(name, i) for name in net.hidden_layers for i in range(net[name].K)]
    expected, scores = over_all_orders(net, x, t, every), shapley(net, x, t, "mse", batch_size=2)
    for name, i in every:
        assert abs(scores[name][i] - expected[name, i]) < 1e-12
    scores = shapley(net, x, t, "mse", players="layer")
    for name in net.hidden_layers:
        expected = over_all_orders(net, x, t, [one for one in every if one[0] == name])
        close(scores[name], [expected[name, i] for i in range(net[name].K)])


def test_shares_add_up(kind, random_network, random_samples):
    """To the loss with all players silent minus the loss, for sampled orders too: each is a telescope."""
    net = random_network(8, kind)
    x, t = random_samples(net, 8, 4)
    every = [(name, i) for name in net.hidden_layers for i in range(net[name].K)]
    of_layer = {name: cost(net, x, t, [one for one in every if one[0] == name]) for name in net.hidden_layers}
    of_all = cost(net, x, t, every)
    for settings in ({"permutations": 2}, {"permutations": 1, "seed": 3}, {"permutations": None}):
        if settings["permutations"] is None and len(every) > 10:
            continue                                            # too many coalitions for a test
        scores = shapley(net, x, t, "mse", players="network", **settings)
        assert abs(sum(one.sum() for one in scores.values()) - of_all) < 1e-12, settings
        for name, values in shapley(net, x, t, "mse", players="layer", **settings).items():
            assert abs(values.sum() - of_layer[name]) < 1e-12, (settings, name)


def test_sampled_values_lie_within_their_errors(random_samples):
    """Of 50 independent samplings' 6 values, |sampled − exact| / error: mean square near 1."""
    net = mp.Network(3, [mp.Dense(6, "tanh"), mp.Dense(2)], seed=1)
    net["dense1"].W *= 3
    x, t = random_samples(net, 2, 5)
    exact = shapley(net, x, t, "mse", permutations=None)["dense1"]
    off = []
    for seed in range(50):
        values, errors = shapley_with_error(net, x, t, "mse", seed=seed, permutations=10)
        off.append((values["dense1"] - exact) / errors["dense1"])
    assert 0.8 < (np.array(off) ** 2).mean() < 2.0          # the t distribution of 9 degrees of freedom: 9/7
    assert abs(np.mean(off)) < 0.15                         # no bias


def test_the_error_is_the_standard_deviation_over_orders_by_the_root_of_their_number():
    """Two neurons that do half each: the first to go costs ½ · ½² = ⅛, the last the rest of ½."""
    net = mp.Network(1, [mp.Dense(2), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, 0.5
    x, t = [[1.0]], [[1.0]]
    for seed in range(20):
        values, errors = shapley_with_error(net, x, t, "mse", seed=seed, permutations=1)
        assert sorted(values["dense1"]) == [0.125, 0.375] and np.isnan(errors["dense1"]).all()
    values, errors = shapley_with_error(net, x, t, "mse")
    assert values["dense1"].tolist() == [0.25, 0.25] and errors["dense1"].tolist() == [0, 0]


def test_errors_by_hand():
    from minprune.scores.shapley import sampled_shares

    places = np.array([[0, 1], [1, 0], [0, 1]])             # who goes first: 0, 1, 0
    costs = np.array([1, 5, 2, 5, 1, 5.0])
    values, errors = sampled_shares(costs, places)
    assert values.tolist() == [5 / 3, 10 / 3]               # 1, 3, 1 and 4, 2, 4
    np.testing.assert_allclose(errors, np.std([1, 3, 1], ddof=1) / np.sqrt(3))


def test_the_seed_draws_the_orders():
    net = mp.Network(3, [mp.Dense(9, "tanh"), mp.Dense(2)], seed=1)
    x, t = np.random.default_rng(0).normal(size=(4, 3)), np.ones((4, 2))
    one, same, other = (shapley(net, x, t, "mse", seed=seed, permutations=3)["dense1"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-6


def test_silent_and_unread_neurons_get_nothing_and_twins_share():
    net = mp.Network(1, [mp.Dense(4, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1], [1], [-1], [3]], [[0.5, 0.5, 9, 0]]
    for permutations in (1, None):
        values = shapley(net, [[1.0]], [[1.0]], "mse", permutations=permutations)["dense1"]
        assert values[2:].tolist() == [0, 0] and abs(values.sum() - 0.5) < 1e-15
    np.testing.assert_allclose(values, [0.25, 0.25, 0, 0], atol=1e-15)


def test_masked_neurons_get_nothing(random_network, random_samples, random_keep):
    net = random_network(2)
    masked = mp.mask(net, random_keep(net, 3))
    x, t = random_samples(net, 2)
    for name, values in shapley(masked, x, t, "mse", permutations=2).items():
        if masked[name].mask is not None:
            assert (values[~masked[name].mask] == 0).all()


def test_too_many_for_all_coalitions_is_told_before_anything_is_run():
    net = mp.Network(2, [mp.Dense(9), mp.Dense(7), mp.Dense(1)])
    with pytest.raises(ValueError, match=r"2\^16 coalitions of 16 neurons; more than 15 .* need a number"):
        shapley(net, [[1.0, 1.0]], [[1.0]], "mse", permutations=None)
    shapley(net, [[1.0, 1.0]], [[1.0]], "mse", permutations=None, players="layer")


@pytest.mark.parametrize("settings, error, told", [
    ({"permutations": 0}, ValueError, "permutations expects at least 1"),
    ({"permutations": 1.5}, TypeError, "permutations expects a whole number"),
    ({"players": "everyone"}, ValueError, 'unknown players "everyone"')])
def test_wrong_settings_are_told(settings, error, told):
    net, x, t = maximum()
    with pytest.raises(error, match=told):
        shapley(net, x, t, "mse", **settings)
