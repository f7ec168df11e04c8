"""Walks: something taken through all layers of a network, forwards or backwards, by a rule for each plain layer.

A Residual block and a Concat send what they read down each of their paths:

    forwards     Residual: what the paths put out is added         Concat: it stands side by side
    backwards    Residual: each path gets all that the sum gets    Concat: each path gets its own channels
                 and what the paths hand back to their common input is added

A walk backwards ends where the rule returns None: nothing comes back from there.
"""

import dataclasses

import numpy as np

from ..engine.concat import Concat
from ..engine.layer import flat
from .units import by_unit, outputs_of       # noqa: F401  by_unit is asked for here as well


def walk(chain, value, step):
    """What leaves the chain {name: layer} if `value` goes in; step(layer, value) is what a layer without paths makes
    of it. A value is an array, or a tuple of arrays."""
    for layer in chain.values():
        value = joined(layer, [walk(path, value, step) for path in layer.paths]) if layer.paths else step(layer, value)
    return value


def joined(layer, parts):
    """The outputs of a layer's paths as one: side by side, or their sum."""
    if isinstance(parts[0], tuple):
        return tuple(joined(layer, each) for each in zip(*parts))
    return np.concatenate(parts, axis=-1) if isinstance(layer, Concat) else sum(parts[1:], start=parts[0])


def walk_back(chain, value, step, to_paths=None):
    """What comes back to the chain's input if `value` goes in at its output; step(layer, value) as in `walk`.

    `to_paths`(layer, value) is what each path of a Residual block gets, all of the value if it is left out.
    """
    for layer in reversed(chain.values()):
        if value is None:
            return None
        if layer.paths:
            parts = parted(layer, value, to_paths)
            value = added([walk_back(path, part, step, to_paths) for path, part in zip(layer.paths, parts)])
        else:
            value = step(layer, value)
    return value


def parted(layer, value, to_paths):
    """What each path of a layer gets of what its output gets."""
    if isinstance(layer, Concat):
        ends = np.cumsum([path_shape(layer, path)[-1] for path in layer.paths])[:-1]
        return [np.ascontiguousarray(part) for part in np.split(value, ends, axis=-1)]
    return [value] * len(layer.paths) if to_paths is None else to_paths(layer, value)


def path_shape(layer, path):
    """The shape of what a path puts out; a path without layers puts out what it reads."""
    return list(path.values())[-1].output_shape if path else layer.input_shape


def added(parts):
    """The sum of those that are not None; None if there are none."""
    parts = [part for part in parts if part is not None]
    return sum(parts[1:], start=parts[0]) if parts else None


def path_outputs(layer, trace):
    """What each path of a layer put out in a pass."""
    return [trace[list(path)[-1]].o if path else trace[layer.name].x for path in layer.paths]


# ---------------------------------------------------------------------------- parts of a network


def chain_from(net, layers):
    """{name: layer}: the part of net.layers that begins with the first one that is, or holds, one of these layers."""
    names = list(net.layers)
    return {name: net.layers[name] for name in names[min(places_of(net, layers), default=len(names)):]}


def chain_up_to(net, layers):
    """{name: layer}: the part of net.layers that ends with the last one that is, or holds, one of these layers."""
    names = list(net.layers)
    return {name: net.layers[name] for name in names[:max(places_of(net, layers), default=-1) + 1]}


def places_of(net, layers):
    """The places in net.layers of those that are, or hold, one of these layers."""
    return [place for place, (name, layer) in enumerate(net.layers.items())
            if not flat({name: layer}).keys().isdisjoint(layers)]


def arrivals(net, value, step, to_paths=None):
    """{hidden layer: {layer: what arrives at its output}} of a walk backwards, of the layers of each unit's outputs.

    In a unit of several layers, what passes one of them on its way to another is counted once, where it arrives first:
    such a unit takes a walk of its own, which ends at its layers.
    """
    layers = {name: [*outputs_of(net, name)] for name in net.hidden_layers}
    alone = noted(net.layers, [one[0] for one in layers.values() if len(one) == 1], value, step, to_paths)
    return {name: {own[0]: alone[own[0]]} if len(own) == 1 else
            noted(net.layers, own, value, ending_at(own, step), to_paths) for name, own in layers.items()}


def noted(chain, layers, value, step, to_paths=None):
    """{layer: what arrives at its output} of a walk backwards."""
    found = {}

    def noting(layer, value):
        if layer.name in layers:
            found[layer.name] = value
        return step(layer, value)
    walk_back(chain, value, noting, to_paths)
    return found


def ending_at(layers, step):
    """The rule `step`, which lets nothing through these layers."""
    return lambda layer, value: None if layer.name in layers else step(layer, value)


def handed_back(layer, trace, do):
    """∂ℓ/∂x of one layer, leaving its trace as it is."""
    return layer.backward(dataclasses.replace(trace), do, need_grads=False)
