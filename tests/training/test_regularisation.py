"""Proximal steps are what they are defined to be, neurons reach exactly zero, and pruning those changes nothing."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.residual import Residual
from minprune.pruning.compensation import fold_means
from minprune.pruning.dead_neurons import alive
from minprune.training.regularisation import GroupLasso, L1BatchNorm, block_soft_factor, soft_threshold

DIGITS = mp.datasets.load("digits")
X, T = DIGITS.x_train[:300], DIGITS.t_train[:300]


def own(net, name, i):
    """All parameters of neuron i, in a row."""
    return np.concatenate([w[i].ravel() for w in net[name].parameters().values()])


# the proximal steps

def test_soft_threshold_is_the_minimiser():
    v = np.linspace(-4, 4, 8001)
    for w in (-3.0, -1.2, -0.3, 0.0, 0.5, 0.9, 2.75):
        for threshold in (0, 0.5, 1):
            best = v[(0.5 * (v - w) ** 2 + threshold * np.abs(v)).argmin()]
            assert abs(soft_threshold(np.array(w), threshold) - best) <= 5e-4
    np.testing.assert_array_equal(soft_threshold(np.array([-3.0, -0.5, 0, 0.5, 0.75]), 0.5), [-2.5, 0, 0, 0, 0.25])


def test_block_soft_threshold_by_hand():
    """‖(3, 4)‖ = 5, less 1: (2.4, 3.2). ‖(0.6, 0.8)‖ = 1 is not more than 1."""
    np.testing.assert_allclose(block_soft_factor(np.array([5.0, 2.0]), 1) * 5, [4, 2.5])
    np.testing.assert_array_equal(block_soft_factor(np.array([1.0, 0.5, 0.0]), 1), [0, 0, 0])
    np.testing.assert_array_equal(block_soft_factor(np.array([1e-300, 3.0]), 0), [1, 1])
    assert not np.isnan(block_soft_factor(np.array([0.0]), 0)).any()


@pytest.mark.parametrize("threshold", [0.2, 1.0, 3.0])
def test_block_soft_threshold_is_the_minimiser(threshold):
    rng = np.random.default_rng(0)

    def objective(v, w):
        return 0.5 * ((v - w) ** 2).sum(axis=-1) + threshold * np.sqrt((v ** 2).sum(axis=-1))

    for w in rng.normal(size=(20, 5)):
        v = block_soft_factor(np.linalg.norm(w), np.array(threshold)) * w
        around = v + rng.normal(size=(500, 5)) * 10.0 ** rng.uniform(-4, 1, (500, 1))
        assert objective(v, w) <= min(objective(around, w).min(), objective(0 * w, w)) + 1e-12
        if v.any():                                 # w − v is the penalty's gradient, or in the ball that stands for it
            np.testing.assert_allclose(w - v, threshold * v / np.linalg.norm(v))
        else:
            assert np.linalg.norm(w) <= threshold


@each("blocks, seed", [(False, seed) for seed in range(7)] + [(True, seed) for seed in range(5)])
def test_the_step_is_the_proximal_step_of_the_penalty(blocks, seed, random_network, random_residual):
    """argmin ½ ‖v − w‖² + rate · R(v) over all parameters together: all that is random around it is worse."""
    net, rng = (random_residual if blocks else random_network)(seed), np.random.default_rng(seed)
    if net.hidden_layers:
        assert_proximal(net, GroupLasso(0.4), rng)
    if any(net[name].batch_norm for name in net.hidden_layers):
        assert_proximal(net, L1BatchNorm(0.4), rng)


def assert_proximal(net, regulariser, rng, rate=0.5):
    new = net.copy()
    regulariser(new, rate)

    before = net.parameters()

    def objective(at):
        distance = sum(((w - before[name]) ** 2).sum() for name, w in at.parameters().items())
        return 0.5 * distance + rate * regulariser.penalty(at)

    least, best, other = objective(new), new.parameters(), new.copy()
    assert least < objective(net)
    for scale in 10.0 ** rng.uniform(-4, 0, 15):
        for name, w in other.parameters().items():
            w[...] = best[name] + scale * rng.normal(size=w.shape) * (rng.random(w.shape) < 0.3)
        assert objective(other) >= least


def test_group_lasso_goes_neuron_by_neuron(close):
    """All that is the neuron's own, the outgoing weights and the output layer left alone."""
    net = mp.Network((6, 6, 1), [mp.Conv2D(4, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Flatten(),
                                 mp.Dense(5, "tanh"), mp.Dense(3)], seed=0)
    for strength, layers in ((0.3, None), (0.3, ["dense1"]), (30.0, ["conv1"])):
        new = net.copy()
        GroupLasso(strength, layers)(new, 0.1)
        for name, size in (("conv1", 9 + 3), ("dense1", 16 + 1), ("dense2", 5 + 1)):
            for i in range(net[name].K):
                w = own(net, name, i)
                assert len(w) == size
                t = 0.1 * strength * np.sqrt(size) * (name in (layers or ["conv1", "dense1"]))
                close(own(new, name, i), max(0, 1 - t / np.linalg.norm(w)) * w)
        np.testing.assert_array_equal(new["conv1"].running_var, net["conv1"].running_var)
    assert not any(w.any() for w in new["conv1"].parameters().values())


def test_penalties_by_hand():
    net = mp.Network((1,), [mp.Dense(2, batch_norm=True), mp.Dense(1)])
    net["dense1"].W[...], net["dense1"].b[...], net["dense1"].gamma[...], net["dense1"].beta[...] = \
        [[3], [1]], [4, 1], [0, -1], [0, 1]
    assert GroupLasso(0.5).penalty(net) == pytest.approx(0.5 * 2 * (5 + 2))
    assert L1BatchNorm(0.5).penalty(net) == pytest.approx(0.5 * 1)
    L1BatchNorm(0.5)(net, 0.5)
    np.testing.assert_array_equal(net["dense1"].gamma, [0, -0.75])
    np.testing.assert_array_equal(net["dense1"].beta, [0, 1])


def test_float32_stays_float32():
    net = mp.Network((4,), [mp.Dense(3, "relu", batch_norm=True), mp.Dense(2)], dtype="float32")
    arrays = net.parameters()
    GroupLasso(0.1)(net, 0.1)
    L1BatchNorm(0.1)(net, 0.1)
    for name, w in net.parameters().items():
        assert w.dtype == np.float32 and w is arrays[name]
    assert (net["dense1"].gamma < 0.99).all()


# where training comes to rest

@pytest.mark.parametrize("optimizer, momentum", [(mp.SGD(0.1), 0), (mp.SGD(0.1, momentum=0.8), 0.8),
                                                 (mp.SGD(0.05, momentum=0.5, nesterov=True), 0.5)])
def test_sgd_rests_where_loss_and_penalty_do(optimizer, momentum, close):
    """On ½ ‖w − target‖² the answer is the threshold itself; with momentum μ that of (1 − μ) times the penalty."""
    net, rng = mp.Network((4,), [mp.Dense(6), mp.Dense(1)], seed=0), np.random.default_rng(1)
    target = {name: rng.normal(size=w.shape) for name, w in net.parameters().items()}
    regulariser, state = GroupLasso(0.7), optimizer.start(net.parameters())
    for _ in range(300):
        grads = {name: w - target[name] for name, w in net.parameters().items()}
        optimizer.step(net.parameters(), grads, state)
        regulariser(net, optimizer.rate(0))
    ends = []
    for i in range(6):
        w = np.append(target["dense1.W"][i], target["dense1.b"][i])
        ends.append(max(0, 1 - (1 - momentum) * 0.7 * np.sqrt(5) / np.linalg.norm(w)))
        close(own(net, "dense1", i), ends[-1] * w, 1e-8, least=1)
    assert any(ends) and (0 in ends or momentum)


@pytest.mark.parametrize("optimizer, strength", [(mp.SGD(0.3), 0.01), (mp.SGD(0.05, momentum=0.9), 0.05),
                                                 (mp.Adam(5e-3), 0.3)], ids=["sgd", "momentum", "adam"])
def test_group_lasso_brings_whole_neurons_to_zero(optimizer, strength):
    net = mp.Network((8, 8, 1), [mp.Conv2D(4, 3, "relu"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(20, "relu"),
                                 mp.Dense(10)], seed=0)
    x, t = X[:150], T[:150]
    mp.fit(net, x, t, optimizer=optimizer, epochs=30, on_step=GroupLasso(strength, ["dense1"]), progress=False)
    keep = alive(net)
    assert 0 < keep["dense1"].sum() < 20 and keep["conv1"].all()
    gone = ~keep["dense1"]
    assert not net["dense1"].W[gone].any() and not net["dense1"].b[gone].any() and net["dense2"].W[:, gone].any()
    small = mp.prune(net, keep)
    assert np.abs(small.predict(x) - net.predict(x)).max() <= 1e-12
    assert (small.predict(x).argmax(axis=1) == t).mean() > 0.7
    free = mp.Network.from_settings(net.settings(), net.arrays())
    mp.fit(free, x, t, optimizer=mp.SGD(0.1), epochs=1, progress=False)
    assert not free["dense1"].W[gone].any()         # relu at 0 has no gradient: it stays, even without the penalty


def test_a_neuron_comes_back_if_and_only_if_its_gradient_is_longer_than_the_threshold():
    """tanh has a gradient at zero: f′(0) = 1."""
    x, t = np.random.default_rng(0).normal(size=(2, 40, 3))
    start = mp.Network((3,), [mp.Dense(4, "tanh"), mp.Dense(3)], seed=0)
    start["dense1"].W[1:3] = 0
    start["dense2"].W[:, 2] *= 0.01
    trace = mp.record(start, x, t, "mse")
    g = [np.linalg.norm(np.append(trace["dense1"].grads["W"][i], trace["dense1"].grads["b"][i])) / 40 for i in (1, 2)]
    assert g[1] < 0.5 * g[0]
    for length, zeros in ((0.9 * g[1], [False, False]), (1.1 * g[1], [False, True]), (1.1 * g[0], [True, True])):
        net = start.copy()
        mp.fit(net, x, t, "mse", mp.SGD(1e-3), epochs=1, batch_size=40, on_step=GroupLasso(length / 2), progress=False)
        assert [not own(net, "dense1", i).any() for i in (1, 2)] == zeros


def test_l1_on_batch_norm_scales_reaches_zero_and_folding_is_exact():
    net = mp.Network((8, 8, 1), [mp.Conv2D(12, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Conv2D(6, 2, "relu"),
                                 mp.Flatten(), mp.Dense(10)], seed=0)
    regulariser = L1BatchNorm(0.1)
    mp.fit(net, X, T, optimizer=mp.SGD(0.3), epochs=12, on_step=regulariser, progress=False)
    zero = net["conv1"].gamma == 0
    assert 0 < zero.sum() < 12 and regulariser.penalty(net) == pytest.approx(0.1 * np.abs(net["conv1"].gamma).sum())
    net["conv1"].beta[np.flatnonzero(zero)[0]] = 0.8            # one that is a constant for sure
    constant, dead = alive(net, constant=True), alive(net)
    np.testing.assert_array_equal(constant["conv1"], ~zero)
    np.testing.assert_array_equal(dead["conv1"], ~zero | (net["conv1"].beta > 0))
    y = net.predict(X)
    assert np.abs(mp.prune(net, dead).predict(X) - y).max() <= 1e-12
    assert np.abs(mp.prune(net, constant).predict(X) - y).max() > 1e-3
    assert np.abs(fold_means(net, constant, X[:5]).predict(X) - y).max() <= 1e-12


def test_an_optimizer_that_is_told_nothing_trains_as_without_a_penalty():
    one, other = (mp.Network((64,), [mp.Dense(5, "relu"), mp.Dense(10)], seed=0) for _ in range(2))
    x = X.reshape(300, 64)
    mp.fit(one, x, T, epochs=1, progress=False)
    mp.fit(other, x, T, epochs=1, on_step=GroupLasso(0.0), progress=False)
    for name, w in one.parameters().items():
        np.testing.assert_array_equal(w, other.parameters()[name])


def test_coupled_neurons_are_one_group():
    """Neuron 0 is at zero in both layers that are added, neuron 1 in one of them, which is not enough."""
    block = Residual([mp.Dense(6, "relu"), mp.Dense(3, "tanh")])
    net = mp.Network((4,), [mp.Dense(3, "relu"), block, mp.Dense(2)], seed=1)
    for name, neurons in (("dense1", [0, 1]), ("dense3", [0])):
        net[name].W[neurons] = 0
    w = np.concatenate([own(net, "dense1", 2), own(net, "dense3", 2)])
    assert GroupLasso(1, ["dense1+dense3"]).penalty(net) == pytest.approx(np.sqrt(5 + 7) * (
        np.linalg.norm(own(net, "dense3", 1)) + np.linalg.norm(w)))
    GroupLasso(1, ["dense1+dense3"])(net, 0.1)
    np.testing.assert_allclose(np.concatenate([own(net, "dense1", 2), own(net, "dense3", 2)]),
                               (1 - 0.1 * np.sqrt(12) / np.linalg.norm(w)) * w)


# bad input

@each("make, error, message", [
    (lambda: GroupLasso(-1), ValueError, "strength expects a finite number, at least 0"),
    (lambda: L1BatchNorm(np.nan), ValueError, "strength"),
    (lambda: GroupLasso("much"), TypeError, "strength"),
    (lambda: GroupLasso(1, "dense1"), TypeError, "layers expects a list of names of hidden layers, got 'dense1'"),
    (lambda: L1BatchNorm(1, 3), TypeError, "layers expects a list"),
    (lambda: GroupLasso(1, [3]), TypeError, "layers expects a list"),
    (lambda: GroupLasso(1, {}), ValueError, r"layers expects names of hidden layers, at least one, .*, got \{\}"),
    (lambda: L1BatchNorm(1, []), ValueError, r"at least one, or None for all of them, got \[\]"),
])
def test_bad_settings(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_layers_that_do_not_fit_the_network():
    net = mp.Network((4,), [mp.Dense(3, "relu"), mp.Dense(4, batch_norm=True), mp.Dense(2, batch_norm=True)])
    with pytest.raises(ValueError, match='unknown hidden layer "dense3"'):
        GroupLasso(1, ["dense3"])(net, 0.1)         # the output layer is not pruned
    with pytest.raises(ValueError, match="expects hidden layers with batch norm, dense1 have none"):
        L1BatchNorm(1, ["dense1", "dense2"])(net, 0.1)
    with pytest.raises(ValueError, match="expects hidden layers with batch norm, dense1 have none"):
        L1BatchNorm(1).penalty(mp.Network((4,), [mp.Dense(3), mp.Dense(2, batch_norm=True)]))
    with pytest.raises(ValueError, match="expects a network with hidden layers"):
        GroupLasso(1)(mp.Network(4, [mp.Dense(3)]), 0.1)
    L1BatchNorm(1)(net, 0.1)
    np.testing.assert_allclose(net["dense2"].gamma, 0.9)
    np.testing.assert_array_equal(net["dense3"].gamma, 1)
    assert repr(GroupLasso(0.1, ["dense1"])) == "GroupLasso(0.1, layers=['dense1'])"
    assert repr(L1BatchNorm(0.1)) == "L1BatchNorm(0.1, layers=None)"


def test_a_batch_norm_of_its_own_is_in_the_group_of_its_neuron_and_shared_ones_are_refused():
    net = mp.Network(2, [mp.Dense(3), mp.BatchNorm(), mp.Dense(1)])
    weights, scales = net["dense1"], net.layers["batchnorm1"]
    expected = sum(np.sqrt(5) * np.sqrt((weights.W[i] ** 2).sum() + weights.b[i] ** 2 + scales.gamma[i] ** 2
                                        + scales.beta[i] ** 2) for i in range(3))
    np.testing.assert_allclose(mp.GroupLasso(1.0).penalty(net), expected)
    assert mp.L1BatchNorm(2.0).penalty(net) == 2 * np.abs(scales.gamma).sum()
    shared = mp.Network(2, [mp.Concat([[mp.Dense(1)], [mp.Dense(2)]]), mp.BatchNorm(), mp.Dense(1)])
    for name in shared.hidden_layers:
        with pytest.raises(ValueError, match=rf'"{name[:6]}.batchnorm1" has several channels of a layer, or a part'):
            mp.GroupLasso(1.0, [name]).penalty(shared)
