"""Cases: random arguments for the tasks of an assignment, and the answers that are right for them.

They are drawn before a student's code runs, in a process that it never reaches: whatever it does to NumPy, to minprune
or to Python itself, the answers stay right.
"""

import copy
import warnings
import zlib
from typing import NamedTuple

import numpy as np

from ..verification.verify import verify
from .assignments import Assignment, find, is_shipped
from .comparison import difference
from .mistakes import returned_in_case
from .quiet import quietly
from .user_file import describe_error
from .values import encode, is_numeric, pairs


def kept_as(self, name, compute):
    """compute(), which is called once: a whole class is held against the same wrong answers."""
    if name not in self.kept:
        self.kept[name] = compute()
    return self.kept[name]


class Case(NamedTuple):
    """The arguments of one call, and what it should return; `kept` is what was computed of them before."""

    arguments: dict
    expected: object
    kept: dict

    kept_as = kept_as

    @property
    def encoded(self):
        """The arguments as they are sent to the student's process."""
        return self.kept_as("encoded", lambda: encode(self.arguments))


class Exam(NamedTuple):
    """An assignment with the random cases of its tasks: {task's name: [Case, ...]}.

    `kept` has what is computed when it is needed and kept for the rest of a class.
    """

    assignment: Assignment
    seed: int
    cases: dict
    kept: dict

    def other_cases(self, task):
        """Other cases, for functions that are tried a second time."""
        return self.kept_as((task.name, "other cases"), lambda: draw_cases(task, self.seed, SECOND))

    kept_as = kept_as


SECOND = 1                      # of the two lots of cases that a seed draws


def draw_exam(assignment, seed):
    """The Exam; ValueError, naming the task, if the assignment's own code fails or its answers are no numbers."""
    cases = {}
    for task in assignment.tasks:
        try:
            cases[task.name] = draw_cases(task, seed)
            check_claim(task, seed)
        except Exception as error:              # a teacher's code may raise anything
            raise ValueError(f"task {task.name} of {assignment.folder} cannot be graded: "
                             f"{describe_error(error)}") from error
    return Exam(assignment, seed, cases, {})


def draw_seed():
    """A new seed from the system's randomness, short enough to be typed."""
    return int(np.random.SeedSequence().entropy % 2 ** 32)


def draw_exams(assignments, seed):
    """{folder: Exam} of {folder: Assignment}, with a warning for each of a teacher's mistakes that names nothing."""
    exams = {folder: draw_exam(assignment, seed) for folder, assignment in assignments.items()}
    for folder, exam in exams.items():
        for problem in [] if is_shipped(folder) else mistakes_of(exam):
            warnings.warn(problem, stacklevel=4)
    return exams


def draw_cases(task, seed, *lot):
    """The task's Cases. The same seed and lot draw the same ones, whatever other tasks there are."""
    rng = np.random.default_rng([seed, zlib.crc32(task.name.encode()), *lot])
    with quietly():
        cases = [task.case(rng) for _ in range(task.trials)]
        return [Case(checked_arguments(case), checked_answer(task.answer(**copy.deepcopy(case))), {})
                for case in cases]


def checked_arguments(case):
    """The arguments; TypeError if they cannot be sent to another process."""
    for name, value in case.items():
        if "'other':" in repr(encode(value)):
            raise TypeError(f"its case should give numbers, texts, arrays, or dicts, tuples and lists of them; "
                            f"{name} is {value!r:.60}")
    return case


def checked_answer(answer):
    """The answer; an error if it holds anything but numbers, or NaN, which would make a student's NaN right."""
    if not is_numeric(answer):
        raise TypeError(f"its answer should give numbers, arrays, or a dict or tuple of them; it gives {answer!r:.60}")
    if any(np.isnan(np.asarray(part, dtype=float)).any() for part, _ in pairs(answer, answer).values()):
        raise ValueError(f"its answer should give numbers; it gives NaN: {answer!r:.60}")
    return answer


def check_claim(task, seed):
    """ValueError or TypeError if the task claims what cannot be claimed, not even of its own answer."""
    if task.claim is not None:
        verify(task.answer, **{**task.claim, "trials": 1}, seed=seed)


# ------------------------------------------------------------------------- a teacher's own mistakes


def check_assignment(name, seed=0):
    """What a teacher should know of an assignment before handing it out: a list of sentences, empty if all is well.

    `name` is a name, a number or a folder. An entry of `mistakes` names nothing if it raises an exception, or if it
    returns the right answer in all random cases. ValueError if the assignment cannot be graded at all.
    """
    return mistakes_of(draw_exam(find(name), seed))


def mistakes_of(exam):
    """A sentence for each of a task's `mistakes` that can never be named."""
    problems = []
    for task in exam.assignment.tasks:
        for name, wrong in task.mistakes.items():
            problem = problem_of(name, wrong, exam.cases[task.name], task.tolerance)
            if problem is not None:
                problems.append(f'task {task.name} of {exam.assignment.name}: the mistake "{name}" {problem}')
    return problems


def problem_of(name, wrong, cases, tolerance):
    """Why a wrong function explains no student's mistake, or None."""
    returned = [returned_in_case(case, name, wrong) for case in cases]
    if any(value is None for value in returned) and (error := error_of(wrong, cases)) is not None:
        return f"raises {describe_error(error)}"
    if all(difference(case.expected, value, tolerance) is None for case, value in zip(cases, returned)):
        return f"equals the answer in all {len(cases)} random cases"
    return None


def error_of(wrong, cases):
    """The first exception that a wrong function raises, or None."""
    try:
        with quietly():
            for case in cases:
                wrong(**copy.deepcopy(case.arguments))
    except Exception as error:
        return error
    return None
