"""Keys are held against computations of another kind: differences, removals, counts, and loops."""

import re

import numpy as np
import pytest

from minprune.textbook.quiz.question import is_right, read_answer
from minprune.textbook.quiz.session import answer_text
from minprune.textbook.quiz.text import as_text

SEEDS = 12


def agree(answer, other, question):
    """Whether two answers to a question are the same."""
    if question.any_order:
        return set(answer) == set(other)
    return len(answer) == len(other) and all(
        one == right if isinstance(one, str) else abs(one - right) <= 1e-3 * max(1, abs(right))
        for one, right in zip(answer, other))


def check_question(question, other):
    """The key is right, it can be typed as it is printed, another one is refused, and the text is complete."""
    assert agree(question.answer, other, question), (str(question), question.answer, other)
    assert is_right(question, read_answer(question, answer_text(question))), (str(question), answer_text(question))
    spoilt = question.answer[1:] if question.any_order else [
        f"not{one}" if isinstance(one, str) else one + 1 for one in question.answer]
    assert not question.answer or not is_right(question, tuple(spoilt))
    assert all(as_text(one) in question.way for one in question.answer), (question.way, question.answer)
    assert all(f"{name} = {as_text(value)}" in str(question) for name, value in question.given.items())


@pytest.fixture(scope="session")
def check_keys():
    """check_keys(file, {kind: other}): other(given, numbers, question) computes the answer in another way.

    `numbers` are the whole numbers in what is asked, such as the index of a neuron.
    """
    def check(file, others):
        assert {kind.name for kind in file.KINDS} == set(others)
        for kind in file.KINDS:
            texts = set()
            for seed in range(SEEDS):
                question = kind.draw(np.random.default_rng([seed, 1]))
                numbers = list(map(int, re.findall(r"\d+", question.asks)))
                check_question(question, tuple(others[kind.name](question.given, numbers, question)))
                texts.add(str(question))
            assert len(texts) >= 0.75 * SEEDS, kind.name                # other numbers for everybody
    return check


@pytest.fixture(scope="session")
def slope():
    """slope(f, a, place): the central difference of f in one entry of the array a."""
    def measured(f, a, place, h=1e-4):
        up, down = np.array(a, float), np.array(a, float)
        up[place] += h
        down[place] -= h
        return (f(up) - f(down)) / (2 * h)
    return measured
