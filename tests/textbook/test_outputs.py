"""What is printed and what the text says: equal words, and numbers equal to their last digit."""

import pytest

from cases import each
from minprune.textbook.outputs import difference, pieces, same, unit


@each("one, other, equal", [
    ("0.1234", "0.1234", True), ("0.1234", "0.1235", True), ("0.1234", "0.1236", False), ("0.123", "0.1234", False),
    ("98.6", "98.5", True), ("98.6", "98.4", False), ("12", "12", True), ("12", "13", False), ("1,234", "1,234", True),
    ("1,234", "1,235", False), ("-0.5", "−0.5", True), ("1.2e-05", "1.3e-05", True), ("1.2e-05", "1.4e-05", False),
    ("1e-6", "2e-6", True), ("0.5", "-0.5", False), ("word", "word", True), ("word", "words", False)])
def test_numbers_are_compared_to_the_digits_printed(one, other, equal):
    assert same(one, other) is equal


def test_words_and_numbers_inside_brackets():
    assert difference("[0.25] (3, 4) x", "[0.26] (3, 4)  x") is None
    assert difference("[0.25] (3, 4)", "[0.25] (3, 5)") is not None
    assert difference("loss 0.25", "Loss 0.25") is not None
    assert difference("1 2 3", "1 2") is not None


def test_a_text_is_words_and_numbers_in_order():
    assert pieces("loss 0.25, (3,4) x=-1.5e-3") == ["loss", "0.25", ",", "(", "3,4", ")", "x=", "-1.5e-3"]


def test_what_the_last_digit_counts():
    assert unit("1.25") == 0.01 and unit("1.2e-05") == pytest.approx(1e-6) and unit("12") == 0
