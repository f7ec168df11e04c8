"""The path of removal: its integral is exact removal, as the fundamental theorem has it."""

import numpy as np
import pytest

import minprune as mp
from cases import each


def test_by_hand():
    """y = α · 2 · 3, t = 5: ℓ = ½ (6α − 5)², which is 12.5 at α = 0 and 0.5 at 1. A parabola takes one step."""
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...] = 1, 3
    assert mp.score(net, "removal_path", [[2.0]], [[5.0]], "mse", steps=1)["dense1"] == pytest.approx([12], rel=1e-14)


@each("kind", ["dense", "image to dense", "conv to flatten to dense", "image to image",
               "conv to global average to dense", "all conv to global average"])
def test_it_is_removal(kind, random_network, random_samples):
    """To rounding where all is smooth, though the slope at its start is far from it."""
    nets = (random_network(seed, kind, activations=["tanh", "softplus", "identity", "sigmoid"]) for seed in range(9))
    # the largest of a window would change on the way
    net = next(net for net in nets if not any(isinstance(layer, mp.MaxPool2D) for layer in net.layers.values()))
    x, t = random_samples(net, 0, 3)
    exact, path = (mp.score(net, name, x, t, "mse") for name in ("removal", "removal_path"))
    for name in exact:
        np.testing.assert_allclose(path[name], exact[name], rtol=0, atol=1e-7 * max(1, np.abs(exact[name]).max()))


def test_more_steps_where_a_relu_changes_sides():
    """o₂ = relu(1 − o₁), o₁ = 2 → 0: on at α < ½ alone, and ℓ = ½ o₂² = ½ at the end."""
    net = mp.Network(1, [mp.Dense(1), mp.Dense(1, "relu"), mp.Dense(1)])
    net["dense1"].W[...], net["dense2"].W[...], net["dense2"].b[...], net["dense3"].W[...] = 2, -1, 1, 1
    errors = [abs(mp.score(net, "removal_path", [[1.0]], [[0.0]], "mse", steps=steps)["dense1"][0] - 0.5)
              for steps in (5, 40, 320)]
    assert errors[0] > errors[1] > errors[2] and errors[2] < 1e-3
