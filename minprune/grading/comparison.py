"""Comparison: what is wrong with a returned value, in one line, or None if it is the expected one.

Numbers are equal if they differ by at most `tolerance`, relative to the largest number of the expected array (but at
least 0.001). `label` says which part of a larger value is compared.
"""

from collections.abc import Mapping

import numpy as np

LEAST_SIZE = 1e-3               # the tolerance is relative to at least this


def difference(expected, returned, tolerance, label=""):
    """What is wrong with the returned value, or None. `label` is empty, or ends in a space."""
    if returned is None:
        return f"{label}is None" if label else "it returned None: is a return missing?"
    if isinstance(expected, tuple):
        return difference_of_tuples(expected, returned, tolerance, label)
    if isinstance(expected, Mapping):
        return difference_of_dicts(expected, returned, tolerance, label)

    # Both have the same kind and shape …
    expected = np.asarray(expected)
    try:
        array = np.asarray(returned)
    except ValueError:
        return f"{label}expected an array of shape {expected.shape}, got rows of different lengths"
    if array.dtype.kind not in "buif":
        return f"{label}expected numbers, got {type(returned).__name__} of dtype {array.dtype}"
    if array.shape != expected.shape:
        return f"{label}expected shape {expected.shape}, got {array.shape}"
    if expected.dtype == bool and array.dtype != bool:
        return f"{label}expected booleans, got {array.dtype}"

    # … and the same numbers.
    return difference_of_arrays(expected, array, tolerance, label)


def difference_of_arrays(expected, returned, tolerance, label):
    """The first entry that differs, of two arrays of the same shape."""
    if np.isfinite(expected).all() and not np.isfinite(returned).all():
        return (f"{label}holds {np.isnan(returned).sum()} NaN and {np.isinf(returned).sum()} infinite values, "
                f"of {returned.size}")
    right = equal_entries(expected, returned, tolerance)
    if right.all():
        return None
    first = tuple(map(int, np.argwhere(~right)[0]))
    at = f"at {list(first)} " if first else ""
    count = f" ({(~right).sum()} of {right.size} differ)" if right.size > 1 else ""
    return f"{label}{at}expected {describe_number(expected[first])}, got {describe_number(returned[first])}{count}"


def equal_entries(expected, returned, tolerance):
    """Which entries of two arrays are equal."""
    if expected.dtype == bool:
        return expected == returned
    size = np.abs(expected[np.isfinite(expected)]).max(initial=LEAST_SIZE)
    return np.isclose(returned, expected, rtol=0, atol=tolerance * size, equal_nan=True)


def difference_of_tuples(expected, returned, tolerance, label):
    """How many values are returned, then the first value that differs."""
    if not isinstance(returned, (tuple, list)) or len(returned) != len(expected):
        kind = f"{len(returned)} values" if isinstance(returned, (tuple, list)) else type(returned).__name__
        return f"{label}expected {len(expected)} values to be returned, got {kind}"
    return first_difference(difference(*pair, tolerance, f"{label}returned value {place}: ")
                            for place, pair in enumerate(zip(expected, returned), 1))


def difference_of_dicts(expected, returned, tolerance, label):
    """Which keys are returned, then the first value that differs."""
    keys = ", ".join(map(str, expected))
    if not isinstance(returned, Mapping):
        return f"{label}expected a dict with the keys {keys}, got {type(returned).__name__}"
    if set(returned) != set(expected):
        return f"{label}expected the keys {keys}, got {', '.join(map(str, returned)) or 'none'}"
    return first_difference(difference(expected[key], returned[key], tolerance, f"{label}[{key!r}] ")
                            for key in expected)


def first_difference(differences):
    return next((wrong for wrong in differences if wrong is not None), None)


def describe_number(value):
    return str(bool(value)) if isinstance(value, np.bool_) else f"{value:.6g}"
