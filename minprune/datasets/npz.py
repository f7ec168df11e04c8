"""A user's own arrays in a .npz file."""

import numpy as np

from ..engine.archives import check_shapes, declared_shape
from .samples import Samples, dataset_of

INPUTS = ("x", "data", "images")
TARGETS = ("t", "y", "target", "targets", "label", "labels")
FORMS = (("{}_train", "{}_test"), ("train_{}", "test_{}"), ("{}",))


def load_npz(path, source, test, seed):
    """Return the arrays of a .npz file as a Dataset.

    They are called `x_train t_train x_test t_test`, or `x t` to be split. For x may stand `data` or `images`, for t
    `y`, `target(s)` or `label(s)`, in small letters or capitals, and `train_x` for `x_train`: the first of these that
    is there is read. x is (N, features) or images, in the forms that `images` describes; t is (N,) or (N, K) numbers,
    or texts, in which `targets` says what classes are. Nothing is ever unpickled. Raises ValueError or TypeError,
    naming the array and the file.
    """
    keys, arrays, others = read_npz(path, source.limit)
    called = [f"{key} of {path}" for key in keys]
    samples = Samples(path.absolute().name, arrays[::2], arrays[1::2], (called[::2], called[1::2]), keys[1],
                      notes=[f"not read: {', '.join(others)}"] if others else [])
    return dataset_of(samples, source, test, seed)


def read_npz(path, limit):
    """Return (keys, arrays, names of other arrays): the arrays of a .npz file that make a data set, and no others."""
    with open(path, "rb") as file, open_npz(path, file) as archive:
        keys = choose_keys(path, archive.files)
        shapes = {key: read(path, archive, key, declared_shape) for key in keys}
        try:
            check_shapes(shapes, limit)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        others = [name for name in archive.files if name not in keys]
        return keys, [read_array(path, archive, key) for key in keys], others


def open_npz(path, file):
    """Return NumPy's view of an open .npz file; raise ValueError if it is another file, or truncated."""
    try:
        archive = np.load(file, allow_pickle=False)
    except Exception:                   # a damaged archive can raise any of them
        raise ValueError(f"{path} is not a .npz file, or is truncated") from None
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise ValueError(f"{path} is a single array in NumPy's .npy format, expected a .npz file")
    return archive


def choose_keys(path, names):
    """Return the keys to read: inputs and targets of both parts, else inputs and targets to be split."""
    for forms in FORMS:
        keys = [find_key(form, words, names) for form in forms for words in (INPUTS, TARGETS)]
        if None not in keys:
            return keys
    raise ValueError(f"{path} expects the arrays x_train t_train x_test t_test, or x t (t may be called y), "
                     f"found: {', '.join(names) or 'none'}")


def find_key(form, words, names):
    """The first array whose name is one of the words in this form, as it is spelled or else in any case; or None."""
    spellings = [form.format(word) for word in words]
    exact = [spelling for spelling in spellings if spelling in names]
    alike = [name for spelling in spellings for name in names if name.lower() == spelling]
    return next(iter(exact + alike), None)


def read_array(path, archive, key):
    """Return one array of an open .npz file; raise ValueError if it is damaged or holds Python objects."""
    array = read(path, archive, key, lambda archive, key: archive[key])
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{key} of {path} is not an array")
    return array


def read(path, archive, key, function):
    """What `function(archive, key)` reads; ValueError that names the array and the file, whatever went wrong."""
    try:
        return function(archive, key)
    except Exception as error:          # damaged bytes can lead to any of them
        reason = " ".join(str(error).split())
        raise ValueError(f"{key} of {path} cannot be read as an array of numbers: {reason}") from None
