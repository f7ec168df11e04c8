"""A step: told in a few lines, and the same after it was written and read."""

import numpy as np
import pytest

import minprune as mp
from minprune.datasets.dataset import Dataset
from minprune.retraining.step import packed, unpacked


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4))
    t = (x[:, 0] * x[:, 1] > 0).astype(int)
    return Dataset(x[:90], t[:90], x[90:], t[90:], "toy", 2)


@pytest.fixture
def net():
    return mp.Network((4,), [mp.Dense(10, "relu", batch_norm=True), mp.Dense(7, "tanh"), mp.Dense(2)], seed=3)


def test_a_step_is_told_in_a_few_lines(net, data):
    step, = mp.prune_iteratively(net, data, retrain=lambda net, cut: None)
    before, after = (f"{accuracy:.2%}" for accuracy in (step.accuracy_before, step.accuracy_after))
    left = " - ".join(f"{name} {step.net[name].K}" for name in ("dense1", "dense2", "dense3"))
    assert repr(step) == str(step) == (f"Step: 8 neurons gone (50%), test accuracy {before} after the cut, {after} "
                                       f"after retraining; (4,) → {left} in float64")
    assert "<caption>8 neurons gone (50%)</caption>" in step._repr_html_() and f"{after}</td>" in step._repr_html_()
    trained, = mp.prune_iteratively(net, data, retrain=mp.FineTune(epochs=2))
    assert "after retraining of 2 epochs; " in str(trained)


def test_a_step_is_the_same_after_packing(net, data):
    """Its networks have one architecture, and arrays of their own; masks that the training set are there as well."""
    def retrain(small, cut):
        cut.state.update({"steps": 3, "m": {"dense1.b": np.arange(4.0)}})
        small["dense1"].mask = np.arange(small["dense1"].K) > 0
        return mp.fit(small, cut.x, cut.t, epochs=1)

    step, = mp.prune_iteratively(net, data, retrain=retrain)
    values, arrays = packed(step)
    again = unpacked(values, arrays, net)
    assert packed(again)[0] == values
    assert all(np.array_equal(packed(again)[1][name], array) for name, array in arrays.items())
    assert again.history == step.history and again.state["steps"] == 3
    assert again.cut["dense1"].mask is None and not again.net["dense1"].mask[0]
    assert np.array_equal(again.net.predict(data.x_test), step.net.predict(data.x_test))
