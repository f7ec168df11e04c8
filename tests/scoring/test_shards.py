"""Scores from many workers are the same as from one."""

import concurrent.futures
import functools
import random
import threading

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.scoring.catalogue import CATALOGUE
from minprune.scoring.passes import Samples
from minprune.scoring.shards import is_mean_over_samples, shards


def network(batch_norm=False):
    return mp.Network((6, 6, 1), [mp.Conv2D(3, 3, "relu", batch_norm=batch_norm), mp.MaxPool2D(2), mp.Flatten(),
                                  mp.Dense(4, "tanh", batch_norm), mp.Dense(3)], seed=1)


NET, NORMED = network(), network(batch_norm=True)
RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(70, 6, 6, 1)), RNG.integers(0, 3, 70)


class AnyOrder(concurrent.futures.Executor):
    """Runs what it was given when the first result is asked for, in a shuffled order."""

    def __init__(self):
        self.jobs = []

    def submit(self, function, *arguments, **settings):
        future = Waiting(self)
        self.jobs.append((future, function, arguments, settings))
        return future

    def run(self):
        random.Random(3).shuffle(self.jobs)
        for future, function, arguments, settings in self.jobs:
            try:
                future.set_result(function(*arguments, **settings))
            except Exception as error:
                future.set_exception(error)
        self.done, self.jobs = len(self.jobs), []


class Waiting(concurrent.futures.Future):
    def __init__(self, executor):
        super().__init__()
        self.executor = executor

    def result(self, timeout=None):
        if self.executor.jobs:
            self.executor.run()
        return super().result(timeout)


@pytest.mark.filterwarnings("ignore:reciprocal_gradient")
@each("name", CATALOGUE)
def test_every_score_in_any_order_of_completion(name, few, close):
    executor, net = AnyOrder(), NORMED if name == "batch_norm_scale" else NET
    asked = functools.partial(mp.score, net, name, X[:10], T[:10], batch_size=4, **few(name))
    parallel, serial = asked(executor=executor), asked()
    assert list(parallel) == list(serial)
    for layer in serial:
        close(parallel[layer], serial[layer])
    assert executor.done == (1 if not is_mean_over_samples(CATALOGUE[name]) else 3)


def test_a_pool_of_processes(close):
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for name in ("taylor", "removal", "weight_norm"):
            parallel, serial = (mp.score(NET, name, X, T, batch_size=8, executor=one) for one in (pool, None))
            for layer in serial:
                close(parallel[layer], serial[layer])


def test_a_pool_of_threads_and_a_function_of_ones_own(close):
    threads = set()

    def mine(o, do):
        threads.add(threading.get_ident())
        return (o * do).sum(axis=1)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        parallel = mp.score(NET, mine, X, T, batch_size=8, executor=pool)
    for layer, values in mp.score(NET, mine, X, T).items():
        close(parallel[layer], values)
    assert threads - {threading.get_ident()}


def test_a_failure_is_told_with_its_shard():
    unlucky = NET.forward(X[32:33])["conv1"].o.reshape(-1, 3)

    def breaks(o):
        if np.array_equal(o[0], unlucky):
            raise ZeroDivisionError("no luck")
        return o.mean(axis=1)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        with pytest.raises(RuntimeError, match=r"shard 5 of 9 \(samples 32 … 39\) failed: no luck"):
            mp.score(NET, breaks, X, T, batch_size=8, executor=pool)


def test_bad_data_are_refused_before_anything_is_submitted():
    executor = AnyOrder()
    with pytest.raises(ValueError, match="x: Network expects"):
        mp.score(NET, "taylor", X[..., 0], T, executor=executor)
    assert not executor.jobs


def test_large_data_make_at_most_sixteen_shards():
    samples = Samples(np.zeros((1000, 6, 6, 1)), None, "cross_entropy", 10)
    parts = shards(NET, CATALOGUE["taylor"], samples)
    assert len(parts) == 15 and parts[0] == slice(0, 70) and parts[-1] == slice(980, 1000)


def test_many_scores_share_their_passes(monkeypatch, close):
    names = ["taylor", "gradient", "apoz", "weight_norm", "removal", "random"]
    passes = []
    backward = mp.Network.backward

    def counted(*arguments, **settings):
        passes.append(1)
        return backward(*arguments, **settings)

    monkeypatch.setattr(mp.Network, "backward", counted)
    together = mp.score(NET, names, X, T, batch_size=70)
    assert list(together) == names and len(passes) == 1
    for name in names:
        for layer, values in mp.score(NET, name, X, T).items():
            close(together[name][layer], values)
    with pytest.raises(TypeError, match="settings such as 'seed' go to one score"):
        mp.score(NET, ["random", "taylor"], X, T, seed=3)


def test_targets_that_do_not_fit_are_refused_as_in_a_serial_run():
    executor = AnyOrder()
    for t, error, told in ((np.r_[T, T], ValueError, "x has 70, t has 140"), (None, ValueError, "t is missing"),
                           (3, ValueError, "expects"), (T + 9, ValueError, "labels expected")):
        with pytest.raises(error, match=told):
            mp.score(NET, "taylor", X, t, batch_size=8, executor=executor)
    with pytest.raises(ValueError, match="unknown loss"):
        mp.score(NET, "removal", X, T, "cross_entrpy", executor=executor)
    with pytest.raises(TypeError, match="executor expects a concurrent.futures.Executor, got int"):
        mp.score(NET, "taylor", X, T, executor=3)
    assert not executor.jobs


def test_targets_that_no_score_reads_are_not_looked_at_as_in_a_serial_run(close):
    for name in ("apoz", "influence", "sensitivity", "weight_norm"):
        parallel = mp.score(NET, name, X, T + 0.5, batch_size=8, executor=AnyOrder())
        for layer, values in mp.score(NET, name, X, T + 0.5).items():
            close(parallel[layer], values)


def test_a_generator_cannot_be_shared_by_workers():
    with pytest.raises(TypeError, match="a seed is a whole number"):
        mp.score(NET, "shapley", X, T, executor=AnyOrder(), seed=np.random.default_rng(0))
    seeded = functools.partial(CATALOGUE["shapley"], seed=np.random.default_rng(0))
    with pytest.raises(TypeError, match="a seed is a whole number"):
        mp.score(NET, seeded, X, T, executor=AnyOrder())


def test_a_function_of_ones_own_that_takes_the_network_is_never_split(close):
    """Whatever its docstring claims."""
    def largest(net, x):
        """The largest output.

        Claims:   mean over samples
        """
        return {name: net.forward(x)[name].o.reshape(-1, net[name].K).max(axis=0) for name in net.hidden_layers}

    def not_claimed(net, x):
        """The largest output.

        Claims:   not mean over samples
        """
        return largest(net, x)

    for function in (largest, functools.partial(largest), not_claimed, functools.partial(not_claimed)):
        executor = AnyOrder()
        parallel = mp.score(NET, function, X, executor=executor, batch_size=8)
        assert executor.done == 1
        for layer, values in mp.score(NET, function, X).items():
            close(parallel[layer], values)


def test_formulas_of_ones_own_are_split_if_they_read_samples_and_are_whole_if_they_read_means(close):
    def of_samples(o_do):
        """Claims:   not mean over samples"""
        return o_do

    def of_means(mean_dW, W):
        """Claims:   mean over samples"""
        return ((mean_dW * W) ** 2).sum(axis=1)

    for function, jobs in ((of_samples, 9), (of_means, 1)):
        executor = AnyOrder()
        parallel = mp.score(NET, function, X, T, batch_size=8, executor=executor)
        assert executor.done == jobs
        for layer, values in mp.score(NET, function, X, T).items():
            close(parallel[layer], values)


@pytest.mark.parametrize("name", ["apoz", "hrank", "activation_entropy", "mutual_information"])
def test_counts_do_not_depend_on_how_a_batch_is_rounded(name):
    """Whole-numbered inputs and weights of tenths: many sums are exactly 0, or on the edge of a bin."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        net = mp.Network(8, [mp.Dense(6, "relu"), mp.Dense(2)])
        net["dense1"].W[...] = rng.integers(-3, 4, (6, 8)) * 0.1
        x, t = rng.integers(0, 2, (67, 8)).astype(float), rng.integers(0, 2, 67)
        one, other = (mp.score(net, name, x, t, batch_size=size)["dense1"] for size in (1, 67))
        np.testing.assert_allclose(one, other, atol=1e-12)
