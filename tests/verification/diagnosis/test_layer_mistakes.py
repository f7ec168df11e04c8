"""Mistakes inside a layer, each against the engine's own numbers."""

import numpy as np
import pytest

import minprune as mp
from minprune.verification.diagnosis import layer_mistakes
from minprune.verification.diagnosis.probe import DoesNotApply
from minprune.verification.sampling.random_networks import Case, fill
from verification.diagnosis.probes import CASE, RNG, probe_of

NORMED = mp.Network(2, [mp.Dense(3, "tanh", batch_norm=True), mp.Dense(2)], seed=0)
fill(NORMED, np.random.default_rng(1))
OF_NORMED = Case(NORMED, "dense1", RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2)), "mse")
IMAGES = mp.Network((2, 3, 2), [mp.Conv2D(2, (1, 2), "tanh"), mp.MaxPool2D((2, 2)), mp.Flatten(), mp.Dense(1)], seed=0)
OF_IMAGES = Case(IMAGES, "conv1", RNG.normal(size=(3, 2, 3, 2)), RNG.normal(size=(3, 1)), "mse")


def test_batch_norm_by_its_definition():
    layer, z = NORMED["dense1"], OF_NORMED.trace["dense1"].z
    a = OF_NORMED.x @ layer.W.T + layer.b
    np.testing.assert_allclose(layer_mistakes.before_batch_norm(layer, z), a, rtol=1e-10)
    np.testing.assert_allclose(layer_mistakes.scale(layer) * (a - layer.running_mean) + layer.beta, z, rtol=1e-10)
    assert (layer_mistakes.scale(NORMED["dense2"]) == 1).all()


def test_what_is_missing_is_multiplied_along_the_neurons():
    def factor(layer):
        return np.array([2.0, 3, 5])

    dz = OF_NORMED.trace["dense1"].dz
    for equals, formula in (("dL/dz", lambda dz: dz), ("dL/db", lambda dz: dz[:, 0])):
        probe = probe_of(formula, OF_NORMED, equals)
        for apply in (layer_mistakes.scaled_result(factor), layer_mistakes.scaled_array("dz", factor)):
            np.testing.assert_allclose(apply(probe).reshape(4, 3), dz * [2, 3, 5], rtol=1e-12)
    plain = probe_of(lambda do: do)                                            # without batch norm it is left as it is
    np.testing.assert_array_equal(layer_mistakes.scaled_result(factor)(plain), plain.claimed)


def test_the_kernel_is_turned_round():
    W = IMAGES["conv1"].W                                                      # (2, 1, 2, 2)
    turned = W[:, ::-1, ::-1]
    for array in (W, W.reshape(2, -1)):
        np.testing.assert_array_equal(layer_mistakes.flipped(array, IMAGES["conv1"]), turned.reshape(array.shape))
    with pytest.raises(DoesNotApply, match="no axis of the kernel"):
        layer_mistakes.flipped(np.zeros((2, 3)), IMAGES["conv1"])
    with pytest.raises(DoesNotApply, match="no kernel"):
        layer_mistakes.flipped(CASE.net["dense1"].W, CASE.net["dense1"])


def test_a_gradient_spread_over_the_window_by_a_loop():
    """The image (2, 2) of each channel is one window."""
    probe = probe_of(lambda do: do, OF_IMAGES)
    pair, = layer_mistakes.spread_over_windows(lambda size: 1 / size)(probe)
    do = OF_IMAGES.trace["maxpool1"].do
    for n, p, k in np.ndindex(3, 4, 2):
        assert pair.wrong[n, p, k] == pytest.approx(do[n, 0, 0, k] / 4)
    np.testing.assert_allclose(pair.right.sum(axis=1), do[:, 0, 0])
    assert not layer_mistakes.spread_over_windows(lambda size: 1)(probe_of(lambda do: do))
