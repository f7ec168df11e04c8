"""A function graded where it stands: at a prompt, or in a notebook's cell."""

import types

from .assignments import find, names
from .cases import draw_exam
from .grades import Grades, Mark, Sheet
from .student import Written
from .task_grading import results_of
from .working import Here, How


def grade_function(function, seed, assignment=None):
    """The Grades of one function; its name says which task it is, of the assignment that is given, of the one that a
    variable ASSIGNMENT beside it names, or of the one that has a task of this name.

    ValueError if there is no such task, or if there are several.
    """
    name, beside = getattr(function, "__name__", ""), getattr(function, "__globals__", {})
    found = assignment_with(name, beside.get("ASSIGNMENT") if assignment is None else assignment)

    # The tasks that count here: this one, and those of functions beside it, or of functions that it misses.
    text = " ".join(names_in(one) for one in [function, *beside.values()])
    tasks = tuple(task for task in found.tasks
                  if task.name in (name, *text.split()) or callable(beside.get(task.name)))
    exam = draw_exam(found._replace(tasks=tasks), seed)
    work = Here(None, exam, lambda _, tasks, answer: Written(function, beside, tasks, answer))
    result = results_of(work, exam, text, How(None))[name]
    points = next(task.points for task in tasks if task.name == name)
    mark = Mark(name, points if result.right else 0, points, *result[1:])
    return Grades(seed, (Sheet(name, found.name, (mark,)),))


def names_in(function):
    """The names that a function's code looks up outside of it; none if it is no function of Python."""
    code = getattr(function, "__code__", None) if isinstance(function, types.FunctionType) else None
    return "" if code is None else " ".join(names_of_code(code))


def names_of_code(code):
    inner = [const for const in code.co_consts if isinstance(const, types.CodeType)]
    return [*code.co_names, *(name for one in inner for name in names_of_code(one))]


def assignment_with(name, given):
    """The Assignment that has a task of this name."""
    candidates = [find(given)] if given is not None else [find(one) for one in names()]
    found = [one for one in candidates if name in {task.name for task in one.tasks}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(task.name for one in candidates for task in one.tasks)
    if not found and given is not None:
        raise ValueError(f"the assignment {candidates[0].name} asks for no function {name!r}; its are {known}")
    if not found:
        raise ValueError(f"no assignment asks for a function {name!r}; they ask for {known}")
    raise ValueError(f"{name!r} is asked for by {' and '.join(one.name for one in found)}: say which, assignment=…")
