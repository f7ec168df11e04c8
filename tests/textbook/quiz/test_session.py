"""A session asks, judges, and shows the way."""

from minprune.textbook.quiz.question import Kind, Question
from minprune.textbook.quiz.session import Session


def session(answers, again=False):
    """How many were right, and what was printed."""
    kind, printed, lines = Kind(3, str), [], iter(answers)
    questions = [(kind, Question("Sum.", {"a": 1}, "a + 1?", (2,), "1 + 1 = 2")),
                 (kind, Question("Who?", {}, "Which go?", ("a0", "b1"), "These.", True))]
    right = Session(questions, lambda: next(lines, None), printed.append, again).run()
    return right, "\n".join(printed)


def test_right_answers_are_counted():
    right, printed = session(["2", "b1 a0"])
    assert right == 2 and printed.count("right\n") == 2 and printed.endswith("2 of 2 right")
    assert printed.startswith("1 of 2 · chapter 3\n\nSum.\n\n    a = 1\n\na + 1?\n(one number)")


def test_a_wrong_answer_gets_the_way_to_the_right_one():
    right, printed = session(["3", "none"])
    assert right == 0 and "wrong: 2\n1 + 1 = 2" in printed and "wrong: a0 and b1\nThese." in printed


def test_answers_may_end_or_be_stopped():
    for answers in (["2"], ["2", "q"], ["2", "QUIT", "a0 b1"]):
        assert session(answers)[0] == 1


def test_what_cannot_be_read_is_asked_for_again_at_a_keyboard_and_wrong_in_a_file():
    assert session(["two", "2", "a0 b1"], again=True)[0] == 2
    right, printed = session(["two", "a0 b1"])
    assert right == 1 and "got 'two'" in printed and "wrong: 2" in printed
