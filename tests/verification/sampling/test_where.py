"""Where: which networks a claim is about, as words, checked, and saved."""

import dataclasses
import functools

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.activations import ACTIVATIONS, Activation
from minprune.engine.facts import NotSaid
from minprune.engine.losses import LOSSES
from minprune.engine.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from minprune.verification.sampling.kinks import MOVE
from minprune.verification.sampling.random_networks import draw_cases
from minprune.verification.sampling.where import (
    CONDITIONS, DRAWN_ACTIVATIONS, DRAWN_LOSSES, PLACES, Where, is_pooled, place_of, takes_output_as_it_is)


def drawn(where=None, count=40, seed=0):
    return draw_cases(Where(where), count, seed)


def hidden_activations(case):
    """The names of the activations of all layers but the output layer."""
    return [f.name for f in case.activations()[:-1]]


def output_activation(case):
    return case.activations()[-1].name


def pools(case):
    return [type(layer) for layer in case.net.layers.values()
            if isinstance(layer, (MaxPool2D, AvgPool2D, GlobalAvgPool2D))]


CONV = {"layers": "conv"}


@pytest.mark.parametrize("where, fits", [
    ({"activation": "tanh"}, lambda case: set(hidden_activations(case)) == {"tanh"}),
    ({"output": "sigmoid"}, lambda case: output_activation(case) == "sigmoid"),
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
    ({"layer": "output", "activation": "tanh", "loss": "mse"}, lambda case: output_activation(case) == "tanh"),
    ({"layer": "output", "activation": "tanh", "loss": "binary_cross_entropy"},
     lambda case: output_activation(case) == "identity"),
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
    ({"residual": True, "activation": "tanh"}, lambda case: set(hidden_activations(case)) == {"tanh"}),
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
    cases = drawn(where, 12)
    assert len(cases) == 12 and all(map(fits, cases))


@each("where, error, message", [
    ({"activations": "relu"}, ValueError, 'unknown key of where: "activations"; did you mean "activation"'),
    ({"activation": "rleu"}, ValueError, 'unknown activation "rleu"; did you mean "relu"'),
    ({"loss": "msee"}, ValueError, 'unknown loss "msee"; did you mean "mse"'),
    ({"layer": "hiden"}, ValueError, 'unknown where layer "hiden"; did you mean "hidden"'),
    ({"layers": "Conv"}, ValueError, 'unknown where layers "Conv"; did you mean "conv"'),
    ({"depth": 1}, ValueError, "where depth expects at least 2, got 1"),
    ({"samples": 0}, ValueError, "where samples expects at least 1, got 0"),
    ({"outputs": []}, ValueError, "where outputs expects at least one, got none"),
    ({"outputs": 1, "loss": "cross_entropy"}, ValueError,
     'where: loss="cross_entropy" needs 2 outputs or more, got outputs=1'),
    ({"layers": "conv", "layer": "output"}, ValueError, "the output layer here is Dense"),
    ({"batch_norm": "no"}, TypeError, "where batch_norm expects True or False, got 'no'"),
    ({"batch_norm": 1}, TypeError, "where batch_norm expects True or False, got 1"),
    ({"batch_norm": None}, TypeError, "where batch_norm expects True or False, got None"),
    ({"residual": 0}, TypeError, "where residual expects True, False or before, inside, after, got 0"),
    ({"pooling": "no", **CONV}, ValueError, 'unknown pooling "no"'),
    ({"layer": "conv"}, ValueError, 'its kind is layers="dense" or "conv"'),
    ({"layer": "dense1"}, ValueError, 'its kind is layers="dense" or "conv"'),
    ({"layers": "hidden"}, ValueError, 'which one is asked about is layer="hidden", "last hidden" or "output"'),
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
def test_errors_name_what_is_wrong(where, error, message):
    with pytest.raises(error) as raised:
        Where(where)
    assert message in str(raised.value) and "\n" not in str(raised.value)


@each("where, text", [
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
def test_where_as_text(where, text):
    assert str(Where(where)) == text


def test_where_is_public_and_goes_wherever_a_dict_does():
    where = mp.Where({"activation": "tanh", "batch_norm": np.True_, "residual": np.False_})
    assert isinstance(where, Where) and where.batch_norm is True and where.residual is False
    again = Where(where, samples=2)
    assert str(again) == str(where) == "dense hidden layers; batch norm; tanh; no Residual blocks"
    assert again.samples == [2] and mp.verify(lambda do: do, "dL/do", where=where, trials=3).where == str(where)


def test_defaults_stand_behind_what_is_said():
    where = Where({"samples": 2}, samples=(7, 8), neurons=9)
    assert where.samples == [2] and where.neurons == [9] and where.outputs == [1, 2, 3]
    assert Where().depths == [2, 3, 4] and Where({"layer": "output"}).depths == [1, 2, 3]
    assert Where({"residual": True}).depths == [3, 4, 5]
    assert Where({"residual": True, "layer": "output"}).depths == [2, 3, 4]
    assert Where({"residual": "after", "layer": "output", "depth": (1, 2)}).depths == [2]
    assert Where().residual is None and Where().pooling is None and Where({"residual": None}).residual is None


def test_which_layers_a_claim_can_be_about():
    net = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(3), mp.Dense(2)]), mp.Dense(4), mp.Dense(1)])
    possible = {place: Where({"residual": place}).possible_layers(net) for place in (None, True, False, *PLACES)}
    hidden = ["dense1", "dense2", "dense3", "dense4"]
    assert possible == {None: hidden, True: hidden, False: [], "before": ["dense1"], "inside": ["dense2", "dense3"],
                     "after": ["dense4"]}
    assert Where({"layer": "last hidden"}).possible_layers(net) == ["dense4"]
    assert Where({"layer": "output"}).possible_layers(net) == ["dense5"]
    assert Where(CONV).possible_layers(net) == [] and not Where(CONV).accepts(net)
    assert not Where({"residual": False}).accepts(net) and Where({"residual": True}).accepts(net)


def test_pooling_somewhere_else_does_not_count():
    net = mp.Network((4, 4, 1), [mp.Conv2D(1, 1), mp.MaxPool2D(2), mp.Conv2D(1, 1), mp.Flatten(), mp.Dense(1)])
    possible = {kind: Where({**CONV, "pooling": kind}).possible_layers(net)
                for kind in (None, True, False, "max", "avg")}
    assert possible == {None: ["conv1", "conv2"], True: ["conv1"], False: [], "max": ["conv1"], "avg": []}


def test_when_formulas_of_a_far_next_layer_are_tried():
    assert not Where().asks_for_pooling_or_blocks() and not Where({"residual": False}).asks_for_pooling_or_blocks()
    assert not Where({**CONV, "pooling": False}).asks_for_pooling_or_blocks()
    assert Where({"residual": "inside"}).asks_for_pooling_or_blocks()
    assert Where({"residual": True}).asks_for_pooling_or_blocks()
    assert Where({**CONV, "pooling": "avg"}).asks_for_pooling_or_blocks()


# ------------------------------------------------------------------------------- poolings and blocks around a layer

CHAIN = mp.Network((4, 4, 1), [mp.Conv2D(2, 2), mp.MaxPool2D(2, 1), mp.Conv2D(2, 1), mp.AvgPool2D(2), mp.Flatten(),
                               mp.Dense(3), mp.Dense(2)])
IDENTITY = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(3), mp.Dense(2)]), mp.Dense(4), mp.Dense(1)])
PROJECTED = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(4)], mp.Dense(4)), mp.Dense(1)])
FIRST = mp.Network((3, 3, 2), [mp.Residual([mp.Conv2D(2, 1)]), mp.GlobalAvgPool2D(), mp.Dense(1)])


def test_places_around_a_block():
    assert [place_of(IDENTITY, name) for name in IDENTITY.neuron_layers] == ["before", "inside", "inside", "after", ""]
    assert [place_of(PROJECTED, name) for name in PROJECTED.neuron_layers] == ["before", "inside", "inside", "after"]
    assert place_of(FIRST, "conv1") == "inside" and place_of(FIRST, "dense1") == "after"
    assert [place_of(CHAIN, name) for name in CHAIN.neuron_layers] == ["", "", "", ""]


def test_pooling_is_found_on_the_way_to_the_reader():
    assert [is_pooled(CHAIN, name) for name in CHAIN.neuron_layers] == [True, True, False, False]
    assert is_pooled(CHAIN, "conv1", ("max",)) and not is_pooled(CHAIN, "conv1", ("avg", "global"))
    assert is_pooled(CHAIN, "conv2", ("avg",)) and not is_pooled(CHAIN, "conv2", ("max", "global"))
    assert is_pooled(FIRST, "conv1", ("global",)) and not is_pooled(FIRST, "conv1", ("max", "avg"))


def test_flatten_is_no_pooling():
    net = mp.Network((2, 2, 1), [mp.Conv2D(2, 1), mp.Flatten(), mp.Dense(1)])
    assert not is_pooled(net, "conv1") and place_of(net, "conv1") == ""


def test_chains_have_no_places():
    assert list(PLACES) == ["before", "inside", "after"]
    for case in drawn({"residual": True}, 30) + drawn(CONV, 20):
        places = {place_of(case.net, name) for name in case.net.neuron_layers}
        assert places == {""} if case.net.is_chain else places >= {"inside"}


# ----------------------------------------------------------------------------------------- conditions


@pytest.mark.parametrize("text", CONDITIONS)
def test_conditions_are_made_and_hold(text):
    net = mp.Network(2, [mp.Residual([mp.Dense(2)]), mp.Dense(1)], seed=0)
    for name in net.neuron_layers:
        net[name].b[...] = 1
    condition = CONDITIONS[text]
    assert condition.text == text and not condition.holds(net)
    condition.make(net)
    assert condition.holds(net)


def test_a_function_makes_nothing():
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    weights = {name: array.copy() for name, array in net.arrays().items()}
    where = Where(lambda net: net["dense1"].K == 2)
    where.shape(net)
    assert all((array == weights[name]).all() for name, array in net.arrays().items())
    assert not where.accepts(net) and where.accepts(mp.Network(1, [mp.Dense(2), mp.Dense(1)]))


# ---------------------------------------------------------------------------- activations and losses of one's own


def test_what_is_drawn_does_not_change_when_the_engine_learns_more():
    where = Where()
    assert DRAWN_ACTIVATIONS == ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "softplus")
    assert [f.name for f in where.activations] == list(DRAWN_ACTIVATIONS) and len(ACTIVATIONS) > len(DRAWN_ACTIVATIONS)
    assert DRAWN_LOSSES == ("mse", "cross_entropy", "binary_cross_entropy")
    assert [loss.name for loss in where.losses] == list(DRAWN_LOSSES)
    assert where.output == [ACTIVATIONS["identity"]]


def kinked(name="steep", **facts):
    return Activation(name, lambda z: np.maximum(z, 2 * z), lambda z: np.where(z > 0, 2.0, 1.0),
                      **{"kinks": (0.0,), **facts})


def loss_named(name, **facts):
    return dataclasses.replace(LOSSES["mse"], name=name, **facts)


def test_an_activation_of_ones_own():
    own = kinked()
    cases = drawn({"activation": [own, "tanh"]})
    assert {case.activations()[0] for case in cases} == {own, ACTIVATIONS["tanh"]}
    assert all(len(set(hidden_activations(case))) == 1 for case in cases)
    assert all(case.activations()[-1] is own for case in drawn({"output": own}))
    assert all(case.net[case.layer].f is own for case in drawn({**CONV, "activation": own}, 10))
    assert str(Where({"activation": [own, "tanh"]})) == "dense hidden layers; steep, tanh"


def test_samples_keep_clear_of_the_kinks_that_an_activation_says():
    """Kinks at −1 and ½, and none at 0."""
    own = Activation("steps", lambda z: np.clip(z, -1, 0.5), lambda z: ((z > -1) & (z < 0.5)).astype(z.dtype),
                     kinks=(-1.0, 0.5))
    z = np.concatenate([case.trace[name].z.ravel() for case in drawn({"activation": own}, 100)
                        for name in case.net.hidden_layers if name in case.net.all_layers])
    assert np.abs(z + 1).min() > MOVE < np.abs(z - 0.5).min() and np.abs(z).min() < MOVE


def test_an_activation_of_ones_own_is_not_the_built_in_one_of_its_name():
    """Six activations of which one only has the name of a drawn one: the text does not hide that."""
    names = [*DRAWN_ACTIVATIONS[:-1], kinked("softplus")]
    assert str(Where({"activation": names})) == "dense hidden layers; " + ", ".join(DRAWN_ACTIVATIONS)
    assert str(Where({"activation": list(DRAWN_ACTIVATIONS)})) == "dense hidden layers"
    assert str(Where({"loss": list(LOSSES)})) == "dense hidden layers"


def test_a_loss_of_ones_own():
    targets = lambda rng, shape, simple=False: np.full(shape, 7.0)                                    # noqa: E731
    own = loss_named("sevens", targets=targets)
    cases = drawn({"loss": own})
    assert all(case.loss is own and (case.t == 7).all() for case in cases)
    assert {case.loss for case in drawn({"loss": ["mse", own]})} == {own, LOSSES["mse"]}
    assert str(Where({"loss": own})) == "dense hidden layers; sevens"
    with pytest.raises(ValueError, match='where: loss="wide" needs 4 outputs or more, got outputs=1 2 3'):
        Where({"loss": loss_named("wide", least_outputs=4)})
    assert all(case.net.output_shape == (4,) for case in
               drawn({"loss": loss_named("wide", least_outputs=4), "outputs": (2, 4)}))


def test_targets_of_ones_own_are_prepared_as_a_users_are():
    """`prepare` may turn what `targets` draws into what the other functions read, or refuse it."""
    own = loss_named("doubled", prepare=lambda t, shape: 2 * LOSSES["mse"].prepare(t, shape),
                     targets=lambda rng, shape, simple=False: np.ones(shape))
    assert all((case.t == 2).all() for case in drawn({"loss": own}, 10))
    with pytest.raises(ValueError, match="loss mse expects targets of shape"):
        drawn({"loss": loss_named("crooked", targets=lambda rng, shape, simple=False: np.ones((len(shape), 9)))}, 10)


def test_losses_are_asked_whether_they_take_the_output_as_it_is():
    """Below those that do, an output layer that is asked about may have any activation."""
    logits = loss_named("logits", answer=lambda y: 1 / (1 + np.exp(-y)))
    silent = loss_named("silent", answer=None)
    pairs = [("mse", True), ("cross_entropy", False), ("binary_cross_entropy", False)]
    assert [(name, takes_output_as_it_is(LOSSES[name])) for name in LOSSES] == pairs
    assert takes_output_as_it_is(loss_named("own")) and not takes_output_as_it_is(logits)
    assert not takes_output_as_it_is(silent)
    output = {"layer": "output", "activation": "tanh"}
    for loss, expected in ((loss_named("own"), "tanh"), (logits, "identity"), (silent, "identity")):
        assert {output_activation(case) for case in drawn({**output, "loss": loss}, 10)} == {expected}
        assert {output_activation(case) for case in drawn({**output, "loss": loss, "output": "relu"}, 5)} == {"relu"}


@each("where, message", [
    ({"activation": kinked(kinks=None)},
     'activation "steep" does not say where its kinks are (kinks=…), which verify needs'),
    ({"activation": ["relu", kinked(kinks=None)]}, 'activation "steep" does not say where its kinks are'),
    ({"output": kinked(kinks=None)}, 'activation "steep" does not say where its kinks are'),
    ({"loss": loss_named("own", targets=None)},
     'loss "own" does not say how its targets are drawn (targets=…), which verify needs'),
    ({"loss": {LOSSES["mse"], loss_named("own", targets=None)}}, 'loss "own" does not say how its targets are drawn')])
def test_what_is_not_said_is_refused_by_name(where, message):
    with pytest.raises(NotSaid) as raised:
        Where(where)
    assert str(raised.value).startswith(message)


def test_facts_that_verify_does_not_need_may_be_left_out():
    own, loss = kinked(homogeneous=None, odd=None, second=None), loss_named("own", second=None, diagonal=None)
    assert len(drawn({"activation": own, "loss": loss}, 5)) == 5
    assert Where({"activation": kinked(kinks=())}).activations[0].kinks == ()
