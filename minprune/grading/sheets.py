"""Sheets: a student's file is graded, and becomes a Sheet."""

import contextlib

from .grades import Mark, Sheet
from .isolation.fork_server import ForkServer, can_fork
from .task_grading import TaskResult, grade_tasks
from .user_file import CouldNotRun


def a_server(limit):
    """A context with the ForkServer that students' files run in, or None where there is none."""
    return ForkServer() if limit is not None and can_fork() else contextlib.nullcontext()


def grade_file(file, exam, how):
    """The Sheet of one file, graded as the `How` says; a file that cannot be run has no points."""
    notes = ()
    try:
        (results, notes), problem = grade_tasks(file, exam, how), None
    except CouldNotRun as error:
        results, problem = {}, str(error)
    failed = TaskResult(False, "could not run", None, "could not run")
    marks = (mark_of(task, results.get(task.name, failed)) for task in exam.assignment.tasks)
    return Sheet(str(file), exam.assignment.name, tuple(marks), problem, notes)


def mark_of(task, result):
    """The Mark of a task: all of its points or none."""
    points = task.points if result.right else 0
    return Mark(task.name, points, task.points, result.feedback, result.verdict, result.mistake, result.uses)
