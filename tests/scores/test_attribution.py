"""Attribution: shares must add up; and by hand, by definition, and by what they are for a linear network."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.scores.attribution import conductance, integrated_gradients, internal_influence
from minprune.scores.relevance import deeplift, lrp_epsilon, lrp_zplus

EVERY = (integrated_gradients, conductance, internal_influence, deeplift, lrp_epsilon, lrp_zplus)
PATHS = (integrated_gradients, conductance, internal_influence)
EACH = pytest.mark.parametrize("function", EVERY, ids=lambda one: one.__name__)


def number(net, y, t, of="output"):
    """F_n for mse."""
    return mp.LOSSES["mse"](y, t) if of == "loss" else (t * y).reshape(len(y), -1).sum(axis=1)


def difference(net, x, t, baseline=0.0, of="output"):
    """mean_n [F(x_n) − F(baseline)]."""
    start = np.broadcast_to(baseline, x.shape)
    return (number(net, net.predict(x), t, of) - number(net, net.predict(start), t, of)).mean()


# Shares add up

def test_conductance_adds_up_in_every_layer(kind, random_network, random_samples):
    net = random_network(1, kind, smooth=True)
    x, t = random_samples(net, 1, 3)
    start = np.random.default_rng(1).normal(size=net.input_shape)
    for of, baseline in (("output", 0.0), ("output", start), ("loss", start)):
        scores = conductance(net, x, t, "mse", steps=20, baseline=baseline, of=of, absolute=False)
        expected = difference(net, x, t, baseline, of)
        for shares in scores.values():
            assert abs(shares.sum() - expected) < 1e-3 * max(1, abs(expected)), of


def test_integrated_gradients_add_up_to_silencing_the_layer(kind, random_network, random_samples):
    net = random_network(2, kind, smooth=True)
    x, t = random_samples(net, 2, 4)
    trace = net.forward(x)
    for of in ("output", "loss"):
        scores = integrated_gradients(net, x, t, "mse", batch_size=3, steps=20, of=of, absolute=False)
        for name, shares in scores.items():
            silent = net.tail(name, np.zeros_like(trace[name].o))
            expected = (number(net, trace.y, t, of) - number(net, silent, t, of)).mean()
            assert abs(shares.sum() - expected) < 5e-4 * max(1, abs(expected)), of


@pytest.mark.parametrize("function", PATHS)
def test_the_error_of_the_path_falls_with_the_square_of_the_steps(function):
    """The midpoint rule, where F is smooth."""
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(3, "sigmoid"), mp.Dense(2)], seed=1)
    x, t = np.random.default_rng(0).normal(size=(6, 3)), np.ones((6, 2))
    errors = []
    for steps in (8, 16, 32, 128):
        errors.append(function(net, x, t, "mse", steps=steps, absolute=False)["dense1"])
    errors = [np.abs(one - errors[-1]).max() for one in errors[:-1]]
    assert 3.5 < errors[0] / errors[1] < 4.5 and 3.5 < errors[1] / errors[2] < 4.5


@each("seed", range(2))
def test_deeplift_adds_up_exactly(seed, kind, random_network, random_samples):
    """Every activation, max pooling too, whatever the baseline."""
    net = random_network(seed, kind)
    x, t = random_samples(net, seed, 4)
    for baseline in (0.0, 1.0, np.random.default_rng(seed).normal(size=net.input_shape)):
        expected = difference(net, x, t, baseline)
        for shares in deeplift(net, x, t, "mse", batch_size=3, baseline=baseline, absolute=False).values():
            assert abs(shares.sum() - expected) < 1e-10 * max(1, abs(expected))


def without_biases(net):
    for name in net.neuron_layers:
        for key in ("b", "beta", "running_mean"):
            if getattr(net[name], key) is not None:
                getattr(net[name], key)[...] = 0
    return net


@each("seed", range(2))
def test_epsilon_relevance_is_conserved_without_biases(seed, kind, random_network, random_samples):
    """To the relevance of the outputs t · y; with relu a layer may be dead: then there is nothing to conserve."""
    net = without_biases(random_network(seed, kind, activations=["leaky_relu", "tanh"]))
    x, t = random_samples(net, seed, 4)
    expected = number(net, net.predict(x), t).mean()
    for shares in lrp_epsilon(net, x, t, "mse", batch_size=3, epsilon=1e-13, absolute=False).values():
        assert abs(shares.sum() - expected) < 1e-6 * max(1, np.abs(shares).sum())


@pytest.mark.parametrize("seed", range(2))
def test_zplus_relevance_is_conserved_where_something_speaks_for_each(seed, kind, random_network, random_samples):
    """Sigmoids are always above 0, so that one positive weight in each row does. Biases do not matter."""
    net = random_network(seed, kind, activations=["sigmoid", "softplus"])
    for name in net.neuron_layers:
        layer = net[name]
        layer.W[...] = np.abs(layer.W) if layer.gamma is None else np.sign(layer.gamma).reshape(
            -1, *[1] * (layer.W.ndim - 1)) * np.abs(layer.W)
    x, t = random_samples(net, seed, 4)
    convs = [layer for layer in net.layers.values() if isinstance(layer, mp.Conv2D)]
    if any(max(zeros) >= size for layer in convs for zeros, size in zip(layer.zeros, layer.kernel)):
        pytest.skip("a patch of padding alone has nothing to give")
    expected = number(net, net.predict(x), t).mean()
    for shares in lrp_zplus(net, x, t, "mse", batch_size=3, absolute=False).values():
        assert abs(shares.sum() - expected) < 1e-10 * max(1, abs(expected))


# By hand and by definition

def test_a_linear_network_leaves_no_choice(close):
    """F = Σ_i v_i o_i: all shares are v_i o_i (less those of the baseline), and the slope is v_i."""
    net = mp.Network(2, [mp.Dense(3), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, 2], [-1, 1], [0, 3]], [[2, -1, 5]]
    x, t = np.array([[1.0, 1], [2, -1]]), np.ones((2, 1))
    shares = np.array([[6.0, 0, 15], [0, 3, -15]])                  # v_i o_i: o = (3, 0, 3), (0, −3, −3)
    for function in (integrated_gradients, conductance, deeplift):
        close(function(net, x, t, "mse")["dense1"], np.abs(shares).mean(axis=0))
        close(function(net, x, t, "mse", absolute=False)["dense1"], shares.mean(axis=0), least=1)
    close(lrp_epsilon(net, x, t, "mse", epsilon=0)["dense1"], np.abs(shares).mean(axis=0))
    close(internal_influence(net, x, t, "mse")["dense1"], [2, 1, 5])
    baseline = np.array([1.0, 0.0])
    for function in (conductance, deeplift):
        close(function(net, x, t, "mse", baseline=baseline, absolute=False)["dense1"],
              (shares - [2, 1, 0]).mean(axis=0), least=1)


def test_zplus_by_hand():
    """o = (3, 0, 3) gives 6, 0, 15, all for: R = y = 21 is shared as they are. o = (0, −3, −3) gives 0, 3, −15: only
    3 speaks for, and gets all of y = −12."""
    net = mp.Network(2, [mp.Dense(3), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, 2], [-1, 1], [0, 3]], [[2, -1, 5]]
    x, t = np.array([[1.0, 1], [2, -1]]), np.ones((2, 1))
    np.testing.assert_allclose(lrp_zplus(net, x, t, "mse", absolute=False)["dense1"], [3, -6, 7.5])
    np.testing.assert_allclose(lrp_zplus(net, x, t, "mse")["dense1"], [3, 6, 7.5])


def test_epsilon_by_hand():
    """y = 2 · 3 + 1 · 1 − 3 (bias) = 4, and ε = 1 makes it 5; y = 2 · ½ + 1 − 3 = −1, and ε makes it −2."""
    net = mp.Network(2, [mp.Dense(2), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...], net["dense2"].b[...] = np.eye(2), [[2, 1]], -3
    scores = lrp_epsilon(net, [[3.0, 1.0]], [[1.0]], "mse", epsilon=1.0, absolute=False)["dense1"]
    np.testing.assert_allclose(scores, [6 / 5 * 4, 1 / 5 * 4])
    scores = lrp_epsilon(net, [[0.5, 1.0]], [[1.0]], "mse", epsilon=1.0, absolute=False)["dense1"]
    np.testing.assert_allclose(scores, [1 / -2 * -1, 1 / -2 * -1])


def test_a_saturated_relu_by_hand():
    """F = 1 − relu(1 − x) at x = 2 (Shrikumar's example): the slope at x is 0, the output changed by 1."""
    net = mp.Network(1, [mp.Dense(1, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...], net["dense2"].W[...], net["dense2"].b[...] = -1, 1, -1, 1
    x, t = [[2.0]], [[1.0]]
    assert mp.score(net, "taylor", x, t, "mse")["dense1"].tolist() == [0]
    for function in (conductance, deeplift):
        np.testing.assert_allclose(function(net, x, t, "mse", absolute=False)["dense1"], [1])
    assert integrated_gradients(net, x, t, "mse")["dense1"].tolist() == [0]     # silent at x: nothing to grow


def test_conductance_is_the_sum_over_inputs_of_the_papers_definition(near):
    """Σ_d (x_d − x̄_d) ∫ ∂F/∂o_i · ∂o_i/∂x_d dα, with each ∂o_i/∂x_d by central differences."""
    net = mp.Network(3, [mp.Dense(2, "tanh"), mp.Dense(3, "sigmoid"), mp.Dense(2)], seed=5)
    x, t = np.random.default_rng(1).normal(size=(1, 3)), np.array([[1.0, -2.0]])
    steps = 16
    scores = conductance(net, x, t, "mse", steps=steps, absolute=False)
    for name in ("dense1", "dense2"):
        total = np.zeros(net[name].K)
        for step in range(steps):
            at = (step + 0.5) / steps * x
            jacobian = mp.finite_difference(lambda x: net.forward(x)[name].o[0], at.copy()).reshape(3, -1)
            trace = net.forward(at)
            net.backward(trace, t)
            total += trace[name].do[0] * (x[0] @ jacobian) / steps
        near(scores[name], total)


def test_internal_influence_is_the_mean_slope_on_the_path(close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(3, "sigmoid"), mp.Dense(2)], seed=5)
    x, t = np.random.default_rng(1).normal(size=(5, 3)), np.random.default_rng(2).normal(size=(5, 2))
    for of in ("output", "loss"):
        slopes = 0
        for alpha in (1 / 6, 1 / 2, 5 / 6):
            trace = net.forward(1 + alpha * (x - 1))
            net.backward(trace, t if of == "output" else trace.y - t)
            slopes = slopes + trace["dense1"].do / 3
        scores = internal_influence(net, x, t, "mse", steps=3, baseline=1.0, of=of)
        close(scores["dense1"], np.abs(slopes).mean(axis=0))


def test_deeplift_is_gradient_times_change_where_the_network_is_linear_between(close):
    """All relus on, at x and at the baseline."""
    net = mp.Network((4, 4, 1), [mp.Conv2D(2, 2, "relu"), mp.AvgPool2D(2, 1), mp.Flatten(), mp.Dense(3, "relu"),
                                 mp.Dense(2)], seed=1)
    net["conv1"].b[...] = net["dense1"].b[...] = 100
    x, t = np.random.default_rng(0).normal(size=(3, 4, 4, 1)), np.ones((3, 2))
    trace, reference = net.forward(x), net.forward(np.zeros_like(x))
    net.backward(trace, t)
    for name, shares in deeplift(net, x, t, "mse").items():
        change = (trace[name].do * (trace[name].o - reference[name].o)).reshape(3, -1, net[name].K).sum(axis=1)
        close(shares, np.abs(change).mean(axis=0), 1e-10)


def test_epsilon_is_output_times_gradient_for_relu_networks(close):
    net = mp.Network((5, 5, 2), [mp.Conv2D(3, 2, "relu"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(4, "relu"),
                                 mp.Dense(3)], seed=3)
    net["conv1"].b[...], net["dense1"].b[...] = [0.1, -0.2, 0.3], [0.5, -0.1, 0.2, 0.1]
    x, t = np.random.default_rng(0).normal(size=(6, 5, 5, 2)), np.eye(3)[[0, 1, 2, 0, 1, 2]]
    trace = net.forward(x)
    net.backward(trace, t)
    for name, shares in lrp_epsilon(net, x, t, "mse", epsilon=1e-14).items():
        expected = (trace[name].o * trace[name].do).reshape(6, -1, net[name].K).sum(axis=1)
        close(shares, np.abs(expected).mean(axis=0), 1e-9)


def test_max_pooling_whose_largest_moves(close):
    """x = (3, 1), baseline (0, 2): o = 3, ō = 2. The step from 2 to 3 is given to the place of 3 alone."""
    net = mp.Network((1, 2, 1), [mp.Conv2D(1, 1), mp.MaxPool2D((1, 2)), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...] = net["dense1"].W[...] = 1
    x, t = np.array([3.0, 1.0]).reshape(1, 1, 2, 1), [[1.0]]
    baseline = np.array([0.0, 2.0]).reshape(1, 2, 1)
    close(deeplift(net, x, t, "mse", baseline=baseline, absolute=False)["conv1"], [1])
    close(deeplift(net, baseline[np.newaxis], t, "mse", baseline=x[0], absolute=False)["conv1"], [-1])


# Options

def test_targets_choose_the_output():
    net = mp.Network(1, [mp.Dense(2), mp.Dense(2)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, [[1, 2], [3, 4]]
    for function in (integrated_gradients, conductance, deeplift):
        np.testing.assert_allclose(function(net, [[1.0]], [0], "cross_entropy")["dense1"], [1, 2])
        np.testing.assert_allclose(function(net, [[1.0]], [1], "cross_entropy")["dense1"], [3, 4])


@EACH
def test_absolute_values_are_of_samples_not_of_the_mean(function, random_samples, close):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)], seed=1)
    x, t = random_samples(net, 1, 5)
    single = [function(net, x[n:n + 1], t[n:n + 1], "mse", absolute=False)["dense1"] for n in range(5)]
    close(function(net, x, t, "mse")["dense1"], np.abs(single).mean(axis=0))
    close(function(net, x, t, "mse", absolute=False)["dense1"], np.mean(single, axis=0))


@EACH
def test_positions_are_summed_before_the_absolute_value(function, close):
    """Two positions of which one gives what the other takes: 1 · 2 and −1 · 2."""
    net = mp.Network((1, 2, 1), [mp.Conv2D(1, 1), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...], net["dense1"].W[...] = 1, [[1, -1]]
    net["dense1"].b[...] = 1
    x, t = np.array([2.0, 2.0]).reshape(1, 1, 2, 1), [[1.0]]
    expected = {lrp_zplus: 1}.get(function, 0)                      # only the first speaks for y = 1
    close(function(net, x, t, "mse")["conv1"], [expected], least=1)


@EACH
def test_masked_neurons_get_nothing_but_a_slope(function, random_network, random_samples, random_keep):
    net = random_network(4)
    masked = mp.mask(net, random_keep(net, 4))
    x, t = random_samples(net, 4)
    for name, scores in function(masked, x, t, "mse").items():
        if masked[name].mask is not None and function is not internal_influence:
            assert (scores[~masked[name].mask] == 0).all()


@each("function", PATHS)
@each("settings, error, told", [
    ({"steps": 0}, ValueError, "steps expects at least 1"),
    ({"of": "outputs"}, ValueError, 'unknown of "outputs"; did you mean "output"')])
def test_wrong_settings_are_told(function, settings, error, told):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)], seed=1)
    with pytest.raises(error, match=told):
        function(net, np.ones((2, 3)), np.ones((2, 2)), "mse", **settings)


@pytest.mark.parametrize("function", [conductance, internal_influence, deeplift])
def test_baselines_are_numbers_or_inputs(function):
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)], seed=1)
    for wrong in (np.ones(2), np.ones((2, 3))):
        with pytest.raises(ValueError, match=r"baseline expects a number or shape \(3,\), got"):
            function(net, np.ones((2, 3)), np.ones((2, 2)), "mse", baseline=wrong)
    with pytest.raises(ValueError, match="baseline holds 1 values that are NaN"):
        function(net, np.ones((2, 3)), np.ones((2, 2)), "mse", baseline=np.nan)


def test_epsilon_is_not_negative():
    net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(2)], seed=1)
    with pytest.raises(ValueError, match="epsilon expects"):
        lrp_epsilon(net, np.ones((2, 3)), np.ones((2, 2)), "mse", epsilon=-1)
