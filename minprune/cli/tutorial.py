"""The command `minprune tutorial`: the textbook's chapters, listed, run, and brought up to date."""

import sys

from ..textbook import chapters
from .arguments import add_command, number

SUMMARY = "the textbook's chapters; 'minprune tutorial 0' runs the first"
TEXT = """\
Without N: list the chapters. With N: run that chapter from top to bottom in a scratch
folder, print what it prints, and compare each number with the text. With FILE.md: do the
same with a chapter of your own: its ```python blocks are run, and a ```text block right
after one holds what it prints. Exit code 1: other numbers, or a block that raises."""


def add(commands):
    parser = add_command(commands, "tutorial", SUMMARY, TEXT, run)
    parser.add_argument("chapter", nargs="?", type=chapter, metavar="N|FILE.md",
                        help="the chapter's number, or a file of your own")
    parser.add_argument("--update", action="store_true",
                        help="write outputs and figures back into the chapter (all chapters without N)")


def chapter(text):
    """The number of a chapter, or the path of a Markdown file."""
    return text if text.endswith(".md") else number(int, 0)(text)


def run(arguments):
    """Return the exit code: 1 if a chapter that was run prints something else than its text says, or raises."""
    own = isinstance(arguments.chapter, str)
    paths = [chapters.chapter_file(arguments.chapter)] if own else chapters.find(arguments.chapter)
    if arguments.update:
        return max(map(update, paths))
    if arguments.chapter is None:
        for path in paths:
            print(f"{chapters.number(path):>3}  {chapters.title(path)}   ({path})")
        return 0
    return chapters.show(*paths)


def update(path):
    """Write what a chapter prints back into it; return 1, and leave it as it was, if it raises."""
    try:
        print(f"{chapters.update(path)}: up to date")
    except (Exception, SystemExit) as error:
        print(f"{path} is left as it was: {chapters.failure(path, error)}", file=sys.stderr)
        return 1
    return 0
