"""Numbers as they are written with a pencil."""

import numpy as np

from minprune.textbook.quiz.text import as_text, factor, folded, listed, number, plus, product, products


def test_numbers_arrays_and_sums():
    assert [number(value) for value in (3.0, -0.5, 1 / 3, 0, -0.00001, 1200, np.float64(2))] == \
        ["3", "-0.5", "0.3333", "0", "0", "1200", "2"]
    assert as_text({"a": np.array([[1.0, -2], [0, 0.5]]), "b": ("x", True)}) == "a: [[1, -2], [0, 0.5]], b: [x, True]"
    assert (factor(-2), factor(2), product(2, -1, 3)) == ("(-2)", "2", "2·(-1)·3")
    assert products([2, -1], [-3, -4]) == "2·(-3) + (-1)·(-4)" and plus([1, -2]) == "1 + (-2)"
    assert [listed(names) for names in ((), "a", "ab", "abc")] == ["none", "a", "a and b", "a, b and c"]


def test_long_lines_are_broken_but_those_of_arrays():
    lines = folded("word " * 40 + "\n    " + "number " * 40).split("\n")
    assert all(len(line) <= 100 for line in lines[:-1]) and len(lines[-1]) > 200
