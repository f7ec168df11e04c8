"""Flattened images: where each number of a vector is, if images elsewhere have their channels first.

Flatten of an image (H, W, C) takes position after position here, and channel after channel in PyTorch. The entries of a
vector keep their order through Dropout, activations and batch norm; Concat puts vectors one after the other.
"""

import numpy as np

from ..layer import NeuronLayer
from ..pooling import Flatten


def orders_read(net):
    """{layer that reads a vector: where each of its inputs is elsewhere}; None where it is in the same place."""
    found = {}
    start = np.arange(net.input_shape[0]) if len(net.input_shape) == 1 else None
    follow(net.layers, start, found)
    return {name: None if order is None or (order == np.arange(len(order))).all() else order
            for name, order in found.items()}


def follow(chain, order, found):
    """Follow the order of a vector's entries through the layers; None for images. Note in `found` what each reads."""
    for name, layer in chain.items():
        found[name] = order
        if layer.paths:
            order = joined(layer, [follow(path, order, found) for path in layer.paths])
        elif isinstance(layer, Flatten) and len(layer.input_shape) == 3:
            order = channels_first(layer.input_shape)
        elif isinstance(layer, NeuronLayer) or len(layer.input_shape) != len(layer.output_shape):
            order = np.arange(layer.output_shape[0]) if len(layer.output_shape) == 1 else None
    return order


def channels_first(image):
    """Where each number of a flattened image (H, W, C) is if the channels come first."""
    height, width, channels = image
    return np.arange(height * width * channels).reshape(channels, height, width).transpose(1, 2, 0).ravel()


def joined(layer, orders):
    """The order behind a block, whose paths must agree, or behind a Concat, one after the other; None for images."""
    if len(layer.output_shape) > 1:
        return None
    if hasattr(layer, "branches"):
        starts = np.cumsum([0, *map(len, orders)])
        return np.concatenate([order + start for order, start in zip(orders, starts)])
    if any((order != orders[0]).any() for order in orders):
        raise ValueError(f"{layer} adds a flattened image to a vector: in which order that is elsewhere is not known")
    return orders[0]
