"""Answers are read as people write them, and judged."""

import pytest

from cases import each
from minprune.textbook.quiz.question import Question, describe_form, is_right, read_answer


def question(*answer, any_order=False):
    return Question("An intro.", {"W": [[1, -2], [0.5, 3]], "kind": "relu"}, "What is it?", answer, "So.", any_order)


def right(text, *answer, any_order=False):
    asked = question(*answer, any_order=any_order)
    return is_right(asked, read_answer(asked, text))


def test_a_question_is_printed_with_all_its_numbers():
    assert str(question(1)) == "An intro.\n\n    W = [[1, -2], [0.5, 3]]\n    kind = relu\n\nWhat is it?"
    assert str(Question("An intro.", {}, "What?", (1,), "So.")) == "An intro.\n\nWhat?"


@each("text, answer", [
    ("3", [3]), ("3.0", [3.0]), ("−1.5", [-1.5]), ("1/3", [1 / 3]), ("0.33", [1 / 3]), ("-1/2", [-0.5]), ("40%", [40]),
    ("[1, -2]", [1, -2]), ("1; 2", [1, 2]), ("1 and 2", [1, 2]), ("5e-3", [0.005]), (".25", [0.25]),
    ("666.7", [2000 / 3]), ("conv1", ["conv1"]), ("CONV1", ["conv1"])])
def test_right_answers(text, answer):
    assert right(text, *answer)


@each("text, answer", [
    ("4", [3]), ("3.004", [3]), ("0.35", [1 / 3]), ("2 1", [1, 2]), ("1203", [1200]), ("660", [2000 / 3]),
    ("conv2", ["conv1"]), ("0.3", [-0.3])])
def test_wrong_answers(text, answer):
    assert not right(text, *answer)


def test_sets_are_read_in_any_order():
    assert right("2 0 1", 0, 1, 2, any_order=True) and right("b1, A0", "a0", "b1", any_order=True)
    assert not right("0 1", 0, 1, 2, any_order=True) and not right("0 1 2 3", 0, 1, 2, any_order=True)
    assert right("none", any_order=True) and not right("0", any_order=True) and not right("none", 0, any_order=True)


@each("text, message", [
    ("", "an answer is expected"), ("x 2", "got 'x'"), ("1/0 2", "a number is expected"),
    ("1", "2 numbers in this order expected, got 1"), ("1.2.3 4", "a number is")])
def test_what_cannot_be_read_says_why(text, message):
    with pytest.raises(ValueError, match=message):
        read_answer(question(1, 2), text)


def test_the_form_of_an_answer_is_told():
    assert describe_form(question(1)) == "one number" and describe_form(question("a")) == "one word"
    assert describe_form(question(1, 2)) == "2 numbers in this order"
    assert "any order" in describe_form(question("a", "b", any_order=True))
