"""Soft pruning: zeros after each epoch, which are trained on; at the end constants, which fold away."""

import numpy as np
import pytest

import minprune as mp
from minprune.retraining.soft import SoftPruning, set_to_zero


def samples(count=40):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 6, 6, 1))
    return x, (x.mean(axis=(1, 2, 3)) > 0).astype(int)


def network(seed=0):
    return mp.Network((6, 6, 1), [
        mp.Conv2D(6, 3, "relu"), mp.Residual([mp.Conv2D(4, 1, "relu", batch_norm=True),
                                              mp.Conv2D(6, 1)]), mp.GlobalAvgPool2D(), mp.Dense(8, "relu"),
        mp.Dense(2)], seed=seed)


def test_after_the_last_epoch_the_lowest_are_zero_and_fold_away_exactly(close):
    net, (x, t) = network(), samples()
    soft = SoftPruning(schedule=[0.5])
    mp.fit(net, x, t, epochs=3, callback=soft, progress=False)
    for name, stays in soft.keep.items():
        assert (~stays).sum() == len(stays) // 2
        for member in net.members(name):
            zero = ~net[member].W.reshape(len(stays), -1).any(axis=1)
            np.testing.assert_array_equal(zero, ~stays)
    small = mp.fold_means(net, soft.keep, x)
    close(small.predict(x), net.predict(x))                     # no zero padding reads them: conv3 is 1×1
    assert len(soft.revived) == 3


def test_zeros_are_trained_on_and_can_come_back():
    """The score of the second time is turned round, so that all those at zero stay."""
    net, (x, t), calls = network(), samples(), []

    def first_low(W):
        calls.append(W)
        order = np.arange(float(len(W)))
        return order if len(calls) <= 3 else -order

    soft = SoftPruning(score=first_low, schedule=[0.5], scope="layer")
    soft(net)
    zero = {name: ~stays for name, stays in soft.keep.items()}
    net["conv2"].beta[...] = net["dense1"].b[...] = 0.5          # a relu neuron at zero in all would have no gradient
    mp.fit(net, x, t, epochs=1, progress=False)
    assert any(net[name].W[zero[name]].any() for name in ("conv2", "dense1"))
    soft(net)
    assert soft.revived[0] == 0 and soft.revived[1] == sum(int(row.sum()) for row in zero.values())


def test_the_schedule_rises_every_few_epochs_and_its_last_entry_goes_on():
    net, soft = network(), SoftPruning(schedule=[2, 4, {"dense1": 5}][:2], every=2, scope="global")
    gone = []
    for _ in range(8):
        soft(net)
        gone.append(0 if soft.keep is None else sum(int((~stays).sum()) for stays in soft.keep.values()))
    assert gone == [0, 2, 2, 4, 4, 4, 4, 4]


def test_biases_and_batch_norm_stay():
    net = network()
    before = {name: array.copy() for name, array in net.arrays().items()}
    set_to_zero(net, {"conv2": np.array([True, False, True, False]), "dense1": np.ones(8, bool)})
    changed = [name for name, array in net.arrays().items() if not np.array_equal(array, before[name])]
    assert changed == ["conv2.W"] and not net["conv2"].W[[1, 3]].any() and net["conv2"].W[[0, 2]].any()


def test_errors():
    for arguments, error, message in [
            (dict(score="weight_nrm"), ValueError, 'did you mean "weight_norm"'),
            (dict(every=0), ValueError, "every expects")]:
        with pytest.raises(error, match=message):
            SoftPruning(**arguments)
    for arguments, error, message in [
            (dict(schedule=[0.5, 0.2]), ValueError, "goes back from"),
            (dict(score="taylor"), ValueError, "needs x and t"), (dict(protect=["conv9"]), ValueError, "conv9"),
            (dict(scope="layers"), ValueError, 'unknown scope "layers"')]:
        with pytest.raises(error, match=message):
            SoftPruning(**arguments)(network())
