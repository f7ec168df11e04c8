"""Each layer cut by itself, against cutting by hand; and what a layer can lose, read off curves made up for it."""

import json

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.strategies.scans import Scan, scan


def net_and_data(seed=0):
    net = mp.Network((6,), [mp.Dense(8, "relu"), mp.Dense(5, "tanh"), mp.Dense(3)], seed=seed)
    rng = np.random.default_rng(seed)
    return net, rng.normal(size=(60, 6)), rng.integers(0, 3, 60)


def a_scan(accuracy, baseline=0.9, fractions=(0.0, 0.25, 0.5, 0.75), loss=None):
    accuracy = {layer: np.array(values) for layer, values in accuracy.items()}
    loss = {layer: 1 - values for layer, values in accuracy.items()} if loss is None else loss
    return Scan(np.array(fractions), loss, accuracy, 1 - baseline, baseline, dict.fromkeys(accuracy, 4))


def test_each_point_is_the_network_with_that_layer_alone_cut():
    net, x, t = net_and_data()
    held = net_and_data(1)[1:]
    found = scan(net, x, t, fractions=[0.1, 0.3, 0.5, 0.8], validation=held)
    scores = mp.score(net, "taylor", x, t)
    np.testing.assert_array_equal(found.fractions, [0.1, 0.3, 0.5, 0.8])
    assert list(found.accuracy) == list(found.loss) == ["dense1", "dense2"]
    assert found.neurons == {"dense1": 8, "dense2": 5}
    for layer in scores:
        for n, fraction in enumerate(found.fractions):
            keep = {layer: np.argsort(np.argsort(scores[layer])) >= int(fraction * len(scores[layer]))}
            expected = mp.evaluate(mp.mask(net, keep), *held, latency=False)
            assert found.accuracy[layer][n] == expected.test_accuracy
            assert found.loss[layer][n] == pytest.approx(expected.test_loss, rel=1e-12)
    whole = mp.evaluate(net, *held, latency=False)
    assert (found.baseline_loss, found.baseline_accuracy) == (whole.test_loss, whole.test_accuracy)


def test_without_validation_data_the_scored_samples_are_measured():
    net, x, t = net_and_data()
    found = scan(net, x, t, score="weight_norm")
    assert found.fractions.tolist() == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert found.baseline_accuracy == mp.evaluate(net, x, t, latency=False).test_accuracy
    assert all(values[0] == found.baseline_accuracy for values in found.accuracy.values())


def test_scores_may_be_given_and_a_layer_left_out():
    net, x, t = net_and_data()
    scores = mp.score(net, "fisher", x, t)
    found = scan(net, x, t, score={"dense2": scores["dense2"]})
    assert list(found.loss) == ["dense2"]
    np.testing.assert_array_equal(found.loss["dense2"], scan(net, x, t, score="fisher").loss["dense2"])


def test_the_same_cut_is_measured_once(monkeypatch):
    net, x, t = net_and_data()
    seen = []
    real = mp.strategies.scans.loss_and_accuracy
    monkeypatch.setattr("minprune.strategies.scans.loss_and_accuracy",
                        lambda net, *rest: seen.append(net) or real(net, *rest))
    scan(net, x, t, fractions=[0, 0.1, 0.2, 0.21, 0.3])          # of 8: 0 0 1 1 2;  of 5: 0 0 1 1 1
    assert len(seen) == 1 + 3 + 2


def test_what_a_layer_can_lose_is_the_end_of_its_first_stretch():
    told = a_scan({"falls": [0.9, 0.89, 0.8, 0.7], "returns": [0.9, 0.7, 0.9, 0.9], "stays": [0.9, 0.95, 0.9, 0.9],
                   "never": [0.5, 0.9, 0.9, 0.9], "at once": [0.9, 0.88, 0.89, 0.89]})
    assert told.fractions_for() == {"falls": 0.25, "returns": 0.0, "stays": 0.75, "never": 0.0, "at once": 0.0}
    assert told.fractions_for(drop=0) == {"falls": 0.0, "returns": 0.0, "stays": 0.75, "never": 0.0, "at once": 0.0}
    assert told.fractions_for(0.1)["falls"] == 0.5                        # 0.9 − 0.8 is a little more than 0.1
    assert told.fractions_for(0.2)["returns"] == 0.75
    later = a_scan({"a": [0.9, 0.5]}, fractions=(0.25, 0.5))
    assert later.fractions_for() == {"a": 0.25} and later.fractions_for(0.4) == {"a": 0.5}


def test_by_loss_a_rise_counts():
    told = a_scan({"a": [0.1, 0.1, 0.1, 0.1]}, baseline=0.9,
                  loss={"a": np.array([0.1, 0.05, 0.3, 0.2])})
    assert told.fractions_for(0.01, by="loss") == {"a": 0.25} and told.fractions_for(0.2, by="loss") == {"a": 0.75}
    assert told.fractions_for(0.01) == {"a": 0.0}


def test_what_it_returns_is_what_decide_takes():
    net, x, t = net_and_data()
    found = scan(net, x, t, score="weight_norm")
    remove = found.fractions_for(drop=0.1)
    keep = mp.decide(mp.score(net, "weight_norm"), remove=remove)
    for layer, fraction in remove.items():
        assert isinstance(fraction, float)
        assert (~keep[layer]).sum() == int(fraction * net[layer].K + 1e-9)


def test_numbers_have_a_loss_only():
    net = mp.Network((2,), [mp.Dense(4, "relu"), mp.Dense(1)])
    x = np.random.default_rng(0).normal(size=(20, 2))
    found = scan(net, x, x[:, :1], loss="mse", fractions=[0.0, 0.5])
    assert found.accuracy is None and found.baseline_accuracy is None and found.loss["dense1"].shape == (2,)
    assert found.fractions_for(1e9, by="loss") == {"dense1": 0.5}
    with pytest.raises(ValueError, match='no classes, so there is no accuracy: give by="loss"'):
        found.fractions_for()
    assert str(found).startswith("loss with one layer cut") and found.to_dict()["accuracy"] is None


def test_the_table_and_json_hold_all_numbers():
    told = a_scan({"dense1": [0.9, 0.85, 0.5, 0.1], "a long name": [1, 0.9, 0.8, 0]}, fractions=(0, 0.125, 0.5, 0.75))
    lines = str(told).splitlines()
    assert lines[0] == "accuracy with one layer cut; whole network: 90.0%"
    assert lines[1].split() == ["removed", "0%", "12.5%", "50%", "75%"]
    assert lines[2].split() == ["dense1", "90.0%", "85.0%", "50.0%", "10.0%"]
    assert len({len(line) for line in lines[1:]}) == 1
    back = json.loads(json.dumps(told.to_dict()))
    assert back["fractions"] == [0, 0.125, 0.5, 0.75] and back["accuracy"]["dense1"] == [0.9, 0.85, 0.5, 0.1]
    assert back["loss"]["a long name"][3] == 1 and back["baseline_accuracy"] == 0.9 and back["neurons"]["dense1"] == 4


def test_the_network_is_not_changed(fingerprint):
    net, x, t = net_and_data()
    before = fingerprint(net)
    scan(net, x, t)
    assert fingerprint(net) == before


@each("told, error, message", [
    (dict(fractions=[]), ValueError, "fractions expects numbers that rise, got \\[\\]"),
    (dict(fractions=[0.5, 0.1]), ValueError, "fractions expects numbers that rise"),
    (dict(fractions=[0.5, 0.5]), ValueError, "fractions expects numbers that rise"),
    (dict(fractions=[1.0]), ValueError, "fractions expects .*less than 1"),
    (dict(fractions=0.5), TypeError, "fractions expects a list such as"),
    (dict(fractions="0.5"), TypeError, "fractions expects a list such as"),
    (dict(score="tailor"), ValueError, 'did you mean "taylor"'),
    (dict(score={"dense9": np.ones(3)}), ValueError, 'unknown hidden layer "dense9"'),
    (dict(validation=np.ones((3, 6))), TypeError, r"validation expects a pair \(x, t\)"),
    (dict(validation=(np.ones((3, 5)), [0, 1, 2])), ValueError, "validation: x: Network expects"),
    (dict(loss="huber"), ValueError, 'unknown loss "huber"'),
])
def test_errors(told, error, message):
    net, x, t = net_and_data()
    with pytest.raises(error, match=message):
        scan(net, x, t, **told)


@pytest.mark.parametrize("told, error, message", [
    (dict(drop=-0.1), ValueError, "drop expects .*at least 0"), (dict(drop="1%"), TypeError, "drop expects a number"),
    (dict(by="acuracy"), ValueError, 'unknown measure "acuracy"; did you mean "accuracy"'),
])
def test_fractions_for_refuses(told, error, message):
    with pytest.raises(error, match=message):
        a_scan({"a": [0.9] * 4}).fractions_for(**told)


def test_a_network_without_hidden_layers_has_nothing_to_scan():
    net = mp.Network(2, [mp.Dense(3)])
    with pytest.raises(ValueError, match="net has no hidden layer"):
        scan(net, np.ones((2, 2)), [0, 1])


def test_at_the_prompt_it_reads_as_it_prints():
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)])
    x = np.random.default_rng(0).normal(size=(6, 3))
    result = mp.scan(net, x, np.arange(6) % 2)
    assert repr(result) == str(result) and str(result).splitlines()[0].startswith("accuracy with one layer cut")
    html = result._repr_html_()
    assert html.count("<tr>") == 2 and ">dense1</td>" in html and ">90%</th>" in html
