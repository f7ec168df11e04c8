"""The command `minprune quiz`: questions to the chapters, with numbers of one's own."""

import sys

import numpy as np

from ..textbook.quiz.kinds import CHAPTERS, draw_questions, of_chapter
from ..textbook.quiz.paper import exam
from ..textbook.quiz.session import Session
from .arguments import add_command, number

SUMMARY = "questions to the chapters, for a pencil, with other numbers for everybody"
TEXT = """\
Ask questions to a chapter, or to all of them. Their numbers are drawn anew each time, the
answers are computed from the small network in question; a wrong answer gets the way to the
right one. Whole numbers are exact, others may be rounded to two decimals; 1/3 is read as well.
q stops.

  minprune quiz 4                      five questions to chapter 4
  minprune quiz 4 < answers.txt        answers from a file, a line each
  minprune quiz 4 --paper 3 > exam.md  three variants of a sheet, and their keys
  minprune quiz --list                 the kinds of questions

Exit code: 0 all right, 1 some were not, or not all were answered."""


def add(commands):
    parser = add_command(commands, "quiz", SUMMARY, TEXT, run)
    parser.add_argument("chapter", nargs="?", type=number(int, 0), metavar="CHAPTER",
                        help="its number; default: all chapters")
    parser.add_argument("--seed", type=number(int, 0), metavar="N",
                        help="of the questions and their numbers; default: new ones")
    parser.add_argument("--count", type=number(int, 1), default=5, metavar="N", help="how many questions; default 5")
    parser.add_argument("--paper", nargs="?", type=number(int, 1), const=1, metavar="N",
                        help="print a sheet for an exam and its key, in N variants (one if N is left out)")
    parser.add_argument("--list", action="store_true", help="list the kinds of questions")


def run(arguments):
    """Return the exit code."""
    if arguments.list:
        return print_kinds()
    seed = draw_seed() if arguments.seed is None else arguments.seed
    if arguments.paper is not None:
        print(exam(arguments.chapter, arguments.count, seed, arguments.paper))
        return 0
    questions = draw_questions(arguments.chapter, arguments.count, seed)
    right = Session(questions, read_line, print, again=sys.stdin.isatty()).run()
    print(f"the same questions again: --seed {seed}")
    return int(right < len(questions))


def print_kinds():
    """A line for each kind of question."""
    for chapter in CHAPTERS:
        print(f"chapter {chapter}")
        for kind in of_chapter(chapter):
            print(f"    {kind.summary}")


def read_line():
    """The next line that was typed, or stands in the file; None at its end."""
    print("> ", end="", flush=True)
    line = sys.stdin.readline()
    if not sys.stdin.isatty():
        print(line.rstrip("\n"))
    return line.rstrip("\n") if line else None


def draw_seed():
    """A new seed from the system's randomness, short enough to be typed."""
    return int(np.random.SeedSequence().entropy % 10 ** 6)
