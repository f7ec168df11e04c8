"""Kinks: no sample lies so near to one that a central difference crosses it, and some lie near."""

import functools

import numpy as np

import minprune as mp
from cases import each
from minprune.engine.pooling import MaxPool2D
from minprune.verification.quantities import STEP
from minprune.verification.sampling.kinks import MARGIN, MOVE, is_clear, leads, margins_of, reach
from minprune.verification.sampling.random_networks import draw_cases
from minprune.verification.sampling.where import Where


def drawn(where=None, count=40, seed=0):
    return draw_cases(Where(where), count, seed)


def layers(case, kind=object):
    return [layer for layer in case.net.all_layers.values() if isinstance(layer, kind)]


@functools.cache
def kinked():
    return [case for where in ({}, {"layers": "conv"}, {"residual": True}, {"layers": "conv", "pooling": "max"},
                               {"layers": "conv", "pooling": "max", "residual": True},
                               {"layers": "conv", "batch_norm": True, "pooling": "max"})
            for case in drawn({"activation": ["relu", "leaky_relu"], **where}, 15)]


def test_no_z_and_no_window_lies_near_a_kink():
    """Looked at one by one: |z| of each relu, and the lead of the largest of each window."""
    for case in kinked() + drawn({"layers": "conv"}, 60):
        for layer in layers(case):
            trace = case.trace[layer.name]
            if hasattr(layer, "f") and layer.f.kinks:
                assert np.abs(trace.z).min() > MOVE
            if isinstance(layer, MaxPool2D):
                for window in windows(layer, trace.x):
                    second, first = np.sort(window)[-2:]
                    assert first - second > 2 * MOVE


def windows(pool, x):
    """The numbers of each window, one after the other."""
    for n, row, column, channel in np.ndindex(len(x), *pool.output_shape):
        top, left = row * pool.stride[0], column * pool.stride[1]
        yield x[n, top:top + pool.size[0], left:left + pool.size[1], channel].ravel()


def sides(net, trace):
    """On which side of each kink a pass is: the signs of z, and where the largest of each window is."""
    found = []
    for layer in net.all_layers.values():
        if layer.name in trace:
            if hasattr(layer, "f") and layer.f.kinks:
                found.append(np.sign(trace[layer.name].z))
            if isinstance(layer, MaxPool2D):
                found.append(np.array([one.argmax() for one in windows(layer, trace[layer.name].x)]))
    return found


def same_sides(one, other):
    return len(one) == len(other) and all((a == b).all() for a, b in zip(one, other))


def test_no_move_of_a_difference_crosses_a_kink():
    """Second derivatives move a number by 3 steps, and a second measurement by 1.4 of these: no kink is crossed."""
    h, crossed, tried = 3 * 1.4 * STEP, 0, 0
    for case in kinked()[::2]:
        net, name, trace = case.net.copy(), case.layer, case.net.forward(case.x)
        here = sides(net, trace.layers)
        from_o = sides(net, net.run_from(name, trace[name].o, trace)[1])
        for index in np.ndindex(trace[name].o.shape[1:]):
            for move in (h, -h):
                o = trace[name].o.copy()
                o[(slice(None), *index)] += move
                crossed += not same_sides(from_o, sides(net, net.run_from(name, o, trace)[1]))
                tried += 1
        for array in (net[name].W, net[name].b):
            for index in np.ndindex(array.shape):
                for move in (h, -h):
                    old, array[index] = array[index], array[index] + move
                    crossed += not same_sides(here, sides(net, net.forward(case.x).layers))
                    array[index] = old
                    tried += 1
    assert tried > 1000 and crossed == 0


def test_some_z_lie_near_a_kink_on_both_sides():
    """A slope that jumps at ±0.05 instead of 0 is seen to be wrong."""
    z = np.concatenate([case.trace[case.layer].z.ravel() for case in drawn({"activation": "relu"}, 200)])
    assert ((z > 0) & (z < 0.05)).sum() >= 4 <= ((z < 0) & (z > -0.05)).sum()


def test_what_is_clear_of_a_kink_by_hand():
    """A number up to 1 is moved by MOVE, of which z must not come as near to 0."""
    x = np.array([[0.0], [0.008], [-0.008], [0.01], [-0.01], [3.0]])
    np.testing.assert_array_equal(is_clear(one_neuron(), x), [False, False, False, True, True, True])
    np.testing.assert_array_equal(is_clear(one_neuron("leaky_relu"), 10 * x, move=0.05), [False, *[True] * 5])
    assert is_clear(one_neuron("tanh"), x).all() and is_clear(one_neuron("identity"), x).all()
    assert not is_clear(one_neuron(), np.array([[MOVE]])).any()


def test_margins_are_wider_where_weights_reach_far():
    """z = γ (w x + b) / √var: a move of w by h moves z by h x γ / √var, one of b by h γ / √var."""
    net = mp.Network(1, [mp.Dense(1, "relu", batch_norm=True), mp.Dense(1)])
    layer = net["dense1"]
    for x, gamma, var, wider in ((1, 1, 1, 1), (0.1, 1, 1, 1), (10, 1, 1, 10), (-15, 1, 1, 15), (10, 2, 1, 20),
                                 (10, -2, 1, 20), (10, 1, 1 / 9, 30), (5, 0.1, 4, 5), (0.1, 3, 1, 3)):
        layer.W[...], layer.gamma[...], layer.running_var[...] = 0, gamma, var
        seen = []
        for layer.b[...] in np.array([0.9, 1.1, -0.9, -1.1]) * MOVE * wider * np.sqrt(var) / gamma:
            seen.append(is_clear(net, np.array([[x]], float)).item())
        assert seen == [False, True, False, True], (x, gamma, var)


def test_moves_are_passed_on_to_the_layers_behind():
    """z″ = 3 (2 x): a move of x by h moves z by 2 h and z″ by 6 h, and so does one of the weight 3 where z is 6."""
    net = mp.Network(1, [mp.Dense(1, "relu"), mp.Dense(1, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...], net["dense3"].W[...] = 2, 3, 0
    margins = margins_of(net, net.forward(np.array([[1.0], [3.0], [100.0]])), MOVE)
    np.testing.assert_allclose(margins["dense1"], np.array([2, 3, 100]) * MOVE)
    np.testing.assert_allclose(margins["dense2"], [6 * MOVE, 9 * MOVE, 300 * MOVE])


def test_no_margin_is_wider_than_what_is_enough():
    """1000 x: moves would be passed on by the factor 1000."""
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...], net["dense3"].W[...] = 10, 10, 10
    margins = margins_of(net, net.forward(np.array([[1e-3], [10.0]])), MOVE)
    np.testing.assert_allclose(margins["dense3"], [MARGIN, 1000 * MOVE])
    np.testing.assert_allclose(margins["dense2"], [MARGIN, 100 * MOVE])


def test_the_layer_that_reads_the_largest_numbers():
    net, x = one_neuron(), np.array([[0.1], [0.2]])
    net["dense2"].W[...] = 0
    reading = mp.Network(1, [mp.Dense(1, "relu"), mp.Dense(1), mp.Dense(1)])
    for array in reading.parameters().values():
        array[...] = 0
    reading["dense1"].W[...], reading["dense2"].b[...] = 1, 10
    np.testing.assert_allclose(reach(reading, reading.forward(x)), 10)
    np.testing.assert_allclose(reach(net, net.forward(10 * x)), [1, 2])


def one_neuron(activation="relu"):
    """z = x."""
    net = mp.Network(1, [mp.Dense(1, activation), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = 1, 0
    return net


def test_all_neurons_of_all_layers_must_be_clear():
    net = mp.Network(2, [mp.Residual([mp.Dense(2, "relu")]), mp.Dense(1, "relu")])
    net["dense1"].W[...], net["dense2"].W[...] = np.eye(2), (1, -1)
    x = np.array([[1, -1], [1, 0.005], [0.005, 1], [1.0, 2.0], [1.0, 1.01], [0.5, -2]])
    # dense2 reads x + relu(x): 2 − −1, –, –, 2 − 4, 2 − 2.02, 1 − −2
    np.testing.assert_array_equal(is_clear(net, x), [True, False, False, True, False, True])


def test_ties_of_windows_by_hand():
    net = mp.Network((1, 4, 1), [mp.Conv2D(1, 1), mp.MaxPool2D((1, 2)), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...] = 1
    x = np.array([[1, 2, 3, 4], [1, 1, 3, 4], [1, 2, 3.05, 3], [1, 2, -3, 3], [1, 1.09, 0, 5]]).reshape(5, 1, 4, 1)
    np.testing.assert_array_equal(is_clear(net, x), [True, False, False, True, True])
    np.testing.assert_allclose(leads(net["maxpool1"], x).reshape(5, 2)[[0, 2, 3]], [[1, 1], [1, 0.05], [1, 6]])
    mean = mp.Network((1, 4, 1), [mp.Conv2D(1, 1), mp.AvgPool2D((1, 2)), mp.Flatten(), mp.Dense(1)])
    assert is_clear(mean, x).all()


@each("size, stride", [((2, 2), None), ((1, 3), 1), ((2, 1), 2), ((3, 2), 1), (1, 1), (1, 2)])
def test_leads_are_those_of_windows_looked_at_one_by_one(size, stride):
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 3))
    net = mp.Network((4, 5, 3), [mp.MaxPool2D(size, stride)])
    pool = net["maxpool1"]
    found = leads(pool, x)
    assert found.shape == (2, *pool.output_shape)
    naive = [np.diff(np.sort(one)[-2:]).item() if len(one) > 1 else np.inf for one in windows(pool, x)]
    np.testing.assert_array_equal(found.ravel(), naive)


def test_a_window_of_one_is_no_tie():
    net = mp.Network((1, 2, 1), [mp.Conv2D(1, 1), mp.MaxPool2D(1), mp.Flatten(), mp.Dense(1)])
    assert is_clear(net, np.zeros((3, 1, 2, 1))).all()
