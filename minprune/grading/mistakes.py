"""Mistakes: which one explains what a student's function returned in all random cases?"""

import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .comparison import difference
from .quiet import quietly
from .values import pairs


class GeneralMistake(NamedTuple):
    """A mistake that is possible in any task, and the correction that undoes it.

    name                      what the student reads after "Most likely:"
    corrected(returned, N)    what a right function would have returned, from what this one returned; N is the number of
                              samples: the length of the first argument that is an array

    To add one, add a row to GENERAL_MISTAKES. The first row whose correction makes all cases right is named, so a row
    stands below those that say the same more plainly: with two samples in all cases, "it is half the answer" is
    also "it is divided by the number of samples". Of a tuple, list or dict only the parts that are wrong are corrected.
    A mistake that is possible in one task only is one of that task's `mistakes`, which are tried first.
    """

    name: str
    corrected: Callable


GENERAL_MISTAKES = (
    GeneralMistake("the sign is wrong", lambda returned, N: -returned),
    GeneralMistake("it is twice the answer", lambda returned, N: returned / 2),
    GeneralMistake("it is half the answer", lambda returned, N: returned * 2),
    GeneralMistake("it is divided by the number of samples, and should not be", lambda returned, N: returned * N),
    GeneralMistake("it should be divided by the number of samples", lambda returned, N: returned / N),
    GeneralMistake("the absolute value is missing", lambda returned, N: np.abs(returned)),
    GeneralMistake("the square root is missing", lambda returned, N: np.sqrt(np.maximum(returned, 0))),
    GeneralMistake("it is the square root of the answer", lambda returned, N: returned ** 2),
    GeneralMistake("it is the transpose of the answer", lambda returned, N: returned.T),
    GeneralMistake("it is in the reverse order", lambda returned, N: np.flip(returned)),
)


def named_mistake(task, attempts, tolerance):
    """The name of the mistake that explains all attempts, or None rather than a guess."""
    if any(attempt.returned is None for attempt in attempts):
        return None
    if all(difference(attempt.expected, attempt.returned, tolerance) is None for attempt in attempts):
        return None                             # it only changed its arguments

    # The task's own mistakes first: they say more than the general ones.
    for name, wrong in task.mistakes.items():
        if all(returns_the_same(name, wrong, attempt, tolerance) for attempt in attempts):
            return name
    return general_mistake(attempts, tolerance)


def returns_the_same(name, wrong, attempt, tolerance):
    """Whether a wrong function returns what the student's did; not if it cannot take the case."""
    mistaken = returned_in_case(attempt.of, name, wrong)
    try:
        return mistaken is not None and difference(mistaken, attempt.returned, tolerance) is None
    except Exception:
        return False


def returned_in_case(case, name, wrong):
    """What the task's mistake of this name returns in a Case, computed once; None if it raises an exception."""
    return case.kept_as(f"mistake: {name}", lambda: returned_by(wrong, case.arguments))


def returned_by(function, case):
    """What a teacher's function returns; None if it raises an exception."""
    try:
        with quietly():
            return function(**copy.deepcopy(case))
    except Exception:
        return None


def general_mistake(attempts, tolerance):
    """The first of GENERAL_MISTAKES that explains all parts that are wrong, with their places in the answer."""
    answers = [pairs(attempt.expected, attempt.returned) for attempt in attempts]
    if any(answer is None or answer.keys() != answers[0].keys() for answer in answers):
        return None

    # A part is wrong if it is in any of the attempts.
    parts = {label: [(*answer[label], sample_count(attempt.case)) for answer, attempt in zip(answers, attempts)]
             for label in answers[0]}
    wrong = [label for label, rows in parts.items()
             if any(difference(right, returned, tolerance) is not None for right, returned, _ in rows)]
    for mistake in GENERAL_MISTAKES:
        if all(explains(mistake.corrected, parts[label], tolerance) for label in wrong):
            place = f"in {' and '.join(wrong)}, " if len(wrong) < len(parts) else ""
            return f"{place}{mistake.name}"
    return None


def explains(corrected, rows, tolerance):
    """Whether the correction makes one part of the answer right in all attempts; only numbers are looked at."""
    try:
        arrays = [np.asarray(returned) for _, returned, _ in rows]
    except ValueError:                          # rows of different lengths
        return False
    if any(array.dtype.kind not in "if" for array in arrays):
        return False
    return all(difference(right, corrected(array, N), tolerance) is None
               for array, (right, _, N) in zip(arrays, rows))


def sample_count(case):
    """N: the length of the first array; 1 if there is none."""
    return next((len(value) for value in case.values() if isinstance(value, np.ndarray) and value.ndim), 1)
