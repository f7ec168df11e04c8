"""Numerals: which texts are numbers."""


def as_number(cell):
    """The number that a text says, also NaN and infinity; None if it says none.

    Python itself reads 1_0 as 10, and the digits of all scripts; in a table these are no numbers.
    """
    if "_" in cell or not cell.isascii():
        return None
    try:
        return float(cell)
    except ValueError:
        return None
