"""Origin: through any number of cuts each neuron still has the bias of the neuron that it was."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.origin import built_alike, from_setting


def marked(net):
    """The network with a different number in the bias of each of its neurons."""
    for place, name in enumerate(net.neuron_layers):
        net[name].b[...] = place + np.arange(net[name].K) / 100
    return net


def branched():
    return mp.Network((6, 6, 2), [
        mp.Conv2D(6, 3, "relu", padding="same"), mp.Conv2D(4, 3, "relu", padding="same", groups=2),
        mp.Concat([[], [mp.Conv2D(3, 1), mp.Conv2D(5, 1, "tanh")]]), mp.Residual([mp.Conv2D(9, 3, padding="same")]),
        mp.Flatten(), mp.Dense(7, "relu"), mp.Dense(3)], seed=0)


@pytest.mark.parametrize("case", [0, 2, "branched"])
def test_each_neuron_has_the_bias_of_the_one_that_it_was(case, random_residual, random_keep, tmp_path):
    net = marked(branched() if case == "branched" else random_residual(case))
    small = net
    for cut in range(3):
        small = mp.prune(small, random_keep(small, cut, p=0.7))
        small.save(tmp_path / "net.npz")
        for other in (small, small.copy(), mp.Network.load(tmp_path / "net.npz")):
            for name in other.neuron_layers:
                np.testing.assert_array_equal(other[name].b, net[name].b[other.origin(name)])
                assert other.origin_name(name) == name
    assert any(len(small.origin(name)) < net[name].K for name in net.neuron_layers)
    for name, unit in small.units.items():                  # a unit's are those of its first layer
        layer, rows = next(iter(unit.rows.items()))
        np.testing.assert_array_equal(small.origin(name), small.origin(layer)[rows[:, 0]])


def test_iterative_pruning_and_compensation_know_it():
    data = mp.datasets.load("digits")
    net = mp.Network((8, 8, 1), [
        mp.Conv2D(5, 3, "relu", 2, "same"), mp.Residual([mp.Conv2D(4, 3, "relu", padding="same"), mp.Conv2D(5, 1)]),
        mp.Flatten(), mp.Dense(6, "relu"), mp.Dense(10)])
    parts = mp.datasets.Dataset(data.x_train[:40], data.t_train[:40], data.x_test[:20], data.t_test[:20], "few", 10)
    *_, step = mp.prune_iteratively(net, parts, "weight_norm", [0.2, 0.4, 0.6], retrain=mp.FineTune(epochs=0))
    for name, stays in step.keep.items():
        np.testing.assert_array_equal(step.net.origin(name), np.flatnonzero(stays))
    for cut in (mp.merge, mp.fold_means, mp.reconstruct):
        small = cut(net, step.keep, parts.x_train)
        assert all((small.origin(name) == np.flatnonzero(stays)).all() for name, stays in step.keep.items())


def test_what_was_never_cut_is_itself_and_its_settings_say_nothing():
    net = branched()
    assert "origin" not in net.settings() and net.origin("conv1").tolist() == list(range(6))
    assert "origin" not in mp.mask(net, {"dense1": np.arange(7) > 2}).settings()
    net.origin("conv1")[0] = 9                              # a copy
    assert net.origin("conv1")[0] == 0
    with pytest.raises(ValueError, match='unknown layer "conv9"'):
        net.origin("conv9")


@each("setting", [["conv1", [0, 1]], ["conv1", [0, 0, 1, 2, 3, 4]], ["conv1", [-1, 0, 1, 2, 3, 4]],
                  [7, [0, 1, 2, 3, 4, 5]], ["conv1", [0.5, 1, 2, 3, 4, 5]]])
def test_a_file_that_says_nonsense_is_refused(setting):
    with pytest.raises(ValueError, match='origin of "conv1" expects 6 different indices'):
        from_setting({"conv1": setting, "merged_away": ["conv7", [1]]}, branched())


def test_networks_that_were_cut_differently_to_the_same_sizes_are_built_alike():
    net = mp.Network((3,), [mp.Dense(4, "relu"), mp.Dense(2)], seed=0)
    one, other = (mp.prune(net, {"dense1": np.array(stays)}) for stays in ([True, True, False, True],
                                                                          [False, True, True, True]))
    assert one.settings() != other.settings() and built_alike(one, other)
    assert built_alike(one, mp.Network((3,), [mp.Dense(3, "relu"), mp.Dense(2)])) and not built_alike(one, net)
