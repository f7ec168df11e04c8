"""The command `minprune tutorial`: the textbook's chapters, listed, run, brought up to date, made into notebooks."""

import sys

from ..textbook import chapters, notebooks
from .arguments import add_command, number

SUMMARY = "the textbook's chapters; 'minprune tutorial 0' runs the first"
TEXT = """\
Without N: list the chapters. With N: run that chapter from top to bottom in a scratch
folder, print what it prints, and compare each number with the text. zh/N is the chapter
in Chinese. With FILE.md: do the same with a chapter of your own: its ```python blocks are
run, and a ```text block right after one holds what it prints. Exit code 1: other numbers,
or a block that raises.

A notebook holds what the chapter's file holds, outputs and figures included; nothing is
run to make it."""


def add(commands):
    parser = add_command(commands, "tutorial", SUMMARY, TEXT, run)
    parser.add_argument("chapter", nargs="?", type=chapter, metavar="N|zh/N|FILE.md",
                        help="the chapter's number, or a file of your own")
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--update", action="store_true",
                      help="write outputs and figures back into the chapter (all chapters without N)")
    task.add_argument("--notebook", nargs="?", const=".", metavar="FILE|DIR",
                      help="write the chapter as a Jupyter notebook; default: under its own name, here")
    task.add_argument("--notebooks", nargs="?", const="", metavar="DIR",
                      help="write all chapters as notebooks; default: into the folder notebooks beside the chapters")
    parser.add_argument("--repository", default="", metavar="WHAT", help="what the notebooks tell pip to install "
                        "where they are opened away from a clone, on Colab for example: git+https://…")


def chapter(text):
    """The name of a chapter, 3 or zh/3, or the path of a Markdown file."""
    return text if text.endswith(".md") or "/" in text else number(int, 0)(text)


def run(arguments):
    """Return the exit code: 1 if a chapter that was run prints something else than its text says, or raises."""
    if arguments.notebooks is not None:
        return write_notebooks(arguments)
    own = str(arguments.chapter).endswith(".md")
    paths = [chapters.chapter_file(arguments.chapter)] if own else chapters.find(arguments.chapter)
    if arguments.notebook is not None:
        return write_notebook(paths, arguments)
    if arguments.update:
        return max(map(update, paths))
    if arguments.chapter is None:
        return list_chapters()
    return chapters.show(*paths)


def list_chapters():
    for path in chapters.shipped():
        print(f"{chapters.label(path):>4}  {chapters.title(path)}   ({path})")


def write_notebook(paths, arguments):
    if arguments.chapter is None:
        raise ValueError("--notebook expects the chapter before it: minprune tutorial 1 --notebook. --notebooks: all")
    print(notebooks.write(*paths, arguments.notebook, arguments.repository))


def write_notebooks(arguments):
    if arguments.chapter is not None:
        raise ValueError("--notebooks writes all chapters and expects no N; --notebook writes one")
    for path in notebooks.write_all(arguments.notebooks or None, arguments.repository):
        print(path)


def update(path):
    """Write what a chapter prints back into it, and, if it is a shipped one, into its notebook; return 1, and leave it
    as it was, if it raises."""
    try:
        print(f"{chapters.update(path)}: up to date")
    except (Exception, SystemExit) as error:
        print(f"{path} is left as it was: {chapters.failure(path, error)}", file=sys.stderr)
        return 1
    if chapters.is_shipped(path):
        list(notebooks.write_all(only=[path]))
    return 0
