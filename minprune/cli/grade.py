"""The command `minprune grade`: points for a student's functions."""

import pathlib

from ..grading.assignments import find, names
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

Exit code: 0 all points, 1 some are missing, 2 something could not run."""


def add(commands):
    parser = add_command(commands, "grade", SUMMARY, HELP, run)
    parser.add_argument("path", nargs="*", metavar="FILE|FOLDER", help="what to grade; left out: list the assignments")
    parser.add_argument("--assignment", metavar="NAME|FOLDER",
                        help="the assignment, if the files do not say it; a folder with a tasks.py is one of your own")
    parser.add_argument("--seed", type=number(int, 0), metavar="N", help="of the random cases; default: new ones")
    parser.add_argument("--limit", type=number(float, 0.1), default=10.0, metavar="S",
                        help="seconds for each task; default 10")
    parser.add_argument("--json", action="store_true", help="print points, feedback and verdicts as JSON")
    parser.add_argument("--start", metavar="NAME|N",
                        help="copy an assignment's brief and starter into a new folder here")
    parser.add_argument("--make-starters", nargs="?", const="", metavar="FOLDER",
                        help="for teachers: cut the starters out of FOLDER/solutions/*.py")


def run(arguments):
    """Do what the arguments say; return the exit code."""
    if arguments.make_starters is not None:
        print_starters(arguments.make_starters)
    elif arguments.start is not None:
        print(start(arguments.start))
    elif not arguments.path:
        print_assignments()
    else:
        return print_grades(grade(arguments.path, arguments.seed, arguments.assignment, arguments.limit),
                            arguments.json)
    return 0


def print_starters(folder):
    """Make the starters of a folder (an empty text: the shipped ones), and print their paths."""
    for path in make_starters(pathlib.Path(folder) if folder else None):
        print(path)


def print_assignments():
    """A line for each shipped assignment: its name, points and title."""
    for name in names():
        assignment = find(name)
        print(f"{name:<32}{assignment.points:>3} points  {assignment.title}")


def print_grades(grades, as_data):
    """Print the grades as text or as JSON; return the exit code."""
    print(as_json(grades.to_dict()) if as_data else grades)
    return 2 if not grades.ran else int(grades.points < grades.of)
