"""Torch-Pruning 1.6.1: the functions give what it printed."""

import numpy as np
import pytest

import minprune as mp
from cases import each

tool = mp.scores.tools.torch_pruning
NET = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(1)], seed=0)      # the case worked by hand
NET["dense1"].W, NET["dense1"].b = np.array([[3., 4], [0, 1], [6, 8]]), np.array([1., 0, -2])
NET["dense2"].W, NET["dense2"].b = np.array([[1., 2, -3]]), np.array([0.5])
X, T = np.array([[1, 2], [2, -1], [-1, 1], [0.5, 0.5]]), np.zeros((4, 1))


@each("kind", ["dense", "conv", "conv_bn"])
@each("name", ["fpgm", "fpgm_first", "taylor", "hessian"])
def test_scores_are_those_that_it_printed(recorded, kind, name):
    assert recorded[kind].agrees(getattr(tool, name), "torch_pruning", name)


@each("kind", ["dense", "conv"])
@each("name", ["magnitude", "lamp"])
def test_scores_without_batch_norm(recorded, kind, name):
    assert recorded[kind].agrees(getattr(tool, name), "torch_pruning", name)


@pytest.mark.parametrize("name", ["magnitude_batch_norm", "batch_norm_scale", "lamp_batch_norm"])
def test_scores_with_batch_norm(recorded, name):
    assert recorded["conv_bn"].agrees(getattr(tool, name), "torch_pruning", name)


@pytest.mark.parametrize("kind", ["dense", "conv", "conv_bn"])
def test_taylor_with_the_sum_before_the_absolute_value(recorded, kind):
    assert recorded[kind].agrees(tool.taylor, "torch_pruning", "taylor:multivariable", multivariable=True)


@each("function, printed", [
    (tool.magnitude, [0.557143, 0.107143, 2.335714]), (tool.taylor, [0.442190, 0.143614, 2.414196]),
    (tool.hessian, [0.166144, 0.012539, 2.821317]), (tool.lamp, [0.192593, 0.035714, 1.0]),
    (tool.fpgm, [0.777953, 0.912825, 1.309222])])
def test_the_case_worked_by_hand(function, printed):
    assert np.allclose(mp.score(NET, function, X, T, "mse")["dense1"], printed, atol=1e-6)


def test_magnitude_has_no_root_and_a_power_of_ones_choice():
    assert np.allclose(mp.score(NET, tool.magnitude, p=1)["dense1"], [0.857143, 0.321429, 1.821429], atol=1e-6)


def test_hessian_knows_the_last_sample_only():
    turned = mp.score(NET, tool.hessian, X[::-1], T, "mse")["dense1"]
    assert np.allclose(turned, [0.100509, 0.014822, 2.884669], atol=1e-6)
    last = mp.score(NET, tool.hessian, X[-1:], T[-1:], "mse")["dense1"]
    assert np.array_equal(last, mp.score(NET, tool.hessian, X, T, "mse")["dense1"])


def test_a_weight_and_its_opposite_are_at_distance_0():
    W = np.array([[3., 4], [-3, -4], [6, 8]])
    assert np.allclose(tool.fpgm_first(W), [55.0727, 55.0727, 110.1454], atol=1e-4)
    paper = mp.scores.CATALOGUE["geometric_median"](W)
    assert paper.argmin() == 0 != paper.argmax()


def test_how_many_of_10_go():
    seen = {0.05: 1, 0.1: 1, 0.15: 2, 0.2: 2, 0.25: 3, 0.3: 3, 0.5: 5, 0.75: 8, 0.8: 9, 0.85: 9, 0.9: 0, 0.95: 0,
            0.99: 0}
    assert {ratio: tool.removed(10, ratio) for ratio in seen} == seen


@pytest.mark.parametrize("function", [tool.taylor, tool.hessian, tool.fpgm])
def test_blocks_are_refused(function):
    net = mp.Network((4,), [mp.Residual([mp.Dense(4, "relu"), mp.Dense(4)]), mp.Dense(2)], seed=0)
    with pytest.raises(ValueError, match="torch_pruning"):
        mp.score(net, function, np.ones((2, 4)), np.ones((2, 2)), "mse")
