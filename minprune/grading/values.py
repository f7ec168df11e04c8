"""Values, which are arguments and results of students' functions: looked at, and described in the feedback.

A value is an array, a number or a text, or dicts, tuples and lists of values.
"""

from collections.abc import Mapping

import numpy as np

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
