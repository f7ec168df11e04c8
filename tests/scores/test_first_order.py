"""Scores of ∂ℓ/∂o and ∂ℓ/∂z: against central differences, and against what they approximate."""

import warnings

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.losses import Loss
from minprune.scores.first_order import linear_error

LINEAR = Loss("linear", lambda y, t: (y * t).sum(axis=1), lambda y, t: t,
              lambda t, shape: np.asarray(t, float), lambda y, t: None)


def mse(t):
    return lambda y: 0.5 * ((y - t) ** 2).reshape(len(t), -1).sum(axis=1)


def test_against_central_differences(kind, random_network, random_samples, differences, near):
    net = random_network(0, kind, smooth=True)
    x, t = random_samples(net, 0, 3)
    slopes, changes = (mp.score(net, name, x, t, "mse", batch_size=2) for name in ("gradient", "taylor"))
    for name in net.hidden_layers:
        o = net.forward(x)[name].o
        do = differences(net, name, o, mse(t)).reshape(3, -1, net[name].K)
        o = o.reshape(3, -1, net[name].K)
        near(slopes[name], [np.mean(np.abs(do[..., i])) for i in range(net[name].K)])
        near(changes[name], [np.mean([abs(sum(o[n, :, i] * do[n, :, i])) for n in range(3)])
                              for i in range(net[name].K)])


def test_by_hand():
    """y = 2 o₁ − o₂, o = x, ½ (y − t)²: ∂ℓ/∂o = (y − t) (2, −1)."""
    net = mp.Network(2, [mp.Dense(2, "identity"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = np.eye(2), [[2, -1]]
    x, t = [[1, 1], [0, 3]], [4, -5]                                        # y − t = −3, 2
    assert mp.score(net, "gradient", x, t, "mse")["dense1"].tolist() == [(6 + 4) / 2, (3 + 2) / 2]
    assert mp.score(net, "taylor", x, t, "mse")["dense1"].tolist() == [(6 + 0) / 2, (3 + 6) / 2]


def test_order_of_sum_and_absolute_value_over_positions():
    """o = ±1 at two positions with the same slope: their sum is 0, their absolute slopes are not."""
    net = mp.Network((1, 2, 1), [mp.Conv2D(1, 1), mp.GlobalAvgPool2D(), mp.Dense(1)])
    net["conv1"].W[...], net["dense1"].W[...] = 1, 3
    x, t = np.array([1.0, -1.0]).reshape(1, 1, 2, 1), [[2.0]]               # y − t = −2
    assert mp.score(net, "taylor", x, t, "mse")["conv1"].tolist() == [0]
    assert mp.score(net, "gradient", x, t, "mse")["conv1"].tolist() == [2 * 3 / 2]


def test_samples_never_cancel():
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...] = net["dense2"].W[...] = 1
    x, t = [[1.0], [1.0]], [[3.0], [-1.0]]                                  # y − t = −2, 2
    assert mp.score(net, "gradient", x, t, "mse")["dense1"].tolist() == [2]
    assert mp.score(net, "taylor", x, t, "mse")["dense1"].tolist() == [2]


# What taylor approximates

@each("seed", range(6))
def test_taylor_is_removal_where_the_loss_is_linear_in_the_neuron(seed, linear_network, random_samples, close):
    """Identity outputs, average pooling and a loss Σ_k t_k y_k: everything is linear in every neuron."""
    net = linear_network(seed)
    x, t = random_samples(net, seed, 4)
    for n in range(4):                          # one sample alone: the absolute value is of its own change
        one = slice(n, n + 1)
        changes, exact = (mp.score(net, name, x[one], t[one], LINEAR) for name in ("taylor", "removal"))
        for name in net.hidden_layers:
            assert np.abs(exact[name]).min() > 0
            close(changes[name], np.abs(exact[name]))
    exact = mp.score(net, "removal", x, t, LINEAR)
    signed = mp.score(net, lambda o, do: -(o * do).sum(axis=1), x, t, LINEAR)   # of all, no absolute value
    for name in net.hidden_layers:
        close(signed[name], exact[name])


@pytest.mark.parametrize("kind_of_neuron", ["dense", "conv"])
def test_taylors_error_falls_with_the_square_of_the_neuron(kind_of_neuron):
    """ℓ(o_i = 0) = ℓ − o_i ∂ℓ/∂o_i + O(o_i²): scaled by ε, the neuron's error is that of ε²."""
    shape, layers = (3,), [mp.Dense(4, "tanh")]
    if kind_of_neuron == "conv":
        shape, layers = (5, 5, 1), [mp.Conv2D(3, 2, "tanh"), mp.MaxPool2D(2), mp.Flatten()]
    rng = np.random.default_rng(1)
    x, t = rng.normal(size=(1, *shape)), rng.normal(size=(1, 2))
    scales, errors = 10.0 ** -np.arange(1, 4), []
    for scale in scales:
        net = mp.Network(shape, layers + [mp.Dense(4, "tanh"), mp.Dense(2)], seed=5)
        name = net.hidden_layers[0]
        net[net.reader(name)].W.reshape(-1, net[name].K)[:, 1] *= scale     # what others get of neuron 1
        changes, exact = (mp.score(net, one, x, t, "mse")[name][1] for one in ("taylor", "removal"))
        errors.append(abs(changes - abs(exact)))
    slope = np.polyfit(np.log(scales), np.log(errors), 1)[0]
    assert 1.9 < slope < 2.1


def test_taylor_does_not_see_how_a_relu_neuron_shares_its_scale(random_samples, close):
    """W·a and W_out/a compute the same: taylor, removal and apoz stay, gradient and weight norms do not."""
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(3, "tanh"), mp.Dense(2)], seed=3)
    other, a = net.copy(), np.array([0.5, 2.0, 4.0, 8.0])
    other["dense1"].W[...] *= a[:, np.newaxis]
    other["dense2"].W[...] /= a
    x, t = random_samples(net, 0, 6)
    for name, factor in (("taylor", 1), ("removal", 1), ("apoz", 1),
                         ("gradient", 1 / a), ("influence", 1 / a),
                         ("activation_mean", a), ("sensitivity", a), ("weight_norm", a)):
        one, two = (mp.score(which, name, x, t, "mse")["dense1"] for which in (net, other))
        close(two, one * factor)


# Relatives of gradient and taylor

def test_relatives_by_naive_loops(kind, random_network, random_samples, differences, near):
    """Each from central differences of the loss, neuron by neuron, as its formula says."""
    net = random_network(5, kind, smooth=True)
    x, t = random_samples(net, 5, 3)
    scores = {one: mp.score(net, one, x, t, "mse", batch_size=2)
              for one in ("gradient_z", "taylor_mean", "skeletonization", "fisher")}
    trace = net.forward(x)
    for name in net.hidden_layers:
        K, layer, step = net[name].K, net[name], 1e-5
        do = differences(net, name, trace[name].o, mse(t)).reshape(3, -1, K)
        o, z = (one.reshape(3, -1, K) for one in (trace[name].o, trace[name].z))
        slope = (layer.f(z + step) - layer.f(z - step)) / (2 * step)
        every = [(n, i) for i in range(K) for n in range(3)]
        change = np.array([sum(o[n, :, i] * do[n, :, i]) for n, i in every]).reshape(K, 3)
        near(scores["gradient_z"][name], [np.abs(do[..., i] * slope[..., i]).mean() for i in range(K)])
        near(scores["taylor_mean"][name], np.abs(change).mean(axis=1) / o.shape[1])
        near(scores["skeletonization"][name], -change.mean(axis=1))
        near(scores["fisher"][name], (change ** 2).mean(axis=1) / 2)


def test_relatives_by_hand():
    """y = 2 o₁ − o₂, o = x, ½ (y − t)²: o ∂ℓ/∂o is −3 · (2, −1) and 2 · (0, −3)."""
    net = mp.Network(2, [mp.Dense(2), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = np.eye(2), [[2, -1]]
    x, t = [[1, 1], [0, 3]], [4, -5]
    assert mp.score(net, "skeletonization", x, t, "mse")["dense1"].tolist() == [(6 + 0) / 2, (-3 + 6) / 2]
    assert mp.score(net, "fisher", x, t, "mse")["dense1"].tolist() == [(36 + 0) / 4, (9 + 36) / 4]
    assert mp.score(net, "gradient_z", x, t, "mse")["dense1"].tolist() == [(6 + 4) / 2, (3 + 2) / 2]
    assert mp.score(net, "skeletonization", x, t, linear_error)["dense1"].tolist() == [(2 - 0) / 2, (-1 + 3) / 2]


def test_a_dead_and_a_saturated_neuron_have_no_slope_in_z():
    """What gradient_z's docstring says; the saturated neuron's removal costs, the dead one's does not."""
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(2, "sigmoid"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = [[-1], [1]], 0
    net["dense2"].W[...], net["dense2"].b[...], net["dense3"].W[...] = [[1, 1], [0, 1]], [60, 0], [[2, 1]]
    scores = {name: mp.score(net, name, [[1.0]], [[0.0]], "mse") for name in ("gradient", "gradient_z", "removal")}
    assert scores["gradient_z"]["dense1"][0] == 0 and scores["removal"]["dense1"][0] == 0
    assert scores["gradient_z"]["dense2"][0] == 0 and scores["gradient"]["dense2"][0] > 2
    assert scores["removal"]["dense2"][0] < -3


@pytest.mark.parametrize("N", [1, 5])
def test_skeletonizations_error_falls_with_the_square_of_the_neuron(N):
    """Signed, it is removal to first order for any number of samples."""
    rng = np.random.default_rng(1)
    x, t = rng.normal(size=(N, 3)), rng.normal(size=(N, 2))
    scales, errors = 10.0 ** -np.arange(1, 4), []
    for scale in scales:
        net = mp.Network(3, [mp.Dense(4, "tanh"), mp.Dense(4, "tanh"), mp.Dense(2)], seed=5)
        net["dense2"].W[:, 1] *= scale
        changes, exact = (mp.score(net, one, x, t, "mse")["dense1"][1] for one in ("skeletonization", "removal"))
        errors.append(abs(changes - exact))
    slope = np.polyfit(np.log(scales), np.log(errors), 1)[0]
    assert 1.9 < slope < 2.1


def test_the_linear_error_sees_what_the_squared_one_hardly_does(close):
    """Wrong by e: the squared error's relevance shrinks with e, the linear error's does not."""
    net = mp.Network(2, [mp.Dense(3, "tanh"), mp.Dense(1)], seed=2)
    x = np.random.default_rng(0).normal(size=(1, 2))
    squared, linear = [], []
    for e in (1e-1, 1e-4):
        t = net.predict(x) - e
        squared.append(mp.score(net, "skeletonization", x, t, "mse")["dense1"])
        linear.append(mp.score(net, "skeletonization", x, t, linear_error)["dense1"])
    close(squared[1], squared[0] * 1e-3, 1e-9)
    np.testing.assert_array_equal(linear[0], linear[1])
    assert np.abs(linear[0]).min() > 0


def test_a_rule_and_its_exception_have_the_relevance_of_their_cases(close):
    """AB, or none of A, B, C, D: of 16 patterns the rule's neuron makes four, the exception's one, each to 0.9. The
    linear error falls by 0.9 for each, and is exact; the squared error's relevance is a tenth of that."""
    net = mp.Network(4, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...] = [[1, 1, 0, 0], [-1, -1, -1, -1]], [-1, 1]
    net["dense2"].W[...] = 0.9
    x = np.array(list(np.ndindex(2, 2, 2, 2)), float)
    t = ((x[:, 0] * x[:, 1] == 1) | (x.sum(axis=1) == 0)).astype(float)
    close(net.predict(x)[:, 0], 0.9 * t)
    for loss, share in ((linear_error, 0.9), ("mse", 0.9 * 0.1)):
        close(mp.score(net, "skeletonization", x, t, loss)["dense1"], np.array([4, 1]) * share / 16)
    close(mp.score(net, "removal", x, t, linear_error)["dense1"], np.array([4, 1]) * 0.9 / 16)


def test_the_linear_errors_slope_is_that_of_its_values(near):
    y, t = np.random.default_rng(0).normal(size=(2, 4, 3))
    slopes = mp.finite_difference(lambda y: linear_error(y, t).sum(), y)
    near(linear_error.derivative(y, t), slopes)
    assert linear_error([[1.0, -2.0]] - np.zeros((1, 2)), np.array([[0.0, 1.0]])).tolist() == [4]


def test_relu_neurons_may_share_their_scale_as_they_like(random_samples, close):
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(3, "tanh"), mp.Dense(2)], seed=3)
    other, a = net.copy(), np.array([0.5, 2.0, 4.0, 8.0])
    other["dense1"].W[...] *= a[:, np.newaxis]
    other["dense2"].W[...] /= a
    x, t = random_samples(net, 0, 6)
    for name, factor in (("taylor_mean", 1), ("skeletonization", 1), ("fisher", 1), ("gradient_z", 1 / a)):
        one, two = (mp.score(which, name, x, t, "mse")["dense1"] for which in (net, other))
        close(two, one * factor)


# The reciprocal

def reciprocal(*given, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mp.score(given[0], "reciprocal_gradient", *given[1:], **settings)


def test_the_reciprocal_is_one_over_the_gradient_bit_by_bit(kind, random_network, random_samples):
    net = random_network(4, kind, ["tanh"])
    x, t = random_samples(net, 4)
    slopes, inverse = mp.score(net, "gradient", x, t, "mse"), reciprocal(net, x, t, loss="mse")
    for name in net.hidden_layers:
        np.testing.assert_array_equal(inverse[name], 1 / slopes[name])
        np.testing.assert_array_equal(np.argsort(-inverse[name]), np.argsort(slopes[name]))


def test_the_reciprocal_is_infinite_for_a_neuron_that_nobody_reads():
    net = mp.Network(2, [mp.Dense(3, "relu"), mp.Dense(3, "relu"), mp.Dense(2)], seed=1)
    net["dense2"].W[:, 1] = 0                           # nobody reads the neuron
    net["dense2"].b[...] = 1
    net["dense3"].W[:, 2] = 0
    with np.errstate(divide="raise"):                   # and NumPy does not complain on the way
        scores = reciprocal(net, [[1.0, 2.0]], [0])
    assert np.isinf(scores["dense1"]).tolist() == [False, True, False] and scores["dense1"][1] > 0
    assert np.isinf(scores["dense2"]).tolist() == [False, False, True]


def test_the_reciprocal_of_a_dead_relu_neuron_is_finite():
    """It is silent, but it is read: ∂ℓ/∂o = (y − t) w′ = −2 · 4."""
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[-1], [1]], [[4, 1]]
    assert net.forward([[1.0]])["dense1"].o[0, 0] == 0
    assert reciprocal(net, [[1.0]], [[3.0]], loss="mse")["dense1"].tolist() == [1 / 8, 1 / 2]


def test_the_reciprocal_warns_and_the_gradient_does_not():
    net = mp.Network(2, [mp.Dense(3), mp.Dense(2)])
    with pytest.warns(UserWarning, match="keeps the neurons that matter least"):
        mp.score(net, "reciprocal_gradient", [[1.0, 2.0]], [0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mp.score(net, "gradient", [[1.0, 2.0]], [0])
        mp.score(net, "taylor", [[1.0, 2.0]], [0])


def test_a_gradient_can_be_large_where_removal_changes_nothing():
    """What gradient's docstring says: a neuron that is always 0, in a place where the loss is steep."""
    net = mp.Network(1, [mp.Dense(2, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[-1], [1]], [[9, 1]]
    x, t = [[1.0]], [[3.0]]
    scores = {name: mp.score(net, name, x, t, "mse")["dense1"] for name in ("gradient", "taylor", "removal")}
    assert scores["gradient"].tolist() == [18, 2] and scores["taylor"][0] == scores["removal"][0] == 0


@pytest.mark.filterwarnings("ignore:reciprocal_gradient")
def test_the_reciprocal_knows_blocks(random_residual, random_samples, close):
    net = random_residual(1)
    x, t = random_samples(net, 1)
    slopes, scores = (mp.score(net, name, x, t, "mse") for name in ("gradient", "reciprocal_gradient"))
    assert any("+" in name for name in scores)
    with np.errstate(divide="ignore"):
        for name, values in scores.items():
            np.testing.assert_allclose(values, 1 / slopes[name], rtol=1e-12)


def test_the_reciprocal_warns_at_each_call(random_samples):
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)], seed=3)
    x, t = random_samples(net, 0)
    for _ in range(2):
        with pytest.warns(UserWarning, match="^reciprocal_gradient keeps the neurons that matter least"):
            mp.score(net, "reciprocal_gradient", x, t, "mse")


def test_no_other_score_of_this_family_warns(random_samples):
    net = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)], seed=3)
    x, t = random_samples(net, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("gradient", "gradient_z", "taylor", "taylor_mean", "skeletonization", "fisher"):
            mp.score(net, name, x, t, "mse")
