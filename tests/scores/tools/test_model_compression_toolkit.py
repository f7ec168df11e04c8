"""Model Compression Toolkit 2.6.1: its label-free Hessian score."""

import numpy as np
import pytest

import minprune as mp

tool = mp.scores.tools.model_compression_toolkit


def first_output(net):
    """The network with its first output alone: with one output the tool's random signs do not matter."""
    one = mp.Network(net.input_shape, [*map(copied, list(net.layers.values())[:-1]), mp.Dense(1)], seed=0)
    for name, layer in one.layers.items():
        for key in layer.parameters():
            array = getattr(net[name], key)
            setattr(layer, key, array if name in net.hidden_layers else array[:1])
    return one


def copied(layer):
    return type(layer)(**layer.settings()) if hasattr(layer, "settings") else type(layer)()


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_scores_are_those_that_it_printed(recorded, kind):
    case = recorded[kind]
    scores = mp.score(first_output(case.net), tool.lfh, case.x)
    for name, printed in case.printed("model_compression_toolkit", "lfh:first output").items():
        assert np.allclose(scores[name], printed, rtol=5e-6)            # the tool computes in single precision


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_several_outputs_in_expectation_over_the_signs(recorded, kind):
    case = recorded[kind]
    scores = mp.score(case.net, tool.lfh, case.x)
    for name, printed in case.printed("model_compression_toolkit", "lfh:both outputs").items():
        assert np.allclose(scores[name], printed, rtol=5e-6)


def test_by_hand():
    """y = (w x, 2 w x) at x = 3, w = 2: (∂y₁/∂w)² + (∂y₂/∂w)² = 9 + 36; over M² = 4, times w² = 4."""
    net = mp.Network((1,), [mp.Dense(1), mp.Dense(2)], seed=0)
    net["dense1"].W, net["dense2"].W = np.array([[2.0]]), np.array([[1.0], [2.0]])
    assert np.allclose(mp.score(net, tool.lfh, np.array([[3.0]]))["dense1"], 45)
