"""Text tables: the lines of a .csv, .tsv or .txt file as columns of numbers, and of texts where there are any."""

import csv
import io
import itertools
from array import array
from dataclasses import dataclass, field

import numpy as np

from ..engine.archives import NUMBER
from .compression import read_plain
from .headers import Header, read_header
from .numerals import as_number
from .separators import SEPARATORS, recognise

SAMPLE = 1 << 16                # characters by which the separator is recognised


@dataclass
class TextTable:
    """N rows and C columns.

    numbers   float64 (N, C), NaN where a cell is no finite number
    texts     {column: {row: text}} of just these cells
    lines     the number of each row's line in the file
    header    the first line, or an empty Header
    notes     what was concluded
    """

    path: object
    numbers: np.ndarray
    texts: dict
    lines: array
    header: Header
    notes: list = field(default_factory=list)

    @property
    def columns(self):
        return self.numbers.shape[1]

    def is_text(self, column):
        """Whether no cell of the column is a number, and none is empty."""
        texts = self.texts.get(column, {})
        return len(texts) == len(self.numbers) and all(text and as_number(text) is None for text in texts.values())

    def identifier(self, column):
        """What `target=` and `drop=` call a column: its name if only it has that name, else its index."""
        names = self.header.names
        return names[column] if names and names[column] and names.count(names[column]) == 1 else column


def read_text_table(path, limit):
    """Return the TextTable of a file, plain or packed by gzip, in UTF-8.

    Cells are separated by commas, semicolons, tabs or blanks, whichever makes more of them numbers. Raises ValueError,
    naming the file and the line, for rows of different lengths, for what is no table, and beyond `limit` bytes.
    """
    content = read_plain(path, limit)
    # the separator, by the first lines; then all lines
    try:
        lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
        sample = list(plain_lines(first_lines(lines.read(SAMPLE))))
        separator = recognise(sample)
        lines.seek(0)
        table = read_rows(path, separator, numbered(separator.rows(plain_lines(lines)), separator), limit)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a text file of numbers, separated by "
                         f"{', '.join(one.name for one in SEPARATORS)}: {error}") from None
    if any(separator.point(cell) != cell for row in separator.rows(sample) for cell in row):
        table.notes.append("commas are decimal: 1,5 is read as 1.5")
    return table


def plain_lines(lines):
    """The lines, the first without the # of NumPy's header, and empty if it is Excel's `sep=;`."""
    for number, line in enumerate(lines):
        if number == 0:
            line = "\n" if line.startswith("sep=") else line.lstrip("#")
        yield line


def first_lines(text, most=50):
    """The first lines that are not blank; the last may be cut off, and goes."""
    lines = [line for line in text.splitlines(keepends=True) if line.strip()]
    return lines[:most] if len(lines) > most or len(text) < SAMPLE else lines[:-1] or lines


def numbered(reader, separator):
    """Yield (line number, cells) of all lines that are not blank."""
    for cells in reader:
        if len(cells) > 1 or any(cell.strip() for cell in cells):
            yield reader.line_num, [separator.point(cell) for cell in cells]


def read_rows(path, separator, rows, limit):
    """Return the TextTable of (line number, cells)."""
    start = list(itertools.islice(rows, 2))
    header = read_header(start[0][1], start[1][1] if len(start) > 1 else None) if start else None
    # the cells, row by row
    cells, lines = array("d"), array("q")             # eight bytes a number, where a list takes forty
    texts, width = {}, None
    for line, row in itertools.chain(start[1:] if header else start, rows):
        width = width or len(row)
        if len(row) != width:
            raise ValueError(f"{path}, line {line}: expected {width} columns as above it, got {len(row)}")
        add_row(row, len(lines), cells, texts)
        lines.append(line)
        if NUMBER * (len(cells) + len(lines)) > limit:
            raise ValueError(f"{path}, line {line}: its numbers take more than the limit of {limit:,} bytes; limit= "
                             "allows more")
    # the whole
    check_size(path, separator, lines, width, header)
    notes = [] if separator is SEPARATORS[0] else [f"the cells are separated by {separator.name}"]
    notes += [header.note] if header and header.note else []
    return TextTable(path, np.frombuffer(cells).reshape(-1, width), texts, lines, header or Header(), notes)


def add_row(row, number, cells, texts):
    """Append a row's numbers to `cells`; what is no finite number becomes NaN there, and a text in `texts`."""
    for column, cell in enumerate(row):
        value = as_number(cell)
        if value is None or not abs(value) < float("inf"):
            texts.setdefault(column, {})[number] = cell.strip()
            value = float("nan")
        cells.append(value)


def check_size(path, separator, lines, width, header):
    """Raise ValueError unless there are rows, at least two columns, and what the header announces."""
    if not lines:
        raise ValueError(f"{path} is empty: expected lines of numbers separated by "
                         f"{', '.join(one.name for one in SEPARATORS)}")
    if width < 2:
        raise ValueError(f"{path} has one column, expected inputs and a target, separated by "
                         f"{', '.join(one.name for one in SEPARATORS)}")
    if header and header.names and len(header.names) != width:
        raise ValueError(f"{path}: its header has {len(header.names)} names, and line {lines[0]} {width} columns "
                         f"(separated by {separator.name})")
    if header and header.samples not in (None, len(lines)):
        raise ValueError(f"{path} is truncated or followed by other lines: its first line announces "
                         f"{header.samples} samples, got {len(lines)}")
