"""Greedy selection: against the same greed with nothing clever, and by hand."""

import numpy as np

import minprune as mp
from minprune.scores.selection import greedy_removal, thinet


def greedy(K, cost):
    """The place of each of K neurons when each time the one goes that makes cost(gone) smallest."""
    gone, place = [], np.zeros(K)
    for step in range(K):
        left = [i for i in range(K) if i not in gone]
        costs = [cost(gone + [i]) for i in left]
        gone.append(left[int(np.argmin(np.array(costs) > min(costs) + 1e-11))])
        place[gone[-1]] = step
    return place


def test_thinet_against_the_error_of_the_next_layers_sums(kind, random_network, random_samples):
    """Silence the set for real, weigh anew, and compare with the sums of the whole layer."""
    net = random_network(1, kind)
    x, _ = random_samples(net, 1, 5)
    trace, scores = net.forward(x), thinet(net, x, batch_size=2)
    for name in net.hidden_layers:
        reader = net[net.reader(name)]
        whole = reader.product(trace[reader.name].x)

        def error(gone):
            o = trace[name].o.copy()
            o[..., gone] = 0
            for layer in net.between(name, reader.name):
                o = layer.forward(o).o
            return ((reader.product(o) - whole) ** 2).sum() / (1 + (whole ** 2).sum())

        assert scores[name].tolist() == greedy(net[name].K, error).tolist()


def test_thinet_by_hand():
    """What they give is 3, −3, 1 and 2. First 1 goes; then −3, as (1 − 3)² < (1 + 2)² < (1 + 3)²; then 2, as
    (1 − 3 + 2)² < (1 − 3 + 3)²; last 3."""
    net = mp.Network(1, [mp.Dense(4), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, [[3, -3, 1, 2]]
    assert thinet(net, [[1.0], [-2.0]])["dense1"].tolist() == [3, 1, 0, 2]


def test_thinet_sees_neurons_that_cancel():
    """Once one of two that cancel is gone (2² < 3²), the other follows for free, and the third is the last."""
    net = mp.Network(2, [mp.Dense(3), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, 0], [1, 0], [0, 1]], [[2, -2, 3]]
    assert thinet(net, np.array([[1.0, 1], [1, -1]]))["dense1"].tolist() == [0, 1, 2]


def test_thinet_is_blind_to_bias_and_what_comes_after_the_sums():
    net = mp.Network(3, [mp.Dense(5, "tanh"), mp.Dense(4, "relu", batch_norm=True), mp.Dense(2)], seed=1)
    x = np.random.default_rng(0).normal(size=(9, 3))
    before = thinet(net, x)["dense1"]
    for key in ("b", "gamma", "beta", "running_mean"):
        getattr(net["dense2"], key)[...] = 3
    assert thinet(net, x)["dense1"].tolist() == before.tolist()


def test_ties_go_to_the_lower_index():
    net = mp.Network(1, [mp.Dense(3, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[-1], [1], [-1]], 1
    assert thinet(net, [[1.0]])["dense1"].tolist() == [0, 2, 1]
    assert greedy_removal(net, [[1.0]], [[1.0]], "mse")["dense1"].tolist() == [0, 2, 1]
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(2, "relu"), mp.Dense(1)])
    for name in ("dense1", "dense2"):
        net[name].W[...] = -1
    places = greedy_removal(net, [[1.0]], [[0.0]], "mse")
    assert [places[name].tolist() for name in places] == [[0, 1], [2, 3]]


def test_greedy_removal_against_masks(kind, random_network, random_samples):
    net = random_network(1, kind, activations=["tanh", "sigmoid", "softplus"])
    x, t = random_samples(net, 1, 4)
    every = [(name, i) for name in net.hidden_layers for i in range(net[name].K)]
    masked = net.copy()

    def cost(gone):
        for name in net.hidden_layers:
            masked[name].mask = np.array([(name, i) not in [every[g] for g in gone] for i in range(net[name].K)])
        return mp.LOSSES["mse"](masked.predict(x), t).mean()

    scores = greedy_removal(net, x, t, "mse", batch_size=3)
    expected = greedy(len(every), cost)
    assert np.concatenate([scores[name] for name in net.hidden_layers]).tolist() == expected.tolist()


def test_greedy_removal_sees_what_single_removals_do_not():
    """Twins that do half each of an output of 1, and a third that does another of 0.6. Alone each twin costs least,
    ½ · ½²; but without one, the other costs ½ · 1² − ½ · ½², more than the third's ½ · 0.6²."""
    net = mp.Network(2, [mp.Dense(3), mp.Dense(2)])
    net["dense1"].W[...] = [[1, 0], [1, 0], [0, 1]]
    net["dense2"].W[...] = [[0.5, 0.5, 0], [0, 0, 0.6]]
    x, t = [[1.0, 1.0]], [[1.0, 0.6]]
    alone = mp.score(net, "removal", x, t, "mse")["dense1"]
    np.testing.assert_allclose(alone, [0.125, 0.125, 0.18])
    assert greedy_removal(net, x, t, "mse")["dense1"].tolist() == [0, 2, 1]


def test_masked_neurons_go_first_and_masks_stay(random_samples, fingerprint):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)], seed=2)
    masked = mp.mask(net, {"dense1": [True, False, True, False]})
    x, _ = random_samples(net, 0)
    t, before = masked.predict(x), fingerprint(masked)                          # so that no removal helps
    places = greedy_removal(masked, x, t, "mse")["dense1"]
    assert sorted(places[[1, 3]]) == [0, 1] and places[1] < places[3]
    assert fingerprint(masked) == before


def test_places_are_a_permutation_in_every_layer(random_network, random_samples):
    net = random_network(6, "conv to flatten to dense")
    x, t = random_samples(net, 6)
    for name, places in thinet(net, x).items():
        assert sorted(places) == list(range(net[name].K))
    together = np.concatenate(list(greedy_removal(net, x, t, "mse").values()))
    assert sorted(together) == list(range(len(together)))
