"""Values, which are arguments and results of students' functions: looked at, described, and sent between processes.

A value is an array, a number or a text, or dicts, tuples and lists of values.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .reports import shorten

MOST_BYTES = 50_000_000         # of an array that is sent to another process

# ----------------------------------------------------------------------------- looking at values


def is_numeric(value):
    """Whether a value consists of numbers only, so that it can be compared again."""
    if isinstance(value, (tuple, list)):
        return all(map(is_numeric, value))
    if isinstance(value, Mapping):
        return all(map(is_numeric, value.values()))
    return isinstance(value, (np.ndarray, np.generic, int, float)) and np.asarray(value).dtype.kind in "buif"


def count_numbers(value):
    """How many numbers a value holds."""
    if isinstance(value, (tuple, list)):
        return sum(map(count_numbers, value))
    if isinstance(value, Mapping):
        return sum(map(count_numbers, value.values()))
    return np.size(value)


def leaves(value, label=""):
    """[(label, array or number), ...]: the parts of a value that hold no others, each with its place as a label."""
    if isinstance(value, Mapping):
        return [leaf for key, item in value.items() for leaf in leaves(item, f"{label}[{key!r}] ")]
    if isinstance(value, (tuple, list)):
        return [leaf for place, item in enumerate(value, 1) for leaf in leaves(item, f"{label}returned value {place}: ")]
    return [(label, value)]


def largest_number(value):
    """The largest absolute value of the numbers in a value; 0 if there are none."""
    if isinstance(value, Mapping):
        return largest_number(list(value.values()))
    if isinstance(value, (tuple, list)):
        return max(map(largest_number, value), default=0)
    return np.abs(value).max(initial=0) if is_numeric(value) else 0


def are_identical(value, other):
    """Whether two values are equal to the bit."""
    if isinstance(value, Mapping):
        alike = isinstance(other, Mapping) and list(value) == list(other)
        return alike and all(are_identical(value[key], other[key]) for key in value)
    if isinstance(value, (tuple, list)):
        alike = isinstance(other, (tuple, list)) and len(value) == len(other)
        return alike and all(map(are_identical, value, other))
    return np.array_equal(value, other, equal_nan=np.asarray(value).dtype.kind == "f")


# ------------------------------------------------------------------------------ describing values


def describe_shapes(case):
    """The arguments of a case: `x (5, 3), W (4, 3), rate 0.1`."""
    return ", ".join(f"{name} {describe_shape(value)}" for name, value in case.items())


def describe_shape(value):
    """`(5, 3)` for an array, `{'a': (5,)}` for a dict of arrays; other values as Python writes them."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {describe_shape(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(describe_shape, value))}]"
    return str(value.shape) if isinstance(value, np.ndarray) else repr(value)


def describe_numbers(value):
    """The numbers of a value in one line: `[1., 2.5]`."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {describe_numbers(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (tuple, list)):
        items = ", ".join(map(describe_numbers, value))
        return items if isinstance(value, tuple) else f"[{items}]"
    return np.array2string(np.asarray(value), precision=4, separator=", ").replace("\n", "")

# --------------------------------------------------------------- values as messages between processes


@dataclass(frozen=True)
class Other:
    """What came in place of a value that is neither numbers nor text: only the name of its type is left."""

    kind: str


def encode(value):
    """A value as what JSON knows; of anything else only the name of its type. Long texts are cut."""
    if value is None or isinstance(value, (bool, int)) or type(value) is float:
        return value
    if isinstance(value, str):
        return {"text": shorten(value)}
    if isinstance(value, Mapping):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, (tuple, list)):
        return {"tuple" if isinstance(value, tuple) else "list": [encode(item) for item in value]}
    array = np.asarray(value)
    if array.dtype.kind not in "buifc" or array.nbytes > MOST_BYTES:
        return {"other": type(value).__name__}
    return {"array": base64.b64encode(array.tobytes()).decode(), "dtype": array.dtype.str, "shape": array.shape,
            "single": isinstance(value, np.generic)}


def decode(plain):
    """The value of what `encode` returned: new arrays, an Other for the name of a type."""
    if not isinstance(plain, dict):
        return plain
    if "text" in plain:
        return plain["text"]
    if "dict" in plain:
        return {decode(key): decode(item) for key, item in plain["dict"]}
    for kind in (tuple, list):
        if kind.__name__ in plain:
            return kind(map(decode, plain[kind.__name__]))
    if "other" in plain:
        return Other(plain["other"])
    array = np.frombuffer(base64.b64decode(plain["array"]), plain["dtype"]).reshape(plain["shape"]).copy()
    return array[()] if plain["single"] else array
