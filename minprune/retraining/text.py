"""Settings as text, for `repr` and for messages: recipes, optimizers and functions say all that they are made of."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

from ..engine.losses import Loss


def as_text(value):
    """Return a text that says all settings, also those of nested objects; arrays and networks by their shapes."""
    if isinstance(value, Loss):
        return f"loss {value.name}"
    if dataclasses.is_dataclass(value) or type(value).__repr__ is object.__repr__ and hasattr(value, "__dict__"):
        return f"{type(value).__name__}({listed(vars(value), '=')})"
    if isinstance(value, tuple):
        return f"({', '.join(map(as_text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, Mapping):
        return f"{{{listed(value, ': ')}}}"
    if hasattr(value, "hidden_layers"):
        return f"Network({architecture(value)})"
    if isinstance(value, np.ndarray):
        return f"array of {value.dtype} {value.shape}"
    if isinstance(value, functools.partial):
        return f"{value.func.__name__}({listed(value.keywords, '=')})"
    return function_as_text(value) if hasattr(value, "__code__") else repr(value)


def listed(values, sign):
    """"epochs=5, seed=0": the entries of a dict."""
    return ", ".join(f"{key}{sign}{as_text(value)}" for key, value in values.items())


def function_as_text(function):
    """Its name, and the variables that it closes over: the learning rate of an optimizer may be such a function."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    outer, _, name = function.__qualname__.rpartition(".<locals>.")
    if name == "<lambda>" and outer:
        name = outer
    return f"{name}({listed({key: cell.cell_contents for key, cell in cells.items()}, '=')})" if cells else name


def architecture(net):
    """Input shape, neurons layer by layer, and dtype."""
    neurons = " - ".join(f"{name} {net[name].K}" for name in net.neuron_layers)
    return f"{net.input_shape} → {neurons} in {net.dtype}"
