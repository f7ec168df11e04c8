"""The command `minprune grade`: points for a student's functions, and for a whole class."""

import pathlib
import sys
import time

from ..engine.storage import atomic
from ..grading.assignments import find, names
from ..grading.checking import SEEDS, check
from ..grading.course.grade_class import grade_class
from ..grading.course.gradescope import no_results, results_json
from ..grading.course.workflow import workflow
from ..grading.grading import grade
from ..grading.reports import as_json
from ..grading.starters import make_starters, start
from .arguments import add_command, number

SUMMARY = "points for a student's functions, on fresh random cases"
HELP = """\
Give points to the functions that a student wrote: each is called with fresh random arguments,
and what it returns is compared with what is measured (central differences, exact removal) or
computed by minprune. Feedback says which shapes it was given, what was expected, and the first
difference, for the smallest case that goes wrong.

  minprune grade                 list the assignments
  minprune grade --start 1       copy the first one's brief and starter into a folder here
  minprune grade FILE|FOLDER ...
                                 grade files, or all files of folders; a file says which
                                 assignment it is by its line ASSIGNMENT = "..."
  minprune grade FOLDER --class OUT
                                 grade a class on all cores; OUT gets a page with the points, a
                                 page for each student and a table; stopped, it goes on from there
  minprune grade --check FOLDER  try an assignment of your own before you hand it out

Exit code: 0 all points, 1 some are missing, 2 something could not run."""


def add(commands):
    parser = add_command(commands, "grade", SUMMARY, HELP, run)
    parser.add_argument("path", nargs="*", metavar="FILE|FOLDER", help="what to grade; left out: list the assignments")
    parser.add_argument("--assignment", metavar="NAME|FOLDER",
                        help="the assignment, if the files do not say it; a folder with a tasks.py is one of your own")
    parser.add_argument("--task", metavar="NAME", help="show and count this task alone")
    parser.add_argument("--seed", type=number(int, 0), metavar="N", help="of the random cases; default: new ones")
    parser.add_argument("--limit", type=number(float, 0.1), default=10.0, metavar="S",
                        help="seconds for each task; default 10")
    parser.add_argument("--cores", type=number(int, 1), metavar="N", help="for many files; default: all")
    add_outputs(parser)
    add_teachers(parser)


def add_outputs(parser):
    """What becomes of the points."""
    parser.add_argument("--json", action="store_true", help="print points, feedback and verdicts as JSON")
    parser.add_argument("--class", dest="out", metavar="OUT", help="write the pages and the table of a class into OUT")
    parser.add_argument("--gradescope", metavar="FILE", help="write what Gradescope reads, results.json")


def add_teachers(parser):
    """What is done with assignments."""
    parser.add_argument("--start", metavar="NAME|N",
                        help="copy an assignment's brief and starter into a new folder here")
    parser.add_argument("--check", metavar="NAME|FOLDER",
                        help="for teachers: try the solution, starter, mistakes and cases of an assignment")
    parser.add_argument("--seeds", type=number(int, 1), default=SEEDS, metavar="N",
                        help=f"of --check: on how many seeds wrong solutions are tried; default {SEEDS}")
    parser.add_argument("--workflow", metavar="NAME|FOLDER",
                        help="for teachers: print GitHub Classroom's workflow file for an assignment")
    parser.add_argument("--make-starters", nargs="?", const="", metavar="FOLDER",
                        help="for teachers: cut the starters out of FOLDER/solutions/*.py")


def run(arguments):
    """Do what the arguments say; return the exit code."""
    if arguments.make_starters is not None:
        print_starters(arguments.make_starters)
    elif arguments.start is not None:
        print_start(start(arguments.start))
    elif arguments.check is not None:
        return print_check(arguments)
    elif arguments.workflow is not None:
        print(workflow(find(arguments.workflow)), end="")
    elif not arguments.path:
        print_assignments()
    elif arguments.out is not None:
        return print_class(arguments)
    else:
        return print_grades(arguments)
    return 0


def print_start(folder):
    """What a student has now, and what to do with it."""
    print(f"{folder / 'brief.md'}      what is asked")
    print(f"{folder / 'starter.py'}    fill in its functions; then: minprune grade {folder / 'starter.py'}")


def print_starters(folder):
    """Make the starters of a folder (an empty text: the shipped ones), and print their paths."""
    for path in make_starters(pathlib.Path(folder) if folder else None):
        print(path)


def print_assignments():
    """A line for each shipped assignment: its name, points and title."""
    for name in names():
        assignment = find(name)
        print(f"{name:<32}{assignment.points:>3} points  {assignment.title}")


def print_grades(arguments):
    """Grade; print the grades as text or as JSON; return the exit code."""
    try:
        grades = grade(arguments.path, arguments.seed, arguments.assignment, arguments.limit, arguments.cores,
                       Progress("files"))
    except (ValueError, OSError) as error:
        if arguments.gradescope is not None:    # a student who hands in the wrong file shall read why
            write_results(arguments.gradescope, no_results(str(error)))
        raise
    if arguments.task is not None:
        grades = grades.only(arguments.task)
    if arguments.gradescope is not None:
        write_results(arguments.gradescope, results_json(grades))
    print(as_json(grades.to_dict()) if arguments.json else grades)
    return 2 if not grades.ran else int(grades.points < grades.of)


def write_results(path, results):
    with atomic(path, "t") as file:
        file.write(as_json(results))


def print_class(arguments):
    """Grade a class; say where the pages are, and return the exit code."""
    table = grade_class(arguments.path, arguments.out, arguments.seed, arguments.assignment, arguments.limit,
                        arguments.cores, Progress("files"))
    print(f"{len(table.rows)} students, mean {table.mean:.1f} and median {table.median:g} of {table.of} points")
    for file, reason, submitted in table.left_out:
        if submitted:
            print(f"not graded: {file}: {reason}")
    print(pathlib.Path(arguments.out) / "index.html")
    failed = any(sheet.problem for row in table.rows for sheet in row.sheets.values())
    return 2 if failed or any(file.submitted for file in table.left_out) else 0


def print_check(arguments):
    """Try an assignment; print what was found, and return the exit code."""
    found = check(find(arguments.check), arguments.seeds, arguments.limit, arguments.cores, Progress("seeds"))
    print(found)
    return int(bool(found.faults))


class Progress:
    """A line on the terminal that says how much is done and how long the rest may take; elsewhere nothing."""

    def __init__(self, what):
        self.what, self.started, self.before = what, time.monotonic(), None

    def __call__(self, done, of):
        self.before = done - 1 if self.before is None else self.before      # what an earlier run had done already
        left = (time.monotonic() - self.started) / (done - self.before) * (of - done)
        if sys.stderr.isatty() and of > 1:
            end = "\n" if done == of else ""
            print(f"\r{done} of {of} {self.what}, about {left:.0f} s left   ", end=end, file=sys.stderr, flush=True)
