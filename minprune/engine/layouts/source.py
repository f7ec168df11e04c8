"""Source: arrays that were made elsewhere, from a file, a dict, a list, a model, or an estimator."""

import os
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..archives import check_declared, open_archive
from ..checks import check_path, check_real_array
from ..safetensors import read_with_order
from . import sklearn
from .module import in_natural_order

HINTS = {
    (".pt", ".pth", ".bin", ".ckpt", ".pkl"):
        "it is a pickle, which can run code and is never opened: "
        "safetensors.torch.save_file(model.state_dict(), 'model.safetensors') writes what is read here",
    (".h5", ".hdf5", ".keras"):
        "HDF5 needs a package of its own: "
        "numpy.savez('model.npz', **{v.path: v.numpy() for v in model.variables}) writes what is read here",
    (".joblib",): "it is a pickle, which can run code and is never opened: give the fitted estimator itself"}
EXPECTED = ("arrays expects a path, a dict {name: array}, a model with state_dict(), the list of model.get_weights(), "
            "or a fitted estimator with coefs_ and intercepts_")


class Source(NamedTuple):
    """{name: array}, what errors call the source, and whether its order is that in which the layers were made."""

    entries: dict
    text: str
    ordered: bool


def read_source(arrays, limit):
    """The Source of a path, a dict, a list of arrays, a model, or a scikit-learn estimator."""
    if isinstance(arrays, (str, os.PathLike)):
        return read_file(check_path("arrays", arrays), limit)
    entries = {str(name): as_array(str(name), array) for name, array in entries_of(arrays).items()}
    return Source(entries, "arrays", True)


def entries_of(arrays):
    """{name: array} of what a framework has in memory."""
    if (lists := sklearn.entries_of(arrays)) is not None:
        return lists
    if callable(getattr(arrays, "state_dict", None)):               # a module of PyTorch
        return arrays.state_dict()
    if hasattr(arrays, "get_weights") and hasattr(arrays, "variables"):     # a model of Keras
        return {variable.path: variable for variable in arrays.variables}
    if isinstance(arrays, (list, tuple)):
        return {f"arr_{number}": array for number, array in enumerate(arrays)}
    if not hasattr(arrays, "items"):
        raise TypeError(f"{EXPECTED}, got {type(arrays).__name__}")
    return dict(arrays.items())


def read_file(path, limit):
    """The Source of a .safetensors or .npz file."""
    for endings, hint in HINTS.items():
        if path.suffix.lower() in endings:
            raise ValueError(f"cannot read {path}: {hint}")
    if path.suffix.lower() == ".npz":
        return Source(read_npz(path, limit), str(path), True)
    arrays, ordered = read_with_order(path, limit)
    names = arrays if ordered else in_natural_order(arrays)
    return Source({name: arrays[name] for name in names}, str(path), ordered)


def read_npz(path, limit):
    """{name: array} of an .npz file, in the order in which they were written."""
    if not path.is_file():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        with open_archive(path) as file:
            check_declared(file, file.files, limit)
            return {name: file[name] for name in file.files}
    except Exception as error:          # what damaged bytes lead to is anybody's guess
        raise ValueError(f"cannot read {path} as arrays: {error}") from None


def as_array(name, array):
    """The array, also one of PyTorch or Keras, as a NumPy array."""
    if isinstance(array, Mapping):
        raise TypeError(f'array "{name}" is a dict: give arrays["{name}"] if it holds the arrays of the network')
    if not isinstance(array, np.ndarray):
        array = from_tensor(name, array)
    return check_real_array(f'array "{name}"', array)


def from_tensor(name, array):
    """The numbers of a tensor of PyTorch or Keras; anything else as it is."""
    try:
        for method in ("detach", "cpu"):
            array = getattr(array, method)() if hasattr(array, method) else array
        if not hasattr(array, "numpy"):
            return array
        try:
            return array.numpy()
        except TypeError:               # bfloat16: NumPy has none, and float32 holds it exactly
            return array.float().numpy()
    except Exception as error:          # sparse, quantised, lazy tensors: each says what it lacks
        raise ValueError(f'array "{name}" cannot be read: {error}') from None
