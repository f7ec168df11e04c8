"""Assignments: what a task asks for, and where the assignments are.

An assignment is a folder with three files:

    brief.md      the text for students: what to implement, formulas, shapes, points
    starter.py    ASSIGNMENT = "the folder's name", and functions that raise NotImplementedError("the task's name")
    tasks.py      TASKS = [Task(...), ...], one for each function

A task says how to draw a random case and what the answer is (measured, or a few lines of NumPy):

    from minprune import finite_difference
    from minprune.grading.assignments import Task

    def squares(rng):                                       # the arguments of the student's function, in order
        return {"w": rng.normal(size=rng.integers(1, 5))}

    def measured(w):                                        # the same arguments -> what it should return
        return finite_difference(lambda w: (w ** 2).sum(), w)

    TASKS = [Task("gradient", points=2, case=squares, answer=measured,
                  mistakes={"the factor 2 of the square is missing": lambda w: w})]

`mistakes` (optional) are wrong answers that deserve a name: if a student's function returns exactly what one of them
returns, the feedback gives its name. `check_assignment(folder)` in `cases` says which of them never can.
"""

import functools
import pathlib
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..engine.checks import check_count, check_known, check_real


@dataclass(frozen=True)
class Task:
    """One function to write.

    name       the name of the function, and of the task
    points     what it is worth; all or nothing
    case       case(rng) -> {argument: value}, one random case: arrays, numbers, texts, or dicts and tuples of them
    answer     answer(**case) -> what the function should return: an array, a number, a dict or a tuple of them;
               booleans are expected to be booleans. Where the student's function is wrong it stands in for it in the
               other tasks, so that a mistake costs points once.
    mistakes   {name of the mistake: function(**case) -> the wrong answer}
    claim      {"equals": "dL/dz"} …: the arguments of `verify` for the same function, whose verdict is added to the
               feedback where it agrees with the random cases. Only for functions (the answer too) whose parameters
               have the names and shapes of scores.
    tolerance  the largest error, relative to the largest number of the answer (but at least 0.001)
    trials     how many random cases
    """

    name: str
    points: int
    case: Callable
    answer: Callable
    mistakes: Mapping = field(default_factory=dict)
    claim: Mapping | None = None
    tolerance: float = 1e-6
    trials: int = 20

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name.isidentifier():
            raise ValueError(f"task name expects the name of a function, got {self.name!r}")
        check_count(f"points of {self.name}", self.points)
        check_count(f"trials of {self.name}", self.trials)
        check_real(f"tolerance of {self.name}", self.tolerance, above=0)
        for name, function in (("case", self.case), ("answer", self.answer), *self.mistakes.items()):
            if not callable(function):
                raise TypeError(f"{name} of {self.name} expects a function, got {function!r}")


class Assignment(NamedTuple):
    """A folder and its tasks."""

    name: str
    folder: pathlib.Path
    tasks: tuple

    @property
    def points(self):
        return sum(task.points for task in self.tasks)

    @property
    def title(self):
        """The first line of its brief."""
        brief = self.folder / "brief.md"
        return brief.read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ") if brief.is_file() else self.name


def tutorials_folder():
    """The folder `tutorials`, with the chapters and the assignments: beside the package in a clone, inside it when
    installed.

    A folder of that name that holds no chapters is somebody else's.
    """
    package = pathlib.Path(__file__).parent.parent
    for place in (package / "tutorials", package.parent / "tutorials"):
        if any(place.glob("[0-9][0-9]_*.md")):
            return place
    raise FileNotFoundError(f"no chapters beside or inside {package}")


def shipped():
    """The folder of the assignments that come with minprune."""
    return tutorials_folder() / "assignments"


def is_shipped(folder):
    """Whether a folder is that of an assignment that comes with minprune."""
    return pathlib.Path(folder).parent == shipped().resolve()


def names():
    """The names of the assignments that come with minprune, in order."""
    return [tasks.parent.name for tasks in sorted(shipped().glob("[0-9][0-9]_*/tasks.py"))]


def find(name):
    """The shipped Assignment with this name or number, or the one in this folder; ValueError if there is neither.

    A folder that is called like a shipped one is not taken for it: students make folders too.
    """
    folder = pathlib.Path(str(name))
    own = str(name) not in (*numbers(), *names()) and (folder / "tasks.py").is_file()
    return load(folder.resolve()) if own else named(name)


def numbers():
    """{number: name} of the assignments that come with minprune."""
    return {str(int(known[:2])): known for known in names()}


def named(name):
    """The shipped Assignment with this name or number; ValueError if there is none."""
    known = numbers().get(str(name), str(name))
    check_known("assignment", known, names())
    return load_shipped(known)


@functools.lru_cache
def load_shipped(name):
    """A thousand files name the same few, whose tasks do not change."""
    return load(shipped().resolve() / name)


def load(folder):
    """The Assignment in a folder with a tasks.py; ValueError if its tasks are not what an assignment needs."""
    path = folder / "tasks.py"
    module = types.ModuleType(f"tasks_of_{folder.name}")
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), vars(module))
        tasks = tuple(module.TASKS)
    except Exception as error:                  # a teacher's file may raise anything; one line names the file
        raise ValueError(f"cannot read {path}: {type(error).__name__}: {error}") from error
    if not tasks or not all(isinstance(task, Task) for task in tasks):
        raise ValueError(f"cannot read {path}: TASKS expects a list of at least one Task")
    if len({task.name for task in tasks}) < len(tasks):
        raise ValueError(f"cannot read {path}: two tasks have the same name")
    return Assignment(folder.name, folder, tasks)
