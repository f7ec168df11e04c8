"""Grading: points for each task of an assignment, measured on fresh random cases.

The student's code runs in a process of its own, with a time limit for each task. That guards against mistakes
(endless loops, exit(), a crash), not against malice: give work from strangers to `grade` inside a container.
"""

import contextlib
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import types
from typing import NamedTuple

import numpy as np

from ..engine.checks import check_count, check_real
from .answers import judge, told_error
from .assignments import find, names

NAMED = re.compile(r"""^ASSIGNMENT *= *["']([^"']+)["']""", re.MULTILINE)
START = 120.0                   # seconds that Python itself may take to start and import NumPy, on a busy machine

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
    """The points of one task, and why."""

    task: str
    points: int
    of: int
    feedback: str


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
            first, *rest = mark.feedback.split("\n")
            lines += [f"  {mark.points}/{mark.of}  {mark.task:<{width}}  {first}"]
            lines += [textwrap.indent(line, " " * (width + 9)) for line in rest]
        return "\n".join(lines)


class Grades(NamedTuple):
    """The sheets of all files, and the seed that draws the same cases again."""

    seed: int
    sheets: tuple

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
        return "\n\n".join([*map(str, self.sheets), *total, f"(the same cases again: --seed {self.seed})"])

    def to_dict(self):
        """Plain lists and dicts, for json."""
        return {"seed": self.seed, "points": self.points, "of": self.of,
                "sheets": [{"file": sheet.file, "assignment": sheet.assignment, "points": sheet.points,
                            "of": sheet.of, "problem": sheet.problem,
                            "tasks": [mark._asdict() for mark in sheet.marks]} for sheet in self.sheets]}


def grade(path, seed=None, assignment=None, limit=10.0):
    """Grade a student's file, or every file of a folder that belongs to an assignment; return the Grades.

    Which assignment a file belongs to: the one given (a name, a number or a folder), that of the tasks.py beside it, or
    the one that its line ASSIGNMENT = "…" names. Each task is all or nothing: its function must be right in all random
    cases, leave its arguments as they are, and take at most `limit` seconds. While a task is graded, the functions of
    the other tasks are replaced by right ones: a mistake costs points once. `seed=None` draws fresh cases;
    grades.seed draws them again.

    The code runs in a process of its own; `limit=None` runs it in this one, without a limit (in a notebook, say).
    Nothing is raised for what is wrong with a student's code: `sheet.problem` tells that a file could not be run.
    In a folder it also tells that a file's assignment is not known. Raises FileNotFoundError if there is no such file,
    ValueError if its assignment is not known, a folder has no file of one, or the assignment's own code fails,
    TypeError or ValueError for a malformed seed or limit.
    """
    seed = int(np.random.SeedSequence().entropy % 2 ** 32) if seed is None else check_count("seed", seed, least=0)
    if limit is not None:
        check_real("limit", limit, above=0)
    path, given = pathlib.Path(path), None if assignment is None else find(assignment)
    if path.is_file():
        return Grades(seed, (grade_file(path, given or assignment_of(path), seed, limit),))
    return Grades(seed, tuple(grade_one_of_many(file, given, seed, limit) for file in submissions(path, given)))


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
    marks = (Mark(name, task.points * right, task.points, feedback) for name, task in wanted.items()
             for right, feedback in [results.get(name, (False, "could not run"))])
    return Sheet(str(file), assignment.name, tuple(marks), problem)


class CouldNotRun(Exception):
    """The file as a whole cannot be run."""


# --------------------------------------------------------------------------- finding files


def submissions(path, given=None):
    """The files of a folder that belong to an assignment; FileNotFoundError or ValueError if there are none."""
    if not path.is_dir():
        raise FileNotFoundError(f"no such file or folder: {path}")
    files = [file for file in sorted(path.rglob("*.py")) if file.name != "tasks.py"
             and (given or NAMED.search(text_of(file)) or (file.parent / "tasks.py").is_file())]
    if not files:
        raise ValueError(f'no file in {path} has a line ASSIGNMENT = "…" or a tasks.py beside it')
    return files


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
    """Yield (task, (right?, feedback)) in this process."""
    module = run_file(file)
    for name, task in wanted.items():
        yield name, grade_task(module, task, assignment, seed)


def run_file(file):
    """The student's file as a module; CouldNotRun tells why it is none."""
    module = types.ModuleType("submission")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module       # dataclasses look for the module that they stand in
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
            code = compile(file.read_bytes(), str(file), "exec")
            exec(code, vars(module))
    except KeyboardInterrupt:
        raise
    except SyntaxError as error:
        raise CouldNotRun(f"{type(error).__name__}: {error.msg} (line {error.lineno})") from None
    except BaseException as error:              # whatever stands at the left margin of a student's file, exit() too
        raise CouldNotRun(told_error(error, code_of(file)).replace("\n", " ")) from None
    finally:
        del sys.modules[module.__name__]
    return module


def code_of(file):
    """Something whose code is in this file, for `told_error`."""
    return eval(compile("lambda: None", str(file), "eval"))


def grade_task(module, task, assignment, seed):
    """(right?, feedback) for one task, with the other tasks' functions replaced by right ones."""
    function = vars(module).get(task.name)
    if not callable(function):
        return False, f"there is no function {task.name}"
    before = dict(vars(module))
    vars(module).update({one.name: one.answer for one in assignment.tasks if one.name != task.name})
    try:
        right, feedback = judge(function, task, seed)
        return right, feedback + (verdict(function, task, seed, right) if task.claim is not None else "")
    except Exception as error:                  # the student's own are caught where the function is called
        raise ValueError(f"task {task.name} of {assignment.folder} cannot be graded: {told_error(error)}") from error
    finally:
        vars(module).clear()
        vars(module).update(before)


def verdict(function, task, seed, right):
    """A further paragraph: what `verify` says of the function; nothing if it could not run, or has seen less."""
    try:
        from .verify import verify
        found = verify(function, **task.claim, seed=seed)
    except Exception:                           # the feedback stands without it
        return ""
    return f"\n{found}" if found.holds == right and found.problem is None else ""


def grade_apart(file, assignment, wanted, seed, limit):
    """Yield (task, (right?, feedback)), from a process of its own; from another if that ends or must be ended."""
    waiting = list(wanted)
    while waiting:
        with worker({"file": str(file.resolve()), "folder": str(assignment.folder), "tasks": waiting,
                     "seed": seed}) as listen:
            stopped = None
            if listen(START) != ["started"]:
                raise RuntimeError("cannot start a Python process for the student's code")
            loaded = listen(limit)
            if loaded != ["loaded"]:
                raise CouldNotRun(loaded[1] if loaded[0] == "problem" else stop_told(loaded, limit))
            while waiting and stopped is None:
                message = listen(limit)
                if message[0] == "task":
                    yield waiting.pop(0), tuple(message[1:])
                elif message[0] == "error":
                    raise ValueError(message[1])
                else:
                    stopped = stop_told(message, limit)
        if stopped is not None:
            yield waiting.pop(0), (False, stopped)


def stop_told(message, limit):
    """Why nothing more came from the process."""
    return f"not done after {limit:g} seconds: an endless loop?" if message == ["late"] else \
        "it ended Python itself"


@contextlib.contextmanager
def worker(work):
    """Start a process that does the work; yield listen(seconds) -> its next message, ["late"] or ["ended"]."""
    code = f"import sys; sys.path[:] = {sys.path!r}; from minprune.verification.grading import work; work()"
    process = subprocess.Popen([sys.executable, "-I", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, encoding="utf-8")
    messages = queue.Queue()

    def listen(seconds):
        try:
            return messages.get(timeout=seconds)
        except queue.Empty:
            return ["late"]

    def read():
        for line in process.stdout:
            messages.put(json.loads(line))
        messages.put(["ended"])

    try:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(work))
            process.stdin.close()
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        yield listen
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


def work():
    """What the process does: read the work from stdin, tell each result in a line of JSON.

    The student's code gets an empty stdin and a stdout that goes nowhere, so that its prints do not mix with these.
    """
    asked = json.loads(sys.stdin.read())
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def tell(*message):
        print(json.dumps(message), file=out, flush=True)

    assignment = find(asked["folder"])
    tell("started")
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
    one.add_argument("--json", action="store_true", help="print the points and the feedback as JSON")
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
