"""Comparison: what is wrong with a returned value, in one line, or None if it is the expected one.

Numbers are equal if they differ by at most `tolerance`, relative to the largest number of the expected array (but at
least 0.001). `label` says which part of a larger value is compared.

An answer in float32 is compared as precisely as float32 can be (see `float32_tolerance`), relative to at least 1.
float16 is refused.
"""

import copy
from collections.abc import Mapping

import numpy as np

from .values import Other, is_composed, pairs

LEAST_SIZE = 1e-3               # the tolerance is relative to at least this
FLOAT32 = 1e-4                  # the least relative tolerance of answers in float32, whose rounding errors are 6e-8
ROUNDINGS = 8                   # how many times the effect of rounding the arguments an answer in float32 may be off


def difference(expected, returned, tolerance, label=""):
    """What is wrong with the returned value, or None. `label` is empty, or ends in a space."""
    if returned is None:
        return f"{label}is None" if label else "it returned None: is a return missing?"
    if isinstance(expected, np.ndarray) and is_right_at_once(expected, returned, tolerance):
        return None
    if isinstance(expected, Mapping):
        return difference_of_dicts(expected, returned, tolerance, label)
    if is_composed(expected):
        return difference_of_tuples(expected, returned, tolerance, label)
    if isinstance(returned, Other):
        return f"{label}expected numbers, got {returned.kind}"

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
    if array.dtype == np.float16:
        return f"{label}is float16, which has 3 digits: compute in float64, as the arguments are"

    # … and the same numbers.
    return difference_of_arrays(expected, array, tolerance, label)


def is_right_at_once(expected, returned, tolerance):
    """Whether both are arrays of finite floats in float64 that are equal: most are, and this is soon seen."""
    if not (isinstance(returned, np.ndarray) and returned.dtype == expected.dtype == float
            and returned.shape == expected.shape):
        return False
    largest = np.abs(expected).max(initial=LEAST_SIZE)
    return bool(largest < np.inf and (np.abs(returned - expected) <= tolerance * largest).all())


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
    least = 1 if returned.dtype == np.float32 else LEAST_SIZE
    return np.isclose(returned, expected, rtol=0, atol=tolerance * size_of(expected, least), equal_nan=True)


def size_of(expected, least=LEAST_SIZE):
    """The largest finite number of an array, which the tolerance is relative to."""
    return np.abs(expected[np.isfinite(expected)]).max(initial=least)


def difference_of_tuples(expected, returned, tolerance, label):
    """How many values are returned, then the first value that differs."""
    if not isinstance(returned, (tuple, list)) or len(returned) != len(expected):
        kind = f"{len(returned)} values" if isinstance(returned, (tuple, list)) else kind_of(returned)
        return f"{label}expected {len(expected)} values to be returned, got {kind}"
    return first_difference(difference(*pair, tolerance, f"{label}returned value {place}: ")
                            for place, pair in enumerate(zip(expected, returned), 1))


def difference_of_dicts(expected, returned, tolerance, label):
    """Which keys are returned, then the first value that differs."""
    keys = ", ".join(map(str, expected))
    if not isinstance(returned, Mapping):
        return f"{label}expected a dict with the keys {keys}, got {kind_of(returned)}"
    if set(returned) != set(expected):
        return f"{label}expected the keys {keys}, got {', '.join(map(str, returned)) or 'none'}"
    return first_difference(difference(expected[key], returned[key], tolerance, f"{label}[{key!r}] ")
                            for key in expected)


def first_difference(differences):
    return next((wrong for wrong in differences if wrong is not None), None)


def kind_of(value):
    return value.kind if isinstance(value, Other) else type(value).__name__


def describe_number(value):
    return str(bool(value)) if isinstance(value, np.bool_) else f"{value:.6g}"


# ----------------------------------------------------------------------------------- float32


def is_float32(expected, returned):
    """Whether a part of the answer is float32, or float64 with numbers that float32 holds exactly, all of them."""
    parts = [(np.asarray(right), returned) for right, returned in (pairs(expected, returned) or {}).values()]
    return any(right.dtype.kind == "f" and was_rounded(right, returned) for right, returned in parts)


def was_rounded(expected, returned):
    """Whether numbers were rounded to float32, and the expected ones are none that float32 holds anyway."""
    if not (isinstance(returned, (np.ndarray, np.floating, float)) and np.size(returned)):
        return False
    array = np.asarray(returned)
    with np.errstate(all="ignore"):
        exact = array.dtype.kind == "f" and np.array_equal(array, np.float32(array))
        if array.dtype != np.float32 and not exact:             # most answers are such
            return False
        if np.array_equal(expected, np.float32(expected)):
            return array.dtype == np.float32
        round_anyway = np.array_equal(array * 256, np.round(array * 256))       # such as 0, 0.5 and 3
        return exact and not round_anyway


def float32_tolerance(answer, case, expected, tolerance):
    """The relative tolerance of an answer in float32: what rounding errors can do to it, not more.

    The arguments rounded to float32 change the answer by what one rounding does; an answer that is computed in float32
    may be off by some times as much, and by 10⁻⁴ in any case.
    """
    rounded = answer(**{name: round_to_float32(value) for name, value in copy.deepcopy(case).items()})
    effects = [np.abs(np.subtract(right, other, dtype=float)).max(initial=0) / size_of(np.asarray(right, dtype=float))
               for right, other in (pairs(expected, rounded) or {}).values()
               if np.shape(right) == np.shape(other)]
    return max(tolerance, FLOAT32, *(ROUNDINGS * effect for effect in effects if np.isfinite(effect)))


def round_to_float32(value):
    """The value with its floats rounded to float32, in float64."""
    if isinstance(value, Mapping):
        return {key: round_to_float32(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(map(round_to_float32, value))
    if isinstance(value, np.ndarray) and value.dtype == float:
        return value.astype(np.float32).astype(float)
    return value
