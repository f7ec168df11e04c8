"""Checks of what a user passes in: each names the argument, what was expected and what came, in the same words."""

import math
import os
import pathlib
from collections.abc import Mapping

import numpy as np

LARGEST = 2 ** 31 - 1           # of all sizes: no memory has an array with a longer axis


def check_known(kind, name, known):
    """Raise ValueError unless `name` is among `known`; the message names the nearest of these.

    >>> check_known("activation", "rleu", ["relu", "tanh"])
    Traceback (most recent call last):
    ValueError: unknown activation "rleu"; did you mean "relu"? Known: relu, tanh
    """
    if type(name) is str and isinstance(known, (dict, list, tuple)) and name in known:
        return                          # the common case, without making texts of all that is known
    known = [str(item) for item in known]
    if isinstance(name, np.ndarray):
        raise TypeError(f"{kind} expects a name, got an array: {name!r}")
    if name in known:
        return
    raise ValueError(f'unknown {kind} "{name}"{nearest(str(name), known)} Known: {", ".join(known) or "none"}')


def nearest(name, known):
    """The hint to the known name that was probably meant: the group that `name` is part of, or a similar name."""
    for group in known:
        if name in [part.split("*")[0] for part in group.split("+")]:
            return f': it is part of "{group}";'
    import difflib                  # slow to import, and only needed for an error

    lower = {one.lower(): one for one in reversed(known)}
    near = [lower[name.lower()]] if name.lower() in lower else difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f'; did you mean "{near[0]}"?' if near else ";"


def check_numbers(name, array):
    """Return `array` as a NumPy array; raise unless it holds finite real numbers and is not empty."""
    array = check_real_array(name, array)
    if array.size == 0:
        raise ValueError(f"{name} is empty: got shape {array.shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        count = array.size - np.count_nonzero(np.isfinite(array))
        raise ValueError(f"{name} holds {count} values that are NaN or infinite, of {array.size}")
    return array


def check_real_array(name, array):
    """Return `array` as a NumPy array; raise unless it holds real numbers, which may be NaN or infinite."""
    check_unmasked(name, array)
    try:
        array = np.asarray(array)
    except ValueError:
        raise ValueError(f"{name} expects an array, got rows of different lengths") from None
    if array.dtype.kind not in "buif":
        got = f"dtype {array.dtype}" if array.ndim or array.dtype != object else f"{array.item()!r:.80}"
        raise TypeError(f"{name} expects real numbers, got {got}")
    return array


def check_numeric(name, array, dtype):
    """Return `array` in `dtype`, its numbers unseen, NaN and infinity too; raise if they are not real numbers."""
    if type(array) is np.ndarray and array.dtype == dtype:
        return array
    return np.asarray(check_real_array(name, array), dtype)


def check_unmasked(name, array):
    """Raise ValueError if `array`, or a row of a list, is a masked array with masked entries.

    As a plain array it would lose its mask, and the numbers behind the mask would count.
    """
    if type(array) is np.ndarray:
        return
    for row in array if isinstance(array, (list, tuple)) else (array,):
        if isinstance(row, np.ma.MaskedArray) and np.ma.is_masked(row):
            raise ValueError(f"{name} is a masked array with {np.ma.count_masked(row)} masked entries, of {row.size}: "
                             "fill them, or leave them out")


def as_dtype(name, array, dtype):
    """Return a checked array in `dtype`; raise if that cannot hold its numbers."""
    with np.errstate(over="ignore"):
        converted = np.asarray(array, dtype)
    if converted is not array and not np.isfinite(converted).all():
        raise ValueError(f"{name} holds numbers up to {np.abs(array).max():.3g}, too large for {converted.dtype}")
    return converted


def check_same_length(**arrays):
    """Raise unless all arrays have the same number of samples; the keywords are their names."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"expected the same number of samples everywhere: {listed}")


def check_network(net, name="net"):
    """Raise TypeError unless `net` is a Network (or behaves like one); `name` is what the argument is called."""
    if not hasattr(net, "neuron_layers"):
        raise TypeError(f"{name} expects a Network, got {type(net).__name__}")


def check_prunable(net):
    """Raise unless `net` is a Network that has neurons which can be removed."""
    check_network(net)
    if not net.hidden_layers:
        raise ValueError("net has no hidden layer, and the output layer is never scored or pruned: "
                         "there is nothing to remove")


def check_finite(net):
    """Raise, naming the array, if a weight, a bias or a batch norm of the network holds NaN or infinity."""
    check_network(net)
    for name, array in net.arrays().items():
        check_numbers(name, array)


def check_seed(seed):
    """Return a Generator for a whole number of at least 0, or the Generator itself."""
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng(check_count("seed", seed, least=0))


def batch_shape(shape):
    """The shape of a batch as messages write it: `(N, 64)`."""
    return f"({', '.join(['N', *map(str, shape)])})"


def check_count(name, value, least=1):
    """Return `value` as an int; raise unless it is a whole number of at least `least`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} expects a whole number, got {value!r}")
    if value < least:
        raise ValueError(f"{name} expects at least {least}, got {value}")
    return int(value)


def check_flag(name, value):
    """Return `value` as a bool; raise TypeError unless it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} expects True or False, got {value!r}")
    return bool(value)


def check_size(name, value, least=1):
    """Return `value` as an int; raise unless it is a whole number that an axis of an array can have."""
    value = check_count(name, value, least)
    if value > LARGEST:
        raise ValueError(f"{name} expects at most {LARGEST}, got {value}")
    return value


def check_real(name, value, least=None, below=None, above=None):
    """Return `value` as a float; raise unless finite and in [least, below) or (above, below)."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} expects a number, got {value!r}")
    try:
        number = float(value)
    except OverflowError:                       # a whole number that no float can hold
        raise ValueError(f"{name} expects a finite number, got a whole number of {value.bit_length()} bits") from None
    fits = np.isfinite(number) and (least is None or value >= least) \
        and (below is None or value < below) and (above is None or value > above)
    if not fits:
        bounds = {"at least": least, "more than": above, "less than": below}
        expected = " and ".join(f"{words} {bound}" for words, bound in bounds.items() if bound is not None)
        raise ValueError(f"{name} expects a finite number{', ' if expected else ''}{expected}, got {value!r}")
    return number


def check_path(name, path):
    """Return `path` as a pathlib.Path; raise unless it is a text or a path that a file can have."""
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise TypeError(f"{name} expects a path as text or pathlib.Path, got {path!r}")
    if not os.fspath(path):
        raise ValueError(f"{name} expects a path, got an empty text")
    if "\0" in os.fspath(path):
        raise ValueError(f"{name} expects a path without the character NUL, got {os.fspath(path)!r}")
    return pathlib.Path(path)


# ------------------------------------------------------------------------------- lists, dicts, data sets


def check_list(name, values, expected):
    """Return the items as a list; raise TypeError for text, or for what cannot be listed."""
    if isinstance(values, str) or not np.iterable(values):
        raise TypeError(f"{name} expects a list {expected}, got {values!r}")
    return list(values)


def check_dict(name, values, form):
    """Raise ValueError unless `values` is a dict with at least one entry, such as {layer: array}."""
    if not isinstance(values, Mapping) or not values:
        got = "an empty dict" if isinstance(values, Mapping) else type(values).__name__
        raise ValueError(f"{name} expects a dict {form}, got {got}")


def check_dataset(data, parts=("x_train", "t_train", "x_test", "t_test")):
    """Raise TypeError unless `data` has these parts of a Dataset."""
    if not all(hasattr(data, part) for part in parts):
        raise TypeError(f"data expects a Dataset with {', '.join(parts)}, got {type(data).__name__}")


# ------------------------------------------------------------------------------- scores, and what is removed by them


def check_scores(scores, like=None, name="scores"):
    """Return {layer: (K,) array of float64}; raise unless there is a number for each neuron, and no NaN.

    Scores may be infinite. `like` {layer: K rows} says which layers are expected, and how many neurons they have.
    """
    check_dict(name, scores, "{layer: array} of at least one layer")
    if like is not None and set(scores) != set(like):
        raise ValueError(f"{name} expects the layers {', '.join(like)}, got {', '.join(map(str, scores))}")
    checked = {}
    for layer, row in scores.items():
        called, K = f'{name} of layer "{layer}"', None if like is None else len(like[layer])
        expected = "one number a neuron" if K is None else f"one number for each of {K} neurons"
        checked[layer] = row = check_rankable(called, row, expected)
        if row.ndim != 1 or row.size == 0 or K not in (None, row.size):
            raise ValueError(f"{called}: expected {expected}, got shape {row.shape}")
    return checked


def check_rankable(called, array, expected):
    """Return the numbers as float64; raise unless they can be ranked: real, no NaN, and told apart by float64."""
    check_unmasked(called, array)
    try:
        array = np.asarray(array)
    except ValueError:
        raise TypeError(f"{called}: expected {expected}, got rows of different lengths") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{called}: expected real numbers, got dtype {array.dtype}")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(f"{called}: {np.isnan(array).sum()} of {array.size} numbers are NaN")
    # Two whole numbers beyond 2^53 can become the same float64, and a rank would then be decided by place.
    if array.dtype.kind in "iu" and array.size and max(abs(int(array.min())), abs(int(array.max()))) > 2 ** 53:
        raise ValueError(f"{called}: expected whole numbers up to 2^53, which float64 tells apart, "
                         f"got {array.min()} to {array.max()}")
    return array.astype(float)


def check_share(name, share):
    """Return how much to remove: a whole number as an int, or a fraction in [0, 1) as a float."""
    if isinstance(share, (int, np.integer)):
        return check_count(name, share, least=0)
    return check_real(f"{name} (as a fraction)", share, least=0, below=1)


def count_of(share, K):
    """How many of K a share is: a whole number is itself, a fraction f is ⌊f K⌋ and never all of them."""
    return share if isinstance(share, int) else min(floor_of(share, K), max(K - 1, 0))


def floor_of(fraction, whole):
    """⌊fraction · whole⌋ of the number that was meant: 0.29 · 100 is 28.999999999999996 in floating point."""
    return math.floor(fraction * whole * (1 + 1e-15) + 1e-9)


def check_protect(protect, name="layer"):
    """Return what is protected as a list; its entries are names, or pairs (name, index)."""
    return check_list("protect", protect, f"of {name} names and ({name}, index) pairs")


def check_shape(input_shape):
    if not isinstance(input_shape, (int, np.integer)) and not np.iterable(input_shape):
        raise TypeError(f"input_shape expects the sizes of one sample, such as (8, 8, 1), got {input_shape!r}")
    shape = (input_shape,) if isinstance(input_shape, (int, np.integer)) else tuple(input_shape)
    if not shape:
        raise ValueError("input_shape expects at least one size, got ()")
    return tuple(check_size("input_shape", size) for size in shape)


def check_dtype(dtype):
    try:
        dtype = np.dtype(dtype)
    except TypeError:
        raise ValueError(f'dtype expects "float64" or "float32", got {dtype!r}') from None
    if dtype not in (np.float64, np.float32):
        raise ValueError(f'dtype expects "float64" or "float32", got "{dtype}"')
    return dtype
