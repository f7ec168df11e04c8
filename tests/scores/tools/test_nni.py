"""NNI 3.0: its pruners have these metrics."""

import numpy as np
import pytest

import minprune as mp
from cases import each

tool = mp.scores.tools.nni


@each("kind", ["dense", "conv"])
@each("name", ["l1_norm", "l2_norm", "fpgm", "taylor"])
def test_scores_are_those_that_it_printed(recorded, kind, name):
    assert recorded[kind].agrees(getattr(tool, name), "nni", name)


@pytest.mark.parametrize("kind", ["dense", "conv", "conv_bn"])
def test_trained_scores_are_those_that_it_printed(recorded, kind):
    steps = {"steps": 5, "batch_size": 2}
    assert recorded[kind].agrees(tool.slim, "nni", "slim:5 steps", regular_scale=0.01, **steps)
    assert recorded[kind].agrees(tool.movement, "nni", "movement:5 steps", **steps)


def test_one_step_knows_the_sign_of_the_slope_alone(recorded):
    """The first step of Adam is as long as its rate, whatever the slope; a slope of 0 takes none."""
    case = recorded["dense"]
    slopes = mp.score(case.net, lambda W, mean_dW: (W * mean_dW).sum(axis=1), case.x, case.t, "mse")
    movement = mp.score(case.net, tool.movement, case.x, case.t, "mse")
    slim = mp.score(case.net, tool.slim, case.x, case.t, "mse", regular_scale=0)
    far = mp.score(case.net, tool.slim, case.x, case.t, "mse", regular_scale=100)
    for name, slope in slopes.items():
        assert np.allclose(movement[name], -0.01 * np.sign(slope), atol=1e-7)
        assert np.allclose(slim[name], 1 - 0.01 * np.sign(slope), atol=1e-7)
        assert np.allclose(far[name], 0.99, atol=1e-9)


def test_slim_never_looks_at_gamma(recorded):
    """γ and the running variance rescaled together change nothing, in no layer: there are no other places for γ."""
    case = recorded["conv_bn"]
    before = mp.score(case.net, tool.slim, case.x, case.t, "mse", steps=3)
    for name in case.net.hidden_layers:
        layer = case.net[name]
        layer.gamma = 10 * layer.gamma
        layer.running_var = 100 * (layer.running_var + layer.constants.eps) - layer.constants.eps
    after = mp.score(case.net, tool.slim, case.x, case.t, "mse", steps=3)
    assert all(np.allclose(before[name], after[name], atol=1e-9) for name in before)


def test_it_rounds_down():
    seen = {0.05: 0, 0.1: 1, 0.25: 2, 0.3: 3, 0.45: 4, 0.55: 5, 0.75: 7, 0.8: 8, 0.95: 9}
    assert {ratio: tool.removed(10, ratio) for ratio in seen} == seen
