"""As many neurons go as the tolerance allows: the next one would exceed it, on random networks and by hand."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.decisions.rules import removal_order, stay_without
from minprune.strategies.tolerance import decide_tolerating


def subject(seed):
    net = mp.Network(4, [mp.Dense(6, "tanh"), mp.Dense(5, "relu"), mp.Dense(3)], seed=seed)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 4))
    net["dense3"].W *= 3                            # it is sure of its answers, which are the right ones
    return net, {name: rng.normal(size=net[name].K) for name in net.hidden_layers}, (x, net.predict(x).argmax(axis=1))


def measured(net, keep, pair, by):
    evaluation = mp.evaluate(mp.prune(net, keep), *pair, latency=False)
    return -evaluation.test_loss if by == "loss" else evaluation.test_accuracy


@each("by, drop, options", [
    ("loss", 0.05, {}), ("accuracy", 0.1, dict(scope="layer")), ("loss", 0.0, dict(protect=["dense2"])),
    ("loss", 0.1, dict(max_remove=0.5, min_keep=2))])
def test_all_on_the_way_are_within_and_the_next_is_not(by, drop, options):
    ends = set()
    for seed in range(8):
        net, scores, pair = subject(seed)
        keep = decide_tolerating(net, scores, pair, drop=drop, by=by, **options)
        going, where = removal_order(scores, **options)
        count = sum(int((~stays).sum()) for stays in keep.values())
        within = [measured(net, stay_without(going[:gone], where), pair, by)
                  for gone in range(min(count + 1, len(going)) + 1)]
        assert all(value >= within[0] - drop - 1e-9 for value in within[:count + 1])
        assert count == len(going) or within[count + 1] < within[0] - drop
        np.testing.assert_equal(keep, stay_without(going[:count], where))
        ends.add(count)
    assert len(ends) > 1


def test_neurons_that_nobody_reads_go_at_no_tolerance():
    net, scores, pair = subject(0)
    net["dense2"].W[:, [1, 4]] = 0
    scores["dense1"][[1, 4]], scores["dense2"] = -9, np.full(5, 9.0) + np.arange(5)
    keep = decide_tolerating(net, scores, pair, drop=0, max_remove={"dense1": 2, "dense2": 0})
    assert np.flatnonzero(~keep["dense1"]).tolist() == [1, 4] and keep["dense2"].all()
    for multiple, gone in ((4, [1, 4]), (3, [])):
        keep = decide_tolerating(net, scores, pair, drop=0, multiple=multiple, protect=["dense2"])
        assert np.flatnonzero(~keep["dense1"]).tolist() == gone


def test_what_is_repaired_is_measured():
    net, scores, pair = subject(0)
    whole = decide_tolerating(net, scores, pair, drop=0, repair=lambda small: net)
    assert [int(stays.sum()) for stays in whole.values()] == [1, 1]


def test_errors():
    net, scores, pair = subject(0)
    for arguments, error, message in [
            (dict(drop=-1), ValueError, "drop expects"), (dict(by="los"), ValueError, 'did you mean "loss"'),
            (dict(loss="mse", by="accuracy", validation=(pair[0], pair[0][:, :3])), ValueError, "no accuracy"),
            (dict(validation=pair[0]), TypeError, "validation expects a pair"),
            (dict(repair=3), TypeError, "repair expects a function"),
            (dict(scores={"dense9": [1.0, 2]}), ValueError, 'unknown hidden layer "dense9"')]:
        with pytest.raises(error, match=message):
            decide_tolerating(**{"net": net, "scores": scores, "validation": pair, **arguments})
