"""Which texts are numbers."""

import math

from cases import each
from minprune.datasets.numerals import as_number


@each("cell, number", [("1", 1), (" -1.5e3 ", -1500), (".5", 0.5), ("1.", 1), ("inf", math.inf)])
def test_numbers(cell, number):
    assert as_number(cell) == number


def test_nan_is_a_number_that_is_none():
    assert math.isnan(as_number("NaN"))


@each("cell", ["", "a", "1_0", "1,5", "0x1f", "１２", "١", "1 2", "1.5.2"])
def test_other_texts(cell):
    assert as_number(cell) is None
