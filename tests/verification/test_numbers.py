"""How numbers are printed."""

import numpy as np

from minprune.verification.numbers import NOTHING, number, numbers


def test_numbers_on_one_line():
    assert numbers(np.array([[1.0, -0.5]])) == "[[1, -0.5]]"
    assert numbers(np.array([-0.0, -1e-13, 1e-13, -0.25])) == "[0, 0, 0, -0.25]"
    assert numbers(np.array([1e-9, -2e-9])) == "[1e-09, -2e-09]"
    assert number(-0.0) == "0" and number(1 / 3, 3) == "0.333" and number(-1e-13, nothing=1e-15) == "-1e-13"
    assert numbers(np.array([[[1 / 3]]])) == "[[0.33333]]"
    assert "\n" not in numbers(np.ones((3, 4)))


def test_what_is_nothing_but_rounding_is_printed_as_0():
    assert NOTHING == 1e-10 and number(1.01e-10) == "1.01e-10" and number(0.99e-10) == number(-0.99e-10) == "0"
    assert number(-1.01e-10) == "-1.01e-10" and number(1e-10) == "1e-10"


def test_axes_of_one_entry_are_left_out_down_to_two():
    array = np.array([[1.0, 2], [3, 4]])
    for shape in ((2, 2), (2, 1, 2), (1, 2, 2), (2, 2, 1), (1, 2, 1, 2)):
        assert numbers(array.reshape(shape)) == "[[1, 2], [3, 4]]"
    assert numbers(np.ones((1, 1, 1))) == "[[1]]" and numbers(np.ones((1, 1))) == "[[1]]"
    assert numbers(np.ones((1, 2))) == "[[1, 1]]" and numbers(7) == "7"
    assert numbers(np.ones((2, 2, 2))) == "[[[1, 1], [1, 1]], [[1, 1], [1, 1]]]"
    assert numbers(np.arange(40) / 7).count(", ") == 39 and "  " not in numbers(np.arange(40) / 7)


def test_five_digits():
    assert number(123456.7) == "1.2346e+05" and number(12345.4) == "12345" and number(0.1234567) == "0.12346"


def test_many_numbers_are_cut_short():
    assert numbers(np.arange(40)).count(",") == 39 and "..." in numbers(np.arange(41))
