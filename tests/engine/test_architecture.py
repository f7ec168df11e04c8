"""An architecture's arrays are compared with those of a file before any is made."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.engine.architecture import check_architecture, check_masks


def shapes_of(net):
    return {name: array.shape for name, array in net.arrays().items()}


@each("seed", range(14))
def test_every_network_fits_its_own_arrays(seed, random_network):
    net = random_network(seed)
    check_architecture(net.settings(), shapes_of(net))


@each("model", mp.models.MODELS)
def test_every_model_fits_its_own_arrays(model):
    net = mp.models.MODELS[model]((32, 32, 3), 10)
    check_architecture(net.settings(), shapes_of(net))
    for name in net.neuron_layers:
        for array in (f"{name}.W", f"{name}.b"):
            smaller = {**shapes_of(net), array: net.arrays()[array].shape[1:]}
            with pytest.raises(ValueError, match=f"array {array} expects shape"):
                check_architecture(net.settings(), smaller)
            with pytest.raises(ValueError, match=f"array {array} is missing"):
                check_architecture(net.settings(), {key: shape for key, shape in smaller.items() if key != array})


def test_a_block_needs_the_projection_that_its_settings_had():
    net = mp.Network(4, [mp.Residual([mp.Dense(6)]), mp.Dense(2)])
    settings = net.settings()
    assert settings["layers"][0]["projection"] is not None
    settings["layers"][0]["projection"] = None
    with pytest.raises(ValueError, match=r"cannot fit: its body makes \(6,\) of \(4,\), and the projection is missing"):
        check_architecture(settings, shapes_of(net))


def test_the_output_layer_has_no_mask():
    net = mp.Network(4, [mp.Dense(3, "relu"), mp.Dense(2)])
    net["dense1"].mask = np.array([True, False, True])
    check_masks(net)
    net["dense2"].mask = np.array([True, False])
    with pytest.raises(ValueError, match="array dense2.mask is the mask of the output layer, which has none"):
        check_masks(net)
