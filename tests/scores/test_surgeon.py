"""Optimal brain surgeon: saliencies against what removal really costs."""

import numpy as np
import pytest

import minprune as mp
from minprune.scores.hessian import hessian, weight_names
from minprune.scores.second_order import obd_weights
from minprune.scores.surgeon import (layer_hessians, layerwise_obs_remove, layerwise_obs_weights, obs_remove,
                                     obs_weights)


def raveled(net, arrays):
    return np.concatenate([arrays[key].ravel() for key in weight_names(net)])


def mean_loss(net, x, t, loss="mse"):
    return mp.record(net, x, t, loss).L.mean()


# Saliencies

@pytest.fixture
def regression():
    """A network that is linear, fitted exactly, on more samples than weights: the loss is quadratic."""
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
    net = mp.Network(3, [mp.Dense(2)])
    solution = np.linalg.lstsq(np.hstack([x, np.ones((20, 1))]), t, rcond=None)[0]
    net["dense1"].W[...], net["dense1"].b[...] = solution[:3].T, solution[3]
    return net, x, t


def test_where_the_loss_is_quadratic_the_surgeon_is_exact(regression, close):
    """Linear regression: the saliency is what the best fit without that weight costs, the update is that fit."""
    net, x, t = regression
    saliencies = obs_weights(net, x, t, "mse", batch_size=7, damping=0)
    ones = np.hstack([x, np.ones((20, 1))])
    for i, j in np.ndindex(2, 4):
        without = np.delete(ones, j, axis=1)
        best = np.linalg.lstsq(without, t[:, i], rcond=None)[0]
        key, place = ("dense1.W", (i, j)) if j < 3 else ("dense1.b", i)
        other = obs_remove(net, key, place, x, t, "mse", damping=0)
        row = np.append(other["dense1"].W[i], other["dense1"].b[i])
        assert row[j] == 0
        close(np.delete(row, j), best)
        close(other["dense1"].W[1 - i], net["dense1"].W[1 - i])
        cost = mean_loss(other, x, t) - mean_loss(net, x, t)
        np.testing.assert_allclose(cost, saliencies[key][place], rtol=1e-9)
        assert cost < obd_weights(net, x, t, "mse")[key][place]         # OBD lets nobody make up for it


def test_without_mixed_derivatives_the_surgeon_is_optimal_brain_damage(close):
    """Inputs that are each other's opposite half the time: H is diagonal."""
    net = mp.Network(2, [mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = [[2, 3]], 5
    x = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]]) * [1, 2]
    one, other = obs_weights(net, x, net.predict(x), "mse", damping=0), obd_weights(net, x, net.predict(x), "mse")
    assert one["dense1.W"].tolist() == [[2, 18]]
    for key in one:
        close(one[key], other[key])


def test_the_update_is_the_least_of_the_quadratic(random_samples, close):
    """Of all moves that take the weight to 0, none costs less; ½ δᵀ H δ is the saliency."""
    net = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(2)], seed=4)
    x, t = random_samples(net, 0, 5)
    H = hessian(net, x, t, "mse") + 0.01 * np.eye(17)
    L = obs_weights(net, x, t, "mse", damping=0.01)["dense1.W"][1, 0]
    other = obs_remove(net, "dense1.W", (1, 0), x, t, "mse", damping=0.01)
    move = raveled(net, other.parameters()) - raveled(net, net.parameters())
    close(0.5 * move @ H @ move, L, 1e-9)
    rng = np.random.default_rng(0)
    for _ in range(20):
        more = rng.normal(size=17)
        more[2] = 0                                                         # keeps w at 0
        assert 0.5 * (move + more) @ H @ (move + more) > L


def test_removal_leaves_the_network_as_it_was_and_names_what_is_wrong(regression, fingerprint):
    net, x, t = regression
    before = fingerprint(net)
    obs_remove(net, "dense1.b", -1, x, t, "mse")
    layerwise_obs_remove(net, "dense1.W", (1, -1), x)
    assert fingerprint(net) == before
    for remove, given in ((obs_remove, (x, t, "mse")), (layerwise_obs_remove, (x,))):
        with pytest.raises(ValueError, match='unknown weight "dense1.w"; .*Known: dense1.W, dense1.b'):
            remove(net, "dense1.w", (0, 0), *given)
        with pytest.raises(IndexError):
            remove(net, "dense1.W", (0, 3), *given)
        with pytest.raises(ValueError, match=r"index expects the place of one number in dense1.W of shape .*, got 0$"):
            remove(net, "dense1.W", 0, *given)


def test_the_scores_are_sums_over_the_incoming_weights(random_samples, close):
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 2, "tanh"), mp.Flatten(), mp.Dense(3, "tanh"), mp.Dense(2)], seed=1)
    x, t = random_samples(net, 0, 5)
    both = {"obs": obs_weights(net, x, t, "mse"), "layerwise_obs": layerwise_obs_weights(net, x)}
    for score, weights in both.items():
        given = (x,) if score == "layerwise_obs" else (x, t, "mse")
        for name, values in mp.score(net, score, *given).items():
            close(values, [sum(weights[f"{name}.W"][i].ravel()) for i in range(net[name].K)])


def test_the_damped_inverse_is_the_one_made_sample_by_sample(random_samples, close):
    """A⁻¹ ← A⁻¹ − A⁻¹ J Jᵀ A⁻¹ / (N + Jᵀ A⁻¹ J) from A = damping · 1: one output, squared error."""
    net = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(1)], seed=4)
    x, t = random_samples(net, 0, 5)
    A_inverse = np.eye(13) / 0.01
    for n in range(5):
        trace = net.forward(x[n:n + 1])
        net.backward(trace, np.ones((1, 1)))
        v = A_inverse @ raveled(net, trace.grads())
        A_inverse -= np.outer(v, v) / (5 + raveled(net, trace.grads()) @ v)
    saliencies = raveled(net, net.parameters()) ** 2 / (2 * np.diag(A_inverse))
    close(raveled(net, obs_weights(net, x, t, "mse", damping=0.01)), saliencies, 1e-9)


# XOR

def xor():
    """y = v₁ relu(½ (x₁ + x₂) + ½) − ⅓ relu(8 (x₁ + x₂) − 10) − 1, v₁ = 2: XOR, exactly, off all kinks.

    The first neuron's bias and the output's undo each other (2 · ½ − 1 = 0): without both it is XOR still. The
    smallest weight, −⅓, makes the whole exception at (1, 1), and the first neuron's weights the rule.
    """
    net = mp.Network(2, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = [[0.5, 0.5], [8, 8]], [0.5, -10]
    net["dense2"].W[...], net["dense2"].b[...] = [[2, -1 / 3]], -1
    x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    return net, x, np.array([[0.0], [1], [1], [0]])


def without(net, key, place):
    other = net.copy()
    other.parameters()[key][place] = 0
    return other


def is_xor(net, x, t):
    return ((net.predict(x) > 0.5) == (t > 0.5)).all()


def smallest(arrays):
    """(name, place) of the smallest entry."""
    key = min(arrays, key=lambda key: arrays[key].min())
    return key, np.unravel_index(arrays[key].argmin(), arrays[key].shape)


def test_of_xors_weights_only_the_surgeon_picks_the_right_one():
    net, x, t = xor()
    assert mean_loss(net, x, t) < 1e-30
    by_size = smallest({key: np.abs(array) for key, array in net.parameters().items()})
    by_damage = smallest(obd_weights(net, x, t, "mse"))
    by_surgery = smallest(obs_weights(net, x, t, "mse"))
    assert by_size == ("dense2.W", (0, 1)) and by_damage[0] == "dense1.W" and by_damage[1][0] == 0
    assert by_surgery in [("dense1.b", (0,)), ("dense2.b", (0,))]
    # What they leave: magnitude and OBD just delete, OBS also moves the rest. The first two lose XOR, even if the
    # surgeon's update is lent to them; the last keeps it, and retraining can get back to no error at all.
    np.testing.assert_allclose(mean_loss(without(net, *by_size), x, t), 0.5)        # y(1, 1) = 2
    np.testing.assert_allclose(mean_loss(without(net, *by_damage), x, t), 0.25)     # y is 1 too low twice
    for wrong in (by_size, by_damage):
        assert not is_xor(without(net, *wrong), x, t)
        assert mean_loss(obs_remove(net, *wrong, x, t, "mse"), x, t) > 0.4
    other = obs_remove(net, *by_surgery, x, t, "mse")
    assert mean_loss(other, x, t) < 0.024 and is_xor(other, x, t)
    assert mean_loss(without(without(net, "dense1.b", 0), "dense2.b", 0), x, t) < 1e-30


def test_what_others_can_replace_costs_no_more_than_the_damping():
    """The surgeon's choice: δ = (½, 1) on the two biases, of cost ½ damping (¼ + 1) at most."""
    net, x, t = xor()
    for damping in (1e-4, 1e-6):
        saliencies = obs_weights(net, x, t, "mse", damping=damping)
        for key, place in (("dense1.b", 0), ("dense2.b", 0)):
            assert 0 < saliencies[key][place] <= 0.5 * damping * 1.25 * (1 + 1e-6)


# Whole neurons

def test_a_neurons_removal_by_lagrange(random_samples, close):
    """min ½ δᵀ H δ with the outgoing weights taken to 0, solved as a linear system with multipliers."""
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 2, "tanh"), mp.MaxPool2D(3, 2), mp.Flatten(), mp.Dense(3, "tanh"),
                                 mp.Dense(2)], seed=1)
    x, t = random_samples(net, 0, 5)
    P = sum(net.parameters()[key].size for key in weight_names(net))
    H, w = hessian(net, x, t, "mse") + 0.01 * np.eye(P), raveled(net, net.parameters())
    scores = mp.score(net, "obs_neurons", x, t, "mse", damping=0.01)
    for name in net.hidden_layers:
        for i in range(net[name].K):
            alone = mp.mask(net, {name: np.arange(net[name].K) != i})
            marked = {key: np.zeros_like(array) for key, array in net.parameters().items()}
            after = net.reader(name)
            marked[f"{after}.W"].reshape(-1, net[name].K)[:, i] = 1
            G = np.flatnonzero(raveled(net, marked))
            C = np.eye(P)[G]
            system = np.block([[H, C.T], [C, np.zeros((len(G), len(G)))]])
            move = np.linalg.solve(system, np.append(np.zeros(P), -w[G]))[:P]
            close(scores[name][i], 0.5 * move @ H @ move, 1e-9)
            cut = net.copy()                            # and these weights are the ones that removal silences
            cut[after].W.reshape(-1, net[name].K)[:, i] = 0
            close(cut.predict(x), alone.predict(x))


def test_two_neurons_that_stand_in_for_each_other_cost_nothing_alone():
    net = mp.Network(1, [mp.Dense(3, "tanh"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...], net["dense2"].W[...] = [[1], [1], [3]], [0, 0, 1], [[2, 3, 2]]
    x = np.linspace(-2, 2, 9)[:, np.newaxis]
    given = x, net.predict(x), "mse"
    scores = mp.score(net, "obs_neurons", *given, damping=1e-8)["dense1"]
    exact = mp.score(net, "removal", *given)["dense1"]
    assert scores[:2].max() < 1e-6 < 1e-3 < scores[2] and exact.min() > 1


# Layer by layer

def test_layer_hessians_by_naive_loops(random_samples, close):
    net = mp.Network((4, 4, 2), [mp.Conv2D(2, 2, "tanh", padding=1, stride=2), mp.Flatten(), mp.Dense(2)], seed=1)
    x, _ = random_samples(net, 0, 3)
    H, padded = np.zeros((9, 9)), np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    for n, r, c in np.ndindex(3, 3, 3):
        read = np.append(padded[n, 2 * r:2 * r + 2, 2 * c:2 * c + 2].ravel(), 1)
        H += np.outer(read, read) / 27
    found = layer_hessians(net, x, batch_size=2)
    close(found["conv1"], H)
    assert list(found) == ["conv1", "dense1"] and found["dense1"].shape == (19, 19)


@pytest.mark.parametrize("layer", ["conv1", "dense1"])
def test_layer_by_layer_the_surgeon_is_exact(layer, random_samples, close):
    """½ mean (Δa)² after the update is the saliency, and least squares finds no better weights."""
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 2, "tanh"), mp.MaxPool2D(3), mp.Flatten(), mp.Dense(2, "tanh"),
                                 mp.Dense(1)], seed=1)
    net[layer].b[...] = [0.3, -0.4]
    x, _ = random_samples(net, 0, 20)
    saliencies = layerwise_obs_weights(net, x, batch_size=7, damping=0)
    read = net[layer].patches(net.forward(x)[layer].x)
    read = read.reshape(-1, read.shape[-1])
    read = np.hstack([read, np.ones((len(read), 1))])
    for key, i, place, j in (("W", 1, (1, 1, 0, 0) if layer == "conv1" else (1, 0), 2 if layer == "conv1" else 0),
                             ("b", 0, 0, -1)):
        other = layerwise_obs_remove(net, f"{layer}.{key}", place, x, damping=0)
        row, old = (np.append(which[layer].W[i].ravel(), which[layer].b[i]) for which in (other, net))
        assert row[j] == 0
        close(0.5 * ((read @ (row - old)) ** 2).mean(), saliencies[f"{layer}.{key}"][place], 1e-9)
        best = np.linalg.lstsq(np.delete(read, j % len(old), axis=1), read @ old, rcond=None)[0]
        close(np.delete(row, j % len(old)), best, 1e-9)
        np.testing.assert_array_equal(other[layer].W[1 - i], net[layer].W[1 - i])
        for name in set(net.parameters()) - {f"{layer}.W", f"{layer}.b"}:
            np.testing.assert_array_equal(other.parameters()[name], net.parameters()[name])


def test_layer_by_layer_nobody_asks_who_reads_the_neuron(random_samples):
    net = mp.Network(3, [mp.Dense(3, "tanh"), mp.Dense(1)], seed=1)
    net["dense1"].W[1] *= 5
    net["dense2"].W[:, 1] = 0
    x, t = random_samples(net, 0, 9)
    assert mp.score(net, "layerwise_obs", x)["dense1"].argmax() == 1
    assert mp.score(net, "removal", x, t, "mse")["dense1"][1] == 0


def test_float32_networks_are_scored_in_double_precision(random_samples):
    nets = [mp.Network(3, [mp.Dense(3, "tanh"), mp.Dense(2)], seed=1, dtype=dtype)
            for dtype in ("float32", "float64")]
    x, t = random_samples(nets[0], 0, 9)
    for one, other in zip(*[obs_weights(net, x, t, "mse").values() for net in nets]):
        assert one.dtype == float
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)
    assert obs_remove(nets[0], "dense1.W", (0, 1), x, t, "mse")["dense1"].W.dtype == np.float32
