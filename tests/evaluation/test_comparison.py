"""Two networks side by side: both numbers and what changed."""

import numpy as np
import pytest

import minprune as mp
from minprune.evaluation.comparison import change


def small_net(seed=0):
    return mp.Network((6, 6, 2), [mp.Conv2D(3, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Flatten(),
                                  mp.Dense(5, "tanh"), mp.Dense(3)], seed=seed)


def samples(count=40, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 6, 6, 2)), rng.integers(0, 3, count)


def test_comparison_tells_both_and_the_change():
    net, (x, t) = small_net(), samples()
    pruned = mp.prune(net, {"conv1": np.array([True, False, True]), "dense1": np.array([1, 0, 0, 1, 0], bool)})
    comparison = mp.compare(net, pruned, x, t, train=(x, t))
    rows = {line[:22].strip(): line[22:].split() for line in str(comparison).splitlines()[1:]}
    assert rows["neurons in conv1"] == ["3", "2", "-33.3", "%"]
    assert rows["neurons in dense1"] == ["5", "2", "-60.0", "%"]
    assert rows["hidden neurons"] == ["8", "4", "-50.0", "%"]
    assert rows["multiply-adds"] == ["939", f"{16 * 2 * 18 + 2 * 8 + 3 * 2}", "-36.3", "%"]
    assert rows["test loss"][0] == f"{comparison.before.test_loss:.4f}"
    assert rows["latency, 40 samples"][1] == "ms" and rows["latency, 40 samples"][-3:] == ["×", "as", "fast"]


@pytest.mark.parametrize("label, before, after, told", [
    ("test accuracy", 0.9, 0.85, "-5.00 points"), ("train accuracy", 0.5, 0.75, "+25.00 points"),
    ("gap, train − test", 0.01, 0.02, "+1.00 points"), ("test loss", 1.0, 1.5, "+0.5000"),
    ("gap, test − train", 0.5, 0.25, "-0.2500"), ("parameters", 200, 50, "-75.0 %"),
    ("latency, 128 samples", 0.4, 0.1, "4.00 × as fast")])
def test_change(label, before, after, told):
    assert change(label, before, after) == told


def test_layers_that_only_one_network_has():
    x, t = np.ones((4, 2)), np.array([0, 1, 0, 1])
    one = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(2)])
    two = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(4, "relu"), mp.Dense(2)])
    for pair, told in (((one, two), ["-", "4"]), ((two, one), ["4", "-"])):
        lines = str(mp.compare(*pair, x, t, latency=False)).splitlines()
        rows = {line[:22].strip(): line[22:].split() for line in lines}
        assert rows["neurons in dense2"] == told
