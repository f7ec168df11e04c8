"""The architecture in a file: which arrays it asks for, looked at before any of them is made."""

import numpy as np

from .layer import Layer, NeuronLayer
from .registry import as_layer


def check_architecture(settings, shapes):
    """Raise ValueError unless the arrays of these {name: shape} are as large as the layers in `settings` say.

    Sizes are only computed, and nothing of these sizes is made: a file of a few bytes may ask for gigabytes.
    """
    layers = [as_layer(layer) for layer in settings["layers"]]
    follow(layers, tuple(settings["input_shape"]), shapes, counts={})


def follow(layers, shape, shapes, counts):
    """Name each layer and fix its shapes, as building does, and check its arrays; return the shape that comes out."""
    for layer in layers:
        layer.take_name(counts)
        if isinstance(layer, NeuronLayer):
            Layer.build(layer, shape, None, None)               # the shapes alone
            check_layer(layer, shapes)
            shape = layer.output_shape
        elif hasattr(layer, "body"):
            shape = follow_block(layer, shape, shapes, counts)
        elif hasattr(layer, "branches"):
            shape = layer.shape_of([follow(branch, shape, shapes, counts) for branch in layer.branches])
        else:
            if hasattr(layer, "saved_shapes"):
                check_shapes(layer, layer.saved_shapes(shape), shapes)
            shape = shape_after(layer, shape)
    return shape


def follow_block(block, shape, shapes, counts):
    """`follow` through the two paths of a block; ValueError if it needs a projection that the settings do not have."""
    out = follow(block.body, shape, shapes, counts)
    if block.projection is None and out != shape:
        raise block.cannot_fit(f"its body makes {out} of {shape}, and the projection is missing")
    follow([] if block.projection is None else [block.projection], shape, shapes, counts)
    return out


def shape_after(layer, shape):
    """The shape that a layer without neurons makes; a class that builds itself in its own way is built for it."""
    if type(layer).build is Layer.build:
        return tuple(layer.shape_from(shape))
    layer.build(shape, None, np.dtype(np.float64))
    return tuple(layer.output_shape)


def check_layer(layer, shapes):
    """Raise ValueError unless the W of this layer, and its b if it has one, are there in the shapes of its settings."""
    check_shapes(layer, {"W": layer.weight_shape()[0], **({"b": (layer.K,)} if layer.bias else {})}, shapes)


def check_shapes(layer, expected, shapes):
    """Raise ValueError unless the layer's arrays are there, in the expected shapes."""
    for name, shape in ((f"{layer.name}.{key}", shape) for key, shape in expected.items()):
        if name not in shapes:
            raise ValueError(f"array {name} is missing, of shape {shape}")
        if tuple(shapes[name]) != tuple(shape):
            raise ValueError(f"array {name} expects shape {shape}, got {tuple(shapes[name])}")


def check_masks(net):
    """Raise ValueError if the output layer has a mask: its neurons are what the network answers, and none may go."""
    last = net.neuron_layers[-1] if net.neuron_layers else None
    leave = {layer for unit in net.units.values() for layer in unit.rows}
    names = list(net.all_layers)
    for name in names[names.index(last):] if last is not None and last not in leave else ():
        if getattr(net.all_layers[name], "mask", None) is not None:
            raise ValueError(f"array {name}.mask is the mask of the output layer, which has none")
