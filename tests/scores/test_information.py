"""Entropy and mutual information: counts by hand, bounds, and what a histogram of one neuron cannot see."""

from collections import Counter
from math import log

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.scores.information import bin_of, labels


def copies(K):
    """K identity neurons of K inputs: o = x, and two outputs."""
    net = mp.Network(K, [mp.Dense(K), mp.Dense(2)])
    net["dense1"].W[...] = np.eye(K)
    return net


def entropy_of(*columns):
    """The entropy of what occurs together in these lists, by counting."""
    count = Counter(zip(*columns))
    return sum(-n / count.total() * log(n / count.total()) for n in count.values())


# Bins

def test_bins_are_equal_parts_of_the_range():
    values, zero = np.array([[0], [0.99], [1], [3.5], [4]]), np.zeros(1)
    assert bin_of(values, zero, zero + 4, 4, "float64")[:, 0].tolist() == [0, 0, 1, 3, 3]


def test_a_range_of_rounding_errors_is_no_range():
    values = np.array([[0.1 + 0.2], [0.3]])
    assert bin_of(values, values.min(axis=0), values.max(axis=0), 4, "float64").tolist() == [[0], [0]]
    values = np.array([[0.3 + 1e-9], [0.3]])
    assert bin_of(values, values.min(axis=0), values.max(axis=0), 4, "float64").tolist() == [[3], [0]]
    assert bin_of(values, values.min(axis=0), values.max(axis=0), 4, "float32").tolist() == [[0], [0]]
    for size in (-1e6, 1e6, 1e-6):
        values = size * np.array([[0.1 + 0.2], [0.3]])
        assert values[0] != values[1]
        assert bin_of(values, values.min(axis=0), values.max(axis=0), 4, "float64").tolist() == [[0], [0]]


@pytest.mark.filterwarnings("error")
def test_a_silent_neuron_falls_into_one_bin_without_a_warning():
    zeros = np.zeros((3, 1))
    assert bin_of(zeros, zeros[0], zeros[0], 4, "float64").tolist() == [[0], [0], [0]]
    assert mp.score(copies(1), "mutual_information", zeros, [0, 1, 1])["dense1"].tolist() == [0]


# Entropy

def test_entropy_by_hand(close):
    """Halves; quarters; all alike; one sample far away from seven others."""
    x = np.array([[0, 0, 5, 0], [0, 1, 5, 1], [0, 2, 5, 2], [0, 3, 5, 3],
                  [1, 0, 5, 4], [1, 1, 5, 5], [1, 2, 5, 6], [1, 3, 5, 1000]])
    scores = mp.score(copies(4), "activation_entropy", x, batch_size=3, bins=4)["dense1"]
    close(scores, [log(2), log(4), 0, entropy_of([0] * 7 + [1])])
    assert scores[2] == 0 and not np.signbit(scores[2])


def test_entropy_of_a_channel_is_that_of_its_mean():
    """Two images of different pixels and the same mean are the same to it."""
    net = mp.Network((1, 2, 1), [mp.Conv2D(1, 1), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...] = 1
    x = np.array([[1.0, 3], [0, 4], [2, 2]]).reshape(3, 1, 2, 1)
    assert mp.score(net, "activation_entropy", x)["conv1"].tolist() == [0]
    x[0] += 1
    assert mp.score(net, "activation_entropy", x)["conv1"][0] > 0.6


@each("seed", range(7))
def test_both_are_what_counting_gives(seed, random_network, random_samples, close):
    """Loop by loop, and within their bounds: 0 ≤ I ≤ min(H(b), H(c)), H(b) ≤ log(bins)."""
    net = random_network(seed)
    x, t = random_samples(net, seed, 40)
    entropies = mp.score(net, "activation_entropy", x, batch_size=7, bins=3)
    told = mp.score(net, "mutual_information", x, t, "mse", batch_size=7, bins=3)
    c, trace = labels(t).tolist(), net.forward(x)
    for name in net.hidden_layers:
        for i in range(net[name].K):
            means = trace[name].o[..., i].reshape(40, -1).mean(axis=1)
            low, high = min(means), max(means)
            b = [0 if high - low < 1e-13 else min(2, int((one - low) / (high - low) * 3)) for one in means]
            close(entropies[name][i], entropy_of(b), 1e-12, least=1)
            close(told[name][i], entropy_of(b) + entropy_of(c) - entropy_of(b, c), 1e-12, least=1)
            assert 0 <= told[name][i] <= min(entropies[name][i], entropy_of(c)) + 1e-12
            assert entropies[name][i] <= log(3) + 1e-12


# Mutual information

def test_information_by_hand(close):
    """0 is the label, 1 its opposite, 2 is independent of it, 3 says nothing, 4 tells half of the samples."""
    c = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    x = np.stack([c, 9 - c, [0, 1] * 4, c * 0 + 3, [0, 0, 1, 1, 1, 1, 2, 2]], axis=1)
    scores = mp.score(copies(5), "mutual_information", x, c, batch_size=3)["dense1"]
    close(scores, [log(2), log(2), 0, 0, log(2) / 2], 1e-12)
    assert scores[3] == 0


def test_neither_half_of_xor_tells_anything(close):
    """Together they are the label; each alone scores 0, like a neuron that is always silent."""
    x = np.array([[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0]])
    assert mp.score(copies(3), "mutual_information", x, [0, 1, 1, 0])["dense1"].tolist() == [0, 0, 0]


def test_with_as_many_bins_as_samples_even_noise_tells_all(close):
    x, t = np.arange(16.0)[:, np.newaxis], np.random.default_rng(0).integers(0, 2, 16)
    scores = [mp.score(copies(1), "mutual_information", x, t, bins=bins)["dense1"][0] for bins in (2, 16)]
    close(scores[1], entropy_of(t.tolist()))
    assert 0 <= scores[0] < 0.3 * scores[1]


def test_where_the_classes_come_from():
    assert labels(np.array([[0, 1, 0], [0, 0, 1]])).tolist() == [1, 2]
    assert labels(np.array([[0.5], [0.6], [-3]])).tolist() == [0, 1, 0]
    assert labels(np.array([[[[1], [7]]], [[[9], [7]]]])).tolist() == [1, 0]


@pytest.mark.parametrize("loss, t", [("cross_entropy", [0, 1, 1]), ("mse", [[1, 0], [0, 1], [0, 1]]),
                                     ("binary_cross_entropy", [[1, 0], [0, 1], [0, 1]])])
def test_labels_and_one_hot_targets_are_the_same(loss, t, close):
    scores = mp.score(copies(1), "mutual_information", [[0.0], [1], [1]], t, loss)["dense1"]
    close(scores, [entropy_of([0, 1, 1])])


def test_information_does_not_change_with_scale(close):
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(3)], seed=3)
    x, t = np.random.default_rng(0).normal(size=(30, 3)), np.arange(30) % 3
    before = mp.score(net, "mutual_information", x, t)["dense1"]
    net["dense1"].W *= 7
    net["dense2"].W /= 7
    close(mp.score(net, "mutual_information", x, t)["dense1"], before)


@pytest.mark.parametrize("score", ["activation_entropy", "mutual_information"])
def test_bins_are_counted(score, monkeypatch):
    monkeypatch.delattr(mp.Network, "forward")                  # before any pass is made
    with pytest.raises(ValueError, match="bins expects at least 2, got 1"):         # one bin holds everything
        mp.score(copies(1), score, [[1.0]], [0], bins=1)
    with pytest.raises(TypeError, match="bins expects a whole number"):
        mp.score(copies(1), score, [[1.0]], [0], bins=2.5)
