"""Kernel, stride and padding: numbers for the rows and for the columns of an image."""

from .checks import check_size


def check_padding(padding):
    """Return "valid", "same", the number of zeros, or a pair of different numbers; raise unless it is one of these."""
    if isinstance(padding, str) and padding not in ("valid", "same"):
        raise ValueError('Conv2D padding expects a pair of whole numbers, "valid", "same" or a whole number, '
                         f"got {padding!r}")
    return padding if isinstance(padding, str) else zeros_on_sides("Conv2D padding", padding)


def zeros_on_sides(name, padding):
    """Return how many zeros go around an image: a number, or a pair (on rows, on columns) if they differ."""
    rows, columns = pair(name, padding, least=0)
    return rows if rows == columns else (rows, columns)


def padding_setting(padding):
    return list(padding) if isinstance(padding, tuple) else padding


def along(padding, axis):
    """The number of zeros on both sides along axis 0 (rows) or 1 (columns); "same" stays what it is."""
    return padding[axis] if isinstance(padding, tuple) else padding


def pair(name, value, least=1):
    """Return `value` as two whole numbers of at least `least`; a single one counts twice."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{name} expects a whole number or a pair of them, got {value!r}")
    return tuple(check_size(name, size, least) for size in values)
