"""Captum 0.9.0: its layer attributions, added up over positions and averaged over samples."""

import numpy as np
import pytest

import minprune as mp
from cases import each

tool = mp.scores.tools.captum
NET = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(1)], seed=0)      # the case worked by hand
NET["dense1"].W, NET["dense1"].b = np.array([[3., 4], [0, 1], [6, 8]]), np.array([1., 0, -2])
NET["dense2"].W, NET["dense2"].b = np.array([[1., 2, -3]]), np.array([0.5])


@each("kind", ["dense", "conv"])
@each("name", ["layer_conductance", "internal_influence", "layer_deep_lift"])
def test_scores_are_those_that_it_printed(recorded, kind, name):
    assert recorded[kind].agrees(getattr(tool, name), "captum", name)


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_deep_lift_of_what_the_activation_reads(recorded, kind):
    assert recorded[kind].agrees(tool.layer_deep_lift, "captum", "layer_deep_lift:of_input", of_input=True)


def test_scores_of_dense_layers(recorded):
    for name in ("neuron_conductance", "layer_lrp"):
        assert recorded["dense"].agrees(getattr(tool, name), "captum", name)
    for zero in (False, True):
        assert recorded["dense"].agrees(tool.layer_lrp_alpha1_beta0, "captum", f"layer_lrp_alpha1_beta0:{zero}",
                                        set_bias_to_zero=zero)


@each("function, settings, printed", [
    (tool.layer_conductance, {}, [10.98801, 3.99564, -59.96404]),
    (tool.neuron_conductance, {}, [10.78, 3.88, -58.74]),
    (tool.internal_influence, {}, [1, 2, -3]),
    (tool.layer_deep_lift, {}, [11, 4, -60]), (tool.layer_deep_lift, {"of_input": True}, [11, 4, -66]),
    (tool.layer_lrp, {}, [12, 4, -60])])
def test_the_case_worked_by_hand(function, settings, printed):
    scores = mp.score(NET, function, np.array([[1.0, 2.0]]), np.array([[1.0]]), "mse", **settings)
    assert np.allclose(scores["dense1"], printed, atol=1e-5)


def test_conductance_is_exact_in_minprune():
    exact = mp.score(NET, "conductance", np.array([[1.0, 2.0]]), np.array([[1.0]]), "mse", steps=50, absolute=False)
    assert np.allclose(exact["dense1"], [11, 4, -60], rtol=0.01)
