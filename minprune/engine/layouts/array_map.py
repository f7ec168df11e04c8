"""ArrayMap: which array of a network got which array from elsewhere."""

from typing import NamedTuple

from ..tables import as_html


class Row(NamedTuple):
    """One array of the network, and what went into it."""

    ours: str
    shape: tuple
    theirs: str
    their_shape: tuple | None
    how: str


class ArrayMap(list):
    """The Rows of `load_arrays`. It prints as a table."""

    HEAD = ("array", "shape", "got", "of shape", "")

    def cells(self):
        return [[row.ours, str(row.shape), row.theirs, "" if row.their_shape is None else str(row.their_shape), row.how]
                for row in self]

    def __str__(self):
        rows = [self.HEAD, *self.cells()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.HEAD))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)

    __repr__ = __str__

    def _repr_html_(self):
        return as_html(self.HEAD, self.cells())
