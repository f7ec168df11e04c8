"""The time of a forward pass: measured on the samples that were given, all networks in turns."""

import inspect

import numpy as np
import pytest

import minprune as mp
from minprune.evaluation import latency
from minprune.evaluation.latency import blas_threads, forward_turns, speedup, thread_note


def small_net(seed=0):
    return mp.Network((6, 6, 2), [mp.Conv2D(3, 3, "relu", batch_norm=True), mp.MaxPool2D(2), mp.Flatten(),
                                  mp.Dense(5, "tanh"), mp.Dense(3)], seed=seed)


def samples(count=40, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 6, 6, 2)), rng.integers(0, 3, count)


def test_latency_is_measured_on_the_batch_asked_for(monkeypatch):
    net, (x, t) = small_net(), samples(40)
    seen = []
    output = net.output
    monkeypatch.setattr(net, "output", lambda x: seen.append(len(x)) or output(x))
    assert forward_turns([net], [x[:7]]).medians()[0] > 0
    assert set(seen) == {7} and len(seen) > 5
    result = mp.evaluate(small_net(), x, t, latency_batch=128)
    assert result.latency > 0 and result.latency_batch == 40


def test_networks_take_turns_each_with_its_own_samples(monkeypatch):
    nets, (x, _), seen = [small_net(0), small_net(1)], samples(3), []
    for net in nets:
        monkeypatch.setattr(net, "output", lambda x, net=net: seen.append((nets.index(net), len(x))))
    assert len(forward_turns(nets, [x, x[:2]]).medians()) == 2
    assert seen == [(0, 3), (1, 2)] * (len(seen) // 2) and len(seen) >= 12


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("images", [np.uint8, list], ids=["whole numbers", "lists"])
def test_what_is_timed_is_what_the_network_was_made_for(monkeypatch, dtype, images):
    """Default arguments, whole numbers or lists as images: as the other numbers of an Evaluation take them."""
    net = mp.Network((6, 6, 2), [mp.Flatten(), mp.Dense(3)], dtype=dtype)
    seen, output = set(), net.output
    monkeypatch.setattr(net, "output", lambda x: seen.add(x.dtype.name) or output(x))
    x = np.random.default_rng(0).integers(0, 255, (9, 6, 6, 2))
    x = x.tolist() if images is list else x.astype(images)
    assert mp.evaluate(net, x, np.arange(9) % 3).latency > 0
    assert mp.compare(net, net, x, np.arange(9) % 3).speedup.median > 0
    assert seen == {dtype}


def test_a_speed_up_is_before_over_after():
    """Nets on which a fake clock says how long a pass takes."""
    class Net:
        def __init__(self, seconds):
            self.seconds = seconds

        def output(self, x):
            now[0] += self.seconds * len(x)

    now = [0.0]

    def clock():
        return now[0]

    ratio = speedup(Net(0.03), Net(0.01), [0, 0], clocks=(clock, clock))
    assert ratio.median == pytest.approx(3) and ratio.problem == ""


def test_it_is_measured_for_so_long_for_each_network(monkeypatch):
    """0.3 seconds unless the tests are in a hurry, and a batch of 128 samples, as `compare` says."""
    seconds = []
    monkeypatch.setattr(latency, "LATENCY_SECONDS", 0.3)
    monkeypatch.setattr(latency, "take_turns", lambda functions, planned, clocks: seconds.append(planned))
    forward_turns([None] * 3, [0] * 3)
    forward_turns([None], [0])
    assert seconds == pytest.approx([0.9, 0.3])
    assert "LATENCY_SECONDS = 0.3 " in inspect.getsource(latency)
    for function in (mp.evaluate, mp.compare):
        assert inspect.signature(function).parameters["latency_batch"].default == 128


def test_threads_are_those_that_the_environment_allows(monkeypatch):
    for name in latency.THREADS:
        monkeypatch.delenv(name, raising=False)
    assert blas_threads() >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert blas_threads() == 3
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    assert blas_threads() == 1


def test_without_a_word_of_the_environment_there_is_one_for_each_core(monkeypatch):
    for name in latency.THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(latency.os, "sched_getaffinity", lambda process: range(3 if process == 0 else 9), raising=False)
    assert blas_threads() == 3
    monkeypatch.delattr(latency.os, "sched_getaffinity")
    for count, threads in ((4, 4), (None, 1)):
        monkeypatch.setattr(latency.os, "cpu_count", lambda count=count: count)
        assert blas_threads() == threads


def test_several_threads_and_small_networks_are_told(monkeypatch):
    monkeypatch.setattr(latency, "blas_threads", lambda: 2)
    assert "2 BLAS threads" in thread_note([1e-4, 1.0]) and "OPENBLAS_NUM_THREADS=1" in thread_note([1e-4])
    assert thread_note([1.0, 1.0]) == "" and thread_note([1.0], disturbed=True)
    assert thread_note([1.9e-3]) and thread_note([2.1e-3]) == ""
    monkeypatch.setattr(latency, "blas_threads", lambda: 1)
    assert thread_note([1e-4]) == ""
