"""Least squares: solved, exact where the docstring says so, rounding errors not fitted."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.pruning.compensation.least_squares import in_tall, least_change, reconstruct
from minprune.pruning.compensation.means import fold_means
from minprune.pruning.compensation.merging import merge

PLAIN, BLOCKS = [("plain", seed) for seed in range(14)], [("blocks", seed) for seed in range(5)]


def read(net, name, x):
    """What layer `name` reads."""
    return net.forward(x)[name].x


def pre_activation(net, name, x):
    """a = W x + b of layer `name`, before batch norm: (N · P, K)."""
    return (net[name].product(read(net, name, x)) + net[name].b).reshape(-1, net[name].K)


def left(net, keep, reader):
    """Which of a reader's own neurons are left once `keep` is done."""
    own = {member: stays for name, stays in keep.items() for member in net.members(name)}
    return own.get(reader, np.ones(net[reader].K, bool))


def missing(net, small, keep, reader, x):
    """What the reader's pre-activations lack to those of `net`."""
    return pre_activation(net, reader, x)[:, left(net, keep, reader)] - pre_activation(small, reader, x)


def squared_error(net, small, name, x):
    return np.square(missing(net, small, {}, name, x)).mean()


def make_twin(net, name, j, i, scale=1.0):
    """Let neuron j of a layer compute scale times neuron i's z; who reads it stays as it is."""
    for layer in (net[member] for member in net.members(name)):
        for key in layer.arrays():
            getattr(layer, key)[j] = getattr(layer, key)[i]
        for key in ("gamma", "beta") if layer.batch_norm else ("W", "b"):
            getattr(layer, key)[j] *= scale


def all_but(net, name, j):
    return {name: np.arange(net[name].K) != j}


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


@each("kind, seed", PLAIN + BLOCKS)
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


@each("seed", range(7))
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


@each("kind, seed", PLAIN[:7] + BLOCKS)
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


def test_a_single_weight_is_fitted_and_its_rounding_errors_are_not(close):
    """x varies; or it is 10⁶ and varies by its last digits alone, which the missing numbers happen to follow."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 1))
    ones = np.ones_like(x)
    dW, db = least_change([(np.hstack([ones, x]), 3 * x + 2)], 0, 2e-14)
    close(dW, [[3]]), close(db, [2])
    rounding = 1e-10 * rng.integers(-1, 2, x.shape)
    dW, db = least_change([(np.hstack([ones, 1e6 + rounding]), 5 + rounding)], 0, 2e-14)
    assert dW.tolist() == [[0]]
    close(db, [5])
    length = np.sqrt((x ** 2).sum() / ((x - x.mean()) ** 2).sum())      # of x, in lengths of what varies of it
    for smallest, fitted in ((0.7 / length, 3), (1.5 / length, 0)):
        close(least_change([(np.hstack([ones, x]), 3 * x + 2)], 0, smallest)[0], [[fitted]])


def test_equations_are_decomposed_in_tall_pieces():
    """Each but the last has at least four times as many rows as columns, and no more pieces than it takes."""
    rows = [(np.full((4, 2), n), np.full((4, 3), n)) for n in range(5)]
    tall = list(in_tall(rows))
    assert [len(read) for read, _ in tall] == [len(lacks) for _, lacks in tall] == [8, 8, 4]
    assert np.concatenate([read for read, _ in tall])[:, 0].tolist() == [n for n in range(5) for _ in range(4)]
