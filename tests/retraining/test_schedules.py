"""Schedules: by hand, exact ends, and what is refused."""

from fractions import Fraction

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.retraining.schedules import check_schedule, cubic, exponential, layer_by_layer, linear, one_shot

SHAPES = [linear, exponential, cubic]


@pytest.fixture
def net():
    return mp.Network((4,), [mp.Dense(10, "relu"), mp.Dense(7, "tanh"), mp.Dense(2)], seed=3)


def test_schedules_by_hand():
    assert linear(0.6, 3) == pytest.approx([0.2, 0.4, 0.6], rel=1e-15)
    assert exponential(0.875, 3) == pytest.approx([0.5, 0.75, 0.875], rel=1e-15)
    assert cubic(0.8, 4) == pytest.approx([0.8 - 0.8 * 27 / 64, 0.8 - 0.8 / 8, 0.8 - 0.8 / 64, 0.8], rel=1e-15)
    assert cubic(0.8, 2, initial=0.4) == pytest.approx([0.8 - 0.4 / 8, 0.8], rel=1e-15)
    assert one_shot(0.5) == [0.5] and all(shape(0.5, 1) == [0.5] for shape in SHAPES)


@each("shape", SHAPES)
@each("remove", [0, 0.3, 0.55, 0.9, 0.999])
@each("steps", [1, 2, 7, 30])
def test_schedules_rise_to_exactly_what_is_asked(shape, remove, steps):
    fractions = shape(remove, steps)
    assert len(fractions) == steps and fractions[-1] == remove
    assert check_schedule(fractions, []) == fractions
    shares = np.diff([0, *fractions])
    if remove and steps > 1 and shape is not linear:
        assert (np.diff(shares) < 0).all()                              # more at first
    left = 1 - np.array([0, *fractions])
    if shape is exponential and steps > 1:
        np.testing.assert_allclose(left[1:] / left[:-1], (1 - remove) ** (1 / steps), rtol=1e-9)


@pytest.mark.parametrize("remove, exactly, steps", [(0.3, Fraction(3, 10), 3), (0.58, Fraction(58, 100), 29),
                                                    (0.9, Fraction(9, 10), 9)])
def test_counts_are_floors_of_exact_fractions(remove, exactly, steps):
    """0.58 / 29 and its like are not what they seem in floating point."""
    scores = {"dense1": np.arange(100.0)}
    for step, fraction in enumerate(linear(remove, steps), 1):
        gone = (~mp.decide(scores, remove=fraction)["dense1"]).sum()
        assert gone == int(exactly * step / steps * 100)


def test_layers_in_an_order_of_ones_own(net):
    assert layer_by_layer(net, 0.5, ["dense2", "dense1"]) == [{"dense2": 0.5}, {"dense2": 0.5, "dense1": 0.5}]
    assert layer_by_layer(net, {"dense2": 2}) == [{"dense2": 2}]
    assert layer_by_layer(net, {"dense1": 0.1, "dense2": 2}, ["dense2"]) == [{"dense2": 2}]


@pytest.mark.parametrize("remove, layers, told", [
    (0.5, ["dense3"], 'unknown hidden layer "dense3"'), ({"dens1": 0.5}, None, 'did you mean "dense1"'),
    (0.5, [], "layers expects some of"), (0.5, ["dense1", "dense1"], "each once"),
    ({"dense1": 0.5}, ["dense1", "dense2"], r"layers expects some of \['dense1'\]")])
def test_layers_that_are_refused(net, remove, layers, told):
    with pytest.raises(ValueError, match=told):
        layer_by_layer(net, remove, layers)


@each("make, told", [
    (lambda: cubic(0.5, 3, initial=0.6), "initial expects at most remove=0.5"),
    (lambda: linear(1.0, 3), "remove expects"), (lambda: cubic(1.0, 3), "remove expects"),
    (lambda: exponential(1.0, 3), "remove expects"), (lambda: exponential(0.5, 0), "steps expects at least 1"),
    (lambda: linear(0.5, 10 ** 400), "steps expects at most"), (lambda: cubic(0.5, 3, -0.1), "initial expects")])
def test_settings_of_schedules_that_are_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()


@pytest.mark.parametrize("shares", [1.5, {"dense1": -1}])
def test_shares_of_layers_are_checked_at_once(net, shares):
    with pytest.raises(ValueError, match=r'remove\["dense1"\]'):
        layer_by_layer(net, shares)


def test_steps_that_name_no_layer_are_refused():
    with pytest.raises(ValueError, match=r"schedule expects steps that name at least one layer, got \[\{\}, \{\}\]"):
        check_schedule([{}, {}], ["dense1"])
