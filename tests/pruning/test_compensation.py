"""Compensation: exact where the docstrings say so, means kept, least squares solved, and nothing else changed."""

import tracemalloc

import numpy as np
import pytest

import minprune as mp
from minprune.pruning import compensation
from minprune.pruning.compensation import duplicates, fold_means, merge, reconstruct
from minprune.engine.residual import Residual

PLAIN, BLOCKS = [("plain", seed) for seed in range(70)], [("blocks", seed) for seed in range(30)]
METHODS = {"fold_means": fold_means, "reconstruct": reconstruct, "merge": merge,
           "merge without x": lambda net, keep, x: merge(net, keep)}


@pytest.fixture(params=list(METHODS))
def method(request):
    return METHODS[request.param]


@pytest.fixture
def any_network(random_network, random_residual):
    """A random network, of layers one after the other or with Residual blocks."""
    return lambda kind, seed: random_network(seed) if kind == "plain" else random_residual(seed)


def read(net, name, x):
    """What layer `name` reads."""
    return net.forward(x)[name].x


def pre_activation(net, name, x):
    """a = W x + b of layer `name`, before batch norm: (N · P, K)."""
    return net[name].weigh(read(net, name, x), net[name].b).reshape(-1, net[name].K)


def left(net, keep, reader):
    """Which of a reader's own neurons are left once `keep` is done."""
    own = {member: stays for name, stays in keep.items() for member in net.members(name)}
    return own.get(reader, np.ones(net[reader].K, bool))


def missing(net, small, keep, reader, x):
    """What the reader's pre-activations lack to those of `net`."""
    return pre_activation(net, reader, x)[:, left(net, keep, reader)] - pre_activation(small, reader, x)


def squared_error(net, small, name, x):
    return np.square(missing(net, small, {}, name, x)).mean()


def is_padded(layer):
    return isinstance(layer, mp.Conv2D) and np.any(layer.zeros)


def make_constant(net, name, neurons, rng):
    """Let these neurons put out the same whatever they read."""
    for layer in (net[member] for member in net.members(name)):
        layer.W[neurons] = 0
        layer.b[neurons] = rng.normal(1, 1, layer.b[neurons].shape)


def make_twin(net, name, j, i, scale=1.0):
    """Let neuron j of a layer compute scale times neuron i's z; who reads it stays as it is."""
    for layer in (net[member] for member in net.members(name)):
        for key in layer.arrays():
            getattr(layer, key)[j] = getattr(layer, key)[i]
        for key in ("gamma", "beta") if layer.batch_norm else ("W", "b"):
            getattr(layer, key)[j] *= scale


def all_but(net, name, j):
    return {name: np.arange(net[name].K) != j}


# what is true of all of them

@pytest.mark.parametrize("kind, seed", PLAIN[:28] + BLOCKS[:10])
def test_shape_and_all_but_the_readers_is_that_of_prune(kind, seed, method, any_network, random_samples, random_keep,
                                                        fingerprint):
    net = any_network(kind, seed)
    (x, _), keep = random_samples(net, seed, N=12), random_keep(net, seed)
    before, kept, seen = fingerprint(net), {name: stays.copy() for name, stays in keep.items()}, x.copy()
    small, plain = method(net, keep, x), mp.prune(net, keep)
    assert small.settings() == plain.settings() and np.isfinite(small.predict(x)).all()
    changed = {f"{reader}.{key}" for name, stays in keep.items() if not stays.all() for reader in net.readers(name)
               for key in ("W", "b")}
    for name, array in plain.arrays().items():
        if name not in changed:
            np.testing.assert_array_equal(array, small.arrays()[name], err_msg=name)
    assert fingerprint(net) == before and (x == seen).all()
    assert all((keep[name] == kept[name]).all() for name in kept)


def test_nothing_removed_is_a_copy(method, random_network, random_samples, fingerprint):
    net = random_network(3)
    x, _ = random_samples(net, 3)
    for keep in ({}, {name: np.ones(net[name].K, bool) for name in net.hidden_layers}):
        same = method(net, keep, x)
        assert fingerprint(same) == fingerprint(net)
        same[same.neuron_layers[0]].W[...] = 0
        assert net[net.neuron_layers[0]].W.any()


@pytest.mark.parametrize("seed", range(12))
def test_batch_size_and_order_of_the_samples_do_not_matter(seed, random_network, random_samples, random_keep, close):
    net = random_network(seed)
    (x, _), keep = random_samples(net, seed, N=60), random_keep(net, seed)
    for method in (fold_means, reconstruct, merge):
        one, other = method(net, keep, x), method(net, keep, x[::-1], batch_size=7)
        for name, array in one.arrays().items():
            close(array, other.arrays()[name], 1e-6)
        close(one.predict(x), other.predict(x), 1e-8)


@pytest.mark.parametrize("seed", range(14))
def test_float32_does_what_float64_does(seed, random_network, random_samples, random_keep, close):
    net = random_network(seed, dtype="float32")
    settings = {**net.settings(), "dtype": "float64"}
    exact = mp.Network.from_settings(settings, net.arrays())
    (x, _), keep = random_samples(net, seed, N=200), random_keep(net, seed)
    for method in METHODS.values():
        small = method(net, keep, x)
        assert all(array.dtype == np.float32 for array in small.parameters().values())
        close(small.predict(x), method(exact, keep, x).predict(x), 2e-3, least=0.1)


@pytest.mark.parametrize("wrong, error, message", [
    (lambda net, x: ({"conv9": [True]}, x), ValueError, "unknown hidden layer"),
    (lambda net, x: ({"conv1": np.zeros(4, bool)}, x), ValueError, "empty"),
    (lambda net, x: ({"conv1": [True] * 3}, x), ValueError, "expects shape"),
    (lambda net, x: ({"conv1": [1, 0, 1, 1]}, x), TypeError, "booleans"),
    (lambda net, x: ({}, x[:, 1:]), ValueError, "x: Network expects"),
    (lambda net, x: ({}, x * np.nan), ValueError, "NaN"),
    (lambda net, x: ({}, x[:0]), ValueError, "empty"),
    (lambda net, x: ({}, "digits"), TypeError, "x expects real numbers"),
])
def test_bad_input(wrong, error, message):
    net = mp.Network((4, 4, 1), [mp.Conv2D(4, 2, "relu"), mp.Flatten(), mp.Dense(2)])
    for method in (fold_means, reconstruct, merge):
        with pytest.raises(error, match=message):
            method(net, *wrong(net, np.zeros((3, 4, 4, 1))))


def test_bad_settings():
    net, x = mp.Network((4,), [mp.Dense(4, "relu"), mp.Dense(2)]), np.ones((3, 4))
    for method in (fold_means, reconstruct, merge):
        with pytest.raises(TypeError, match="net expects a Network"):
            method("net", {}, x)
        with pytest.raises(ValueError, match="batch_size expects at least 1"):
            method(net, {}, x, batch_size=0)
    with pytest.raises(ValueError, match="ridge expects a finite number, at least 0"):
        reconstruct(net, {}, x, ridge=-1)
    with pytest.raises(ValueError, match="tolerance"):
        duplicates(net, -1e-3)
    with pytest.raises(TypeError, match="net expects a Network"):
        duplicates(None)


# the means

def test_fold_means_by_hand():
    """o = (1, 2), (3, 6): the second neuron is 4 on average, and 5 · 4 + 0.5 is the new bias."""
    net = mp.Network((1,), [mp.Dense(2), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...], net["dense2"].b[...] = [[1], [2]], [[3, 5]], 0.5
    small = fold_means(net, {"dense1": [True, False]}, [[1.0], [3.0]])
    np.testing.assert_allclose(small["dense2"].b, [20.5])
    np.testing.assert_allclose(small["dense2"].W, [[3]])
    np.testing.assert_allclose(small.predict([[1.0]]), [[23.5]])


@pytest.mark.parametrize("kind, seed", PLAIN + BLOCKS)
def test_constant_neurons_are_folded_exactly_where_no_zeros_are_padded(kind, seed, any_network, random_samples, close):
    net, rng = any_network(kind, seed), np.random.default_rng(seed)
    x, _ = random_samples(net, seed)
    for name in net.hidden_layers:
        if not any(is_padded(net[reader]) for reader in net.readers(name)):
            gone = np.arange(net[name].K) > 0
            make_constant(net, name, gone, rng)
            close(fold_means(net, {name: ~gone}, x[:2]).predict(x), net.predict(x), 1e-11)


@pytest.mark.parametrize("kind, seed", PLAIN + BLOCKS)
def test_the_mean_of_each_reader_stays_padding_or_not(kind, seed, any_network, random_samples, random_keep):
    """Of all of them, when several layers are pruned at once; and one alone is never worse than the plain cut."""
    net = any_network(kind, seed)
    x, _ = random_samples(net, seed)
    keep = random_keep(net, seed)
    small = fold_means(net, keep, x, batch_size=2)
    for name, stays in keep.items():
        for reader in net.readers(name):
            size = max(1, np.abs(pre_activation(net, reader, x)).max())
            assert np.abs(missing(net, small, keep, reader, x).mean(axis=0)).max() < 1e-12 * size or stays.all()
    if kind == "plain":
        name = net.hidden_layers[0]
        one, reader = {name: keep.get(name, np.arange(net[name].K) > 0)}, net.reader(name)
        plain, folded = (squared_error(net, method(net, one), reader, x)
                         for method in (mp.prune, lambda net, keep: fold_means(net, keep, x)))
        assert folded <= plain + 1e-12


def test_a_padded_border_gets_the_mean_over_all_positions():
    """A 3×3 image of ones, a 3×3 kernel of ones with zeros around it: 4 in the corners, 6 at the edges, 9 inside."""
    net = mp.Network((3, 3, 1), [mp.Conv2D(2, 1), mp.Conv2D(1, 3, padding="same"), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...], net["conv1"].b[...] = 0, [0, 1]
    net["conv2"].W[...] = 1
    small = fold_means(net, {"conv1": [True, False]}, np.zeros((1, 3, 3, 1)))
    np.testing.assert_allclose(small["conv2"].b, [(4 * 4 + 4 * 6 + 9) / 9])


def test_the_mean_is_that_of_what_the_reader_reads():
    """Of 0 and 2 the mean is 1, but max pooling hands on 2."""
    net = mp.Network((1, 2, 1), [mp.Conv2D(2, 1), mp.MaxPool2D((1, 2)), mp.Flatten(), mp.Dense(1)])
    net["conv1"].W[...] = 1
    net["dense1"].W[...] = [[1, 10]]
    small = fold_means(net, {"conv1": [True, False]}, np.array([0.0, 2]).reshape(1, 1, 2, 1))
    np.testing.assert_allclose(small["dense1"].b, [20])


def test_batch_norm_goes_on_as_if_nothing_had_gone(close):
    """In training too: the batch's mean holds the constant, as it did when a neuron put it out."""
    net = mp.Network((4,), [mp.Dense(3, "sigmoid"), mp.Dense(4, "relu", batch_norm=True), mp.Dense(2)], seed=1)
    rng = np.random.default_rng(0)
    make_constant(net, "dense1", [1], rng)
    net["dense2"].running_mean[...] = rng.normal(size=4)
    x = rng.normal(size=(6, 4))
    small = fold_means(net, all_but(net, "dense1", 1), x)
    close(small.predict(x), net.predict(x))
    one, other = net.forward(x, training=True), small.forward(x, training=True)
    close(other.y, one.y)
    net.update_running(one), small.update_running(other)
    close(small["dense2"].running_mean, net["dense2"].running_mean)
    close(small.predict(x), net.predict(x))


# least squares

def test_reconstruct_is_what_lstsq_gives(close):
    """Two layers, solved naively: targets are the first network's, what is read is the pruned one's."""
    net = mp.Network((4,), [mp.Dense(7, "tanh"), mp.Dense(6, "relu", batch_norm=True), mp.Dense(3)], seed=3)
    x, first, second = np.random.default_rng(0).normal(size=(200, 4)), np.arange(7) < 5, np.arange(6) % 3 > 0
    small = reconstruct(net, {"dense1": first, "dense2": second}, x, batch_size=64)

    def solve(o, a):
        return np.linalg.lstsq(np.column_stack([o, np.ones(len(o))]), a, rcond=None)[0].T

    by_hand = mp.prune(net, {"dense1": first})
    fitted = solve(net.forward(x)["dense1"].o[:, first], pre_activation(net, "dense2", x))
    by_hand["dense2"].W[...], by_hand["dense2"].b[...] = fitted[:, :-1], fitted[:, -1]
    o = by_hand.forward(x)["dense2"].o[:, second]
    by_hand = mp.prune(by_hand, {"dense2": second})
    fitted = solve(o, pre_activation(net, "dense3", x))
    close(small["dense2"].W, by_hand["dense2"].W, 1e-10)
    close(small["dense3"].W, fitted[:, :-1], 1e-10)
    close(small["dense3"].b, fitted[:, -1], 1e-10)


@pytest.mark.parametrize("kind, seed", PLAIN[:42] + BLOCKS)
def test_reconstruct_solves_the_normal_equations_of_each_reader(kind, seed, any_network, random_samples, random_keep):
    """At the least sum of squares what is left over is orthogonal to all that is read, and to 1."""
    net = any_network(kind, seed)
    x, _ = random_samples(net, seed, N=40)
    keep = random_keep(net, seed)
    small = reconstruct(net, keep, x, batch_size=16)
    for name, stays in keep.items():
        for reader in net.readers(name) if not stays.all() else ():
            over = missing(net, small, keep, reader, x)
            patches = small[reader].patches(read(small, reader, x)).reshape(len(over), -1)
            length = max(1, np.linalg.norm(patches))
            size = length * (np.linalg.norm(pre_activation(net, reader, x)) + length * np.abs(small[reader].W).max())
            assert np.abs(patches.T @ over).max() < 1e-9 * size and np.abs(over.sum(axis=0)).max() < 1e-9 * size


@pytest.mark.parametrize("seed", range(28))
def test_no_other_way_has_a_smaller_error_on_the_samples(seed, random_network, random_samples, random_keep):
    net = random_network(seed)
    x, _ = random_samples(net, seed, N=40)
    for name, stays in random_keep(net, seed).items():
        error = squared_error(net, reconstruct(net, {name: stays}, x), net.reader(name), x)
        for other in (mp.prune, lambda net, keep: fold_means(net, keep, x), merge,
                      lambda net, keep: merge(net, keep, x), lambda net, keep: reconstruct(net, keep, x, ridge=0.1)):
            assert error <= squared_error(net, other(net, {name: stays}), net.reader(name), x) * (1 + 1e-9) + 1e-12
        ridged = squared_error(net, reconstruct(net, {name: stays}, x, ridge=0.1), net.reader(name), x)
        assert ridged <= squared_error(net, mp.prune(net, {name: stays}), net.reader(name), x) + 1e-12


@pytest.mark.parametrize("kind, seed", PLAIN[:28] + BLOCKS[:15])
def test_reconstruct_recovers_what_the_others_can_say(kind, seed, any_network, random_samples, close):
    """A duplicate leaves no error at all: not on x, and not elsewhere."""
    net = any_network(kind, seed)
    x, _ = random_samples(net, seed, N=150)
    for name in net.hidden_layers:
        make_twin(net, name, 1, 0)
        small = reconstruct(net, all_but(net, name, 1), x[:100])
        close(small.predict(x), net.predict(x), 1e-9)


def test_reconstruct_recovers_a_sum_and_a_constant(close):
    net = mp.Network((3,), [mp.Dense(5), mp.Dense(2)], seed=0)
    net["dense1"].W[4], net["dense1"].b[4] = 2 * net["dense1"].W[0] - net["dense1"].W[1], 0.7
    x = np.random.default_rng(0).normal(size=(50, 3))
    small = reconstruct(net, all_but(net, "dense1", 4), x[:30])
    close(small.predict(x), net.predict(x), 1e-11)


def test_of_equally_good_weights_the_nearest_are_taken(close):
    """Three samples, five weights: no error is left on them, with the pseudo-inverse's change and no more."""
    net = mp.Network((4,), [mp.Dense(6, "tanh"), mp.Dense(2)], seed=5)
    x, keep = np.random.default_rng(1).normal(size=(3, 4)), all_but(net, "dense1", 2)
    small, plain = reconstruct(net, keep, x), mp.prune(net, keep)
    assert squared_error(net, small, "dense2", x) < 1e-25
    o, lacks = read(plain, "dense2", x), net.predict(x) - plain.predict(x)
    change = np.linalg.pinv(o - o.mean(axis=0)) @ (lacks - lacks.mean(axis=0))
    close(small["dense2"].W - plain["dense2"].W, change.T, 1e-10)


def test_a_dead_and_a_constant_neuron_do_not_disturb_the_fit(close):
    net = mp.Network((4,), [mp.Dense(6, "sigmoid"), mp.Dense(2)], seed=5)
    net["dense1"].W[:2] = 0
    net["dense1"].b[0] = -800
    x, keep = np.random.default_rng(1).normal(size=(50, 4)), all_but(net, "dense1", 5)
    small, plain = reconstruct(net, keep, x), mp.prune(net, keep)
    np.testing.assert_array_equal(small["dense2"].W[:, 0], plain["dense2"].W[:, 0])
    close(small["dense2"].W[:, 1], plain["dense2"].W[:, 1])
    assert not np.allclose(small["dense2"].W, plain["dense2"].W)


@pytest.mark.parametrize("dtype, largest", [("float64", 1), ("float32", 3)])
def test_rounding_errors_are_not_fitted(dtype, largest):
    """Two neurons that differ by rounding only: a fit could use that, with weights of 1e15."""
    rng = np.random.default_rng(0)
    net = mp.Network((4,), [mp.Dense(4, "tanh"), mp.Dense(3)], seed=5, dtype=dtype)
    net["dense1"].W *= 0.01
    net["dense1"].b[...] = 3
    net["dense1"].W[1] = net["dense1"].W[0] * (1 + 4 * np.finfo(dtype).eps)
    small = reconstruct(net, all_but(net, "dense1", 3), rng.normal(size=(200, 4)))
    assert np.abs(small["dense2"].W).max() < 10 * largest


def test_ridge_is_per_sample_and_position_and_spares_the_bias(close):
    """In the limit only biases are left to be fitted: `fold_means`. In between: ridge regression on centred data."""
    net = mp.Network((6, 6, 1), [mp.Conv2D(4, 2, "tanh"), mp.Conv2D(3, 2), mp.Flatten(), mp.Dense(2)], seed=1)
    x, keep = np.random.default_rng(1).normal(size=(20, 6, 6, 1)), all_but(net, "conv1", 1)
    stiff, folded, plain = reconstruct(net, keep, x, ridge=1e12), fold_means(net, keep, x), mp.prune(net, keep)
    close(stiff["conv2"].W, plain["conv2"].W, 1e-10)
    close(stiff["conv2"].b, folded["conv2"].b, 1e-10)
    patches = plain["conv2"].patches(read(plain, "conv2", x)).reshape(-1, 12)
    centred = patches - patches.mean(axis=0)
    lacks = pre_activation(net, "conv2", x) - pre_activation(plain, "conv2", x)
    change = np.linalg.solve(centred.T @ centred + 0.3 * len(patches) * np.eye(12), centred.T @ lacks)
    small = reconstruct(net, keep, x, ridge=0.3)
    close((small["conv2"].W - plain["conv2"].W).reshape(3, 12), change.T, 1e-10)


def test_memory_does_not_grow_with_the_samples(monkeypatch):
    monkeypatch.setattr(compensation, "BLOCK", 1 << 16)
    net = mp.Network((6, 6, 1), [mp.Conv2D(8, 2, "relu"), mp.Conv2D(6, 2), mp.Flatten(), mp.Dense(2)], seed=1)
    x, keep = np.random.default_rng(1).normal(size=(4000, 6, 6, 1)), all_but(net, "conv1", 1)
    peaks = []
    for N in (500, 4000):
        tracemalloc.start()
        for method in (fold_means, reconstruct, merge):
            method(net, keep, x[:N], batch_size=50)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


# twins

def test_merge_by_hand():
    """The third neuron is nearly the second one, whose column gets the third's."""
    net = mp.Network((2,), [mp.Dense(3, "sigmoid"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[1, 0], [0, 1], [0, 0.9]], [[10, 20, 5]]
    small = merge(net, {"dense1": [True, True, False]})
    np.testing.assert_array_equal(small["dense2"].W, [[10, 25]])
    net["dense1"].b[1] = 5                          # the bias is a part of what is compared
    np.testing.assert_array_equal(merge(net, {"dense1": [True, True, False]})["dense2"].W, [[15, 20]])


def test_merge_by_hand_with_a_share():
    """w = (4, 3) and (3, 4) on relu: 24/25 of the first is the nearest to the second."""
    net = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[-1, -1], [4, 3], [3, 4]], [[1, 2, 50]]
    np.testing.assert_allclose(merge(net, {"dense1": [True, True, False]})["dense2"].W, [[1, 50]])
    np.testing.assert_allclose(merge(net, {"dense1": [True, False, False]})["dense2"].W, [[1]])


@pytest.mark.parametrize("kind, seed", PLAIN + BLOCKS)
def test_twins_are_merged_exactly(kind, seed, any_network, random_samples, close):
    net = any_network(kind, seed)
    x, _ = random_samples(net, seed)
    keep = {}
    for place, name in enumerate(net.hidden_layers):
        if net[name].K > 1:
            make_twin(net, name, 0, net[name].K - 1)
            keep |= all_but(net, name, (0, net[name].K - 1)[(seed + place) % 2])
    for small in (merge(net, keep), merge(net, keep, x)):
        close(small.predict(x), net.predict(x), 1e-11)


@pytest.mark.parametrize("f, scale", [("relu", 3), ("leaky_relu", 0.2), ("identity", 3), ("identity", -2),
                                      ("tanh", -1)])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_scaled_twins_are_merged_exactly(f, scale, batch_norm, close):
    net = mp.Network((4,), [mp.Dense(4, f, batch_norm=batch_norm), mp.Dense(5, f), mp.Dense(3)], seed=2)
    x = np.random.default_rng(0).normal(size=(9, 4))
    net["dense1"].b[...] = 0.3
    make_twin(net, "dense1", 2, 0, scale)
    close(merge(net, all_but(net, "dense1", 2)).predict(x), net.predict(x))
    close(merge(net, all_but(net, "dense1", 2), x).predict(x), net.predict(x))
    np.testing.assert_array_equal(duplicates(net)["dense1"], [True, True, False, True])


@pytest.mark.parametrize("f, best", [
    ("identity", {2.3: 2.3, -2.3: -2.3}), ("relu", {2.3: 2.3, -2.3: 0}), ("leaky_relu", {0.4: 0.4, -0.4: 0}),
    ("tanh", {2.3: 1, 0.6: 1, 0.4: 0, -0.4: 0, -0.6: -1, -7: -1}), ("sigmoid", {2.3: 1, -2.3: 1}), ("softplus", {0: 1}),
])
def test_shares_are_those_that_the_activation_lets_through(f, best):
    wanted = {scale: compensation.allowed(np.array(float(scale)), f, False) for scale in best}
    assert wanted == best
    pooled = {scale: compensation.allowed(np.array(float(scale)), f, True) for scale in best}
    assert pooled == {scale: max(share, 0) for scale, share in best.items()}
    z = np.linspace(-3, 3, 7)
    for share in best.values():
        np.testing.assert_allclose(mp.ACTIVATIONS[f](share * z), share * mp.ACTIVATIONS[f](z))


def test_a_mirror_image_is_no_twin_through_max_pooling(close):
    """max(−o) is not −max(o). Judged by what comes out of the pooling, it is not one either."""
    for pool, exact in ((mp.AvgPool2D(2), True), (mp.MaxPool2D(2), False)):
        net = mp.Network((6, 6, 1), [mp.Conv2D(3, 3), pool, mp.Flatten(), mp.Dense(2)], seed=2)
        make_twin(net, "conv1", 1, 0, -1)
        x = np.random.default_rng(0).normal(size=(9, 6, 6, 1))
        assert np.allclose(merge(net, all_but(net, "conv1", 1)).predict(x), net.predict(x)) == exact
        assert np.allclose(merge(net, all_but(net, "conv1", 1), x).predict(x), net.predict(x)) == exact
        assert duplicates(net)["conv1"].all() != exact


@pytest.mark.parametrize("seed", range(14))
def test_likeness_is_what_its_formula_says(seed, random_network, random_samples, close):
    """Distances and shares against loops over pairs, and against the least-squares solution of each pair."""
    net = random_network(seed)
    x, _ = random_samples(net, seed, N=9)
    for name in net.hidden_layers:
        layer, after, K = net[name], net.reader(name), net[name].K
        v = compensation.rows_of(net, name)
        distance, share = compensation.like_weights(net, name)
        o = read(net, after, x).reshape(-1, K)
        left, ratio = compensation.like_outputs([read(net, after, x)], K)
        for j, i in np.ndindex(K, K):
            np.testing.assert_allclose(distance[j, i], ((v[j] - share[j, i] * v[i]) ** 2).sum(), atol=1e-12)
            (best,), residual, *_ = np.linalg.lstsq(o[:, [i]], o[:, j], rcond=None)
            np.testing.assert_allclose(ratio[j, i], best if o[:, i].any() else 0, atol=1e-9)
            np.testing.assert_allclose(left[j, i], ((o[:, j] - ratio[j, i] * o[:, i]) ** 2).sum(), atol=1e-9)
            if layer.f.name in compensation.HOMOGENEOUS and i != j:
                steps = share[j, i] + np.linspace(-1, 1, 21)
                others = ((v[j] - steps[steps >= 0, np.newaxis] * v[i]) ** 2).sum(axis=1)
                assert distance[j, i] <= others.min() + 1e-12


def test_the_nearest_by_output_takes_over():
    """On this data the first neuron is silent and the second one puts out half of what the third does."""
    net = mp.Network((2,), [mp.Dense(3, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = [[0, 1], [1, 0], [2, 2]], [[1, 10, 100]]
    small = merge(net, {"dense1": [True, True, False]}, [[1.0, 0], [2, 0], [3, -1]])
    o = np.array([[1, 2], [2, 4], [3, 4]])
    np.testing.assert_allclose(small["dense2"].W, [[1, 10 + 100 * (o[:, 0] @ o[:, 1]) / (o[:, 0] @ o[:, 0])]])


def test_coupled_neurons_are_compared_in_all_their_layers(close):
    """Alike in one of the two layers that are added is not alike; and the share must suit relu and tanh both."""
    net = mp.Network((4,), [mp.Dense(5, "relu"), Residual([mp.Dense(6), mp.Dense(5, "tanh")]), mp.Dense(2)], seed=1)
    (name,) = [name for name in net.hidden_layers if "+" in name]
    assert net.members(name) == ["dense1", "dense3"]
    x, keep = np.random.default_rng(0).normal(size=(6, 4)), {name: np.arange(5) != 1}
    net["dense1"].W[1] = net["dense1"].W[0]
    assert duplicates(net)[name].all()
    net["dense3"].W[1] = net["dense3"].W[0]
    np.testing.assert_array_equal(duplicates(net)[name], keep[name])
    close(merge(net, keep).predict(x), net.predict(x))
    for layer in ("dense1", "dense3"):
        net[layer].W[1] *= 1.2
    share = compensation.like_weights(net, name)[1]
    assert share[1, 0] == 1 and set(np.unique(share)) <= {0, 1}


def test_a_masked_neuron_stands_for_nobody(close):
    net = mp.Network((3,), [mp.Dense(4, "sigmoid"), mp.Dense(2)], seed=0)
    make_twin(net, "dense1", 1, 0)
    net["dense1"].W[2] = net["dense1"].W[0] + 0.1
    x = np.random.default_rng(0).normal(size=(5, 3))
    masked = mp.mask(net, all_but(net, "dense1", 0))
    small = merge(masked, all_but(net, "dense1", 1))                # not the silent twin: the next nearest
    close(small["dense2"].W[:, 1], net["dense2"].W[:, 2] + net["dense2"].W[:, 1])
    close(merge(masked, all_but(net, "dense1", 0)).predict(x), masked.predict(x))
    close(merge(masked, {"dense1": [True, False, False, False]}).predict(x), masked.predict(x) * 0)
    assert duplicates(masked)["dense1"].all()


def test_duplicates_leaves_one_of_each_family_and_merge_loses_nothing(close):
    net = mp.Network((6, 6, 1), [mp.Conv2D(6, 3, "relu"), mp.MaxPool2D(2), mp.Flatten(), mp.Dense(4, "sigmoid"),
                                 mp.Dense(3)], seed=4)
    for j, i, scale in ((2, 0, 1), (3, 0, 5), (4, 1, 0.1)):
        make_twin(net, "conv1", j, i, scale)
    net["conv1"].W[5] = 0
    make_twin(net, "dense1", 3, 1)
    keep = duplicates(net)
    assert {name: stays.tolist() for name, stays in keep.items()} == {
        "conv1": [True, True, False, False, False, False], "dense1": [True, True, True, False]}
    x = np.random.default_rng(0).normal(size=(5, 6, 6, 1))
    close(merge(net, keep).predict(x), net.predict(x))
    net["dense1"].W[3] += 1e-5
    assert duplicates(net)["dense1"].all() and not duplicates(net, 1e-3)["dense1"].all()
