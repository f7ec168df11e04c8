"""Grading: points for each task of an assignment, measured on fresh random cases."""

import os
import warnings

import numpy as np

from ..engine.checks import check_count, check_list, check_path, check_real
from .assignments import find, is_shipped
from .cases import draw_exam, mistakes_of
from .grades import Grades, Mark, Sheet
from .submissions import submissions
from .task_grading import TaskResult, grade_tasks
from .user_file import CouldNotRun


def grade(path, seed=None, assignment=None, limit=10.0):
    """Grade a student's file, or all files of a folder that belong to an assignment; return the Grades.

    `path` may also be a list of files and folders. Which assignment a file belongs to: the one given (a name, a number
    or a folder), that of the tasks.py beside it, or the one that its line ASSIGNMENT = "…" names. Each task is all or
    nothing: its function must be right in all random cases, leave its arguments as they are, and take at most `limit`
    seconds. A function that is wrong is tried again with right ones in place of the others that are wrong or missing:
    a mistake costs points once. `seed=None` draws fresh cases; grades.seed draws them again.

    The code runs in a process of its own, in a copy of the file's folder that is thrown away. That guards against
    mistakes, not against malice: grade work from strangers inside a container. `limit=None` runs it in this process,
    without a limit (in a notebook, say). The answers are drawn and computed before any of it runs, where it cannot
    reach them.

    Nothing is raised for what is wrong with a student's code: `sheet.problem` says why a file could not be run. Of
    several files, `grades.left_out` says which are not graded, and why; hidden files and folders, whose names begin
    with a dot, are not looked at. A warning is given for `mistakes` of a teacher's own assignment that name nothing.
    Raises FileNotFoundError if there is no such file, ValueError if its assignment is not known, a folder has no file
    of one, or the assignment's own code fails, TypeError or ValueError for a malformed seed or limit.
    """
    seed = draw_seed() if seed is None else check_count("seed", seed, least=0)
    if limit is not None:
        check_real("limit", limit, above=0)
    paths = [path] if isinstance(path, (str, os.PathLike)) else check_list("path", path, "of files and folders")
    chosen, left_out = submissions([check_path("path", one) for one in paths], None if assignment is None else find(assignment))
    exams = draw_exams({submission.assignment.folder: submission.assignment for submission in chosen}, seed)
    sheets = tuple(grade_file(file, exams[assignment.folder], limit) for file, assignment in chosen)
    return Grades(seed, sheets, tuple(left_out))


def draw_seed():
    """A new seed from the system's randomness, short enough to be typed."""
    return int(np.random.SeedSequence().entropy % 2 ** 32)


def draw_exams(assignments, seed):
    """{folder: Exam} of {folder: Assignment}, with a warning for each of a teacher's mistakes that names nothing."""
    exams = {folder: draw_exam(assignment, seed) for folder, assignment in assignments.items()}
    for folder, exam in exams.items():
        for problem in [] if is_shipped(folder) else mistakes_of(exam):
            warnings.warn(problem, stacklevel=3)
    return exams


def grade_file(file, exam, limit):
    """The Sheet of one file; a file that cannot be run has no points."""
    try:
        results, problem = grade_tasks(file, exam, limit), None
    except CouldNotRun as error:
        results, problem = {}, str(error)
    failed = TaskResult(False, "could not run")
    marks = (mark_of(task, results.get(task.name, failed)) for task in exam.assignment.tasks)
    return Sheet(str(file), exam.assignment.name, tuple(marks), problem)


def mark_of(task, result):
    """The Mark of a task: all of its points or none."""
    return Mark(task.name, task.points if result.right else 0, task.points, result.feedback, result.verdict)
