"""Central differences: the ground truth that every derivative in this project is checked against."""

import numpy as np

from .checks import check_real


def finite_difference(f, array, step=1e-5):
    """Return ∂f/∂array by central differences, entry by entry.

    ∂f/∂a_j ≈ [f(a + h e_j) − f(a − h e_j)] / 2h,   h = step · max(1, |a_j|);   the error falls as h².

    f takes the array and returns a number, or an array of numbers of any shape S; the result has
    the shape array.shape + S. Entries are moved in place and put back, so `array` may be a network's own
    parameter that f uses without looking at its argument. Raises TypeError unless f is a function and
    `array` a floating array, ValueError if it is read-only or the step is too small for its precision.
    """
    if not callable(f):
        raise TypeError(f"f expects a function of the array, got {f!r}")
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        raise TypeError(f"array expects a NumPy array of floats, got {getattr(array, 'dtype', type(array).__name__)}")
    if not array.flags.writeable:
        raise ValueError("array is read-only, and central differences move its entries; pass a copy")
    check_real("step", step, above=0)
    slopes = [slope(f, array, index, step) for index in np.ndindex(array.shape)]
    return np.reshape(slopes, array.shape + np.shape(slopes)[1:])


def slope(f, array, index, step):
    """One entry's central difference; the entry is put back whatever f does."""
    old = array[index]
    up, low = ends(old, step)
    try:
        array[index] = up
        upper = np.array(f(array), float)
        array[index] = low
        lower = np.array(f(array), float)
    finally:
        array[index] = old
    return (upper - lower) / (up - low)


def ends(entry, step):
    """a + h and a − h, h = step · max(1, |a|), as an array of a's precision can hold them."""
    h = step * max(1.0, abs(entry))
    up, low = entry.dtype.type(entry + h), entry.dtype.type(entry - h)
    if up == low:
        raise ValueError(f"step={step} is too small: in {entry.dtype}, {entry} moved by it is still {entry}")
    return up, low
