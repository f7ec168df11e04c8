"""Roughness: fewer exponentials count before fewer kinks, and these before rounder numbers."""

import numpy as np

import minprune as mp
from cases import each
from minprune.engine.activations import ACTIVATIONS
from minprune.engine.losses import LOSSES
from minprune.verification.claims.claim import Trial
from minprune.verification.counterexamples.roughness import (ease, exponentials, has_round_results, is_round, roughness,
                                                             roughness_of_numbers)
from minprune.verification.sampling.random_networks import Case


def case_of(weight, activation="identity", loss="mse"):
    net = mp.Network(1, [mp.Dense(1, activation), mp.Dense(1)])
    net["dense1"].W[...] = weight
    net["dense2"].W[...] = 1
    return Case(net, "dense1", np.ones((1, 1)), np.zeros((1, 1)), loss)


def exponentials_of(case):
    return exponentials(case.activations(), case.loss)


def test_round_numbers_are_less_rough():
    weights = [roughness(case_of(weight)) for weight in (1, 2, 0.5, 0.3)]
    activations = [roughness(case_of(1, activation)) for activation in ("identity", "relu", "tanh")]
    losses = [roughness(case_of(1, loss=loss)) for loss in ("mse", "binary_cross_entropy", "cross_entropy")]
    for values in (weights, activations, losses):
        assert values == sorted(set(values))


def test_no_number_is_as_rough_as_an_exponential():
    assert roughness(case_of(0.3, "leaky_relu")) < roughness(case_of(1, "sigmoid"))
    assert roughness(case_of(0.3)) < roughness(case_of(1, loss="binary_cross_entropy"))


def test_exponentials_are_counted():
    names = ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "softplus")
    assert [exponentials_of(case_of(1, f)) for f in names] == [0, 0, 0, 1, 1, 1]
    losses = ("mse", "binary_cross_entropy", "cross_entropy")
    assert [exponentials_of(case_of(1, loss=loss)) for loss in losses] == [0, 1, 2]
    assert exponentials_of(case_of(1, "tanh", "cross_entropy")) == 3


def test_what_is_ones_own_is_the_hardest():
    own = mp.Activation("own", np.sin, np.cos, kinks=())
    assert exponentials_of(case_of(1, own)) == 1
    assert roughness(case_of(1, own)) > roughness(case_of(1, "softplus"))
    identity, mse = ACTIVATIONS["identity"], LOSSES["mse"]
    easiest_first = [(identity, identity, mse), (identity, identity, LOSSES["cross_entropy"]),
                     (ACTIVATIONS["relu"], identity, mse), (ACTIVATIONS["tanh"], identity, mse), (own, identity, mse)]
    assert sorted(reversed(easiest_first), key=ease) == easiest_first


@each("value, expected", [
    (0, True), (-3, True), (0.0625, True), (12.25, True), (1e-12, True), (2 + 1e-9, True),
    (np.sqrt(2), False), (1 / 3, False), (0.76159, False), (np.exp(-5), False)])
def test_a_round_number_has_few_digits(value, expected):
    assert is_round(value) == expected


def test_all_results_must_be_round():
    def trial(claimed, measured):
        return Trial(case_of(1), claimed, measured, 1.0)

    round_numbers, root = np.array([5.0, 7.0]), np.array([5.0, np.sqrt(2)])
    assert has_round_results(trial(round_numbers, round_numbers)) and has_round_results(trial(None, None))
    assert not has_round_results(trial(round_numbers, root)) and not has_round_results(trial(root, round_numbers))


def test_the_roughness_of_an_array_is_that_of_its_numbers():
    assert roughness_of_numbers(np.array([[0, 1, 2], [-1, 0.3, -0.0]])).tolist() == [[0, 0, 1], [1, 4, 0]]
    case = case_of(2)
    assert roughness(case)[2] == 1 and roughness(case_of(0.3))[2] == 4 and roughness(case_of(1))[2] == 0


def test_an_input_of_0_is_rougher_than_a_number_that_is_not_plain():
    zero = case_of(1)
    zero.x[...] = 0
    assert roughness(case_of(2)) < roughness(zero) < roughness(case_of(0.3)) and roughness(case_of(1)) < roughness(zero)
