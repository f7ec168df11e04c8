"""Synaptic flow by conservation and by removal, GraSP by differences, OBD and OBS by exact removal from quadratics."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.connections.scores import score_connections
from minprune.scores.data_free import linearised

SMOOTH = ("identity", "sigmoid", "softplus", "tanh")


def flow(linear):
    return linear.predict(np.ones((1, *linear.input_shape))).sum()


def without_max(net):
    return not any(isinstance(layer, mp.MaxPool2D) for layer in net.all_layers.values())


@pytest.mark.parametrize("make", ["random_network", "random_residual"])
def test_the_flow_falls_by_the_score_when_the_weight_goes(make, request):
    nets = [net for net in map(request.getfixturevalue(make), range(20)) if without_max(net)][:6]
    assert len(nets) == 6
    for seed, net in enumerate(nets):
        scores, linear, rng = score_connections(net, "synflow"), linearised(net), np.random.default_rng(seed)
        whole = flow(linear)
        for name, found in scores.items():
            for _ in range(2):
                place, W = tuple(rng.integers(found.shape)), linear.parameters()[name]
                kept, W[place] = W[place], 0
                fall, W[place] = whole - flow(linear), kept
                assert found[place] == pytest.approx(fall, rel=1e-8, abs=1e-10 * whole)


def test_conservation(random_network, close):
    """What goes into a neuron comes out of it, and every layer of a chain carries all of it."""
    for seed in range(14):
        net = random_network(seed)
        scores, neurons, R = score_connections(net, "synflow"), mp.score(net, "synflow"), flow(linearised(net))
        for name, found in scores.items():
            close(found.sum(), R, 1e-10)
        for name, into in neurons.items():
            close(scores[f"{name}.W"].reshape(len(into), -1).sum(axis=1), into, 1e-10)
            reader = net.reader(name)
            close(net.reading(name, reader, scores[f"{reader}.W"]).sum(axis=1), into, 1e-10)


SIXTH = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}               # central differences, exact for polynomials of degree 6


def half_gradient_norm(net, x, t):
    """½ ‖ḡ‖² over all weights."""
    grads = mp.record(net, x, t, "mse").grads()
    return sum(((grad / len(x)) ** 2).sum() for name, grad in grads.items() if name.endswith(".W")) / 2


def test_grasp_is_the_slope_of_the_gradient_norm_in_the_weight(random_network, random_residual, random_samples):
    for net in [make(seed, activations=SMOOTH) for make in (random_network, random_residual) for seed in range(7)]:
        rng, (x, t) = np.random.default_rng(1), random_samples(net, 1, N=2)
        scores = score_connections(net, "grasp", x, t, "mse", batch_size=1)
        for name in rng.choice(list(scores), 1):
            W, largest = net.parameters()[name], np.abs(scores[name]).max()
            place, slope = np.unravel_index(np.abs(scores[name]).argmax(), W.shape), 0.0
            kept = W[place]
            for times, weight in SIXTH.items():
                for sign in (1, -1):
                    W[place] = kept * (1 + sign * times * 4e-3)
                    slope += sign * weight / 4e-3 * half_gradient_norm(net, x, t)
            W[place] = kept
            assert scores[name][place] == pytest.approx(slope, rel=1e-8, abs=1e-10 * max(largest, 1e-3))


def test_grasp_of_neurons_is_the_sum_over_their_weights(random_residual, random_samples, close):
    net = random_residual(2)
    x, t = random_samples(net, 2)
    scores, neurons = score_connections(net, "grasp", x, t, "mse"), mp.score(net, "grasp", x, t, "mse")
    for name, found in neurons.items():
        parts = [scores[f"{member}.W"].reshape(len(found), -1).sum(axis=1) for member in net.members(name)]
        close(found, sum(parts), 1e-9)


def solved_linear(seed, bias=True):
    """One layer of linear neurons at the minimum of its quadratic loss, with its data."""
    rng = np.random.default_rng(seed)
    net, x, t = mp.Network(4, [mp.Dense(3, bias=bias)]), rng.normal(size=(20, 4)), rng.normal(size=(20, 3))
    columns = np.hstack([x, np.ones((20, 1))]) if bias else x
    best = np.linalg.lstsq(columns, t, rcond=None)[0].T
    net["dense1"].W[...] = best[:, :4]
    if bias:
        net["dense1"].b[...] = best[:, 4]
    return net, x, t, columns


def mean_loss(net, x, t):
    return mp.record(net, x, t, "mse").L.mean()


@each("seed", range(5))
def test_obd_is_what_the_removal_of_one_weight_costs_at_the_minimum_of_a_quadratic(seed):
    net, x, t, _ = solved_linear(seed, bias=seed % 2 > 0)
    scores, W, least = score_connections(net, "obd", x, t, "mse")["dense1.W"], net["dense1"].W, mean_loss(net, x, t)
    for place in np.ndindex(W.shape):
        kept, W[place] = W[place], 0
        assert scores[place] == pytest.approx(mean_loss(net, x, t) - least, abs=1e-10)
        W[place] = kept


@each("seed", range(5))
def test_obs_is_what_it_costs_when_all_others_move_to_where_it_costs_least(seed):
    """Least squares without the column; the damping of 10⁻⁴ adds what it weighs."""
    net, x, t, columns = solved_linear(seed, bias=seed % 2 > 0)
    scores, least = score_connections(net, "obs", x, t, "mse")["dense1.W"], mean_loss(net, x, t)
    whole = np.hstack([net["dense1"].W, net["dense1"].b[:, None]])[:, :columns.shape[1]]
    H = columns.T @ columns / len(x)
    for i, j in np.ndindex(scores.shape):
        others = np.delete(columns, j, axis=1)
        best = np.linalg.lstsq(others, t[:, i], rcond=None)[0]
        rise = (((others @ best - t[:, i]) ** 2).mean() - ((columns @ whole[i] - t[:, i]) ** 2).mean()) / 2
        assert scores[i, j] == pytest.approx(rise, rel=3e-3) and scores[i, j] > rise
        damped = whole[i, j] ** 2 / (2 * np.linalg.inv(H + 1e-4 * np.eye(len(H)))[j, j])
        assert scores[i, j] == pytest.approx(damped, rel=1e-8)
    assert least > 0


def test_with_blocks_obs_and_woodfisher_are_the_saliencies_of_the_scores(random_samples, close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Residual([mp.Dense(3, "tanh"), mp.Dense(4)]), mp.Dense(2)], seed=1)
    x, t = random_samples(net, 1, N=9)
    for score, of in (("obs", mp.scores.obs_weights), ("woodfisher", mp.scores.woodfisher_weights)):
        expected, found = of(net, x, t, "mse"), score_connections(net, score, x, t, "mse", batch_size=4)
        assert list(found) == [name for name in expected if name.endswith(".W")]
        for name in found:
            close(found[name], expected[name], 1e-9)
