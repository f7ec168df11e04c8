"""Module: the arrays of one layer of a network that was made elsewhere, under our names and still in its layout."""

import re
from typing import NamedTuple

import numpy as np

from ..layer import ARRAYS, NeuronLayer
from ..safetensors import short


class Module(NamedTuple):
    """The arrays of one layer elsewhere.

    name      what it is called there
    kind      "conv", "dense" or "norm" (batch norm)
    arrays    {our name: array}, in the layout of there: W and b, or gamma, beta, running_mean and running_var
    theirs    {our name: the name there}
    doubt     why its arrays may mean something else, if the network's layer has a bias; or ""
    """

    name: str
    kind: str
    arrays: dict
    theirs: dict
    doubt: str = ""


def check_layouts_know(net):
    """Raise ValueError, naming the layer, for a layer of your own with arrays that no other framework has."""
    for layer in net.all_layers.values():
        own = set(layer.arrays()) - (ARRAYS if isinstance(layer, NeuronLayer) or layer.batch_norm else {"mask"})
        if isinstance(layer, NeuronLayer) and layer.W.ndim not in (2, 4):
            own.add("W")
        if own:
            raise ValueError(f"{layer} has arrays that no other layout knows: {', '.join(sorted(own))}; save and load, "
                             "and arrays and fill, take all arrays of a network under its own names")


def made_modules(entries, keys, layout):
    """A list of Modules of {name there: array}, in the order in which they come.

    `keys` {last part of a name there: our name}. The first parts of a name say which entries belong together. An entry
    with None for our name is left out (a counter). Raises ValueError for entries that no layer of ours has.
    """
    together = {}
    for name, array in entries.items():
        owner, _, key = re.sub(r":\d+$", "", name).replace("/", ".").rpartition(".")
        if key not in keys:
            raise ValueError(f"{layout} array {short(name)} of shape {array.shape} is not known: expected names that "
                             f"end in {', '.join(keys)}{hint(key)}; ignore=[…] leaves names out")
        if keys[key] is not None:
            together.setdefault(owner, []).append((keys[key], name, array))
    return [made_module(owner, parts, layout) for owner, parts in together.items()]


def made_module(owner, parts, layout):
    """The Module of (our name, name there, array) of each of its arrays."""
    for place, (ours, name, array) in enumerate(parts):
        if ours in (key for key, *_ in parts[:place]):
            raise ValueError(f'{layout} arrays of "{owner}" have two that are {ours}: {short(name)} is the second')
        if array.dtype.kind != "f":
            raise ValueError(f"{layout} array {short(name)} holds {array.dtype}, not floating-point numbers: a "
                             "quantised network is to be turned back first")
    arrays = {ours: array for ours, _, array in parts}
    theirs = {ours: name for ours, name, _ in parts}
    return Module(owner, kind_of(arrays, theirs, layout), arrays, theirs)


def kind_of(arrays, theirs, layout):
    """What kind of layer has these arrays; ValueError if none of ours has."""
    if "running_mean" in arrays and "running_var" in arrays:
        return "norm"
    W = arrays.get("W", np.zeros(0))
    if W.ndim in (2, 4):
        return "dense" if W.ndim == 2 else "conv"
    shapes = ", ".join(f'"{theirs[key]}" {array.shape}' for key, array in arrays.items())
    raise ValueError(f"{layout} arrays {shapes} are those of no layer here: expected a matrix (a dense layer), four "
                     "axes (a 2-D convolution), or a batch norm with its running mean and variance")


def in_natural_order(names):
    """The names sorted with their numbers as numbers: layers.2 before layers.10."""
    return sorted(names, key=lambda name: [(int(part), "") if re.fullmatch("[0-9]{1,18}", part) else (-1, part)
                                           for part in re.split("([0-9]+)", name)])


def without_numbers(name):
    """A name with its numbers as they are sorted, all alike: two such names differ in their numbers alone."""
    return re.sub("[0-9]+", "0", name)


# What the last part of a name says of the framework, for a layout that does not know it.
HINTS = {"kernel": 'layout="keras"', "gamma": 'layout="keras"', "moving_mean": 'layout="keras"',
         "weight": 'layout="torch"', "running_mean": 'layout="torch"',
         "__network__": "Network.load reads a file of ours"}


def hint(key):
    """Which layout knows such a name, as the end of a sentence."""
    if re.fullmatch("coefs_[0-9]+|intercepts_[0-9]+", key):
        return '; is it layout="sklearn"?'
    if re.fullmatch("arr_[0-9]+", key):
        return '; is it layout="keras"?'
    return f"; is it {HINTS[key]}?" if key in HINTS else ""
