"""A user's own data: arrays in a .npz file, or numbers in a .csv file."""

import csv

import numpy as np

from .dataset import dataset_of_parts, dataset_to_split


def load_npz(path, test, seed):
    """Return the arrays of a .npz file as a Dataset.

    They are called `x_train t_train x_test t_test`, or `x t` to be split; `y` may stand for `t` (`t` is
    read if both are there). x is kept as it is, as float64; images should be (N, H, W, C). Targets of an
    integer dtype, (N,) or (N, 1), are classes; of a float dtype, (N,) or (N, K), numbers to predict.
    Nothing is ever unpickled. Raises ValueError or TypeError, naming the array and the file.
    """
    keys, arrays = read_npz(path)
    name, called = path.absolute().name, [f"{key} of {path}" for key in keys]
    if len(keys) == 2:
        return dataset_to_split(name, arrays, called, test, seed)
    return dataset_of_parts(name, arrays, called)


def read_npz(path):
    """Return (keys, arrays): the arrays of a .npz file that make a data set, and no others."""
    with open(path, "rb") as file, open_npz(path, file) as archive:
        keys = choose_keys(path, archive.files)
        return keys, [read_array(path, archive, key) for key in keys]


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
    for parts in (("_train", "_test"), ("",)):
        keys = [key for part in parts for key in (f"x{part}", target_key(part, names))]
        if set(keys) <= set(names):
            return keys
    raise ValueError(f"{path} expects the arrays x_train t_train x_test t_test, or x t (t may be called y), "
                     f"found: {', '.join(names) or 'none'}")


def target_key(part, names):
    """The name of a part's targets: t, else y."""
    return f"t{part}" if f"t{part}" in names else f"y{part}"


def read_array(path, archive, key):
    """Return one array of an open .npz file; raise ValueError if it is damaged or holds Python objects."""
    try:
        array = archive[key]
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{key} of {path} cannot be read as an array of numbers: {reason}") from None
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{key} of {path} is not an array")
    return array


def load_csv(path, test, seed):
    """Return the numbers of a .csv file as a Dataset: one sample a line, the last column is the target.

    The first line is a header if no cell of it is a number. If the targets are whole numbers and all of
    0, 1, ..., C-1 occur, they are C classes, int64 (N,), and the split is stratified; otherwise they are
    numbers to predict, float64 (N, 1). Raises ValueError, naming the file, the line and the column.
    """
    table = read_csv(path)
    x, t = table[:, :-1], table[:, -1]
    values = np.unique(t)
    if np.array_equal(values, np.arange(len(values))):
        t = t.astype(np.int64)
    called = (f"inputs of {path}", f"targets of {path}")
    return dataset_to_split(path.absolute().name, (x, t), called, test, seed)


def read_csv(path):
    """Return the numbers of a .csv file, float64 (lines, columns), without its header."""
    rows = []
    for line, cells in numbered_lines(path):
        rows.append(parse_row(path, line, cells))
        if len(cells) != len(rows[0]):
            raise ValueError(f"{path}, line {line}: expected {len(rows[0])} columns as above it, "
                             f"got {len(cells)}")
    if not rows:
        raise ValueError(f"{path} is empty: expected lines of numbers separated by commas")
    if len(rows[0]) < 2:
        raise ValueError(f"{path} has one column, expected inputs and, in the last column, the target")
    return np.stack(rows)


def numbered_lines(path):
    """Yield (line number, cells) of all lines of a .csv file that are neither blank nor a header."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            lines = ((reader.line_num, cells) for cells in reader if cells)
            first, cells = next(lines, (0, []))
            if any(is_number(cell) for cell in cells):
                yield first, cells
            yield from lines
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a text file of comma-separated numbers: {error}") from None


def is_number(cell):
    """Whether this text can be read as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def parse_row(path, line, cells):
    """Return one line's numbers; raise ValueError that says which cell is not a finite number."""
    try:
        row = np.array([float(cell) for cell in cells])
    except ValueError:
        row = np.array([float(cell) if is_number(cell) else np.nan for cell in cells])
    if np.isfinite(row).all():
        return row
    column = int(np.argmin(np.isfinite(row)))
    cell = cells[column] if len(cells[column]) <= 40 else cells[column][:40] + "..."
    raise ValueError(f"{path}, line {line}, column {column + 1}: expected a finite number, got {cell!r}")
