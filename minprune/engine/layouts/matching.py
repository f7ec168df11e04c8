"""Matching: which arrays from elsewhere go into which arrays of a network, by their order; and the way back."""

from typing import NamedTuple

import numpy as np

from ..checks import check_known
from ..coupling import what_is_read
from ..layer import NeuronLayer
from ..pooling import Flatten
from ..storage import check_values
from ..tables import as_html
from . import LAYOUTS
from .source import read_source

NORM = {"gamma": np.ones, "beta": np.zeros, "running_mean": np.zeros, "running_var": np.ones}   # and where not there
WRITTEN = ("torch", "keras")     # the layouts in which arrays are given; an estimator of scikit-learn has lists


class Row(NamedTuple):
    """One array of the network, and what went into it."""

    ours: str
    shape: tuple
    theirs: str
    their_shape: tuple | None
    how: str


class ArrayMap(list):
    """The Rows of `load_arrays`: which array of the network got which from elsewhere. It prints as a table."""

    HEAD = ("array", "shape", "got", "of shape", "")

    def cells(self):
        return [[row.ours, str(row.shape), row.theirs, "" if row.their_shape is None else str(row.their_shape), row.how]
                for row in self]

    def __str__(self):
        rows = [self.HEAD, *self.cells()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.HEAD))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)

    __repr__ = __str__

    def _repr_html_(self):
        return as_html(self.HEAD, self.cells())


# ------------------------------------------------------------------------------------------ from elsewhere


def load_arrays(net, arrays, layout, order, limit):
    """Fill the network and return the ArrayMap; nothing is changed if an array is missing, left over or unfit."""
    check_known("layout", layout, LAYOUTS)
    source = read_source(arrays, limit)
    check_values(source.entries)
    modules = in_order(LAYOUTS[layout].modules(source.entries), order)
    pairs = matched(net, modules, source, LAYOUTS[layout].NAME)
    orders = orders_read(net)
    filled, rows = {}, ArrayMap()
    for ours, key, module in pairs:
        filled[ours], row = converted(net, ours, key, module, LAYOUTS[layout], orders)
        rows.append(row)
    check_values(filled)
    net.fill(filled)
    return rows


def in_order(modules, order):
    """The modules in the order of these names; ValueError unless each is named once."""
    if order is None:
        return modules
    named = {module.name: module for module in modules}
    for name in order:
        check_known("name in order:", name, named)
    if sorted(order) != sorted(named):
        left = [name for name in named if list(order).count(name) != 1]
        raise ValueError(f"order expects each of these once: {', '.join(named)}; wrong: {', '.join(left)}")
    return [named[name] for name in order]


def matched(net, modules, source, framework):
    """[(our array, its key, its Module or None)]: weights with weights, batch norms with batch norms, each in order."""
    layers = {name: net[name] for name in net.neuron_layers}
    with_norm = [name for name, layer in net.all_layers.items() if layer.batch_norm]
    weights = [module for module in modules if module.kind != "norm"]
    norms = [module for module in modules if module.kind == "norm"]
    check_counts("layers with weights", list(layers), weights, source, framework)
    check_counts("layers with batch norm", with_norm, norms, source, framework)
    pairs = []
    for name, module in zip(layers, weights):
        if not layers[name].bias and np.any(module.arrays.get("b", 0)):
            raise ValueError(f'"{module.theirs["b"]}" of shape {module.arrays["b"].shape} is left over: {name} has no '
                             "bias")
        pairs += [(f"{name}.{key}", key, module) for key in ("W", *["b"] * net[name].bias)]
    for name, module in zip(with_norm, norms):
        pairs += [(f"{name}.{key}", key, module) for key in NORM]
    places = list(net.arrays())
    return sorted(pairs, key=lambda pair: places.index(pair[0]))


def check_counts(what, ours, modules, source, framework):
    """Raise ValueError, listing both sides, unless there are as many of theirs as of ours."""
    if len(ours) != len(modules):
        theirs = ", ".join(module.name for module in modules)
        raise ValueError(f"the network has {len(ours)} {what} ({', '.join(ours) or 'none'}), and {source.text} in the "
                         f"layout of {framework} {len(modules)} ({theirs or 'none'})")


def converted(net, ours, key, module, layout, orders):
    """(the array in our layout, its Row); ValueError that names both sides if its shape does not fit."""
    name, expected = ours.rpartition(".")[0], net.arrays()[ours]
    if key not in module.arrays:
        fill = NORM.get(key, np.zeros)
        return fill(expected.shape), Row(ours, expected.shape, "–", None, f"{module.name} has none: {fill.__name__}")
    array, how = module.arrays[key], ""
    if key == "W":
        array, how = weights_from(net[name], array, layout, orders.get(name))
    if array is None or array.shape != expected.shape:
        theirs = module.theirs[key]
        raise ValueError(f'{ours} of shape {expected.shape} is {shape_there(net[name], key, layout, orders.get(name))} '
                         f'in the layout of {layout.NAME}, and "{theirs}" has {module.arrays[key].shape}; layers are '
                         "matched in their order: order=[…] gives the names in the network's order")
    return array, Row(ours, expected.shape, module.theirs[key], module.arrays[key].shape, how)


def weights_from(layer, W, layout, order):
    """(W in our layout, what was done), or (None, "") for one with another number of axes or inputs."""
    dense = layer.W.ndim == 2
    if W.ndim != layer.W.ndim or W.size != layer.W.size:
        return None, ""
    if dense and shape_there(layer, "W", layout, order) != W.shape:
        return None, ""
    array = layout.dense_from(W, order) if dense else layout.conv_from(W)
    return array, how_moved(layer, W, layout, order)


def how_moved(layer, W, layout, order):
    """In words, what is done to an array of weights."""
    probe = np.arange(W.size).reshape(W.shape)
    if layer.W.ndim == 4:
        return "axes moved to (K, kh, kw, C)"
    if not np.array_equal(layout.dense_from(probe), probe):
        return "transposed"
    if order is not None and not np.array_equal(layout.dense_from(probe, order), probe):
        return "inputs moved to channels last"
    return ""


def shape_there(layer, key, layout, order):
    """The shape that one of our arrays has in the other layout."""
    if key != "W":
        return getattr(layer, key).shape
    empty = np.empty(layer.W.shape, bool)
    return (layout.dense_to(empty, order) if empty.ndim == 2 else layout.conv_to(empty)).shape


def orders_read(net):
    """{dense layer: where each of its inputs is among those of a network with channels first}; None: in the same place.

    Flatten of an image (H, W, C) takes channel after channel there, and position after position here.
    """
    found = {}
    follow_order(net.layers, None, found)
    return {name: None if order is None or (order == np.arange(len(order))).all() else order
            for name, order in found.items()}


def follow_order(chain, order, found):
    """Follow the order of a vector's entries through the layers; None for images. Note in `found` what Dense layers read."""
    for name, layer in chain.items():
        if isinstance(layer, NeuronLayer):
            found[name] = order
            order = np.arange(layer.K) if len(layer.output_shape) == 1 else None
        elif layer.paths:
            order = joined(layer, [follow_order(path, order, found) for path in layer.paths])
        elif len(layer.input_shape) == 3 and len(layer.output_shape) == 1:
            spread = isinstance(layer, Flatten)
            order = channels_first(layer.input_shape) if spread else np.arange(layer.output_shape[0])
        elif len(layer.output_shape) == 1 and order is None:
            order = np.arange(layer.output_shape[0])
    return order


def channels_first(image):
    """Where each number of a flattened image (H, W, C) is if the channels come first."""
    height, width, channels = image
    return np.arange(height * width * channels).reshape(channels, height, width).transpose(1, 2, 0).ravel()


def joined(layer, orders):
    """The order behind a block (both paths must agree), or behind a Concat (one after the other)."""
    shape = layer.input_shape
    orders = [np.arange(shape[0]) if order is None and len(layer.output_shape) == 1 else order for order in orders]
    if len(layer.output_shape) > 1:
        return None
    if hasattr(layer, "branches"):
        starts = np.cumsum([0, *map(len, orders)])
        return np.concatenate([order + start for order, start in zip(orders, starts)])
    if any((order != orders[0]).any() for order in orders):
        raise ValueError(f"{layer} adds a flattened image to a vector: their order elsewhere is not known")
    return orders[0]


# ------------------------------------------------------------------------------------------ to elsewhere


def arrays_for(net, layout, names):
    """{name there: array} of the network in another layout; `names` {our layer: its name there}."""
    check_known("layout to write", layout, WRITTEN)
    layout = LAYOUTS[layout]
    names = {} if names is None else dict(names)
    for name in names:
        check_known("layer in names:", name, net.all_layers)
    orders, arrays = orders_read(net), {}
    for name, layer in net.all_layers.items():
        there = names.get(name, name)
        if isinstance(layer, NeuronLayer):
            arrays |= {layout.WEIGHTS[key].format(there): array_to(layer, key, layout, orders.get(name))
                       for key in ("W", "b") if key in layer.parameters()}
        if layer.batch_norm:
            norm = f"{there}_bn" if isinstance(layer, NeuronLayer) else there
            arrays |= {layout.NORMS[key].format(norm): array_to(layer, key, layout, None) for key in NORM}
            arrays |= layout.counters(norm)
    return arrays


def array_to(layer, key, layout, order):
    """One of our arrays in the other layout, in memory of its own."""
    array = getattr(layer, key)
    if key == "W":
        array = layout.dense_to(array, order) if array.ndim == 2 else layout.conv_to(array)
    return np.array(array, order="C")
