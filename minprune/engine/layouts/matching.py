"""Matching: which arrays from elsewhere go into which arrays of a network, by their order."""

import re

import numpy as np

from ..checks import as_dtype, check_count, check_known
from ..layer import NeuronLayer
from ..storage import check_values
from . import LAYOUTS, sklearn
from .array_map import ArrayMap, Row
from .flattened import orders_read
from .module import check_layouts_know, without_numbers
from .source import read_source

NORM = {"gamma": np.ones, "beta": np.zeros, "running_mean": np.zeros, "running_var": np.ones}   # and where not there
GIVEN = "given"                 # `order` of somebody who knows that the order is right
LISTED = 12                     # names in a message at most


def load_arrays(net, arrays, layout, order, ignore, limit):
    """Fill the network and return the ArrayMap; nothing is changed if an array is missing, left over or unfit."""
    check_known("layout", layout, LAYOUTS)
    check_layouts_know(net)
    order, ignore = checked_order(order), checked_list("ignore", ignore)
    check_count("limit", limit)
    source = read_source(arrays, limit)
    try:
        filled, rows = filled_arrays(net, without(source, ignore), LAYOUTS[layout], order)
    except ValueError as error:
        raise ValueError(f"{source.text}: {error}") from None
    if layout == "sklearn":
        sklearn.check_activations(net, arrays)
    masks = {f"{name}.mask": net[name].mask for name in net.maskable if net[name].mask is not None}
    net.fill({**filled, **masks})
    return rows


def filled_arrays(net, source, layout, order):
    """({our name: array}, ArrayMap)"""
    check_values(source.entries)
    modules = layout.modules(source.entries)
    if order is None and sorted(module.name for module in modules) == sorted(own_names(net)):
        order = own_names(net)                  # the names of this network say what is what
    modules = in_order(modules, order)
    if order is None:
        check_doubtless(net, modules, source, layout)
    orders = orders_read(net) if layout.CHANNELS_FIRST else {}
    pairs, rows = matched(net, modules, layout), ArrayMap()
    filled = {}
    for ours, key, module in pairs:
        filled[ours], row = converted(net, ours, key, module, layout, orders)
        rows.append(row)
    check_values(filled)
    return filled, rows


# --------------------------------------------------------------------------------- what the caller says


def checked_order(order):
    return order if order in (None, GIVEN) else checked_list("order", order)


def checked_list(name, values):
    """The values as a list; TypeError unless they are texts."""
    if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name} expects a list of names, got {values!r:.80}")
    return list(values)


def without(source, ignore):
    """The source without the arrays whose names are in `ignore`, or begin with one of these and a dot."""
    def is_ignored(name):
        return any(name == one or name.startswith((f"{one}.", f"{one}/")) for one in ignore)

    unknown = [one for one in ignore if not any(name == one or name.startswith((f"{one}.", f"{one}/"))
                                                for name in source.entries)]
    if unknown:
        raise ValueError(f"ignore: nothing in {source.text} is called {listed(unknown)}")
    return source._replace(entries={name: array for name, array in source.entries.items() if not is_ignored(name)})


def in_order(modules, order):
    """The modules in the order of these names; ValueError unless each is named once."""
    if order in (None, GIVEN):
        return modules
    named = {module.name: module for module in modules}
    for name in order:
        check_known("name in order:", name, list(named))
    if sorted(order) != sorted(named):
        wrong = [name for name in named if order.count(name) != 1]
        raise ValueError(f"order expects each of these once: {listed(named)}; wrong: {listed(wrong)}")
    return [named[name] for name in order]


def own_names(net):
    """The names of this network's layers, and of the batch norms inside them, as `arrays_for` writes them."""
    return [name for layer in net.all_layers.values() for name in
            [layer.name] * (isinstance(layer, NeuronLayer) or layer.batch_norm)
            + [f"{layer.name}_bn"] * (isinstance(layer, NeuronLayer) and layer.batch_norm)]


# --------------------------------------------------------------------------------- is the order right?


def check_doubtless(net, modules, source, layout):
    """Raise ValueError where the order of the modules may not be the network's, and their shapes do not tell.

    A safetensors file is sorted by name; Keras puts layers at the same depth beside each other, branch by branch.
    """
    if source.ordered and (net.is_chain or layout.NAME != "Keras"):
        check_places(net, modules)
        return
    seen = {}
    for module in modules:
        shapes = (module.kind, tuple(array.shape for array in module.arrays.values()))
        other = seen.setdefault(shapes, module)
        if not source.ordered and without_numbers(other.name) == without_numbers(module.name):
            continue
        if other is not module:
            raise ValueError(f'"{other.name}" and "{module.name}" have the same shapes, and the order of the layers is '
                             f"not known. order=[…] gives it, or order=\"given\" takes the one that was found: "
                             f"{listed(one.name for one in modules)}")


def check_places(net, modules):
    """Raise ValueError if modules that are numbered, as in a Sequential, have their batch norms in other places."""
    if not all(re.fullmatch("[0-9]+", module.name) for module in modules):
        return
    ours = [kind for layer in net.all_layers.values()
            for kind in (["weights"] * isinstance(layer, NeuronLayer) + ["norm"] * layer.batch_norm)]
    theirs = ["norm" if module.kind == "norm" else "weights" for module in modules]
    if sorted(ours) == sorted(theirs) and ours != theirs:
        raise ValueError(f"the network has its batch norms in other places: here {', '.join(ours)}; there "
                         f"{', '.join(f'{module.name} {kind}' for module, kind in zip(modules, theirs))}")


def matched(net, modules, layout):
    """[(our array, its key, its Module)]: weights with weights, batch norms with batch norms, each in order."""
    weights = [module for module in modules if module.kind != "norm"]
    norms = [module for module in modules if module.kind == "norm"]
    with_norm = [name for name, layer in net.all_layers.items() if layer.batch_norm]
    check_counts("layers with weights", net.neuron_layers, weights, layout)
    check_counts("layers with batch norm", with_norm, norms, layout)
    pairs = []
    for name, module in zip(net.neuron_layers, weights):
        check_bias(net[name], module)
        pairs += [(f"{name}.{key}", key, module) for key in ("W", *["b"] * net[name].bias)]
    for name, module in zip(with_norm, norms):
        pairs += [(f"{name}.{key}", key, module) for key in NORM]
    places = list(net.arrays())
    return sorted(pairs, key=lambda pair: places.index(pair[0]))


def check_counts(what, ours, modules, layout):
    """Raise ValueError, listing both sides, unless there are as many of theirs as of ours."""
    if len(ours) != len(modules):
        raise ValueError(f"the network has {len(ours)} {what} ({listed(ours) or 'none'}), and the arrays in the layout "
                         f"of {layout.NAME} {len(modules)} ({listed(module.name for module in modules) or 'none'})")


def check_bias(layer, module):
    """Raise ValueError for a bias that would be lost, and for vectors that may be one."""
    if not layer.bias and np.any(module.arrays.get("b", 0)):
        raise ValueError(f'"{module.theirs["b"]}" of shape {module.arrays["b"].shape} is left over: '
                         f"{layer.name} has no bias")
    if layer.bias and module.doubt:
        raise ValueError(module.doubt)


def listed(names):
    """The names as text, the first of them if there are many."""
    names = list(names)
    return ", ".join(names[:LISTED]) + (f", … {len(names)} in all" if len(names) > LISTED else "")


# --------------------------------------------------------------------------------- one array


def converted(net, ours, key, module, layout, orders):
    """(the array in our layout, its Row); ValueError that names both sides if its shape does not fit."""
    name, expected = ours.rpartition(".")[0], net.arrays()[ours]
    layer, order = net[name], orders.get(name)
    if key not in module.arrays:
        fill = NORM.get(key, np.zeros)
        return fill(expected.shape), Row(ours, expected.shape, "–", None, f"{module.name} has none: {fill.__name__}")
    array, theirs, how = module.arrays[key], module.theirs[key], ""
    if array.shape != shape_there(layer, key, layout, order):
        there = shape_there(layer, key, layout, order)
        raise ValueError(f'{ours} of shape {expected.shape} is {there} in the layout of {layout.NAME}, and "{theirs}" '
                         f"has {array.shape}; layers are matched in their order: order=[…] gives the names in the "
                         "network's order")
    their_shape = array.shape
    if key == "W":
        how = how_moved(layer, array, layout, order)
        array = layout.dense_from(array, order) if layer.W.ndim == 2 else layout.conv_from(array)
    elif order is not None and not isinstance(layer, NeuronLayer):
        array, how = array[order], "moved to channels last"
    return as_dtype(f'array "{theirs}"', array, expected.dtype), Row(ours, expected.shape, theirs, their_shape, how)


def how_moved(layer, W, layout, order):
    """In words, what is done to an array of weights."""
    probe = np.arange(W.size).reshape(W.shape)
    if layer.W.ndim == 4:
        return "axes moved to (K, kh, kw, C)"
    if not np.array_equal(layout.dense_from(probe), probe):
        return "transposed"
    return "inputs moved to channels last" if order is not None else ""


def shape_there(layer, key, layout, order):
    """The shape that one of our arrays has in the other layout."""
    if key != "W":
        return getattr(layer, key).shape
    empty = np.empty(layer.W.shape, bool)
    return (layout.dense_to(empty, order) if empty.ndim == 2 else layout.conv_to(empty)).shape
