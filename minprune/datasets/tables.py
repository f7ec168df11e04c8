"""Tables: a user's own numbers in a .csv, .tsv or .txt file, one sample a line."""

import json

import numpy as np

from .columns import choose
from .samples import Samples, dataset_of
from .text_table import read_text_table

SHOWN = 40                      # characters of a cell in a message


def load_table(path, source, test, seed):
    """Return the numbers of a text table as a Dataset: one sample a line, one column the target, the others inputs.

    Which column is the target is said in `columns`, which targets are classes in `targets`, what a header is in
    `headers`. Raises ValueError, naming the file, the line and the column.
    """
    table = read_text_table(path, source.limit)
    choice = choose(table, source)
    check_cells(table, choice, source)
    # the samples
    t, class_names = target_of(table, choice)
    columns = [table.identifier(column) for column in choice.inputs]
    samples = Samples(path.absolute().name, [table.numbers[:, choice.inputs]], [t],
                      ([f"inputs of {path}"], [f"targets of {path}"]), choice.place, class_names,
                      columns, [*table.notes, *choice.notes])
    return dataset_of(samples, source, test, seed)


def target_of(table, choice):
    """(targets, names of the classes or None): (N,) numbers or texts, or (N, K) numbers of several columns."""
    t = table.numbers[:, choice.targets]
    if len(choice.targets) > 1:
        names = [table.identifier(column) for column in choice.targets]      # of one-hot columns these are the classes
        return t, tuple(map(str, names)) if table.header.names else None
    column = choice.targets[0]
    if column in table.texts:
        return texts_of(table, column), None
    return t[:, 0], table.header.class_names if column == table.columns - 1 else None


def texts_of(table, column):
    """The cells of a column as texts, numbers among them as well."""
    texts = table.texts[column]
    return np.array([texts.get(row, f"{number:g}") for row, number in enumerate(table.numbers[:, column])])


def check_cells(table, choice, source):
    """Raise ValueError, naming the first, if a cell of the inputs or targets is not what it should be."""
    named = choice.targets[0] if len(choice.targets) == 1 else None         # the column that may hold names of classes
    if not (source.task == "classes" or named is not None and table.is_text(named)):
        named = None
    bad = [(row, column) for column in [*choice.inputs, *choice.targets]
           for row, text in table.texts.get(column, {}).items() if column != named or not text]
    if bad:
        raise bad_cell(table, *min(bad), expected="a name" if min(bad)[1] == named else "a finite number")


def bad_cell(table, row, column, expected):
    """The ValueError that names a cell by its line and its column, counted from 1."""
    text, identifier = table.texts[column][row], table.identifier(column)
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    called = f' (the column is called "{identifier}")' if isinstance(identifier, str) else ""
    return ValueError(f"{table.path}, line {table.lines[row]}, column {column + 1}: expected {expected}, "
                      f"got {shown!r}{called}{advice(table, column)}")


def advice(table, column):
    """What can be done if not even one cell of the column is a number."""
    if not len(table.texts[column]) == len(table.numbers) > 1:
        return ""
    option = json.dumps(table.identifier(column), ensure_ascii=False)
    predict = f", target={option} predicts it" if table.is_text(column) else ""
    return f"; none of its cells is a number: drop={option} leaves the column out{predict}"
