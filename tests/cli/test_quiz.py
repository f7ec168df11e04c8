"""`minprune quiz`: asked with answers from a file, printed on paper, listed."""

import io

import pytest

from minprune.textbook.quiz.kinds import KINDS, draw_questions
from minprune.textbook.quiz.session import answer_text


@pytest.fixture
def typed(monkeypatch):
    """typed(lines) makes the lines what is read."""
    return lambda lines: monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_answers_from_a_file_give_an_exit_code(call, typed):
    answers = [answer_text(question) for _, question in draw_questions(10, 4, seed=7)]
    arguments = ["quiz", "10", "--seed", "7", "--count", "4"]
    typed(answers)
    code, printed, _ = call(*arguments)
    assert code == 0 and "4 of 4 right\nthe same questions again: --seed 7" in printed and f"> {answers[0]}" in printed
    typed(["0", *answers[1:]])
    code, printed, _ = call(*arguments)
    assert code == 1 and "3 of 4 right" in printed and f"wrong: {answers[0]}" in printed
    typed([])
    assert call(*arguments)[0] == 1


def test_without_a_seed_the_questions_are_new(call, typed):
    seeds = set()
    for _ in range(2):
        typed([])
        seeds.add(call("quiz", "--count", "1")[1].split()[-1])
    assert len(seeds) == 2


def test_paper_and_list(call):
    code, printed, _ = call("quiz", "4", "--paper", "2", "--count", "3", "--seed", "1")
    assert code == 0 and printed.count("# Quiz on chapter 4 ·") == printed.count("# Key to variant") == 2
    assert call("quiz", "4", "--paper", "--count", "1")[1].count("# Quiz") == 1
    code, printed, _ = call("quiz", "--list")
    assert code == 0 and all(kind.summary in printed for kind in KINDS) and printed.startswith("chapter 1\n")


@pytest.mark.parametrize("arguments, message", [
    (["99"], "no questions to chapter 99; there are to 1, 2"), (["four"], "CHAPTER: expects a whole number"),
    (["4", "--count", "0"], "at least 1"), (["4", "--paper", "0"], "at least 1")])
def test_what_is_not_there_gets_one_line(refused, arguments, message):
    assert message in refused("quiz", *arguments)
