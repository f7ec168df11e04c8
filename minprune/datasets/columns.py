"""Columns: which of a table's columns is the target, which are inputs, and which are left out.

Without `target` it is

    1  the last columns, if they hold 0 and 1 with a single 1 in each row (one-hot: two or more columns, and at least
       two rows for each of them)
    2  else the only column that is called target, class, label, y or t
    3  else the only column of texts, unless the last column would be classes
    4  else the last column
"""

import json
from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_known
from .samples import column_text
from .source import columns_of
from .targets import are_classes, is_one_hot

CALLED = {"target", "class", "label", "y", "t"}


@dataclass(frozen=True)
class Choice:
    """The indices of the inputs and of the targets, how a note names the targets, and further notes."""

    inputs: list
    targets: list
    place: str
    notes: list


def choose(table, source):
    """Return the Choice for a TextTable. Raises ValueError for columns that do not exist, or if no inputs are left."""
    dropped = {find(table, "drop", column) for column in columns_of("drop", source.drop)}
    left = [column for column in range(table.columns) if column not in dropped]
    if source.target is None:
        targets, place = guess(table, left, source)
    else:
        targets = [find(table, "target", column) for column in columns_of("target", source.target)]
        place = place_of(table, targets, left) if targets else ""
    for column in targets:
        if column in dropped:
            raise ValueError(f"{table.path}: target and drop both name {label(table, column)}")
    # what is left are the inputs
    inputs = [column for column in left if column not in targets]
    if not targets or not inputs:
        raise ValueError(f"{table.path}: no {'inputs are' if targets else 'target is'} left of {table.columns} columns")
    notes = [f"left out: {', '.join(label(table, column) for column in sorted(dropped))}"] if dropped else []
    return Choice(inputs, targets, place, notes + other_target(table, inputs, targets, source))


def find(table, argument, column):
    """The index ≥ 0 of a column by its name, or by its index, which may be negative, or a text as `--target` has it."""
    names = table.header.names
    count = table.columns
    # a name
    if isinstance(column, str) and names and column in names:
        if names.count(column) > 1:
            raise ValueError(f'{argument}: {table.path} has {names.count(column)} columns called "{column}"; name it '
                             f"by its index, such as {names.index(column)}")
        return names.index(column)
    # an index
    try:
        index = int(column)
    except ValueError:
        if names:
            check_known(f"column ({argument}) of {table.path}", column, names)
        raise ValueError(f'{argument}="{column}": {table.path} has no header, so its {count} columns are named by '
                         f"their index, 0 to {count - 1}") from None
    if not -count <= index < count:
        raise ValueError(f"{argument}={index}: {table.path} has {count} columns, 0 to {count - 1}, or −{count} to −1")
    return index % count


def guess(table, left, source):
    """(target columns, how a note names them) among the columns `left`, by the rule at the top of this file."""
    if not left:
        return [], ""
    # several columns
    group = one_hot_group(table, left) if source.task != "regression" else []
    if group:
        return group, place_of(table, group, left)
    # one column
    names = table.header.names or []
    called = [column for column in left if names and names[column].lower() in CALLED]
    texts = [column for column in left if table.is_text(column)]
    if len(called) == 1:
        column = called[0]
    elif len(texts) == 1 and not like_classes(table.numbers[:, left[-1]]):
        column = texts[0]
    else:
        column = left[-1]
    return [column], place_of(table, [column], left)


def one_hot_group(table, left):
    """The last columns of `left` that are one-hot together, or []."""
    for k in range(2, min(len(left) - 1, len(table.numbers) // 2) + 1):
        t = table.numbers[:, left[-k:]]
        if not np.isin(t[:, 0], (0, 1)).all():          # NaN, a text, is neither
            break
        if is_one_hot(t):
            return left[-k:]
    return []


def place_of(table, targets, left):
    """`the last column`, with its name if it has one, or `column "kind"`; of several columns all names."""
    last = targets == left[-len(targets):]
    if len(targets) > 1:
        which = f"the last {len(targets)} columns" if last else f"{len(targets)} columns"
        return f"{which} ({', '.join(str(table.identifier(column)) for column in targets)})"
    identifier = table.identifier(targets[0])
    if not last:
        return label(table, targets[0])
    return f'the last column "{identifier}"' if isinstance(identifier, str) else "the last column"


def label(table, column):
    return column_text(table.identifier(column))


def other_target(table, inputs, targets, source):
    """[a note] if the last column was guessed and holds numbers to predict, and the first one looks like classes."""
    guessed = source.target is None and source.task is None and len(targets) == 1
    if not guessed or inputs[0] != 0 or like_classes(table.numbers[:, targets[0]]) is not False \
            or not like_classes(table.numbers[:, 0]):
        return []
    return [f"{label(table, 0)} holds few whole numbers; if these are the classes: target="
            + json.dumps(table.identifier(0), ensure_ascii=False)]


def like_classes(numbers):
    """Whether a column of numbers would be classes; None if there are texts in it."""
    return are_classes(numbers, np.unique(numbers)) if np.isfinite(numbers).all() else None
