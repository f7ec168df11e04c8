"""Grading the tasks of one file, in this process or in the sandbox.

The messages that the sandbox sends:

    ["problem", line]                            the file cannot be run
    ["loaded"]                                   the file has run; its tasks come next
    ["task", right?, feedback, verdict or None]  one task is graded: the parts of a TaskResult
    ["error", line]                              the assignment's own code fails
"""

import difflib
import pathlib
from typing import NamedTuple

from .assignments import find
from .marking import judge
from .reports import plain_verdict
from .sandbox import child_process, describe_stop
from .user_file import CouldNotRun, describe_error, one_line, run_file
from .verdicts import claimed_verdict


class TaskResult(NamedTuple):
    """Whether a function is right, the feedback, and the verdict on what the task claims as a dict, or None."""

    right: bool
    feedback: str
    verdict: dict | None = None


def grade_tasks(file, assignment, seed, limit):
    """{task: TaskResult} of a file, with `limit` seconds for each task (None: in this process, without a limit).

    Raises CouldNotRun if the file cannot be run, ValueError if the assignment's own code fails.
    """
    if limit is None:
        module = run_file(file)
        return {task.name: grade_task(module, task, assignment, seed) for task in assignment.tasks}
    return dict(results_from_sandbox(file, assignment, seed, limit))


# -------------------------------------------------------------------------------- one task


def grade_task(module, task, assignment, seed):
    """The TaskResult of one task; the functions of the other tasks are replaced by right ones meanwhile."""
    function = vars(module).get(task.name)
    if not callable(function):
        return TaskResult(False, describe_missing(module, task, assignment))
    before = dict(vars(module))
    vars(module).update({other.name: other.answer for other in assignment.tasks if other.name != task.name})
    try:
        right, feedback = judge(function, task, seed)
        verdict = claimed_verdict(function, task, seed, right)
    except Exception as error:                  # the student's errors are caught where the function is called
        raise ValueError(f"task {task.name} of {assignment.folder} cannot be graded: "
                         f"{describe_error(error)}") from error
    finally:
        vars(module).clear()
        vars(module).update(before)
    if verdict is None:
        return TaskResult(right, feedback)
    return TaskResult(right, f"{feedback}\n{verdict}", plain_verdict(verdict))


def describe_missing(module, task, assignment):
    """That there is no such function, and the nearest name among the functions that no task asks for."""
    tasks = [other.name for other in assignment.tasks]
    own = [name for name, value in vars(module).items() if callable(value) and name not in tasks]
    nearest = difflib.get_close_matches(task.name, own, n=1)
    hint = f"; should {nearest[0]} be it?" if nearest else ""
    return f"there is no function {task.name}{hint}"


# ------------------------------------------------------------------------------- the sandbox


def results_from_sandbox(file, assignment, seed, limit):
    """Yield (task's name, TaskResult).

    If a task ends its child process, or must be stopped, the next tasks are graded in a new one.
    """
    waiting = [task.name for task in assignment.tasks]
    while waiting:
        request = {"file": str(file.resolve()), "folder": str(assignment.folder), "tasks": waiting, "seed": seed}
        with child_process(grade_in_child, request) as receive:
            stopped = None
            check_loaded(receive(limit), limit)
            while waiting and stopped is None:
                kind, *parts = receive(limit)
                if kind == "task":
                    yield waiting.pop(0), TaskResult(*parts)
                elif kind == "error":
                    raise ValueError(*parts)
                else:
                    stopped = describe_stop([kind, *parts], limit)
        if stopped is not None:
            yield waiting.pop(0), TaskResult(False, stopped)


def check_loaded(message, limit):
    """Raise CouldNotRun unless the first message says that the file has run."""
    if message[0] == "problem":
        raise CouldNotRun(message[1])
    if message != ["loaded"]:
        raise CouldNotRun(one_line(describe_stop(message, limit)))


def grade_in_child(request, send):
    """The job of the child process: run the file, grade its tasks; `request` is {"file", "folder", "tasks", "seed"}."""
    assignment = find(request["folder"])
    try:
        module = run_file(pathlib.Path(request["file"]))
    except CouldNotRun as error:
        return send("problem", str(error))
    send("loaded")
    tasks = {task.name: task for task in assignment.tasks}
    try:
        for name in request["tasks"]:
            send("task", *grade_task(module, tasks[name], assignment, request["seed"]))
    except ValueError as error:
        send("error", str(error))
