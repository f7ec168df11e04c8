"""The textbook: Markdown chapters whose code runs and whose printed numbers are checked.

A chapter is prose with ```python blocks. A ```text block right after one holds what it prints. All blocks of a
chapter share one namespace and run from top to bottom in an empty folder with a subfolder `figures`.
"""

import contextlib
import io
import os
import pathlib
import re
import tempfile
from typing import NamedTuple

from ..engine import storage

BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n*^```text\n(?P<text>.*?)^```\n)?", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"[-+−]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


class Block(NamedTuple):
    """One ```python block: the line it starts on, what it printed, what the text says it prints."""

    line: int
    printed: str
    expected: str


def folder():
    """Where the chapters are: beside the package in a clone, inside it when installed."""
    package = pathlib.Path(__file__).parent.parent
    for place in (package / "tutorials", package.parent / "tutorials"):
        if any(place.glob("[0-9][0-9]_*.md")):
            return place
    raise FileNotFoundError(f"no chapters beside or inside {package}")


def find(wanted=None):
    """The paths of all chapters in order, or of the one with this number; ValueError if there is none."""
    every = sorted(folder().glob("[0-9][0-9]_*.md"))
    chosen = [path for path in every if wanted in (None, number(path))]
    if not chosen:
        raise ValueError(f"there is no chapter {wanted}; there are {', '.join(str(number(path)) for path in every)}")
    return chosen


def number(chapter):
    return int(chapter.name[:2])


def title(chapter):
    return chapter.read_text(encoding="utf-8").split("\n", 1)[0].lstrip("#0123456789. ")


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
    text, names = chapter.read_text(encoding="utf-8"), {"__name__": "__main__"}
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("code"))
        output = io.StringIO()
        code = compile("\n" * line + found["code"], str(chapter), "exec")
        with contextlib.redirect_stdout(output):
            exec(code, names)
        yield Block(line, output.getvalue(), found["text"] or "")


def show(chapter):
    """Run a chapter and print what it prints; return 0 if all is as the text says, else 1."""
    print(title(chapter))
    different = []
    with scratch():
        for block in run(chapter):
            print(f"\n--- line {block.line}\n{block.printed}", end="", flush=True)
            if (why := difference(block)) is not None:
                different.append(f"line {block.line}: {why}")
    print("\n" + ("\n".join(["not as the text says:", *different]) if different else "all as the text says"))
    return int(bool(different))


def difference(block):
    """How the output differs from the text, or None: words must be equal, numbers to the digits printed."""
    printed, expected = pieces(block.printed), pieces(block.expected)
    for one, other in zip(printed, expected):
        if not same(one, other):
            return f'printed "{one}" where the text has "{other}"'
    if len(printed) != len(expected):
        return f"printed {len(printed)} words and numbers where the text has {len(expected)}"
    return None


def pieces(text):
    """The words and the numbers of a text, in order."""
    words = []
    for word in text.split():
        words += [word] if NUMBER.fullmatch(word) else [one for one in re.split(f"({NUMBER.pattern})", word) if one]
    return words


def same(one, other):
    """Equal, or two numbers that differ by at most one unit of the last digit printed, which is rounded."""
    if one == other:
        return True
    if not (NUMBER.fullmatch(one) and NUMBER.fullmatch(other)) or digits(one) != digits(other):
        return False
    return abs(value(one) - value(other)) <= 1.0001 * unit(other)


def value(text):
    return float(text.replace(",", "").replace("−", "-"))


def digits(text):
    """How many digits stand behind the point."""
    return len(text.split("e")[0].partition(".")[2])


def unit(text):
    """The last printed digit's worth; a whole number has none to spare."""
    exponent = int(text.split("e")[1]) if "e" in text else 0
    return 10.0 ** (exponent - digits(text)) if digits(text) or exponent else 0.0


def update(chapter):
    """Run a chapter and write what it prints and draws back into it; return its path.

    Only what follows a ```python block changes: its ```text block is replaced, added or taken out.
    """
    text = chapter.read_text(encoding="utf-8")
    with scratch() as place:
        printed = iter([block.printed for block in run(chapter)])
        new = BLOCK.sub(lambda found: with_output(found["code"], next(printed)), text)
        drawn = {path.name: path.read_bytes() for path in sorted((place / "figures").iterdir())}
    (chapter.parent / "figures").mkdir(exist_ok=True)
    for name, data in drawn.items():
        with storage.atomic(chapter.parent / "figures" / name) as file:
            file.write(data)
    with storage.atomic(chapter, "t") as file:
        file.write(new)
    return chapter


def with_output(code, printed):
    block = f"```python\n{code}```\n"
    if not printed:
        return block
    ending = "" if printed.endswith("\n") else "\n"
    return f"{block}\n```text\n{printed}{ending}```\n"
