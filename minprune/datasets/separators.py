"""Separators: what stands between the cells of a text table, recognised by what leaves the most numbers."""

import csv
import re
from dataclasses import dataclass

from .numerals import as_number

DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")


@dataclass(frozen=True)
class Separator:
    """A character between cells. Where commas are free for it (`decimal_commas`), 1,5 is read as 1.5."""

    name: str
    character: str
    decimal_commas: bool = False

    def rows(self, lines):
        """A csv reader of lines of text; of blanks, any number of spaces and tabs separates two cells."""
        if self.character == " ":
            lines = (f"{' '.join(line.split())}\n" for line in lines)
        return csv.reader(lines, delimiter=self.character, skipinitialspace=self.character == " ")

    def point(self, cell):
        """The cell with a decimal point, if it is a number with a decimal comma."""
        return cell.replace(",", ".") if self.decimal_commas and DECIMAL_COMMA.fullmatch(cell) else cell


SEPARATORS = (Separator("commas", ","), Separator("semicolons", ";", decimal_commas=True), Separator("tabs", "\t"),
              Separator("blanks", " "))


def recognise(lines):
    """The Separator that makes the most cells of these lines numbers; of equal ones the first in SEPARATORS."""
    return max(SEPARATORS, key=lambda separator: count_numbers(separator, lines))


def count_numbers(separator, lines):
    """How many cells of these lines are numbers, in rows of at least two cells."""
    rows = [cells for cells in separator.rows(lines) if len(cells) > 1]
    return sum(as_number(separator.point(cell)) is not None for cells in rows for cell in cells)
