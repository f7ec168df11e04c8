"""Questions: what is given, what is asked, what is right, and the way there."""

import re
from collections.abc import Callable
from typing import NamedTuple

from .text import as_text

NUMBER = re.compile(r"([+-]?[\d.]+(?:e[+-]?\d+)?)(?:/([\d.]+))?%?")
NOTHING = ("none", "nobody", "-")
LEAST = 0.006                   # what a number that is not whole may be off: two decimals are enough
SHARE = 0.002                   # and as a share of itself


class Question(NamedTuple):
    """A question, complete with all its numbers.

    intro      what it is about, in a sentence or two
    given      {name: number, text, array, or list of them}: everything that is needed, printed below the intro
    asks       what is asked
    answer     the numbers, or the words, that are right, in a tuple
    way        how to get there, shown after a wrong answer
    any_order  whether the answers may stand in any order: a set of neurons
    """

    intro: str
    given: dict
    asks: str
    answer: tuple
    way: str
    any_order: bool = False

    def __str__(self):
        lines = [f"    {name} = {as_text(value)}" for name, value in self.given.items()]
        return "\n".join([self.intro, "", *lines, "", self.asks] if lines else [self.intro, "", self.asks])


class Kind(NamedTuple):
    """A kind of question: draw(rng) makes one of it."""

    chapter: int
    draw: Callable

    @property
    def name(self):
        return self.draw.__name__

    @property
    def summary(self):
        """What it asks: the first line of the docstring."""
        return self.draw.__doc__.strip().split("\n")[0].rstrip(".")


def read_answer(question, text):
    """The answer in a line of text, as a tuple like the right one; ValueError if it cannot be read."""
    words = [word for word in re.findall(r"[^\s,;()\[\]{}]+", text.replace("−", "-")) if word.lower() != "and"]
    if not words:
        raise ValueError("an answer is expected")
    if question.any_order and len(words) == 1 and words[0].lower() in NOTHING:
        return ()
    read = tuple(map(number_of, words) if is_numeric(question) else map(str.lower, words))
    if not question.any_order and len(read) != len(question.answer):
        raise ValueError(f"{describe_form(question)} expected, got {len(read)}")
    return read


def describe_form(question):
    """What an answer to it looks like: "2 numbers, in this order"."""
    kind = "number" if is_numeric(question) else "word"
    if question.any_order:
        return f"all of them in one line, in any order; {NOTHING[0]} if there are none"
    count = len(question.answer)
    return f"one {kind}" if count == 1 else f"{count} {kind}s in this order"


def is_numeric(question):
    return not any(isinstance(one, str) for one in question.answer)


def number_of(word):
    """The number in a word such as -3, 0.25, 1/3 or 40%; ValueError if there is none."""
    match = NUMBER.fullmatch(word)
    try:
        return float(match[1]) / float(match[2] or 1)
    except (TypeError, ValueError, ZeroDivisionError):
        raise ValueError(f"a number is expected, such as -3, 0.25 or 1/3, got {word!r}") from None


def is_right(question, answer):
    """Whether an answer, as `read_answer` returns it, is the right one."""
    expected = question.answer
    if question.any_order:
        return set(answer) == {one.lower() if isinstance(one, str) else one for one in expected}
    return len(answer) == len(expected) and all(map(is_same, answer, expected))


def is_same(one, expected):
    """Whether a word, or a number, is the expected one; whole numbers are exact, others may be rounded."""
    if isinstance(expected, str):
        return one == expected.lower()
    whole = float(expected).is_integer()
    return abs(one - expected) <= (1e-9 if whole else max(LEAST, SHARE * abs(expected)))
