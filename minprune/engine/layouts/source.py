"""Source: arrays that were made elsewhere, from a file, a dict, a list, or an estimator."""

import os
from typing import NamedTuple

import numpy as np

from ..archives import check_declared
from ..checks import check_path, check_real_array
from ..safetensors import read_safetensors
from . import sklearn
from .module import in_natural_order

HINTS = {
    (".pt", ".pth", ".bin", ".ckpt", ".pkl"):
        "it is a pickle, which can run code and is never opened: "
        "safetensors.torch.save_file(model.state_dict(), 'model.safetensors') writes what is read here",
    (".h5", ".hdf5", ".keras"):
        "HDF5 needs a package of its own: numpy.savez('model.npz', *model.get_weights()) writes what is read here",
    (".joblib",): "it is a pickle, which can run code and is never opened: give the fitted estimator itself"}


class Source(NamedTuple):
    """{name: array}, what errors call the source, and whether its order is that of the network."""

    entries: dict
    text: str
    ordered: bool


def read_source(arrays, limit):
    """The Source of a path, a dict, a list of arrays, or a scikit-learn estimator."""
    if isinstance(arrays, (str, os.PathLike)):
        return read_file(check_path("arrays", arrays), limit)
    entries = sklearn.entries_of(arrays)
    if entries is None and isinstance(arrays, (list, tuple)):
        entries = {f"arr_{number}": array for number, array in enumerate(arrays)}
    if entries is None:
        if not hasattr(arrays, "items"):
            raise TypeError("arrays expects a path, a dict {name: array}, the list of model.get_weights(), or a fitted "
                            f"estimator with coefs_ and intercepts_, got {type(arrays).__name__}")
        entries = dict(arrays.items())
    return Source({str(name): as_array(name, array) for name, array in entries.items()}, "arrays", True)


def read_file(path, limit):
    """The Source of a .safetensors or .npz file."""
    for endings, hint in HINTS.items():
        if path.suffix.lower() in endings:
            raise ValueError(f"cannot read {path}: {hint}")
    if path.suffix.lower() == ".npz":
        return Source(read_npz(path, limit), str(path), True)
    arrays = read_safetensors(path, limit)
    return Source({name: arrays[name] for name in in_natural_order(arrays)}, str(path), False)


def read_npz(path, limit):
    """{name: array} of an .npz file, in the order in which they were written."""
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        with np.load(path, allow_pickle=False) as file:
            check_declared(file, file.files, limit)
            return {name: file[name] for name in file.files}
    except Exception as error:          # what damaged bytes lead to is anybody's guess
        raise ValueError(f"cannot read {path} as arrays: {error}") from None


def as_array(name, array):
    """The array, also one of PyTorch or Keras, as a NumPy array."""
    for method in ("detach", "cpu", "numpy"):
        if not isinstance(array, np.ndarray) and hasattr(array, method):
            try:
                array = getattr(array, method)()
            except TypeError as error:          # PyTorch has bfloat16, and NumPy has not
                raise TypeError(f'array "{name}": {error}; .float() or .double() makes it one that NumPy has') from None
    return check_real_array(f'array "{name}"', array)
