"""What a network can do and what it costs, against counts and means made by hand."""

import json

import numpy as np
import pytest

import minprune as mp
from minprune.evaluation.measurement import change, count_parameters, latencies, multiply_adds, size_on_disk


def small_net(seed=0):
    return mp.Network((6, 6, 2), [mp.Conv2D(3, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Flatten(),
                                  mp.Dense(5, "tanh"), mp.Dense(3)], seed=seed)


def samples(count=40, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 6, 6, 2)), rng.integers(0, 3, count)


def test_parameters_and_multiply_adds_by_hand():
    net = small_net()
    # conv: 3 kernels of 3·3·2, b, γ, β; dense: 5 rows of 2·2·3 and b; output: 3 rows of 5 and b
    assert count_parameters(net) == 3 * (18 + 3) + 5 * (12 + 1) + 3 * (5 + 1)
    # the convolution's weights are used at each of the 4·4 positions
    assert multiply_adds(net) == 16 * 3 * 18 + 5 * 12 + 3 * 5


def test_bytes_are_those_of_the_saved_file(tmp_path):
    net = small_net()
    net.save(tmp_path / "net.npz")
    assert size_on_disk(net) == (tmp_path / "net.npz").stat().st_size


def test_loss_and_accuracy_are_those_of_the_predictions():
    net, (x, t) = small_net(), samples()
    y = net.predict(x)
    result = mp.evaluate(net, x, t, latency=False)
    p = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    assert result.test_loss == pytest.approx(-np.log(p[np.arange(len(t)), t]).mean())
    assert result.test_accuracy == np.mean(y.argmax(axis=1) == t)
    assert result.train_loss is None and result.train_accuracy is None
    assert result.loss_gap is None and result.accuracy_gap is None
    assert result.latency is None


def test_gaps_have_the_sign_that_their_names_say():
    net, test, train = small_net(), samples(30, 1), samples(50, 2)
    result = mp.evaluate(net, *test, train=train, latency=False)
    on_train = mp.evaluate(net, *train, latency=False)
    assert result.train_loss == on_train.test_loss and result.train_accuracy == on_train.test_accuracy
    assert result.loss_gap == pytest.approx(result.test_loss - on_train.test_loss)
    assert result.accuracy_gap == pytest.approx(on_train.test_accuracy - result.test_accuracy)


def test_no_accuracy_for_numbers():
    net = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(1)])
    x = np.random.default_rng(0).normal(size=(10, 2))
    result = mp.evaluate(net, x, x[:, :1], "mse", train=(x, x[:, :1]))
    assert result.test_accuracy is None and result.accuracy_gap is None
    assert "accuracy" not in str(result) and "test loss" in str(result)


def test_latency_is_measured_on_the_batch_asked_for(monkeypatch):
    net, (x, t) = small_net(), samples(40)
    seen = []
    output = net.output
    monkeypatch.setattr(net, "output", lambda x: seen.append(len(x)) or output(x))
    assert latencies([net], x[:7])[0] > 0
    assert set(seen) == {7} and len(seen) > 5
    result = mp.evaluate(small_net(), x, t, latency_batch=128)
    assert result.latency > 0 and result.latency_batch == 40


def test_evaluating_changes_nothing():
    net, (x, t) = small_net(), samples()
    before = {name: array.copy() for name, array in net.arrays().items()}
    mp.compare(net, net, x, t, latency=False)
    assert all(np.array_equal(before[name], array) for name, array in net.arrays().items())


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


def test_dict_goes_into_json_and_has_all_numbers():
    net, (x, t) = small_net(), samples()
    comparison = mp.compare(net, small_net(1), x, t, train=(x, t))
    back = json.loads(json.dumps(comparison.to_dict()))
    assert back["before"]["test_loss"] == comparison.before.test_loss
    assert back["after"]["neurons"] == {"conv1": 3, "dense1": 5}
    assert set(back["before"]) == {
        "test_loss", "test_accuracy", "train_loss", "train_accuracy", "neurons", "parameters", "multiply_adds",
        "bytes", "latency", "latency_batch", "loss_gap", "accuracy_gap"}


def test_layers_that_only_one_network_has():
    x, t = np.ones((4, 2)), np.array([0, 1, 0, 1])
    one = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(2)])
    two = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(4, "relu"), mp.Dense(2)])
    for pair, told in (((one, two), ["-", "4"]), ((two, one), ["4", "-"])):
        lines = str(mp.compare(*pair, x, t, latency=False)).splitlines()
        rows = {line[:22].strip(): line[22:].split() for line in lines}
        assert rows["neurons in dense2"] == told


def test_bad_data_is_refused():
    net, (x, t) = small_net(), samples()
    with pytest.raises(ValueError, match="expects"):
        mp.evaluate(net, x[..., :1], t)
    with pytest.raises(ValueError, match="labels expected in 0 … 2"):
        mp.evaluate(net, x, t + 1)
    with pytest.raises(ValueError, match="latency_batch"):
        mp.evaluate(net, x, t, latency_batch=0)
