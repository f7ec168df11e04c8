"""Grading the tasks of one file, in this process or in the sandbox.

The student's code gets arguments and returns values; whether they are right is decided here.
"""

import re
from typing import NamedTuple

from .calls import received_call
from .footprints import public_name
from .marking import judgement
from .stand_ins import answer_of
from .submissions import text_of
from .verdicts import verdict_on, verdict_on_mistake
from .working import Stopped, working


class TaskResult(NamedTuple):
    """Whether a function is right, the feedback, the verdict on what the task claims as a dict, or None, the mistake in
    a few words, or None, and the functions of minprune that the code calls."""

    right: bool
    feedback: str
    verdict: dict | None = None
    mistake: str | None = None
    uses: tuple = ()


class Tried(NamedTuple):
    """A TaskResult, the function's parameters without a default, and the tasks whose answers stood in for it."""

    result: TaskResult
    required: tuple = ()
    helped_by: tuple = ()


def grade_tasks(file, exam, how):
    """({task: TaskResult} of a file, notes on what its code does besides), graded as the `How` says. Raises CouldNotRun
    if the file cannot be run."""
    with working(file, exam, how) as work:
        return results_of(work, exam, text_of(file), how), tuple(work.notes)


def results_of(work, exam, text, how):
    """{task: TaskResult} of a file's text, whose functions `work` calls.

    First each function is called as it stands, with the student's own helpers. One that is wrong is called again, with
    the answers standing in for those of the others that are wrong or missing: a mistake costs points once. It gets
    new cases then, which no code has seen before. And an answer stands in only for what has no points: of two
    functions that call each other, one has to be written.
    """
    tasks = exam.assignment.tasks
    tried = {task.name: try_task(work, task, exam.cases[task.name]) for task in tasks}
    for task in tasks:
        wrong = [name for name, one in tried.items() if not one.result.right]
        others = [name for name in wrong if name != task.name and is_used(name, text)]
        if others and task.name in wrong:
            tried[task.name] = tried_again(work, task, exam, others, tried[task.name])
    return {task.name: with_verdict(work, task, exam, tried[task.name], how) for task in tasks}


def is_used(name, text):
    """Whether a function's name stands anywhere but in its definition: others may call it."""
    return re.search(rf"(?<!def )\b{name}\b", text) is not None


def try_task(work, task, cases, stand_ins=()):
    """A function as it stands, or with answers that stand in for others, on these cases."""
    asked = set()
    try:
        done = work.call(task.name, [case.encoded for case in cases], stand_ins, asked)
        if "missing" in done:
            return Tried(TaskResult(False, str(done["missing"])[:300], None, "there is no such function"))
        calls = [received_call(plain) for plain in done["calls"]]
        parameters, required, uses = (texts_of(done[name]) for name in ("parameters", "required", "uses"))
    except Stopped as reason:
        return Tried(TaskResult(False, str(reason), None, reason.kind))
    except Exception:                           # what comes from another process may be anything
        return Tried(TaskResult(False, "its process sent what is no answer", None, "no answer"))
    if not calls or len(calls) != len(cases) and not calls[-1].unwritten:
        return Tried(TaskResult(False, "its process sent what is no answer", None, "no answer"))
    judged = judgement(task, cases, calls, parameters)
    uses = tuple(sorted(set(map(public_name, uses))))
    return Tried(TaskResult(judged.right, judged.feedback, None, judged.mistake, uses), required, tuple(sorted(asked)))


def texts_of(names):
    """A tuple of short texts, of a list that another process sent."""
    return tuple(str(name)[:200] for name in names or ())


def tried_again(work, task, exam, others, before):
    """The function on new cases, with answers standing in for the others; as before if it asked for none of them."""
    cases = exam.cases[task.name] if work.is_here else exam.other_cases(task)
    again = try_task(work, task, cases, others)
    return again if again.helped_by else before


def with_verdict(work, task, exam, tried, how):
    """The result with the verdict on what the task claims, if there is one and it agrees with the random cases.

    Briefly, a function that is right needs none; and a mistake that the task knows gets the verdict on what the task
    says it returns, once for a whole class: the student's function returned the same in all random cases.
    """
    result = tried.result
    if task.claim is None or not result.feedback.startswith(("right", "wrong")) or result.right and how.briefly:
        return result

    if how.briefly and result.mistake in task.mistakes:
        verdict = exam.kept_as((task.name, result.mistake), lambda: verdict_on_mistake(task, result.mistake, exam.seed))
    else:
        verdict = verdict_on(work, task, exam.seed, tried.required, tried.helped_by, how.limit)
    if verdict is None or verdict[0] != result.right:
        return result
    return result._replace(feedback=f"{result.feedback}\n{verdict[1]}", verdict=verdict[2])
