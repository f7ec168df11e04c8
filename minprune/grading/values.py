"""Values, which are arguments and results of students' functions: looked at, described, and sent between processes.

A value is an array, a number or a text, or dicts, tuples and lists of values.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

MOST_BYTES = 10_000_000         # of an array that is sent to another process

# ----------------------------------------------------------------------------- looking at values


def is_numeric(value):
    """Whether a value consists of numbers only, so that it can be compared again."""
    if isinstance(value, np.ndarray):           # first what is most frequent
        return value.dtype.kind in "buif"
    if isinstance(value, (tuple, list)):
        return all(map(is_numeric, value))
    if isinstance(value, Mapping):
        return all(map(is_numeric, value.values()))
    return isinstance(value, (np.generic, int, float)) and np.asarray(value).dtype.kind in "buif"


def count_numbers(value):
    """How many numbers a value holds."""
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, (tuple, list)):
        return sum(map(count_numbers, value))
    if isinstance(value, Mapping):
        return sum(map(count_numbers, value.values()))
    return np.size(value)


def is_composed(value):
    """Whether a value consists of others: a dict, a tuple, or a list that is no row of numbers."""
    return isinstance(value, (tuple, Mapping)) or isinstance(value, list) and not all(map(is_number, value))


def is_number(value):
    return isinstance(value, (int, float, np.generic))


def pairs(expected, returned):
    """{label: (expected, returned)} of the single arrays and numbers of a value; None if `returned` is made otherwise.

    The label says which part of the value it is, and is empty for a value that is one array or number.
    """
    if isinstance(expected, Mapping):
        if not isinstance(returned, Mapping) or set(returned) != set(expected):
            return None
        parts = {f"[{key!r}]": pairs(expected[key], returned[key]) for key in expected}
    elif is_composed(expected):
        if not isinstance(returned, (tuple, list)) or len(returned) != len(expected):
            return None
        parts = {f"value {place}": pairs(*pair) for place, pair in enumerate(zip(expected, returned), 1)}
    else:
        return {"": (expected, returned)}
    if None in parts.values():
        return None
    return {f"{name} {label}".rstrip(): pair for name, inner in parts.items() for label, pair in inner.items()}


def largest_number(value):
    """The largest absolute value of the numbers in a value; 0 if there are none."""
    if isinstance(value, Mapping):
        return largest_number(list(value.values()))
    if isinstance(value, (tuple, list)):
        return max(map(largest_number, value), default=0)
    return np.abs(value).max(initial=0) if is_numeric(value) else 0


def largest_whole_number(value):
    """The largest absolute value of the whole numbers that stand by themselves, such as a number of steps; or 0."""
    if isinstance(value, Mapping):
        return largest_whole_number(list(value.values()))
    if isinstance(value, (tuple, list)):
        return max(map(largest_whole_number, value), default=0)
    return abs(int(value)) if isinstance(value, (int, np.integer)) else 0


def are_identical(value, other):
    """Whether two values are equal to the bit."""
    if isinstance(value, np.ndarray) and have_equal_bytes(value, other):        # most are, and this is soon seen
        return True
    if isinstance(value, Mapping):
        alike = isinstance(other, Mapping) and list(value) == list(other)
        return alike and all(are_identical(value[key], other[key]) for key in value)
    if isinstance(value, (tuple, list)):
        alike = isinstance(other, (tuple, list)) and len(value) == len(other)
        return alike and all(map(are_identical, value, other))
    return np.array_equal(value, other, equal_nan=np.asarray(value).dtype.kind == "f")


def have_equal_bytes(array, other):
    """Whether another value is an array of the same kind and shape, with the same bytes."""
    alike = isinstance(other, np.ndarray) and (array.dtype, array.shape) == (other.dtype, other.shape)
    return alike and array.dtype.kind in "buifc" and array.tobytes() == other.tobytes()


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
    """What came in place of a value that is neither numbers nor text: only a description of its kind is left."""

    kind: str


def encode(value):
    """A value as what JSON knows; of anything else only the name of its type, of a very large array its shape."""
    if not isinstance(value, np.ndarray):
        if value is None or isinstance(value, (bool, int)) or type(value) is float:
            return value
        if isinstance(value, str):
            return {"text": value}
        if isinstance(value, Mapping):
            return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
        if isinstance(value, (tuple, list)):
            return {"tuple" if isinstance(value, tuple) else "list": [encode(item) for item in value]}
    array = np.asarray(value)
    if array.dtype.kind not in "buifc":
        return {"other": type(value).__name__}
    if array.nbytes > MOST_BYTES:
        return {"other": f"an array of shape {array.shape}, too large to be compared"}
    return {"array": base64.b64encode(array.tobytes()).decode(), "dtype": array.dtype.str, "shape": array.shape,
            "single": isinstance(value, np.generic)}


def decode(plain):
    """The value of what `encode` returned: new arrays, an Other for the name of a type."""
    if not isinstance(plain, dict):
        return plain
    if "array" in plain:
        return decode_array(plain)
    if "text" in plain:
        return plain["text"]
    if "dict" in plain:
        return {decode(key): decode(item) for key, item in plain["dict"]}
    if "tuple" in plain:
        return tuple(map(decode, plain["tuple"]))
    return Other(plain["other"]) if "other" in plain else list(map(decode, plain["list"]))


def decode_array(plain):
    """The array, or the single number of a NumPy type."""
    kind = np.dtype(plain["dtype"])
    if kind.kind not in "buifc":                # no dtype that could hold anything else comes from another process
        raise ValueError(f"no numbers: {kind}")
    array = np.frombuffer(base64.b64decode(plain["array"]), kind).reshape(plain["shape"]).copy()
    return array[()] if plain["single"] else array
