"""Grading: points for each task of an assignment, measured on fresh random cases.

The student's code runs in a process of its own, with a time limit for each task.
"""

import contextlib
import difflib
import io
import json
import pathlib
import re
import shutil
import textwrap
from typing import NamedTuple

import numpy as np

from ..engine.checks import check_count, check_real
from .marking import judge, told_error
from .sandbox import CouldNotRun, one_line, run_file, stop_told, worker
from .assignments import find, names
from .formula_file import WIDTH, plain_verdict, wrapped

NAMED = re.compile(r"""^ASSIGNMENT *= *["']([^"']+)["']""", re.MULTILINE)

GRADE = """\
Give points to the functions that a student wrote: each is called with fresh random arguments,
and what it returns is compared with what is measured (central differences, exact removal) or
computed by minprune. Feedback says which shapes it was given, what was expected, and the first
difference, for the smallest case that goes wrong.

  minprune grade                 list the assignments
  minprune grade --start 1       copy the first one's brief and starter into a folder here
  minprune grade FILE|FOLDER     grade a file, or all files of a folder; a file says which
                                 assignment it is by its line ASSIGNMENT = "..."

Exit code: 0 all points, 1 some are missing, 2 something could not run."""


class Mark(NamedTuple):
    """The points of one task, and why; `verdict` is what `verify` says as a dict, where a task claims something."""

    task: str
    points: int
    of: int
    feedback: str
    verdict: dict | None = None


class Sheet(NamedTuple):
    """One file's marks; `problem` is why it could not be run, or None."""

    file: str
    assignment: str
    marks: tuple
    problem: str | None = None

    @property
    def points(self):
        return sum(mark.points for mark in self.marks)

    @property
    def of(self):
        return sum(mark.of for mark in self.marks)

    def __str__(self):
        lines = [f"{self.file}: {self.points} of {self.of} points ({self.assignment})"]
        lines += [f"could not run: {self.problem}"] * (self.problem is not None)
        width = max((len(mark.task) for mark in self.marks), default=0)
        for mark in self.marks if self.problem is None else ():
            first, *rest = words_wrapped(mark.feedback, max(60, WIDTH - width - 9)).split("\n")
            lines += [f"  {mark.points}/{mark.of}  {mark.task:<{width}}  {first}"]
            lines += [textwrap.indent(line, " " * (width + 9)) for line in rest]
        return "\n".join(lines)


def words_wrapped(text, width):
    """Long lines broken between words; rows of numbers stay whole."""
    return "\n".join(line if line.endswith(("]", "}")) else wrapped(line, width) for line in text.split("\n"))


class Grades(NamedTuple):
    """The sheets of all files, the seed that draws the same cases again, and the files of a folder that were left out,
    for they do not say which assignment they are."""

    seed: int
    sheets: tuple
    left_out: tuple = ()

    @property
    def points(self):
        return sum(sheet.points for sheet in self.sheets)

    @property
    def of(self):
        return sum(sheet.of for sheet in self.sheets)

    @property
    def marks(self):
        """{task: Mark} of the only file; ValueError if there are several."""
        if len(self.sheets) != 1:
            raise ValueError(f"there are {len(self.sheets)} files: take the marks of one of the sheets")
        return {mark.task: mark for mark in self.sheets[0].marks}

    @property
    def ran(self):
        """Whether every file could be run."""
        return all(sheet.problem is None for sheet in self.sheets)

    def __str__(self):
        total = [f"{self.points} of {self.of} points in {len(self.sheets)} files"] * (len(self.sheets) > 1)
        rest = [f"left out, for want of a line ASSIGNMENT = \"…\": {', '.join(self.left_out)}"] * bool(self.left_out)
        return "\n\n".join([*map(str, self.sheets), *total, *rest, f"(the same cases again: --seed {self.seed})"])

    def to_dict(self):
        """Plain lists and dicts, for json."""
        return {"seed": self.seed, "points": self.points, "of": self.of,
                "sheets": [{"file": sheet.file, "assignment": sheet.assignment, "points": sheet.points,
                            "of": sheet.of, "problem": sheet.problem,
                            "tasks": [mark._asdict() for mark in sheet.marks]} for sheet in self.sheets],
                "left_out": list(self.left_out)}


def grade(path, seed=None, assignment=None, limit=10.0):
    """Grade a student's file, or every file of a folder that belongs to an assignment; return the Grades.

    Which assignment a file belongs to: the one given (a name, a number or a folder), that of the tasks.py beside it, or
    the one that its line ASSIGNMENT = "…" names. Each task is all or nothing: its function must be right in all random
    cases, leave its arguments as they are, and take at most `limit` seconds. While a task is graded, the functions of
    the other tasks are replaced by right ones: a mistake costs points once. `seed=None` draws fresh cases;
    grades.seed draws them again.

    The code runs in a process of its own, which guards against mistakes, not against malice: grade work from strangers
    inside a container. `limit=None` runs it in this process, without a limit (in a notebook, say).
    Nothing is raised for what is wrong with a student's code: `sheet.problem` tells that a file could not be run.
    In a folder it also tells that a file's assignment is not known; hidden files and folders, whose names begin with a
    dot, are not looked at. Raises FileNotFoundError if there is no such file,
    ValueError if its assignment is not known, a folder has no file of one, or the assignment's own code fails,
    TypeError or ValueError for a malformed seed or limit.
    """
    seed = int(np.random.SeedSequence().entropy % 2 ** 32) if seed is None else check_count("seed", seed, least=0)
    if limit is not None:
        check_real("limit", limit, above=0)
    path, given = pathlib.Path(path), None if assignment is None else find(assignment)
    if path.is_file():
        return Grades(seed, (grade_file(path, given or assignment_of(path), seed, limit),))
    files, left_out = submissions(path, given)
    return Grades(seed, tuple(grade_one_of_many(file, given, seed, limit) for file in files), left_out)


def grade_one_of_many(file, given, seed, limit):
    """The Sheet of one file; that its assignment is not known is its own problem, not that of the others."""
    try:
        assignment = given or assignment_of(file)
    except ValueError as error:
        return Sheet(str(file), "unknown", (), str(error))
    return grade_file(file, assignment, seed, limit)


def grade_file(file, assignment, seed, limit):
    """The Sheet of one file."""
    wanted = {task.name: task for task in assignment.tasks}
    try:
        found = grade_here(file, assignment, wanted, seed) if limit is None \
            else grade_apart(file, assignment, wanted, seed, limit)
        results, problem = dict(found), None
    except CouldNotRun as error:
        results, problem = {}, str(error)
    marks = (Mark(name, task.points * right, task.points, feedback, verdict) for name, task in wanted.items()
             for right, feedback, verdict in [results.get(name, (False, "could not run", None))])
    return Sheet(str(file), assignment.name, tuple(marks), problem)


# --------------------------------------------------------------------------- finding files


def submissions(path, given=None):
    """(the files of a folder that belong to an assignment, the names of the others); FileNotFoundError or ValueError if
    none does."""
    if not path.is_dir():
        raise FileNotFoundError(f"no such file or folder: {path}")
    every = [file for file in sorted(path.rglob("*.py")) if file.name != "tasks.py"
             and not any(part.startswith(".") for part in file.relative_to(path).parts)]
    files = [file for file in every
             if given or NAMED.search(text_of(file)) or (file.parent / "tasks.py").is_file()]
    if not files:
        raise ValueError(f'no file in {path} has a line ASSIGNMENT = "…" or a tasks.py beside it')
    return files, tuple(str(file) for file in every if file not in files)


def assignment_of(file):
    """The Assignment that a file belongs to by what it says or where it stands; ValueError if that is not known."""
    if (file.parent / "tasks.py").is_file():
        return find(file.parent)
    named = NAMED.search(text_of(file))
    if named is None:
        raise ValueError(f'{file} does not say which assignment it is: expected a line ASSIGNMENT = "…", '
                         f"one of {', '.join(names())}")
    return find(named[1])


def text_of(file):
    return file.read_bytes().decode("utf-8", errors="replace")


# ----------------------------------------------------------------------------- running it


def grade_here(file, assignment, wanted, seed):
    """Yield (task, (right?, feedback, verdict)) in this process."""
    module = run_file(file)
    for name, task in wanted.items():
        yield name, grade_task(module, task, assignment, seed)


def grade_task(module, task, assignment, seed):
    """(right?, feedback, verdict as a dict or None) for one task, with the other tasks' functions replaced by right
    ones."""
    function = vars(module).get(task.name)
    if not callable(function):
        return False, missing(module, task.name, [one.name for one in assignment.tasks]), None
    before = dict(vars(module))
    vars(module).update({one.name: one.answer for one in assignment.tasks if one.name != task.name})
    try:
        right, feedback = judge(function, task, seed)
        found = None if task.claim is None else verdict(function, task, seed, right)
        return (right, feedback, None) if found is None else (right, f"{feedback}\n{found}", plain_verdict(found))
    except Exception as error:                  # the student's own are caught where the function is called
        raise ValueError(f"task {task.name} of {assignment.folder} cannot be graded: {told_error(error)}") from error
    finally:
        vars(module).clear()
        vars(module).update(before)


def missing(module, name, tasks):
    """That there is no such function, and which one that no task asks for has the nearest name."""
    own = [one for one, value in vars(module).items() if callable(value) and one not in tasks]
    near = difflib.get_close_matches(name, own, n=1)
    return f"there is no function {name}" + "".join(f"; should {one} be it?" for one in near)


def verdict(function, task, seed, right):
    """What `verify` says of the function; None if it could not run, or has seen less than the random cases.

    ValueError or TypeError if the task claims what cannot be claimed, not even of its own answer.
    """
    try:
        from ..verification.verify import verify
        with contextlib.redirect_stdout(io.StringIO()):
            found = verify(function, **task.claim, seed=seed)
    except KeyboardInterrupt:
        raise
    except BaseException:                       # of a student's function: the feedback stands without it
        verify(task.answer, **{**task.claim, "trials": 1}, seed=seed)
        return None
    return found if found.holds == right and found.problem is None else None


def grade_apart(file, assignment, wanted, seed, limit):
    """Yield (task, (right?, feedback, verdict)), from a process of its own; from another if that ends or must be
    ended."""
    waiting = list(wanted)
    while waiting:
        with worker(work, {"file": str(file.resolve()), "folder": str(assignment.folder), "tasks": waiting,
                           "seed": seed}) as listen:
            stopped, loaded = None, listen(limit)
            if loaded != ["loaded"]:
                raise CouldNotRun(loaded[1] if loaded[0] == "problem" else one_line(stop_told(loaded, limit)))
            while waiting and stopped is None:
                message = listen(limit)
                if message[0] == "task":
                    yield waiting.pop(0), tuple(message[1:])
                elif message[0] == "error":
                    raise ValueError(message[1])
                else:
                    stopped = stop_told(message, limit)
        if stopped is not None:
            yield waiting.pop(0), (False, stopped, None)


def work(asked, tell):
    """What the process does: run the file, grade its tasks."""
    assignment = find(asked["folder"])
    try:
        module = run_file(pathlib.Path(asked["file"]))
    except CouldNotRun as error:
        tell("problem", str(error))
        return
    tell("loaded")
    tasks = {task.name: task for task in assignment.tasks}
    try:
        for name in asked["tasks"]:
            tell("task", *grade_task(module, tasks[name], assignment, asked["seed"]))
    except ValueError as error:
        tell("error", str(error))


# ----------------------------------------------------------------------------- the command


def add_grade(commands, add_command, number):
    """Add `minprune grade`; `add_command` and `number` are the command line's own helpers."""
    one = add_command(commands, "grade", "points for a student's functions, on fresh random cases", GRADE,
                      grade_command)
    one.add_argument("path", nargs="?", metavar="FILE|FOLDER", help="what to grade; left out: list the assignments")
    one.add_argument("--assignment", metavar="NAME|FOLDER",
                     help="the assignment, if the files do not say it; a folder with a tasks.py is one of your own")
    one.add_argument("--seed", type=number(int, 0), metavar="N", help="of the random cases; default: new ones")
    one.add_argument("--limit", type=number(float, 0.1), default=10.0, metavar="S",
                     help="seconds for each task; default 10")
    one.add_argument("--json", action="store_true", help="print points, feedback and verdicts as JSON")
    one.add_argument("--start", metavar="NAME|N", help="copy an assignment's brief and starter into a new folder here")
    one.add_argument("--make-starters", nargs="?", const="", metavar="FOLDER",
                     help="for teachers: cut the starters out of FOLDER/solutions/*.py")


def grade_command(arguments):
    """Run `minprune grade`; return its exit code."""
    if arguments.make_starters is not None:
        from .starters import make_starters
        for path in make_starters(pathlib.Path(arguments.make_starters) if arguments.make_starters else None):
            print(path)
    elif arguments.start is not None:
        print(start(arguments.start))
    elif arguments.path is None:
        for name in names():
            one = find(name)
            print(f"{name:<32}{one.points:>3} points  {one.title}")
    else:
        grades = grade(arguments.path, arguments.seed, arguments.assignment, arguments.limit)
        print(json.dumps(grades.to_dict(), indent=1, ensure_ascii=False) if arguments.json else grades)
        return 2 if not grades.ran else int(grades.points < grades.of)
    return 0


def start(name, folder="."):
    """Copy an assignment's brief and starter into a new folder of its name; return the new folder's path.

    Raises FileExistsError rather than overwrite a student's work.
    """
    assignment = find(name)
    place = pathlib.Path(folder) / assignment.name
    if place.exists():
        raise FileExistsError(f"{place} exists already; nothing was copied")
    place.mkdir()
    for file in ("brief.md", "starter.py"):
        shutil.copyfile(assignment.folder / file, place / file)
    return place
