"""All compensations change the readers' W and b and nothing else, whatever the batches."""

import tracemalloc

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.pruning.compensation import duplicates, fold_means, merge, readers, reconstruct

PLAIN, BLOCKS = [("plain", seed) for seed in range(28)], [("blocks", seed) for seed in range(20)]
METHODS = {"fold_means": fold_means, "reconstruct": reconstruct, "merge": merge,
           "merge without x": lambda net, keep, x: merge(net, keep)}


@pytest.fixture(params=list(METHODS))
def method(request):
    return METHODS[request.param]


def all_but(net, name, j):
    return {name: np.arange(net[name].K) != j}


@each("kind, seed", PLAIN + BLOCKS)
def test_shape_and_all_but_the_readers_is_that_of_prune(kind, seed, any_network, random_samples, random_keep,
                                                        fingerprint):
    """The seed chooses one of seven kinds of plain networks, or of five with blocks; each meets every method."""
    method = list(METHODS.values())[seed // (7 if kind == "plain" else 5)]
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


@each("seed", range(7))
def test_batch_size_and_order_of_the_samples_do_not_matter(seed, random_network, random_samples, random_keep, close):
    net = random_network(seed)
    (x, _), keep = random_samples(net, seed, N=60), random_keep(net, seed)
    for method in (fold_means, reconstruct, merge):
        one, other = method(net, keep, x), method(net, keep, x[::-1], batch_size=7)
        for name, array in one.arrays().items():
            close(array, other.arrays()[name], 1e-6)
        close(one.predict(x), other.predict(x), 1e-8)


@each("seed", range(7))
def test_float32_does_what_float64_does(seed, random_network, random_samples, random_keep, close):
    net = random_network(seed, dtype="float32")
    settings = {**net.settings(), "dtype": "float64"}
    exact = mp.Network.from_settings(settings, net.arrays())
    (x, _), keep = random_samples(net, seed, N=60), random_keep(net, seed)
    for method in METHODS.values():
        small = method(net, keep, x)
        assert all(array.dtype == np.float32 for array in small.parameters().values())
        close(small.predict(x), method(exact, keep, x).predict(x), 2e-3, least=0.1)


@each("wrong, error, message", [
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


def test_memory_does_not_grow_with_the_samples(monkeypatch):
    monkeypatch.setattr("minprune.pruning.compensation.least_squares.BLOCK", 1 << 16)
    net = mp.Network((6, 6, 1), [mp.Conv2D(8, 2, "relu"), mp.Conv2D(6, 2), mp.Flatten(), mp.Dense(2)], seed=1)
    x, keep = np.random.default_rng(1).normal(size=(500, 6, 6, 1)), all_but(net, "conv1", 1)
    peaks = []
    for N in (100, 500):
        tracemalloc.start()
        for method in (fold_means, reconstruct, merge):
            method(net, keep, x[:N], batch_size=50)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


@each("name, value", [("dense1.W", np.nan), ("dense2.b", np.inf), ("dense3.W", np.nan)])
def test_a_network_with_nan_is_refused_by_the_name_of_its_array(name, value, method):
    """What is made of NaN would spread to all weights of a reader, and look like one more number that is too large."""
    net = mp.Network((4,), [mp.Dense(3, "relu"), mp.Dense(3, "relu"), mp.Dense(2)], seed=0)
    net.arrays()[name].flat[0] = value
    told = f"^{name} holds 1 values that are NaN or infinite, of {net.arrays()[name].size}"
    for call in (lambda: method(net, all_but(net, "dense1", 1), np.ones((5, 4))), lambda: duplicates(net)):
        with pytest.raises(ValueError, match=told):
            call()


def test_batches_are_of_256_samples_unless_another_size_is_given(method, monkeypatch):
    net, lengths, run = mp.Network((4,), [mp.Dense(3), mp.Dense(2)], seed=0), [], readers.run
    monkeypatch.setattr(readers, "run", lambda layers, x: lengths.append(len(x)) or run(layers, x))
    method(net, all_but(net, "dense1", 1), np.ones((300, 4)))
    assert set(lengths) == ({256, 44} if method is not METHODS["merge without x"] else set())
