"""What masks leave of a network, in theory and by the clock."""

import numpy as np
import pytest

import minprune as mp
from minprune.connections.masks import masks_of, weight_arrays
from minprune.connections.reports import report
from minprune.evaluation.timing import Turns


def some_masks(net, seed, p=0.5):
    rng = np.random.default_rng([seed, 4])
    return {name: rng.random(W.shape) < p for name, W in weight_arrays(net).items()}


def test_the_report_by_hand():
    net = mp.Network((4, 5, 1), [mp.Conv2D(2, 3), mp.Flatten(), mp.Dense(3)], seed=0)      # 2 × 3 positions
    masks = {"conv1.W": np.zeros((2, 3, 3, 1), bool)}
    masks["conv1.W"][0, 0] = True                                                         # 3 of 18
    found = report(net, masks, latency=False)
    assert found.weights == {"conv1.W": 18, "dense1.W": 36} and found.left == {"conv1.W": 3, "dense1.W": 36}
    assert found.multiply_adds == {"conv1.W": 108, "dense1.W": 36} and found.nonzero == {"conv1.W": 18, "dense1.W": 36}
    assert found.share_left == pytest.approx(39 / 54)
    assert found.latency is None and found.masked_latency is None and "latency" not in str(found)
    assert sum(found.multiply_adds.values()) == mp.evaluation.multiply_adds(net)
    lines = str(found).splitlines()
    assert repr(found) == str(found)                # as the last line of a cell
    assert lines[1].split() == ["conv1.W", "18", "3", "16.7", "%", "108", "18"]
    assert lines[3].split() == ["all", "54", "39", "72.2", "%", "144", "54"]
    assert "masked weights make nothing faster" in str(found)


def test_the_report_measures_both_networks(monkeypatch, random_network):
    net, seen = random_network(2), []

    def measured(nets, inputs):
        seen.extend([nets, inputs[1]])
        return Turns(np.tile([0.004, 0.002], (9, 1)), np.tile([0.004, 0.002], (9, 1)))

    monkeypatch.setattr("minprune.connections.reports.forward_turns", measured)
    masks = some_masks(net, 0)
    found = report(net, masks, latency_batch=7, seed=3)
    (whole, masked), x = seen
    assert whole is net and all((masks_of(masked)[name] <= masks[name]).all() for name in masks)
    assert x.shape == (7, *net.input_shape) and found.latency_batch == 7
    assert (found.latency, found.masked_latency) == (0.004, 0.002)
    assert "latency, 7 samples: 4.000 ms, masked 2.000 ms, 2.00 × as fast (2.00 … 2.00)" in str(found)
    report(net, masks, x=np.zeros((3, *net.input_shape)), latency_batch=2)
    assert seen[3].shape == (2, *net.input_shape) and not seen[3].any()


def test_the_report_really_measures_and_is_plain_data():
    import json
    net = mp.Network(3, [mp.Dense(2)], seed=0)
    net["dense1"].W[0, 0] = 0
    found = report(net, latency_batch=4)
    assert found.left == {"dense1.W": 5} and found.latency > 0 and found.masked_latency > 0
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["left"] == {"dense1.W": 5} and plain["share_left"] == pytest.approx(5 / 6)
    plain_again = found.to_dict()
    plain_again["left"]["dense1.W"] = 0
    assert found.left == {"dense1.W": 5}


def test_nonzero_multiply_adds_are_those_of_a_smaller_network():
    """Masking all that a removed neuron reads and is read by leaves the multiply-adds of the pruned network."""
    net = mp.models.cnn((8, 8, 1), 10)
    keep = {name: np.arange(net[name].K) % 3 > 0 for name in net.hidden_layers}
    masks = {name: np.ones(W.shape, bool) for name, W in weight_arrays(net).items()}
    for name, stays in keep.items():
        masks[f"{name}.W"][~stays] = False
        reader = masks[f"{net.reader(name)}.W"]
        reader.reshape(*reader.shape[:-1], -1, len(stays))[..., ~stays] = False
    small = mp.prune(net, keep)
    found = report(net, masks, latency=False)
    assert sum(found.nonzero.values()) == mp.evaluation.multiply_adds(small)
    assert found.left == {name: W.size for name, W in weight_arrays(small).items()}
