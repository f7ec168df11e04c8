"""Where: which networks a claim is about, told in words, checked, and kept."""

import functools

import numpy as np
import pytest

import minprune as mp
from minprune.engine.losses import LOSSES
from minprune.engine.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from minprune.verification.sampling.random_networks import draw_cases
from minprune.verification.sampling.topology import PLACES, is_pooled, place_of
from minprune.verification.sampling.where import Where


def drawn(where=None, count=40, seed=0):
    return draw_cases(Where(where), count, seed)


def pools(case):
    return [type(layer) for layer in case.net.layers.values()
            if isinstance(layer, (MaxPool2D, AvgPool2D, GlobalAvgPool2D))]


CONV = {"layers": "conv"}


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
    ({"residual": False}, lambda case: case.net.is_chain),
    ({"residual": True}, lambda case: not case.net.is_chain),
    *[({"residual": place, **kind}, lambda case, place=place: place_of(case.net, case.layer) == place)
      for place in PLACES for kind in ({}, CONV)],
    ({"residual": True, "layer": "output"}, lambda case: case.layer == case.net.neuron_layers[-1]
     and not case.net.is_chain),
    ({"residual": "after", "layer": "output"}, lambda case: place_of(case.net, case.layer) == "after"),
    ({"residual": "after", "layer": "last hidden"}, lambda case: place_of(case.net, case.layer) == "after"),
    ({"residual": True, "layer": "last hidden"}, lambda case: case.readers == case.net.neuron_layers[-1:]
     and not case.coupled and not case.net.is_chain),
    ({"residual": True, "neurons": 5}, lambda case: all(case.net[one].K == 5 for one in case.net.neuron_layers[:-1])),
    ({"residual": True, "batch_norm": True}, lambda case: all(case.net[one].batch_norm
                                                              for one in case.net.neuron_layers[:-1])),
    ({"residual": True, "depth": [2, 3]}, lambda case: len(case.net.neuron_layers) == 3),
    ({"residual": True, "activation": "tanh"}, lambda case: set(case.activations()[:-1]) == {"tanh"}),
    ({**CONV, "pooling": False}, lambda case: not pools(case)),
    ({**CONV, "pooling": "max"}, lambda case: pools(case) == [MaxPool2D] and is_pooled(case.net, case.layer)),
    ({**CONV, "pooling": "avg"}, lambda case: pools(case) == [AvgPool2D] and is_pooled(case.net, case.layer)),
    ({**CONV, "pooling": "global"}, lambda case: pools(case) == [GlobalAvgPool2D]
     and is_pooled(case.net, case.layer)),
    ({**CONV, "pooling": ("max", "avg")}, lambda case: pools(case) in ([MaxPool2D], [AvgPool2D])),
    ({**CONV, "pooling": True}, lambda case: len(pools(case)) == 1 and is_pooled(case.net, case.layer)),
    ({**CONV, "pooling": "max", "layer": "last hidden"}, lambda case: case.readers == case.net.neuron_layers[-1:]
     and pools(case) == [MaxPool2D]),
    ({**CONV, "pooling": "max", "residual": "before"}, lambda case: len(case.readers) == 2
     and pools(case) == [MaxPool2D]),
    ({**CONV, "residual": True, "pooling": False}, lambda case: not pools(case) and not case.net.is_chain),
    ({"depth": 2, "that": lambda net: net["dense1"].W[0, 0] > 0},
     lambda case: case.net["dense1"].W[0, 0] > 0 and len(case.activations()) == 2),
])
def test_where_narrows(where, fits):
    cases = drawn(where)
    assert len(cases) == 40 and all(map(fits, cases))


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
    ({"residual": "befor"}, ValueError, 'unknown where residual "befor"; did you mean "before"'),
    ({"residual": 2}, TypeError, "where residual expects True, False or before, inside, after, got 2"),
    ({"residual": "inside", "layer": "output"}, ValueError, "the output layer is never inside a Residual block"),
    ({"residual": "before", "layer": "last hidden"}, ValueError, "the last hidden layer is never before a Residual"),
    ({"residual": True, "depth": 2}, ValueError, "where residual=True needs a depth of 3 or more, got 2"),
    ({"pooling": "max"}, ValueError, 'where: pooling goes with layers="conv"'),
    ({"pooling": "mux", **CONV}, ValueError, 'unknown pooling "mux"; did you mean "max"'),
    ({"pooling": [], **CONV}, ValueError, "where pooling expects at least one, got none"),
    ({"neurons": 1.5}, TypeError, "where neurons expects a whole number, got 1.5"),
    ({"depth": 0, "layer": "output"}, ValueError, "where depth expects at least 1, got 0"),
    ({"activation": []}, ValueError, "where activation expects at least one, got none"),
    ("all weights positiv", ValueError, 'did you mean "all weights positive"'),
    (3, TypeError, "where expects a dict, words, or a function net -> bool, got int"),
])
def test_errors_name_what_is_wrong(where, error, told):
    with pytest.raises(error) as raised:
        Where(where)
    assert told in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("where, told", [
    (None, "dense hidden layers"),
    ({"activation": "tanh", "loss": "mse", "that": "no biases"}, "dense hidden layers; tanh; mse; no biases"),
    ({"activation": ["relu", "tanh"], "layer": "output"}, "dense output layers; relu, tanh"),
    ({"loss": ["mse", "cross_entropy"]}, "dense hidden layers; mse, cross_entropy"),
    ({**CONV, "pooling": "max"}, "conv hidden layers; max pooling"),
    ({**CONV, "pooling": True}, "conv hidden layers; max or avg or global pooling"),
    ({**CONV, "pooling": False}, "conv hidden layers; no pooling"),
    ({"residual": True}, "dense hidden layers; with a Residual block"),
    ({"residual": False}, "dense hidden layers; no Residual blocks"),
    ({"residual": "inside", "activation": "relu"}, "dense hidden layers; relu; inside a Residual block"),
    (lambda net: True, "dense hidden layers; <lambda>"),
    (functools.partial(bool), "dense hidden layers; a predicate"),
])
def test_where_tells_itself(where, told):
    assert str(Where(where)) == told


def test_defaults_stand_behind_what_is_told():
    where = Where({"samples": 2}, samples=(7, 8), neurons=9)
    assert where.samples == [2] and where.neurons == [9] and where.outputs == [1, 2, 3]
    assert Where().depths == [2, 3, 4] and Where({"layer": "output"}).depths == [1, 2, 3]
    assert Where({"residual": True}).depths == [3, 4, 5]
    assert Where({"residual": True, "layer": "output"}).depths == [2, 3, 4]
    assert Where({"residual": "after", "layer": "output", "depth": (1, 2)}).depths == [2]
    assert Where().residual is None and Where().pooling is None and Where({"residual": None}).residual is None


def test_which_layers_a_claim_can_be_about():
    net = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(3), mp.Dense(2)]), mp.Dense(4), mp.Dense(1)])
    asked = {place: Where({"residual": place}).layers_asked(net) for place in (None, True, False, *PLACES)}
    every = ["dense1", "dense2", "dense3", "dense4"]
    assert asked == {None: every, True: every, False: [], "before": ["dense1"], "inside": ["dense2", "dense3"],
                     "after": ["dense4"]}
    assert Where({"layer": "last hidden"}).layers_asked(net) == ["dense4"]
    assert Where({"layer": "output"}).layers_asked(net) == ["dense5"]
    assert Where(CONV).layers_asked(net) == [] and not Where(CONV).accepts(net)
    assert Where({"residual": "inside"}).layer_of(net) == "dense2" and Where().layer_of(net) == "dense1"
    assert not Where({"residual": False}).accepts(net) and Where({"residual": True}).accepts(net)
    assert Where({"residual": False}).layer_of(net) == "dense1"         # `accepts` tells that it does not fit


def test_pooling_somewhere_else_does_not_count():
    net = mp.Network((4, 4, 1), [mp.Conv2D(1, 1), mp.MaxPool2D(2), mp.Conv2D(1, 1), mp.Flatten(), mp.Dense(1)])
    told = {one: Where({**CONV, "pooling": one}).layers_asked(net) for one in (None, True, False, "max", "avg")}
    assert told == {None: ["conv1", "conv2"], True: ["conv1"], False: [], "max": ["conv1"], "avg": []}


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_each_place_is_asked_about_as_often(kind):
    """Of a net with all three places: 1/3 of the time each, though two layers are inside."""
    make = mp.Dense if kind == "dense" else lambda K: mp.Conv2D(K, 1)
    net = mp.Network(3 if kind == "dense" else (2, 2, 3), [
        make(2), mp.Residual([make(3), make(2)]), make(4), *[mp.Flatten()] * (kind == "conv"), mp.Dense(1)])
    where, rng = Where({"layers": kind}), np.random.default_rng(0)
    names = [where.layer_of(net, rng) for _ in range(600)]
    shares = [names.count(f"{kind}{place}") / 600 for place in (1, 2, 3, 4)]
    np.testing.assert_allclose(shares, [1 / 3, 1 / 6, 1 / 6, 1 / 3], atol=0.06)
    chain = mp.Network(1, [mp.Dense(1), mp.Dense(1), mp.Dense(1)])
    names = [Where().layer_of(chain, rng) for _ in range(200)]
    assert 70 < names.count("dense1") < 130 and set(names) == {"dense1", "dense2"}


def test_only_what_was_asked_for_tries_formulas_of_a_far_next_layer():
    assert not Where().tells_what_follows() and not Where({"residual": False}).tells_what_follows()
    assert not Where({**CONV, "pooling": False}).tells_what_follows()
    assert Where({"residual": "inside"}).tells_what_follows() and Where({"residual": True}).tells_what_follows()
    assert Where({**CONV, "pooling": "avg"}).tells_what_follows()
