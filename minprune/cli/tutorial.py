"""The command `minprune tutorial`: the textbook's chapters, listed, run, and brought up to date."""

from ..textbook import chapters
from .arguments import add_command, number

SUMMARY = "the textbook's chapters; 'minprune tutorial 1' runs the first"
TEXT = """\
Without N: list the chapters. With N: run that chapter from top to bottom in a scratch
folder, print what it prints, and compare each number with the text."""


def add(commands):
    parser = add_command(commands, "tutorial", SUMMARY, TEXT, run)
    parser.add_argument("chapter", nargs="?", type=number(int, 1), metavar="N", help="the chapter's number")
    parser.add_argument("--update", action="store_true",
                        help="write outputs and figures back into the chapter (all chapters without N)")


def run(arguments):
    """Return the exit code: 1 if a chapter that was run prints something else than its text says."""
    paths = chapters.find(arguments.chapter)
    if arguments.update:
        for path in paths:
            print(f"{chapters.update(path)}: up to date")
    elif arguments.chapter is None:
        for path in paths:
            print(f"{chapters.number(path):>3}  {chapters.title(path)}   ({path})")
    else:
        return chapters.show(*paths)
    return 0
