"""The latency of pruned networks: that of the whole network over that of the pruned one."""

import minprune as mp
from minprune.studies.experiments import latency


def test_each_shape_is_measured_once_beside_the_whole_network(monkeypatch):
    whole = mp.Network(4, [mp.Dense(8, "relu"), mp.Dense(6, "relu"), mp.Dense(3)])
    measured = []

    def speedup(before, after, x):
        measured.append([sum(net[name].K for name in net.hidden_layers) for net in (before, after)])
        return 4.0 if measured[-1][1] == 4 else 1.5

    monkeypatch.setattr(latency, "speedup", speedup)
    neurons = {0.5: {"dense1": 4, "dense2": 3}, 0.75: {"dense1": 2, "dense2": 2}}
    records = [{"method": method, "fraction": fraction, "neurons": neurons[fraction]}
               for method in ("taylor", "random") for fraction in neurons]
    times = latency.speedups(records, whole)
    assert sorted(measured) == [[14, 4], [14, 7]]
    assert times == {("taylor", 0.5): 1.5, ("random", 0.5): 1.5, ("taylor", 0.75): 4.0, ("random", 0.75): 4.0}
