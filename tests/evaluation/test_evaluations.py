"""What a network can do and what it costs, against counts and means made by hand."""

import dataclasses
import json

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.size import count_parameters, multiply_adds, size_on_disk
from minprune.evaluation.evaluations import as_text


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


def test_evaluating_changes_nothing():
    net, (x, t) = small_net(), samples()
    before = {name: array.copy() for name, array in net.arrays().items()}
    mp.compare(net, net, x, t, latency=False)
    assert all(np.array_equal(before[name], array) for name, array in net.arrays().items())


def test_dict_goes_into_json_and_has_all_numbers():
    net, (x, t) = small_net(), samples()
    comparison = mp.compare(net, small_net(1), x, t, train=(x, t))
    back = json.loads(json.dumps(comparison.to_dict()))
    assert back["before"]["test_loss"] == comparison.before.test_loss
    assert back["after"]["neurons"] == {"conv1": 3, "dense1": 5}
    assert set(back["before"]) == {
        "test_loss", "test_accuracy", "train_loss", "train_accuracy", "neurons", "parameters", "multiply_adds",
        "bytes", "latency", "latency_batch", "class_accuracy", "class_sizes", "balanced_accuracy", "loss_gap",
        "accuracy_gap"}
    assert set(back["speedup"]) == {"median", "low", "high", "pairs", "all_pairs", "problem"}


@each("label, value, text", [
    ("test accuracy", 0.9512, "95.12 %"), ("balanced accuracy", 1.0, "100.00 %"),
    ("gap, train − test", -0.005, "-0.50 %"), ("latency, 128 samples", 0.001234, "1.234 ms"),
    ("parameters", 1234567, "1,234,567"), ("test loss", 0.12345, "0.1235")])
def test_numbers_as_they_are_printed(label, value, text):
    assert as_text(label, value) == text


def test_a_long_name_does_not_run_into_its_number():
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 3), mp.BatchNorm(), mp.ActivationLayer("sigmoid"), mp.Flatten(),
                                 mp.Dense(2)])
    text = str(mp.evaluate(net, np.zeros((2, 4, 4, 1)), np.array([0, 1]), latency=False))
    assert "\nneurons in conv1+batchnorm1+activation1  2\n" in text
    assert len({len(line) - len(line.split("  ")[-1].lstrip()) for line in text.splitlines()}) == 1


def test_an_evaluation_is_a_record_that_nobody_changes():
    net, (x, t) = small_net(), samples()
    comparison = mp.compare(net, net, x, t, latency=False)
    for record, name in ((comparison, "speedup"), (comparison.before, "test_accuracy")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, 1.0)


def test_bad_data_is_refused():
    net, (x, t) = small_net(), samples()
    with pytest.raises(ValueError, match="expects"):
        mp.evaluate(net, x[..., :1], t)
    with pytest.raises(ValueError, match="labels expected in 0 … 2"):
        mp.evaluate(net, x, t + 1)
    with pytest.raises(ValueError, match="latency_batch"):
        mp.evaluate(net, x, t, latency_batch=0)
    for given, name in [((None, net), "before"), ((net, None), "after")]:
        with pytest.raises(TypeError, match=f"^{name} expects a Network, got NoneType"):
            mp.compare(*given, x, t)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_network_that_puts_out_nan_is_refused(value):
    """Its largest output would be the first one, and targets of class 0 all right."""
    net, (x, _) = small_net(), samples()
    net["dense2"].W[...] = value
    told = r"net puts out NaN or infinity for 40 of 40 samples \(dense2.W holds 15 values that are NaN or infinite"
    with np.errstate(all="ignore"):
        with pytest.raises(ValueError, match=told):
            mp.evaluate(net, x, np.zeros(40, int), latency=False)
        with pytest.raises(ValueError, match="^after puts out NaN"):
            mp.compare(small_net(), net, x, np.zeros(40, int), latency=False)


def test_finite_weights_that_are_too_large_are_told():
    net, (x, t) = mp.Network((6, 6, 2), [mp.Flatten(), mp.Dense(5, "identity"), mp.Dense(3)]), samples()
    for name in net.neuron_layers:
        net[name].W[...] = 1e200
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="its weights are finite, but too large"):
        mp.evaluate(net, x, t, latency=False)


def test_at_the_prompt_it_reads_as_it_prints():
    net, (x, t) = small_net(), samples()
    result = mp.evaluate(net, x, t)
    assert repr(result) == str(result)
    assert f"{result.test_loss:.4f}</td>" in result._repr_html_() and result._repr_html_().startswith("<table>")
