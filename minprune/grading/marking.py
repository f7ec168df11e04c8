"""Marking: is what a student's function returns right in all random cases, and if not, which mistake explains it?"""

import contextlib
import copy
import inspect
import io
import warnings
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from .comparison import difference
from .user_file import describe_error, file_of
from .values import are_identical, count_numbers, describe_numbers, describe_shapes, is_numeric, largest_number

FEW = 16                        # a case with at most so many numbers is printed with all of them
LARGE = 100                     # a case with such a number is not shown if there is another


class GeneralMistake(NamedTuple):
    """A mistake that is possible in any task, and the correction that undoes it.

    name                      what the student reads after "Most likely:"
    corrected(returned, N)    what a right function would have returned, from what this one returned; N is the number of
                              samples: the length of the first argument that is an array

    To add one, add a row to GENERAL_MISTAKES. The first row whose correction makes all cases right is named, so a row
    stands below those that say the same more plainly: with two samples in all cases, "it is half the answer" is
    also "it is divided by the number of samples". Only single arrays of numbers are looked at, no tuples and dicts.
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
    GeneralMistake("it is the transpose of the answer", lambda returned, N: returned.T),
)


class Attempt(NamedTuple):
    """A student's function on one random case.

    case        its arguments
    expected    what it should return
    returned    what it returned: None if that cannot be compared, and the exception if it raised NotImplementedError
    wrong       what is wrong with that, or None
    """

    case: dict
    expected: object
    returned: object
    wrong: str | None


# ----------------------------------------------------------------------------------- judging


def judge(function, task, seed):
    """Return (right?, feedback) for a student's function.

    The same seed draws the same cases for a task, whatever other tasks there are.
    """
    attempts = []
    for case, expected in draw_cases(task, seed):
        attempts.append(try_case(function, case, expected, task.tolerance))
        if isinstance(attempts[-1].returned, NotImplementedError):
            return False, f"not written yet: it raises NotImplementedError({str(attempts[-1].returned)!r})"
    failed = [attempt for attempt in attempts if attempt.wrong is not None]
    if not failed:
        return True, f"right in {len(attempts)} of {len(attempts)} random cases"
    return False, describe_failure(function, task, attempts, failed)


def draw_cases(task, seed):
    """[(random case, what the task's function should return for it), ...]."""
    rng = np.random.default_rng([seed, zlib.crc32(task.name.encode())])
    cases = [task.case(rng) for _ in range(task.trials)]
    answers = [task.answer(**copy.deepcopy(case)) for case in cases]
    for answer in answers:
        if not is_numeric(answer):
            raise TypeError("its answer should give numbers, arrays, or a dict or tuple of them; "
                            f"it gives {answer!r:.60}")
    return list(zip(cases, answers))


def try_case(function, case, expected, tolerance):
    """The Attempt: call the student's function on a copy of the case, and compare."""
    arguments = copy.deepcopy(case)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            returned = function(*arguments.values())
            changed = [name for name, value in case.items() if not are_identical(value, arguments[name])]
            wrong = difference(expected, returned, tolerance)
    except KeyboardInterrupt:
        raise
    except NotImplementedError as error:
        return Attempt(case, expected, error, "it raised NotImplementedError")
    except BaseException as error:              # a student's function may also call exit()
        return Attempt(case, expected, None, f"it raised {describe_error(error, file_of(function))}")
    if wrong is None and changed:
        wrong = f"it changed its input {' and '.join(changed)}; work on a copy, or on a new array"
    comparable = wrong is None or is_numeric(returned)
    return Attempt(case, expected, copy.deepcopy(returned) if comparable else None, wrong)


# ------------------------------------------------------------------------ describing a failure


def describe_failure(function, task, attempts, failed):
    """The feedback on a wrong function: how often it fails, the smallest case, and the likely mistake."""
    smallest = min(failed, key=lambda attempt: (largest_number(attempt.case) >= LARGE, count_numbers(attempt.case)))
    mistake = named_mistake(task, attempts)
    return "\n".join([f"wrong in {len(failed)} of {len(attempts)} random cases; the smallest of them:",
                      f"given {describe_shapes(smallest.case)}",
                      smallest.wrong,
                      *another_order(function, smallest.case),
                      *numbers_of(smallest),
                      *([] if mistake is None else [f"Most likely: {mistake}"])])


def another_order(function, case):
    """A line about the order of the parameters, if it is not that of the arguments."""
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):             # some functions that are written in C have no signature
        return []
    if parameters == list(case) or sorted(parameters) != sorted(case):
        return []
    return [f"it is called with {', '.join(case)}, in this order; its parameters are {', '.join(parameters)}"]


def numbers_of(attempt):
    """The numbers of a case that is small enough to be redone on paper, a line each."""
    if count_numbers(attempt.case) > FEW or not is_numeric(attempt.case) or not is_numeric(attempt.expected):
        return []
    lines = [f"{name} = {describe_numbers(value)}" for name, value in attempt.case.items()]
    lines.append(f"expected {describe_numbers(attempt.expected)}")
    if attempt.returned is not None:
        lines.append(f"returned {describe_numbers(attempt.returned)}")
    return lines


# ------------------------------------------------------------------------ naming the mistake


def named_mistake(task, attempts):
    """The name of the mistake that explains all attempts, or None rather than a guess."""
    if any(attempt.returned is None for attempt in attempts):
        return None
    if all(difference(attempt.expected, attempt.returned, task.tolerance) is None for attempt in attempts):
        return None                             # it only changed its arguments

    # The task's own mistakes first: they say more than the general ones.
    for name, wrong in task.mistakes.items():
        if all(returns_the_same(wrong, attempt, task.tolerance) for attempt in attempts):
            return name
    return next((mistake.name for mistake in GENERAL_MISTAKES
                 if explains(mistake.corrected, attempts, task.tolerance)), None)


def returns_the_same(wrong, attempt, tolerance):
    """Whether a wrong function returns what the student's did; not if it cannot take the case."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return difference(wrong(**copy.deepcopy(attempt.case)), attempt.returned, tolerance) is None
    except Exception:
        return False


def explains(corrected, attempts, tolerance):
    """Whether the correction makes all attempts right."""
    both = [value for attempt in attempts for value in (attempt.expected, attempt.returned)]
    if any(isinstance(value, (tuple, list, Mapping)) for value in both):
        return False
    arrays = [np.asarray(attempt.returned) for attempt in attempts]
    if any(array.dtype.kind not in "if" for array in arrays):
        return False
    return all(difference(attempt.expected, corrected(array, sample_count(attempt.case)), tolerance) is None
               for array, attempt in zip(arrays, attempts))


def sample_count(case):
    """N: the length of the first array; 1 if there is none."""
    return next((len(value) for value in case.values() if isinstance(value, np.ndarray) and value.ndim), 1)
