"""Samples: the arrays of a file on their way to a Dataset."""

import dataclasses
import json
import shlex
from dataclasses import dataclass, field

import numpy as np

from ..engine.checks import check_numbers, check_same_length
from .dataset import Dataset
from .images import as_images
from .scaling import hint, standardised
from .splits import shuffled_split, stratified_split
from .targets import read_targets


@dataclass(frozen=True)
class Samples:
    """Inputs and targets as a file held them.

    xs, ts   one array each, to be split, or two, of training and test
    called   how messages name the arrays: (names of xs, names of ts)
    place    how the note on the targets names them; class_names: what the file calls the classes 0, 1, …, or None
    columns  the columns of x in the file, each by its name or index, or None where there is no file of columns
    notes    what was concluded so far
    """

    name: str
    xs: list
    ts: list
    called: tuple
    place: str = "t"
    class_names: tuple | None = None
    columns: list | None = None
    notes: list = field(default_factory=list)

    def column(self, i):
        """How notes name column i of x."""
        return column_text(self.columns[i] if self.columns else i)


def dataset_of(samples, source, test=0.2, seed=0):
    """Return the Dataset of samples: checked, in the forms that a network reads, split and scaled.

    Samples in one part are split by `seed`, stratified for classes, plainly for regression. Raises TypeError for what
    is not real numbers (or texts as targets), ValueError for NaN, infinity, empty arrays, shapes that are not one row
    a sample, parts that do not fit each other, and x and t of different lengths.
    """
    # inputs and targets, checked
    x_names, t_names = samples.called
    xs = [check_inputs(name, x) for name, x in zip(x_names, samples.xs)]
    targets = read_targets(samples.ts, t_names, samples.place, source.task, samples.class_names)
    for x_name, x, t_name, t in zip(x_names, xs, t_names, targets.parts):
        check_same_length(**{x_name: x, t_name: t})
    check_same_shape(x_names, xs)

    # as a network reads them
    xs, of_images = as_images(xs)
    xs = [x.astype(np.float64, copy=False) for x in xs]
    parts = in_two_parts(samples.name, xs, targets, test, seed)
    data = Dataset(*parts, samples.name, targets.names and len(targets.names), targets.names,
                   notes=[*samples.notes, targets.note, *of_images, *index_columns(samples, xs[0])])
    if source.scale:
        return standardised(data, samples.column)
    return dataclasses.replace(data, notes=[*data.notes, *hint(data, samples.column)])


def without_notes(data, source):
    """The Dataset without what was concluded about it, for one that is well known, unless an option changed it."""
    return data if source.task or source.scale else dataclasses.replace(data, notes=[])


def column_text(column):
    """How notes name a column: by its name, or by its index, which counts from 0."""
    return f'column "{column}"' if isinstance(column, str) else f"the column of index {column}"


def check_inputs(name, x):
    x = check_numbers(name, x)
    if x.ndim < 2:
        raise ValueError(f"{name} expects shape (N, features) or (N, H, W, C), got {x.shape}")
    return x


def check_same_shape(called, xs):
    """Raise ValueError unless both parts have the same shape a sample."""
    if xs[0].shape[1:] != xs[-1].shape[1:]:
        raise ValueError(f"expected the same shape a sample: "
                         f"{called[0]} has {xs[0].shape[1:]}, {called[-1]} {xs[-1].shape[1:]}")


def in_two_parts(name, xs, targets, test, seed):
    """x_train, t_train, x_test, t_test; ValueError, naming the data, if one part would be empty."""
    if len(xs) == 2:
        return xs[0], targets.parts[0], xs[1], targets.parts[1]
    x, t = xs[0], targets.parts[0]
    try:
        train, held_out = stratified_split(t, test, seed) if targets.names else shuffled_split(len(t), test, seed)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return x[train], t[train], x[held_out], t[held_out]


def index_columns(samples, x):
    """A note for each column that only counts the rows, from 0 or 1: a network would learn the order of the file."""
    if x.ndim != 2 or len(x) < 3:
        return []
    counts = [i for i in range(x.shape[1])
              if x[0, i] in (0, 1) and np.array_equal(x[:, i], x[0, i] + np.arange(len(x)))]
    return [f"{samples.column(i)} only counts the rows, {x[0, i]:g}, {x[1, i]:g}, {x[2, i]:g}, …{drop_text(samples, i)}"
            for i in counts]


def drop_text(samples, i):
    """What leaves column i out, if that is a column of a table."""
    if not samples.columns:
        return ""
    column = samples.columns[i]
    return (f"; drop={json.dumps(column, ensure_ascii=False)} leaves it out, in the shell "
            f"--drop {shlex.quote(str(column))}")
