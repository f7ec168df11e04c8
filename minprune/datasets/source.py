"""A source of data: a name or a path, and how what is there is to be read."""

import os
from dataclasses import dataclass, fields

import numpy as np

from ..engine.archives import LIMIT
from ..engine.checks import check_count, check_known

TASKS = ("classes", "regression")


@dataclass(frozen=True)
class Source:
    """A name or path, and the options of `load`: wherever a name or path of data is expected, a Source can stand.

    path    the name of a data set of the package, such as "digits", or the path of a folder or file
    target  of a table: the name or index of the column to predict (−1 is the last), or a list of them; None: guessed
    task    "classes" or "regression"; None: guessed from the targets
    drop    the names or indices of columns to leave out, a single one or a list
    scale   whether the inputs are standardised by the mean and standard deviation of the training part
    limit   in bytes: what the file declares, or unpacks to, may not take more, all numbers counted as float64
    """

    path: object
    target: object = None
    task: str | None = None
    drop: object = ()
    scale: bool = False
    limit: int = LIMIT

    def __str__(self):
        options = [f"{field.name}={getattr(self, field.name)!r}" for field in fields(self)[1:]
                   if getattr(self, field.name) != field.default]
        return f"{os.fspath(self.path)} ({', '.join(options)})" if options else os.fspath(self.path)


def as_source(source):
    """Return the source, checked; of one whose path is itself a Source, that one, which has its own options."""
    if not isinstance(source.path, Source):
        return checked(source)
    changed = [field.name for field in fields(Source)[1:] if getattr(source, field.name) != field.default]
    if changed:
        raise TypeError(f"{changed[0]} is an option of the Source {source.path}; it cannot be an argument as well")
    return checked(source.path)


def checked(source):
    """Return the source; raise ValueError or TypeError for an option that no data can have."""
    if not isinstance(source.path, (str, os.PathLike)) or not isinstance(os.fspath(source.path), str):
        raise TypeError(f"name_or_path expects a text or a path, got {source.path!r}")
    if source.task is not None:
        check_known("task", source.task, TASKS)
    if not isinstance(source.scale, (bool, np.bool_)):
        raise TypeError(f"scale expects True or False, got {source.scale!r}")
    check_count("limit", source.limit)
    columns_of("target", () if source.target is None else source.target)
    columns_of("drop", source.drop)
    return source


def columns_of(name, columns):
    """Return one column or several, names or indices, as a list; raise TypeError for anything else."""
    columns = [columns] if isinstance(columns, (str, int, np.integer)) else columns
    valid = np.iterable(columns) and all(isinstance(column, (str, int, np.integer)) and not isinstance(column, bool)
                                         for column in columns)
    if not valid:
        raise TypeError(f"{name} expects the name or index of a column, or a list of them, got {columns!r}")
    return list(columns)
