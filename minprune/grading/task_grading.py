"""Grading the tasks of one file, in this process or in the sandbox.

The student's code gets arguments and returns values; whether they are right is decided here.
"""

import contextlib
import re
from typing import NamedTuple

from .marking import Call, judge
from .sandbox import child_process, describe_stop
from .student import Student, serve
from .submissions import text_of
from .user_file import CouldNotRun, copied, one_line
from .values import decode, encode


class TaskResult(NamedTuple):
    """Whether a function is right, the feedback, and the verdict on what the task claims as a dict, or None."""

    right: bool
    feedback: str
    verdict: dict | None = None


class Stopped(RuntimeError):
    """The student's code ended its process, or had to be stopped."""


def grade_tasks(file, exam, limit):
    """{task: TaskResult} of a file, with `limit` seconds for each task (None: in this process, without a limit).

    First each function is called as it stands, with the student's own helpers. One that is wrong is called again, with
    the answers standing in for those of the others that are wrong or missing: a mistake costs points once. Raises
    CouldNotRun if the file cannot be run.
    """
    tasks = exam.assignment.tasks
    with copied(file.resolve()) as copy, working(copy, exam.assignment, limit) as ask:
        results = {task.name: judged(ask, task, exam, ()) for task in tasks}
        wrong = [name for name, result in results.items() if not result.right]
        used = [name for name in wrong if is_used(name, text_of(file))]
        for task in tasks:
            others = [name for name in used if name != task.name and task.name in wrong]
            if others:
                results[task.name] = judged(ask, task, exam, others)
            results[task.name] = with_verdict(ask, task, exam, results[task.name], others)
    return results


def is_used(name, text):
    """Whether a function's name stands anywhere but in its definition: others may call it."""
    return re.search(rf"(?<!def )\b{name}\b", text) is not None


def judged(ask, task, exam, stand_ins):
    """The TaskResult of one task, without a verdict."""
    cases = exam.cases[task.name]
    try:
        done = ask("call", task.name, [encode(case.arguments) for case in cases], stand_ins)
    except Stopped as reason:
        return TaskResult(False, str(reason))
    if "missing" in done:
        return TaskResult(False, done["missing"])
    calls = [Call(decode(returned), *rest) for returned, *rest in done["calls"]]
    return TaskResult(*judge(task, cases, calls, done["parameters"]))


def with_verdict(ask, task, exam, result, stand_ins):
    """The result with the verdict on what the task claims, if there is one and it agrees with the random cases."""
    if task.claim is None or not result.feedback.startswith(("right", "wrong")):
        return result
    with contextlib.suppress(Stopped):
        verdict = ask("verdict", task.name, exam.seed, stand_ins)
        if verdict is not None and verdict[0] == result.right:
            return TaskResult(result.right, f"{result.feedback}\n{verdict[1]}", verdict[2])
    return result


# ------------------------------------------------------------------- a student's file, wherever it runs


def working(file, assignment, limit):
    """A context that yields ask(method, …) -> what the method of the file's Student returns; it may raise Stopped."""
    return here(file, assignment) if limit is None else Sandboxed(file, assignment, limit)


@contextlib.contextmanager
def here(file, assignment):
    """The file runs in this process."""
    student = Student(file, assignment)
    try:
        yield lambda method, *arguments: getattr(student, method)(*arguments)
    finally:
        student.close()


class Sandboxed:
    """The file runs in a child process, and in a new one after that had to be stopped."""

    def __init__(self, file, assignment, limit):
        self.request = {"file": str(file), "folder": str(assignment.folder)}
        self.limit = limit
        self.child = None

    def __enter__(self):
        with contextlib.ExitStack() as self.stack:      # closed at once if the file cannot be run
            self.start()
            self.stack = self.stack.pop_all()
        return self.ask

    def __exit__(self, *error):
        self.stack.close()

    def start(self):
        """Run the file; CouldNotRun says why it cannot be run."""
        self.child = self.stack.enter_context(child_process(serve, self.request))
        kind, *parts = self.child.receive(self.limit)
        if kind == "problem":
            raise CouldNotRun(*parts)
        if kind != "loaded":
            raise CouldNotRun(one_line(describe_stop([kind, *parts], self.limit)))

    def ask(self, *question):
        """What the Student's method returns; Stopped if it is not done in time, or ends Python."""
        if self.child is None:
            self.start()
        self.child.send(*question)
        kind, *parts = self.child.receive(self.limit)
        if kind == "done":
            return parts[0]
        self.stack.close()
        self.child = None
        raise Stopped(describe_stop([kind, *parts], self.limit))
