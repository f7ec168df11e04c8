"""What can be done to scores, by hand."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.scoring.normalisation import NORMALISERS, cost_aware, normalise, reverse

S = {"a": np.array([3.0, 0.0, 1.0]), "b": np.array([-2.0, 2.0, 2.0, 0.0])}


@each("by, a, b", [
    ("none", [3, 0, 1], [-2, 2, 2, 0]), ("sum", [3 / 4, 0, 1 / 4], [-1 / 3, 1 / 3, 1 / 3, 0]),
    ("mean", [9 / 4, 0, 3 / 4], [-4 / 3, 4 / 3, 4 / 3, 0]), ("max", [1, 0, 1 / 3], [-1, 1, 1, 0]),
    ("l2", [3 / 10 ** 0.5, 0, 1 / 10 ** 0.5], [-1 / 3 ** 0.5, 1 / 3 ** 0.5, 1 / 3 ** 0.5, 0]),
    ("rank", [1, 1 / 3, 2 / 3], [1 / 4, 1, 1, 1 / 2]),
    # b: sizes 0 < 2 = 2 = 2, ties by index: 0/12, then 4/12, 4/8, 4/4
    ("lamp", [1, 0, 1], [1 / 3, 1 / 2, 1, 0])])
def test_by_hand(by, a, b):
    if by == "lamp":
        a = [9 / 9, 0, 1 / 10]
    result = normalise(S, by)
    assert list(result) == ["a", "b"]
    np.testing.assert_allclose(result["a"], a, atol=1e-15)
    np.testing.assert_allclose(result["b"], b, atol=1e-15)


@each("by", NORMALISERS)
def test_the_order_within_a_layer_stays(by):
    rng = np.random.default_rng(0)
    scores = {name: rng.uniform(0, 1, K) for name, K in (("a", 30), ("b", 7))}
    for name, values in normalise(scores, by).items():
        assert np.array_equal(np.argsort(values), np.argsort(scores[name]))
        assert values is not scores[name]


@each("by", NORMALISERS)
def test_a_layer_of_zeros_is_no_trouble(by):
    assert np.isfinite(normalise({"a": np.zeros(3)}, by)["a"]).all()


def test_infinite_scores_can_only_be_ranked():
    scores = {"a": np.array([1.0, np.inf, -np.inf])}
    assert normalise(scores, "rank")["a"].tolist() == [2 / 3, 1, 1 / 3]
    assert np.array_equal(normalise(scores, "none")["a"], scores["a"])
    with pytest.raises(ValueError, match='"l2" expects finite scores, layer "a" has inf'):
        normalise(scores, "l2")


def test_unknown_names_are_told():
    with pytest.raises(ValueError, match='unknown normaliser "l3"; did you mean "l2"'):
        normalise(S, "l3")


def test_reverse_removes_the_best_first():
    assert np.flatnonzero(~mp.decide(reverse(S), remove=1)["a"]).tolist() == [0]
    assert np.array_equal(reverse(reverse(S))["b"], S["b"])


@pytest.mark.parametrize("shape, layers", [
    ((6, 6, 2), [mp.Conv2D(4, 3, "relu"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(5, "relu"), mp.Dense(3)]),
    ((2,), [mp.Dense(3), mp.Residual([mp.Dense(3)]), mp.BatchNorm(), mp.Dense(2)]),         # reads its own neurons
    ((4, 4, 1), [mp.Concat([[mp.Conv2D(2, 1)], [mp.Conv2D(4, 1)]]), mp.Conv2D(12, 2, groups=6), mp.Conv2D(4, 1),
                 mp.Conv2D(6, 2, groups=2), mp.Flatten(), mp.Dense(2)])])
def test_cost_is_what_removing_the_neuron_saves(shape, layers):
    net = mp.Network(shape, layers)
    scores = {name: np.zeros(net[name].K) for name in net.hidden_layers}
    charged = cost_aware(scores, net, 0.5)
    for name in net.hidden_layers:
        keep = {name: np.arange(net[name].K) != 1}
        saved = mp.evaluation.multiply_adds(net) - mp.evaluation.multiply_adds(mp.prune(net, keep))
        np.testing.assert_allclose(charged[name], -0.5 * saved)
    with pytest.raises(ValueError, match="price expects"):
        cost_aware(scores, net, -1)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_very_small_and_very_large_scores_keep_their_order(size):
    for by in ("l2", "lamp"):
        np.testing.assert_allclose(normalise({"a": size * S["a"]}, by)["a"], normalise({"a": S["a"]}, by)["a"])


def test_shapes_that_are_none():
    net = mp.Network(3, [mp.Dense(6), mp.Dense(2)])
    with pytest.raises(ValueError, match=r'"dense1": expected one number for each of 6 neurons, got shape \(3,\)'):
        cost_aware({"dense1": np.ones(3)}, net, 0.1)
    with pytest.raises(ValueError, match=r"got shape \(0,\)"):
        normalise({"a": []}, "sum")
    with pytest.raises(ValueError, match='unknown layer "dense9"; did you mean "dense'):
        cost_aware({"dense9": np.ones(6)}, net, 0.1)


@pytest.mark.parametrize("function", [lambda scores: normalise(scores, "none"), reverse,
                                      lambda scores: cost_aware(scores, mp.Network(3, [mp.Dense(2)]), 0.1)])
def test_nan_and_other_things_are_refused_as_decide_does(function):
    with pytest.raises(ValueError, match='scores of layer "a": 1 of 2 numbers are NaN'):
        function({"a": [np.nan, 1.0]})
    with pytest.raises(ValueError, match="scores expects a dict .* got list"):
        function([1.0])


def test_what_is_no_network_has_no_costs():
    with pytest.raises(TypeError, match="net expects a Network, got NoneType"):
        mp.scores.cost_aware({"dense1": [1.0, 2.0]}, None, 1.0)
