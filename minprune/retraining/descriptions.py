"""Descriptions: plain values that are equal if the settings of two runs are equal, so that files can be compared."""

import copyreg
import functools
import hashlib
import json
import random
import types
from collections.abc import Mapping, Sequence, Set

import numpy as np

GENERATORS = (np.random.Generator, np.random.BitGenerator, np.random.RandomState, random.Random)
NAMED = (type, types.ModuleType, np.ufunc)          # there is only one object of such a name


def describe(name, value):
    """Return plain values (what JSON knows) that are equal if, and mostly only if, two runs' `value` do the same.

    Arrays, and networks and data sets with them, become hashes of their bytes. A function (a lambda, too) is described
    by its name, the hash of its code, its defaults and the variables that it closes over; other objects by their class
    and attributes. So a changed line or number is noticed, a changed comment is not. There are two limits: what a
    function reads from its module is not seen, and another version of Python may compile the same line differently.

    Raises TypeError, calling the value `name`, for what cannot be described, and for a random Generator: it continues
    where it stopped, so that a run that is taken up again would draw other numbers.
    """
    try:
        return description(value, ())
    except TypeError as error:
        raise TypeError(f"{name} cannot be used with a checkpoint: {error}") from None


def description(value, holders):
    """The description of a value; `holders` are the ids of the objects around it, as a function may hold itself."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if id(value) in holders:
        return "itself"
    inner = functools.partial(description, holders=(*holders, id(value)))
    # numbers and collections
    if isinstance(value, GENERATORS):
        raise TypeError("it holds a random Generator; give a whole number as seed")
    if isinstance(value, np.generic):
        return inner(value.item())
    if isinstance(value, (np.ndarray, bytes)):
        return hash_of_array(np.asarray(value))
    if isinstance(value, Mapping):
        return {str(key): inner(item) for key, item in value.items()}
    if isinstance(value, Set):
        return sorted(json.dumps(inner(item)) for item in value)
    if isinstance(value, Sequence):
        return [inner(item) for item in value]
    # networks, functions, and all other objects
    if hasattr(value, "hidden_layers"):
        return {"settings": inner(value.settings()), "arrays": inner(value.arrays())}
    if isinstance(value, types.FunctionType):
        return describe_function(value, inner)
    if isinstance(value, types.MethodType):
        return {"method": inner(value.__func__), "of": inner(value.__self__)}
    if isinstance(value, functools.partial):
        return {"function": inner(value.func), "args": inner(value.args), "keywords": inner(value.keywords)}
    return full_name(value) if isinstance(value, NAMED) else describe_object(value, inner)


def describe_function(function, inner):
    """Name, code, defaults and the values of the variables that it closes over."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    return {"function": full_name(function), "code": hash_of_code(function.__code__),
            "defaults": inner([*(function.__defaults__ or ()), *sorted((function.__kwdefaults__ or {}).items())]),
            "closure": {name: inner(cell.cell_contents) for name, cell in cells.items()}}


def hash_of_code(code):
    return hashlib.sha256(repr(code_parts(code)).encode()).hexdigest()


def code_parts(code):
    """What a function does: instructions, names and constants, but no line numbers and no comments."""
    constants = [code_parts(item) if isinstance(item, types.CodeType)
                 else sorted(map(repr, item)) if isinstance(item, frozenset) else repr(item) for item in code.co_consts]
    return [code.co_code.hex(), code.co_names, code.co_varnames, code.co_freevars, constants]


def describe_object(value, inner):
    """What pickle would make the object from: its class and attributes, or a function and what that is called with."""
    try:
        reduced = copyreg.dispatch_table.get(type(value), reduce)(value)
    except TypeError:
        raise TypeError(f"it holds {shorten(repr(value))}, of which nothing lasting can be said") from None
    parts = {"kind": full_name(type(value))}
    if isinstance(reduced, str):                        # its name is all that there is to say, as of `len`
        return {**parts, "name": f"{getattr(value, '__module__', '')}.{reduced}"}
    call = getattr(type(value), "__call__", None)
    if isinstance(call, types.FunctionType):            # the code of a recipe that was changed is noticed, too
        parts["code"] = hash_of_code(call.__code__)
    make, arguments, state = (*reduced, None)[:3]
    if arguments != (type(value),):                     # more is needed than the class
        parts |= {"made by": inner(make), "of": inner(arguments)}
    return {**parts, **inner(state)} if isinstance(state, dict) else {**parts, "state": inner(state)}


def reduce(value):
    return value.__reduce_ex__(2)


def full_name(value):
    """`minprune.engine.dense.Dense`: module and name."""
    name = getattr(value, "__qualname__", None) or value.__name__
    return f"{value.__module__}.{name}" if getattr(value, "__module__", None) else name


def hash_of_array(array):
    """`float64 (3, 4) 5f0c…`: dtype, shape and the SHA-256 of the bytes."""
    if array.dtype.hasobject:
        raise TypeError("it holds an array of objects")
    return f"{array.dtype.str} {array.shape} {hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()}"


# ------------------------------------------------------------------------------------ where two descriptions differ


def differences(old, new, name=""):
    """[`score: "taylor" there, "removal" now`, …]: where two descriptions differ."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        inner = [differences(old[key], new[key], f"{name}.{key}".lstrip(".")) for key in old]
        return [text for texts in inner for text in texts]
    if old == new:
        return []
    before, after = (shorten(json.dumps(value, ensure_ascii=False)) for value in (old, new))
    return [f"{name}: {before} there, {after} now"]


def shorten(text, most=80):
    return text if len(text) <= most else text[:most - 1] + "…"
