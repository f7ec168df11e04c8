"""A tool and its scores: what their docstrings say, and that it is true of minprune's own."""

import inspect

import numpy as np
import pytest

import minprune as mp
from cases import each

tools = mp.scores.tools
ALL = [(name, function) for name in tools.TOOLS for function in tools.find_tool(name).scores]
LABELS = ("call", "formula", "order", "same", "names", "differs")
CATALOGUE = mp.scores.CATALOGUE


@each("name, function", ALL)
def test_each_score_says_what_it_computes(name, function):
    facts = mp.scores.entry(function)
    assert all(facts[label] for label in LABELS) and facts["summary"].endswith(".")
    assert inspect.getmodule(function).__name__.endswith(tools.TOOLS[name])
    assert function.__name__ not in CATALOGUE or function is not CATALOGUE[function.__name__]


def test_an_unknown_tool_names_the_nearest():
    with pytest.raises(ValueError, match='did you mean "captum"'):
        tools.find_tool("capum")
    with pytest.raises(AttributeError, match="no attribute 'capum'"):
        tools.capum


@each("function, name", [
    (tools.nni.l1_norm, "weight_norm_l1"), (tools.nni.l2_norm, "weight_norm"), (tools.nni.fpgm, "geometric_median"),
    (tools.torch_prune.ln_structured, "weight_norm"), (tools.torch_prune.fpgm_pruner, "geometric_median")])
def test_these_are_what_the_paper_says(function, name):
    assert mp.verify(function, equals=CATALOGUE[name], trials=2)


@each("function, name", [
    (tools.torch_pruning.magnitude, "group_norm"), (tools.torch_pruning.fpgm_first, "geometric_median"),
    (tools.torch_pruning.batch_norm_scale, "batch_norm_scale"), (tools.fasterai.large_final, "weight_norm_l1"),
    (tools.fasterai.squared_final, "weight_norm")])
def test_these_are_not_and_a_counterexample_shows_it(function, name):
    verdict = mp.verify(function, equals=CATALOGUE[name], trials=1)
    assert not verdict and function.__name__ in str(verdict.counterexample)


def relu_network(rng):
    """Convolutions without biases, so that the two forms of a rule meet, and a target class for each sample."""
    net = mp.Network((4, 4, 1), [mp.Conv2D(3, 2, "relu"), mp.Conv2D(2, 2, "relu"), mp.Flatten(), mp.Dense(2)], seed=1)
    return net, np.abs(rng.normal(size=(3, 4, 4, 1))), np.eye(2)[[0, 1, 0]]


@each("function, settings, name, same", [
    (tools.torch_pruning.magnitude, {}, "group_norm", lambda s: s ** 2 / (s ** 2).mean()),
    (tools.fasterai.large_final, {}, "weight_norm_l1", lambda s: s / 12),
    (tools.torch_prune.weight_norm_sparsifier, {}, "weight_norm", lambda s: s ** 2 / 12),
    (tools.captum.layer_deep_lift, {}, "deeplift", None), (tools.captum.layer_lrp, {}, "lrp_epsilon", None),
    (tools.captum.layer_lrp_alpha1_beta0, {"set_bias_to_zero": True}, "lrp_zplus", None),
    (tools.zennit.epsilon, {}, "lrp_epsilon", None)])
def test_what_is_called_the_same_is_the_same(function, settings, name, same):
    net, x, t = relu_network(np.random.default_rng(0))
    ours = mp.score(net, name, x, t, "mse", **({} if same else {"absolute": False}))["conv2"]
    theirs = mp.score(net, function, x, t, "mse", **settings)["conv2"]
    assert np.allclose(theirs, same(ours) if same else ours, atol=1e-5)


@each("function", [tools.torch_pruning.taylor, tools.torch_pruning.fpgm, tools.fasterai.wanda,
                   tools.nni.slim, tools.nni.movement, tools.model_compression_toolkit.lfh])
def test_grouped_convolutions_are_refused(function):
    net = mp.Network((4, 4, 2), [mp.Conv2D(4, 2, groups=2), mp.Conv2D(2, 2), mp.Flatten(), mp.Dense(1)], seed=0)
    with pytest.raises(ValueError, match="conv1.*not known what the tool does"):
        mp.score(net, function, np.ones((2, 4, 4, 2)), np.ones((2, 1)), "mse")


def test_a_ranking_turns_round_with_three_neurons():
    """What reads a neuron counts as much as what it reads, and both as squares."""
    W, W_out = np.array([[3.0], [2.0], [1.0]]), np.array([[1.0], [3.0], [4.0]])
    assert list(np.argsort(CATALOGUE["weight_norm_l1"](W))) == [2, 1, 0]
    assert list(np.argsort(tools.torch_pruning.magnitude(W, W_out))) == [0, 1, 2]
