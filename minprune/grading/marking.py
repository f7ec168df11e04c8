"""Marking: is what a student's function returned right in all random cases, and if not, what is the feedback?"""

import re
from typing import NamedTuple

from .cases import Case
from .comparison import difference, float32_tolerance, is_float32
from .mistakes import named_mistake
from .reports import shorten
from .values import count_numbers, describe_numbers, describe_shapes, is_numeric, largest_number

FEW = 24                        # a case with at most so many numbers is printed with all of them
UNWRITTEN = "not written yet"
# {what stands in the feedback: what it is in a few words}
KINDS = {"it returned None": "nothing is returned", "shape": "another shape",
         "changed its input": "an input is changed", " NaN and ": "NaN or infinity", "float16": "float16",
         "values to be returned": "another number of values",
         "expected the keys": "other keys", "expected a dict": "no dict", "expected booleans": "no booleans",
         "expected numbers": "no numbers"}
LARGE = 100                     # a case with such a number is not shown if there is another


class Attempt(NamedTuple):
    """A student's function on one random case.

    of          the Case
    returned    what it returned, or None if that cannot be compared
    wrong       what is wrong with that, or None
    """

    of: Case
    returned: object
    wrong: str | None

    @property
    def case(self):
        """Its arguments."""
        return self.of.arguments

    @property
    def expected(self):
        return self.of.expected


class Judgement(NamedTuple):
    """Whether a function is right, the feedback, and the mistake in a few words, or None."""

    right: bool
    feedback: str
    mistake: str | None = None


def judge(task, cases, calls, parameters=None):
    """Return (right?, feedback) for the Calls of a student's function, one for each of the Cases.

    `parameters` are the names of the function's parameters, if they are known.
    """
    return judgement(task, cases, calls, parameters)[:2]


def judgement(task, cases, calls, parameters=None):
    """The Judgement of what `judge` judges."""
    if calls[-1].unwritten:
        return Judgement(False, f"not written yet: it raises {shorten(calls[-1].raised)}", UNWRITTEN)
    float32 = any(is_float32(case.expected, call.returned) for case, call in zip(cases, calls))
    tolerances = tolerances_of(task, cases, float32)
    attempts = [try_case(*row) for row in zip(cases, calls, tolerances)]
    failed = [attempt for attempt in attempts if attempt.wrong is not None]
    note = ["it is computed in float32: compared to about four digits only"] if float32 else []
    if not failed:
        return Judgement(True, "\n".join([f"right in {len(attempts)} of {len(attempts)} random cases", *note]))
    mistake = named_mistake(task, attempts, max(tolerances))
    lines = describe_failure(attempts, failed, parameters or [], mistake)
    return Judgement(False, "\n".join(map(shorten, [*lines, *note])), mistake or kind_of_failure(failed[0].wrong))


def is_right(task, cases, calls):
    """Whether the Calls are right in all cases, without the feedback, which takes longer."""
    float32 = any(is_float32(case.expected, call.returned) for case, call in zip(cases, calls))
    return all(try_case(*row).wrong is None for row in zip(cases, calls, tolerances_of(task, cases, float32)))


def tolerances_of(task, cases, float32):
    """The relative tolerance of each case."""
    if not float32:
        return [task.tolerance] * len(cases)
    return [case.kept_as("float32", lambda: float32_tolerance(task.answer, case.arguments, case.expected,
                                                               task.tolerance)) for case in cases]


def try_case(case, call, tolerance):
    """The Attempt: what the student's function returned, compared with the answer."""
    if call.raised is not None:
        return Attempt(case, None, f"it raised {call.raised}")
    wrong = difference(case.expected, call.returned, tolerance)
    if wrong is None and call.changed:
        wrong = f"it changed its input {' and '.join(call.changed)}; work on a copy, or on a new array"
    comparable = wrong is None or is_numeric(call.returned)
    return Attempt(case, call.returned if comparable else None, wrong)


# ------------------------------------------------------------------------ describing a failure


def describe_failure(attempts, failed, parameters, mistake):
    """The lines of feedback on a wrong function: how often it fails, the smallest case, and the likely mistake."""
    smallest = min(failed, key=lambda attempt: (largest_number(attempt.case) >= LARGE, count_numbers(attempt.case)))
    return [f"wrong in {len(failed)} of {len(attempts)} random cases; the smallest of them:",
            f"given {describe_shapes(smallest.case)}",
            *smallest.wrong.split("\n"),
            *another_order(parameters, smallest.case),
            *numbers_of(smallest),
            *([] if mistake is None else [f"Most likely: {mistake}"])]


def kind_of_failure(wrong):
    """In a few words what is wrong where no mistake is named, the same for all to whom the same happens."""
    if wrong.startswith("it raised "):
        return f"it raises {re.match(r'[A-Za-z_.]*', wrong[len('it raised '):])[0]}"
    return next((kind for sign, kind in KINDS.items() if sign in wrong), "other numbers")


def another_order(parameters, case):
    """A line about the order of the parameters, if it is not that of the arguments."""
    if list(parameters) == list(case) or sorted(parameters) != sorted(case):
        return []
    return [f"it is called with {', '.join(case)}, in this order; its parameters are {', '.join(parameters)}"]


def numbers_of(attempt):
    """The numbers of a case that is small enough to be redone on paper, a line each."""
    if count_numbers(attempt.case) > FEW or not is_numeric(attempt.case) or not is_numeric(attempt.expected):
        return []
    lines = [f"{name} = {describe_numbers(value)}" for name, value in attempt.case.items()]
    lines.append(f"expected {describe_numbers(attempt.expected)}")
    if attempt.returned is not None and count_numbers(attempt.returned) <= FEW:
        lines.append(f"returned {describe_numbers(attempt.returned)}")
    return lines
