"""The networks that formulas are tried on: what `where` says, clear of kinks, the same for the same seed."""

import numpy as np
import pytest

from minprune.engine.losses import LOSSES
from minprune.verification.networks import MARGIN, Where, draw_cases


def drawn(where=None, count=40, seed=0):
    return draw_cases(Where(where), count, seed)


def test_there_is_variety():
    cases = drawn(count=200)
    assert len(cases) == 200
    assert {case.loss.name for case in cases} == set(LOSSES)
    assert {one for case in cases for one in case.activations()} == {
        "identity", "relu", "leaky_relu", "sigmoid", "tanh", "softplus"}
    assert {len(case.net.neuron_layers) for case in cases} == {2, 3, 4}
    assert {len(case.x) for case in cases} == {1, 2, 3, 4} == {case.net[case.layer].K for case in cases}
    assert {case.net.output_shape[0] for case in cases} == {1, 2, 3}
    assert {case.layer for case in cases} == {"dense1", "dense2", "dense3"}
    assert all(case.layer in case.net.hidden_layers for case in cases)
    assert all(case.net[name].b.any() and not case.net[name].batch_norm
               for case in cases for name in case.net.neuron_layers)


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_no_z_lies_near_a_kink(kind):
    for case in drawn({"activation": ["relu", "leaky_relu"], "layers": kind}):
        for name in case.net.hidden_layers:
            assert np.abs(case.trace[name].z).min() > MARGIN


def test_the_same_seed_draws_the_same(fingerprint):
    one, two, other = ([(fingerprint(case.net), case.x.tobytes(), case.t.tobytes(), case.layer)
                        for case in drawn(count=5, seed=seed)] for seed in (4, 4, 5))
    assert one == two != other


@pytest.mark.parametrize("where, fits", [
    ({"activation": "tanh"}, lambda case: case.activations()[:-1] == ["tanh"] * (len(case.activations()) - 1)),
    ({"output": "sigmoid"}, lambda case: case.activations()[-1] == "sigmoid"),
    ({"loss": ["mse", "cross_entropy"]}, lambda case: case.loss.name in ("mse", "cross_entropy")),
    ({"loss": LOSSES["mse"]}, lambda case: case.loss.name == "mse"),
    ({"depth": 5}, lambda case: len(case.net.neuron_layers) == 5),
    ({"neurons": [5, 6]}, lambda case: case.net[case.layer].K in (5, 6)),
    ({"outputs": 1}, lambda case: case.net.output_shape == (1,) and case.loss.name != "cross_entropy"),
    ({"samples": range(7, 9)}, lambda case: len(case.x) in (7, 8)),
    ({"batch_norm": True}, lambda case: case.net[case.layer].batch_norm),
    ({"layers": "conv"}, lambda case: case.layer.startswith("conv")),
    ({"layer": "last hidden"}, lambda case: case.layer == case.net.hidden_layers[-1]),
    ({"layer": "output"}, lambda case: case.layer == case.net.neuron_layers[-1]),
    ({"layer": "output", "activation": "tanh", "loss": "mse"}, lambda case: case.activations()[-1] == "tanh"),
    ({"layer": "output", "activation": "tanh", "loss": "binary_cross_entropy"},
     lambda case: case.activations()[-1] == "identity"),
    ("all weights positive", lambda case: all((case.net[name].W > 0).all() for name in case.net.neuron_layers)),
    ("no biases", lambda case: not any(case.net[name].b.any() for name in case.net.neuron_layers)),
    (["all weights positive", "no biases"],
     lambda case: (case.net["dense1"].W > 0).all() and not case.net["dense1"].b.any()),
    (lambda net: net["dense1"].K == 3, lambda case: case.net["dense1"].K == 3),
    ({"depth": 2, "that": lambda net: net["dense1"].W[0, 0] > 0},
     lambda case: case.net["dense1"].W[0, 0] > 0 and len(case.activations()) == 2),
])
def test_where_narrows(where, fits):
    cases = drawn(where)
    assert len(cases) == 40 and all(map(fits, cases))


def test_targets_suit_the_losses():
    for case in drawn(count=100):
        y = case.trace.y
        assert case.t.shape == y.shape
        if case.loss.name == "cross_entropy":
            assert (np.sort(case.t, axis=1)[:, -1] == 1).all() and (case.t.sum(axis=1) == 1).all()
        if case.loss.name == "binary_cross_entropy":
            assert set(np.unique(case.t)) <= {0, 1}


@pytest.mark.parametrize("where, error, told", [
    ({"activations": "relu"}, ValueError, 'unknown key of where: "activations"; did you mean "activation"'),
    ({"activation": "rleu"}, ValueError, 'unknown activation "rleu"; did you mean "relu"'),
    ({"loss": "msee"}, ValueError, 'unknown loss "msee"; did you mean "mse"'),
    ({"layer": "hiden"}, ValueError, 'unknown where layer "hiden"; did you mean "hidden"'),
    ({"layers": "Conv"}, ValueError, 'unknown where layers "Conv"; did you mean "conv"'),
    ({"depth": 1}, ValueError, "where depth expects at least 2, got 1"),
    ({"samples": 0}, ValueError, "where samples expects at least 1, got 0"),
    ({"outputs": []}, ValueError, "where outputs expects at least one, got none"),
    ({"outputs": 1, "loss": "cross_entropy"}, ValueError, "needs two outputs or more"),
    ({"layers": "conv", "layer": "output"}, ValueError, "the output layer here is Dense"),
    ("all weights positiv", ValueError, 'did you mean "all weights positive"'),
    (3, TypeError, "where expects a dict, words, or a function net -> bool, got int"),
])
def test_errors_name_what_is_wrong(where, error, told):
    with pytest.raises(error) as raised:
        Where(where)
    assert told in str(raised.value) and "\n" not in str(raised.value)


def test_a_where_that_nothing_fits_is_an_error():
    with pytest.raises(ValueError, match="where accepts none of [0-9]+ random networks"):
        drawn(lambda net: False, count=5)


def test_where_tells_itself():
    assert str(Where({"activation": "tanh", "loss": "mse", "that": "no biases"})) == \
        "dense hidden layers; tanh; mse; no biases"
