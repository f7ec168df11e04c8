"""Changed cases, by hand: some samples, neurons in another order, neurons on another scale."""

import itertools

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.verification.formulas import Formula
from minprune.verification.sampling.changed_cases import (
    is_exchange, is_per_sample, orders, permuted_case, reading_weights, rescaled_case, scales, with_samples)
from minprune.verification.sampling.random_networks import Case, draw_cases

NET = mp.Network(1, [mp.Dense(2), mp.Dense(1)])
NET["dense1"].W[...], NET["dense2"].W[...] = [[1], [-2]], [[3, 0.5]]
CASE = Case(NET, "dense1", np.array([[1.0], [2.0], [4.0]]), np.zeros((3, 1)), "mse")
HOMOGENEOUS = {"activation": ["relu", "leaky_relu", "identity"], "neurons": (2, 3, 4)}



# ------------------------------------------------------------------------------------ samples


def test_as_many_neurons_as_samples_are_no_samples():
    case = Case(NET, "dense1", CASE.x[:2], CASE.t[:2], "mse")
    assert not is_per_sample(case, Formula(lambda o: o[:, 0].sum(axis=0)), np.ones(2))
    assert is_per_sample(case, Formula(lambda o: o[:, 0]), np.ones((2, 2)))
    assert not is_per_sample(case, Formula(lambda o: o[:, 0].sum(axis=0)), np.ones(()))


# ------------------------------------------------------------------------------------ orders


def test_two_orders_by_hand():
    assert [order.tolist() for order in orders(2)] == [[1, 0]]
    assert [order.tolist() for order in orders(4)] == [[1, 0, 2, 3], [3, 0, 1, 2]]


@each("count", [2, 3, 4, 5])
def test_all_orders_are_made_of_these_two(count):
    reached, new = {tuple(range(count))}, {tuple(range(count))}
    while new:
        new = {tuple(np.array(one)[order].tolist()) for one in new for order in orders(count)} - reached
        reached |= new
    assert reached == set(itertools.permutations(range(count)))


def test_which_order_is_an_exchange():
    assert [is_exchange(order) for order in orders(3)] == [True, False] and is_exchange(orders(2)[0])


def test_neurons_with_all_that_reads_them():
    net = permuted_case(CASE, [1, 0]).net
    assert (net["dense1"].W.tolist(), net["dense2"].W.tolist()) == ([[-2], [1]], [[0.5, 3]])
    np.testing.assert_array_equal(NET["dense1"].W, [[1], [-2]])                            # the case's own is as it was
    two = mp.Network(1, [mp.Dense(2), mp.Dense(2)])
    two["dense2"].W[...] = [[1, 2], [3, 4]]
    case = Case(two, "dense1", CASE.x, np.zeros((3, 2)), "mse")
    assert permuted_case(case, [1, 0]).net["dense2"].W.tolist() == [[2, 1], [4, 3]]


def test_arrays_of_all_kinds_are_in_the_new_order():
    net = mp.Network(1, [mp.Dense(3, "relu", batch_norm=True), mp.Dense(1)], seed=0)
    layer = net["dense1"]
    for array in layer.arrays().values():
        array[...] = np.arange(3).reshape(-1, *[1] * (array.ndim - 1))
    changed = permuted_case(Case(net, "dense1", CASE.x, CASE.t, "mse"), np.array([2, 0, 1])).net["dense1"]
    assert {"W", "b", "gamma", "beta", "running_mean", "running_var"} <= layer.arrays().keys()
    for array in changed.arrays().values():
        assert array.reshape(3, -1)[:, 0].tolist() == [2, 0, 1]


# ------------------------------------------------------------------------------------ scales


def test_scales_by_hand():
    assert scales(CASE).tolist() == [2, 0.5]
    four = Case(mp.Network(1, [mp.Dense(4), mp.Dense(1)]), "dense1", CASE.x, CASE.t, "mse")
    assert scales(four).tolist() == [2, 0.5, 4, 2]
    net = rescaled_case(CASE).net
    assert (net["dense1"].W.tolist(), net["dense2"].W.tolist()) == ([[2], [-1]], [[1.5, 1]])
    two = mp.Network(1, [mp.Dense(2), mp.Dense(2)])
    two["dense2"].W[...] = [[1, 2], [3, 4]]
    case = Case(two, "dense1", CASE.x, np.zeros((3, 2)), "mse")
    assert rescaled_case(case).net["dense2"].W.tolist() == [[0.5, 4], [1.5, 8]]
    np.testing.assert_array_equal(NET["dense1"].W, [[1], [-2]])                            # the case's own is as it was


def test_biases_are_scaled_as_well():
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].b[...] = 3, 8
    assert rescaled_case(Case(net, "dense1", CASE.x, CASE.t, "mse")).net["dense1"].b.tolist() == [6, 4]


def test_with_batch_norm_gamma_and_beta_are_scaled():
    normed = mp.Network(1, [mp.Dense(2, "relu", batch_norm=True), mp.Dense(1)])
    normed["dense1"].beta[...] = 3
    layer = rescaled_case(Case(normed, "dense1", CASE.x, CASE.t, "mse")).net["dense1"]
    assert (layer.gamma.tolist(), layer.beta.tolist()) == ([2, 0.5], [6, 1.5])
    np.testing.assert_array_equal(layer.W, normed["dense1"].W)


# ------------------------------------------------------------------------------------ the same function


def test_each_changed_case_is_made_once():
    case = Case(CASE.net, CASE.layer, CASE.x, CASE.t, "mse")
    for change, one, other in ((with_samples, [0], [1]), (with_samples, range(0, 2), [0, 0]),
                               (permuted_case, [1, 0], [0, 0])):
        assert change(case, one) is change(case, np.array(one)) is not change(case, other)
    assert rescaled_case(case) is rescaled_case(case) and len(case.kept) == 7
    np.testing.assert_array_equal(with_samples(case, [2, 1, 0]).x, case.x[::-1])
    np.testing.assert_array_equal(with_samples(case, [2, 1, 0]).t, case.t[::-1])


def test_reading_weights_have_a_column_for_each_neuron():
    net = mp.Network((1, 2, 1), [mp.Conv2D(2, 1), mp.Flatten(), mp.Dense(1)])
    net["dense1"].W[...] = [[1, 2, 3, 4]]                                   # two positions of two neurons
    (columns,) = reading_weights(net, "conv1")
    assert columns.tolist() == [[1, 2], [3, 4]] and np.shares_memory(columns, net["dense1"].W)
    projected = mp.Network(3, [mp.Dense(2), mp.Residual([mp.Dense(4)], mp.Dense(4)), mp.Dense(1)])
    assert [columns.shape for columns in reading_weights(projected, "dense1")] == [(4, 2), (4, 2)]


@pytest.mark.parametrize("where", [HOMOGENEOUS, {**HOMOGENEOUS, "layers": "conv"},
                                   {**HOMOGENEOUS, "batch_norm": True}, {**HOMOGENEOUS, "residual": True}])
def test_outputs_and_losses_stay_the_same(where):
    for case in draw_cases(where, 10, 0, lambda case: not case.coupled and case.net[case.layer].K > 1):
        K, o = case.net[case.layer].K, case.trace[case.layer].o
        for order in orders(K):
            changed = permuted_case(case, order)
            np.testing.assert_allclose(changed.trace.L, case.trace.L, rtol=1e-10, atol=1e-12)
            np.testing.assert_allclose(changed.trace[case.layer].o, o[..., order], atol=1e-12)
        changed = rescaled_case(case)
        np.testing.assert_allclose(changed.trace.L, case.trace.L, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(changed.trace[case.layer].o, o * scales(case), atol=1e-12)
        assert changed.x is case.x or (changed.x == case.x).all()
