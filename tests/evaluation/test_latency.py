"""The time of a forward pass: measured on the samples that were given, all networks in turns."""

import numpy as np

import minprune as mp
from minprune.evaluation.latency import latencies


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
    assert latencies([net], x[:7])[0] > 0
    assert set(seen) == {7} and len(seen) > 5
    result = mp.evaluate(small_net(), x, t, latency_batch=128)
    assert result.latency > 0 and result.latency_batch == 40


def test_networks_take_turns(monkeypatch):
    nets, (x, _), seen = [small_net(0), small_net(1)], samples(3), []
    for net in nets:
        monkeypatch.setattr(net, "output", lambda x, net=net: seen.append(nets.index(net)))
    assert len(latencies(nets, x)) == 2
    assert seen == [0, 1] * (len(seen) // 2) and len(seen) >= 12
