"""Grading: points for each task of an assignment, measured on fresh random cases."""

import pathlib

import numpy as np

from ..engine.checks import check_count, check_real
from .assignments import find
from .grades import Grades, Mark, Sheet
from .submissions import assignment_of, submissions
from .task_grading import TaskResult, grade_tasks
from .user_file import CouldNotRun


def grade(path, seed=None, assignment=None, limit=10.0):
    """Grade a student's file, or all files of a folder that belong to an assignment; return the Grades.

    Which assignment a file belongs to: the one given (a name, a number or a folder), that of the tasks.py beside it, or
    the one that its line ASSIGNMENT = "…" names. Each task is all or nothing: its function must be right in all random
    cases, leave its arguments as they are, and take at most `limit` seconds. While a task is graded, the functions of
    the other tasks are replaced by right ones: a mistake costs points once. `seed=None` draws fresh cases;
    grades.seed draws them again.

    The code runs in a process of its own, which guards against mistakes, not against malice: grade work from strangers
    inside a container. `limit=None` runs it in this process, without a limit (in a notebook, say).

    Nothing is raised for what is wrong with a student's code: `sheet.problem` says why a file could not be run. In a
    folder it also says that a file's assignment is not known; hidden files and folders, whose names begin with a dot,
    are not looked at. Raises FileNotFoundError if there is no such file, ValueError if its assignment is not known, a
    folder has no file of one, or the assignment's own code fails, TypeError or ValueError for a malformed seed or
    limit.
    """
    seed = draw_seed() if seed is None else check_count("seed", seed, least=0)
    if limit is not None:
        check_real("limit", limit, above=0)
    path = pathlib.Path(path)
    assignment = None if assignment is None else find(assignment)
    if path.is_file():
        return Grades(seed, (grade_file(path, assignment or assignment_of(path), seed, limit),))
    files, left_out = submissions(path, assignment)
    return Grades(seed, tuple(grade_file_of_folder(file, assignment, seed, limit) for file in files), left_out)


def draw_seed():
    """A new seed from the system's randomness, short enough to be typed."""
    return int(np.random.SeedSequence().entropy % 2 ** 32)


def grade_file_of_folder(file, assignment, seed, limit):
    """The Sheet of one file; if its assignment is neither given nor known, that is a problem of this sheet only."""
    try:
        assignment = assignment or assignment_of(file)
    except ValueError as error:
        return Sheet(str(file), "unknown", (), str(error))
    return grade_file(file, assignment, seed, limit)


def grade_file(file, assignment, seed, limit):
    """The Sheet of one file; a file that cannot be run has no points."""
    try:
        results, problem = grade_tasks(file, assignment, seed, limit), None
    except CouldNotRun as error:
        results, problem = {}, str(error)
    failed = TaskResult(False, "could not run")
    marks = (mark_of(task, results.get(task.name, failed)) for task in assignment.tasks)
    return Sheet(str(file), assignment.name, tuple(marks), problem)


def mark_of(task, result):
    """The Mark of a task: all of its points or none."""
    return Mark(task.name, task.points if result.right else 0, task.points, result.feedback, result.verdict)
