"""A data set: inputs and targets to train on, and others, held out, to test with."""

from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_numbers, check_same_length
from .splits import shuffled_split, stratified_split


@dataclass(frozen=True, repr=False, eq=False)
class Dataset:
    """Inputs and targets in two parts.

    x_train, x_test: float64, (N, features) or images (N, H, W, C). t_train, t_test: int64 (N,) classes
    0..classes-1, or for regression float64 (N, K), and then classes is None. name: the data set's or
    the file's name.
    """

    x_train: np.ndarray
    t_train: np.ndarray
    x_test: np.ndarray
    t_test: np.ndarray
    name: str
    classes: int | None

    def __repr__(self):
        targets = f"{self.classes} classes" if self.classes else f"regression to {self.t_train.shape[1:]}"
        return (f'Dataset("{self.name}": {len(self.x_train)} train + {len(self.x_test)} test, '
                f"x {self.x_train.shape[1:]}, {targets})")


def dataset_to_split(name, samples, called, test, seed):
    """Return a Dataset of samples (x, t), split by `seed`: stratified for classes, plainly for regression.

    `called` is how messages name x and t. Raises as `check_samples`.
    """
    x, t = check_samples(*samples, called)
    if is_classes(t):
        train, held_out = stratified_split(t, test, seed)
    else:
        train, held_out = shuffled_split(len(t), test, seed)
    return Dataset(x[train], t[train], x[held_out], t[held_out], name, count_classes(t))


def dataset_of_parts(name, parts, called):
    """Return a Dataset of parts (x_train, t_train, x_test, t_test) that are already split.

    `called` is how messages name them. Raises as `check_samples`, and ValueError if the train and test parts do not
    fit each other.
    """
    x_train, t_train = check_samples(*parts[:2], called[:2])
    x_test, t_test = check_samples(*parts[2:], called[2:])
    check_same_form(called[::2], x_train, x_test)
    check_same_form(called[1::2], t_train, t_test)
    return Dataset(x_train, t_train, x_test, t_test, name, count_classes(t_train, t_test))


def check_samples(x, t, called):
    """Return x as float64 (N, ...), and t as int64 (N,) if it holds whole numbers, else as float64 (N, ...).

    Raises TypeError for what is not real numbers, ValueError for NaN, infinity, empty arrays, negative
    classes, shapes that are not one row a sample, and x and t of different lengths.
    """
    x_name, t_name = called
    x, t = check_numbers(x_name, x), check_numbers(t_name, t)
    if x.ndim < 2:
        raise ValueError(f"{x_name} expects shape (N, features) or (N, H, W, C), got {x.shape}")
    t = as_classes(t_name, t) if t.dtype.kind in "bui" else as_targets(t_name, t)
    check_same_length(**{x_name: x, t_name: t})
    return x.astype(np.float64, copy=False), t


def as_classes(name, t):
    """Return whole numbers of shape (N,) or (N, 1) as int64 classes (N,)."""
    if t.ndim != 1 and t.shape[1:] != (1,):
        raise ValueError(f"{name} holds whole numbers, so classes, and expects shape (N,), got {t.shape} "
                         "(one-hot rows: save their argmax; several numbers to predict: save floats)")
    t = t.reshape(-1).astype(np.int64)
    if t.min() < 0:
        raise ValueError(f"{name} expects classes of at least 0, got {t.min()}")
    return t


def as_targets(name, t):
    """Return real targets of shape (N,) or (N, ...) as float64 (N, 1) or (N, ...), the shape of a network's output."""
    if t.ndim == 0:
        raise ValueError(f"{name} expects shape (N,) or (N, K), got {t.shape}")
    return (t[:, None] if t.ndim == 1 else t).astype(np.float64, copy=False)


def check_same_form(called, train, test):
    """Raise ValueError unless both arrays hold the same kind of number in the same shape a sample."""
    if train.dtype != test.dtype:
        raise ValueError(f"expected whole numbers (classes) in both or in neither: "
                         f"{called[0]} has dtype {train.dtype}, {called[1]} {test.dtype}")
    if train.shape[1:] != test.shape[1:]:
        raise ValueError(f"expected the same shape a sample: "
                         f"{called[0]} has {train.shape[1:]}, {called[1]} {test.shape[1:]}")


def is_classes(t):
    """Whether these checked targets are classes (or else numbers to predict)."""
    return t.dtype == np.int64


def count_classes(*targets):
    """Return the number of classes 0..C-1 of checked targets, None for regression."""
    return 1 + int(max(t.max() for t in targets)) if is_classes(targets[0]) else None
