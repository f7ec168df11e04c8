"""The textbook's chapters: Markdown files whose code is run, and whose printed numbers are checked or written anew.

A chapter is prose with ```python blocks. A ```text block right after one holds what it prints. All blocks of a chapter
share their variables and run from top to bottom in an empty folder with a subfolder `figures`. A file NN_name.md in the
folder of the tutorials is chapter NN; its first line is its title. A file of the same name in a folder with the name of
a language, zh/NN_name.md, is its translation: other prose around the same blocks, the same output and figures.
"""

import contextlib
import io
import os
import pathlib
import re
import tempfile
import traceback
from typing import NamedTuple

from ..engine import storage
from ..grading.assignments import tutorials_folder
from .outputs import difference

BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n*^```text\n(?P<text>.*?)^```\n)?", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A ```python block: the line it starts on, what it printed, what the text says it prints."""

    line: int
    printed: str
    expected: str

    def difference(self):
        """How the two differ, as a sentence, or None."""
        return difference(self.printed, self.expected)


# ------------------------------------------------------------------------------------- finding


def find(chosen=None):
    """The paths of all chapters in order, or of the chapter 3, or of its translation "zh/3"; ValueError if none.

    Without `chosen` translations are not among them: see `translations`.
    """
    paths = sorted(tutorials_folder().glob("[0-9][0-9]_*.md"))
    if chosen is None:
        return paths
    every = {label(path): path for path in shipped()}
    if str(chosen) not in every:
        raise ValueError(f"there is no chapter {chosen}; there are {', '.join(every)}")
    return [every[str(chosen)]]


def translations():
    """The paths of all chapters in other languages, in order."""
    return sorted(tutorials_folder().glob("[a-z][a-z]/[0-9][0-9]_*.md"))


def shipped():
    """The paths of all chapters, and then of all translations."""
    return [*find(), *translations()]


def is_translation(chapter):
    return chapter.parent.parent.resolve() == tutorials_folder().resolve()


def is_shipped(chapter):
    """Whether this is a chapter of the textbook, or a translation of one, and not one's own."""
    return chapter.resolve() in [path.resolve() for path in shipped()]


def original(chapter):
    """The path of the chapter that this one is a translation of; its own path if it is none."""
    return tutorials_folder() / chapter.name if is_translation(chapter) else chapter


def label(chapter):
    """What a chapter is called on the command line: its number, "3", a translation's with its language, "zh/3"."""
    return f"{chapter.parent.name}/{number(chapter)}" if is_translation(chapter) else str(number(chapter))


def chapter_file(path):
    """The path of a chapter of one's own, a Markdown file anywhere; ValueError if there is none."""
    path = pathlib.Path(path).resolve()         # chapters are run in another folder
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    if not BLOCK.search(path.read_text(encoding="utf-8")):
        raise ValueError(f"{path} has no ```python block to run")
    return path


def number(chapter):
    return int(chapter.name[:2])


def title(chapter):
    return chapter.read_text(encoding="utf-8").split("\n", 1)[0].lstrip("#0123456789. ")


# ------------------------------------------------------------------------------------- running


@contextlib.contextmanager
def scratch():
    """Work in an empty folder with a subfolder `figures`; yield its path."""
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as place:
        pathlib.Path(place, "figures").mkdir()
        os.chdir(place)
        try:
            yield pathlib.Path(place)
        finally:
            os.chdir(home)


def run(chapter):
    """Run a chapter in the current folder; yield a Block for each ```python block as it is done."""
    text = chapter.read_text(encoding="utf-8")
    names = {"__name__": "__main__"}
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("code"))
        code = compile("\n" * line + match["code"], str(chapter), "exec")     # errors then name the chapter's line
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(code, names)
        yield Block(line, output.getvalue(), match["text"] or "")


def show(chapter):
    """Run a chapter and print what it prints; return 0 if all is as the text says, else 1, also if it raises."""
    print(title(chapter))
    different = []
    try:
        with scratch():
            for block in run(chapter):
                print(f"\n--- line {block.line}\n{block.printed}", end="", flush=True)
                if (how := block.difference()) is not None:
                    different.append(f"line {block.line}: {how}")
    except (Exception, SystemExit) as error:    # a chapter that calls exit() has not been run to its end
        print(f"\n{failure(chapter, error)}")
        return 1
    print("\n" + ("\n".join(["not as the text says:", *different]) if different else "all as the text says"))
    return int(bool(different))


def failure(chapter, error):
    """Which block of the chapter raised the error, on which line of the file, and the traceback from there on."""
    steps = traceback.extract_tb(error.__traceback__)
    own = [place for place, step in enumerate(steps) if step.filename == str(chapter)]
    line = steps[own[-1]].lineno if own else getattr(error, "lineno", None) or 0       # a SyntaxError says it itself
    text = chapter.read_text(encoding="utf-8")
    starts = [text.count("\n", 0, match.start("code")) for match in BLOCK.finditer(text)]
    block = sum(start < line for start in starts)
    told = [*traceback.format_list(steps[own[0]:] if own else []), *traceback.format_exception_only(type(error), error)]
    return f"block {block} (line {starts[block - 1]}) raised {type(error).__name__} on line {line}:\n\n{''.join(told)}"


# ------------------------------------------------------------------------------------ updating


def update(chapter):
    """Run a chapter and write what it prints and draws back into it; return its path.

    Only what follows a ```python block changes: its ```text block is replaced, added or taken out.
    """
    text = chapter.read_text(encoding="utf-8")
    with scratch() as place:
        printed = iter([block.printed for block in run(chapter)])
        new = BLOCK.sub(lambda match: with_output(match["code"], next(printed)), text)
        drawn = {path.name: path.read_bytes() for path in sorted((place / "figures").iterdir())}
    # nothing is written before the whole chapter has run
    figures = figures_folder(chapter)
    figures.mkdir(exist_ok=True)
    for name, data in drawn.items():
        with storage.atomic(figures / name) as file:
            file.write(data)
    with storage.atomic(chapter, "t") as file:
        file.write(new)
    return chapter


def figures_folder(chapter):
    """Where a chapter's figures lie: beside it; a translation shows those of the chapter it translates."""
    return original(chapter).parent / "figures"


def with_output(code, printed):
    """The Markdown of a block of code and of what it prints."""
    block = f"```python\n{code}```\n"
    if not printed:
        return block
    ending = "" if printed.endswith("\n") else "\n"
    return f"{block}\n```text\n{printed}{ending}```\n"
