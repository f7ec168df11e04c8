"""Class selectivity and the share of variance between classes: by hand, and beside plain loops."""

import numpy as np
import pytest

import minprune as mp
from minprune.evaluation.rank_correlation import spearman


def three_neurons():
    """o = the three inputs; two outputs, so that there are two classes."""
    net = mp.Network(3, [mp.Dense(3), mp.Dense(2)])
    net["dense1"].W[...] = np.eye(3)
    return net


def test_by_hand():
    """The first neuron answers to class 0 alone, the second to both alike, the third is 1, 3 and 3, 5."""
    x, t = [[2, 1, 1], [4, 1, 3], [0, 1, 3], [0, 1, 5]], [0, 0, 1, 1]
    found = mp.score(three_neurons(), ["class_selectivity", "f_statistic"], x, t)
    assert found["class_selectivity"]["dense1"].tolist() == [1, 0, (4 - 2) / (4 + 2)]
    # between and within: 9 and 2; 0 and 0; 4 and 4
    np.testing.assert_allclose(found["f_statistic"]["dense1"], [9 / 11, 0, 0.5], rtol=1e-15)


def test_one_class_tells_nothing():
    found = mp.score(three_neurons(), ["class_selectivity", "f_statistic"], [[1, 2, 3], [3, 1, 0]], [1, 1])
    assert all(scores["dense1"].tolist() == [0, 0, 0] for scores in found.values())


def test_who_reads_the_neuron_does_not_count():
    """Nobody reads the first neuron: its removal is free, and both scores are highest."""
    net, x, t = three_neurons(), [[2, 1, 1], [4, 1, 3], [0, 1, 3], [0, 1, 5]], [0, 0, 1, 1]
    net["dense2"].W[:, 0] = 0
    found = mp.score(net, ["class_selectivity", "f_statistic", "removal"], x, t)
    assert found["removal"]["dense1"][0] == 0
    assert all(found[name]["dense1"].argmax() == 0 for name in ("class_selectivity", "f_statistic"))


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
@pytest.mark.parametrize("seed", range(5))
def test_beside_plain_loops(make, seed, request, random_samples, close):
    net = request.getfixturevalue(make)(seed)
    x, t = random_samples(net, seed)
    t = np.reshape(t, (len(x), -1))
    c = (t[:, 0] > 0.5) if t.shape[1] == 1 else t.argmax(axis=1)
    trace = net.forward(x)
    found = mp.score(net, ["class_selectivity", "f_statistic"], x, t.reshape(len(x), *net.output_shape), "mse", 2)
    for name in net.hidden_layers:
        for i in range(net[name].K):
            o = np.concatenate([trace[member].o[..., i].reshape(len(x), -1) for member in net.members(name)], axis=1)
            groups = [o.mean(axis=1)[c == one] for one in np.unique(c)]
            means = sorted(group.mean() for group in groups)
            a, b = means[-1], np.mean(means[:-1]) if means[:-1] else means[-1]
            size, whole = abs(a) + abs(b), o.mean(axis=1).var() * len(x)
            between = whole - sum(group.var() * len(group) for group in groups)
            close(found["class_selectivity"][name][i], (a - b) / size if size > 1e-12 else 0, 1e-8)
            close(found["f_statistic"][name][i], between / whole if whole > 1e-20 else 0, 1e-8)


def test_how_they_rank_beside_exact_removal():
    """The numbers of the docstrings: digits, one hidden layer of 64 relu neurons, five seeds."""
    names, ranks = ("class_selectivity", "f_statistic", "taylor"), []
    for seed in range(5):
        data = mp.datasets.load("digits", seed=seed)
        net = mp.Network((8, 8, 1), [mp.Flatten(), mp.Dense(64, "relu"), mp.Dense(10)], seed=seed)
        mp.fit(net, data.x_train, data.t_train, optimizer=mp.Adam(3e-3), epochs=6, batch_size=64, seed=seed,
               progress=False)
        x, t = data.x_train[:500], data.t_train[:500]
        exact = mp.score(net, "removal", x, t)["dense1"]
        ranks.append([spearman(mp.score(net, name, x, t)["dense1"], exact) for name in names])
    means = dict(zip(names, np.mean(ranks, axis=0)))
    assert {name: round(mean, 2) for name, mean in means.items()} == pytest.approx(
        {"class_selectivity": 0.04, "f_statistic": 0.42, "taylor": 0.75}, abs=0.03)
    assert np.abs(ranks)[:, 0].max() < 0.3 < means["taylor"] - means["f_statistic"]
