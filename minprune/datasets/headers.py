"""Headers: what the first line of a table says, if it is no sample."""

from dataclasses import dataclass

from .numerals import as_number


@dataclass(frozen=True)
class Header:
    """The first line of a table.

    names        of the columns, or None
    samples      how many the line announces, or None; class_names: those it announces
    note         a sentence, or ""
    """

    names: list | None = None
    samples: int | None = None
    class_names: tuple | None = None
    note: str = ""


def read_header(cells, below):
    """Return the Header that the first line's cells are, None if they are a sample; `below` is the next line, or None.

    A header is

        150,4,setosa,versicolor,virginica    the form of scikit-learn's own tables: so many samples of so many inputs,
                                             and the names of the classes 0, 1, …
        a,b,t                                no cell is a number
        ,0,1,2  or  0,1,2,t  or  0,1,2,3     names that pandas and NumPy give: the numbers are 0, 1, 2, … in order,
                                             beside a text or at least four of them

    In the second form one cell may be missing: that of the rows' names, which R leaves out.
    """
    # the form of scikit-learn's tables
    numbers = [as_number(cell) for cell in cells]
    width = None if below is None else len(below)
    if announces(numbers) and width == numbers[1] + 1:
        names = tuple(cell.strip() for cell in cells[2:])
        return Header(None, int(numbers[0]), names,
                      f"the first line announces {cells[0]} samples of {cells[1]} inputs, and names the classes")
    # names, and names that are counted
    counts = [number for number in numbers if number is not None]
    if not counts:
        return named(cells, width)
    counted = counts == list(range(len(counts))) and len(counts) >= (3 if len(counts) < len(cells) else 4)
    if not counted:
        return None
    return Header([cell.strip() for cell in cells], note=f"the first line, {','.join(cells)[:40]}, is read as a header")


def announces(numbers):
    """Whether a line is two whole numbers and then texts, at least two."""
    return len(numbers) >= 4 and all(number is not None and number == number // 1 for number in numbers[:2]) \
        and all(number is None for number in numbers[2:])


def named(cells, width):
    """The Header of names; the first is empty if there is one less than there are columns."""
    names = [cell.strip() for cell in cells]
    if width == len(names) + 1:
        return Header(["", *names], note="the header has no name for the first column")
    return Header(names)
