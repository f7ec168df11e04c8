"""Module: the arrays of one layer of a network that was made elsewhere, under our names and still in its layout."""

import re
from typing import NamedTuple

import numpy as np


class Module(NamedTuple):
    """The arrays of one layer elsewhere.

    name      what it is called there
    kind      "conv", "dense" or "norm" (batch norm)
    arrays    {our name: array}, in the layout of there: W and b, or gamma, beta, running_mean and running_var
    theirs    {our name: the name there}
    """

    name: str
    kind: str
    arrays: dict
    theirs: dict


def made_modules(entries, keys, layout):
    """A list of Modules of {name there: array}, in the order in which they come.

    `keys` {last part of a name there: our name}. The first parts of a name say which entries belong together. An entry
    with None for our name is left out (a counter). Raises ValueError for entries that no layer of ours has.
    """
    together = {}
    for name, array in entries.items():
        owner, _, key = re.sub(r":\d+$", "", name).replace("/", ".").rpartition(".")
        if key not in keys:
            raise ValueError(f'{layout} array "{name}" of shape {array.shape} is not known: expected names that end in '
                             f"{', '.join(keys)}")
        if keys[key] is not None:
            together.setdefault(owner, []).append((keys[key], name, array))
    return [made_module(owner, parts, layout) for owner, parts in together.items()]


def made_module(owner, parts, layout):
    """The Module of (our name, name there, array) of each of its arrays."""
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
    return sorted(names, key=lambda name: [(int(part), "") if part.isdigit() else (-1, part)
                                           for part in re.split(r"(\d+)", name)])
