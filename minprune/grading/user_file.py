"""A user's file of Python code: found, copied, run as a module, and its errors described with the line that raised
them."""

import contextlib
import difflib
import itertools
import linecache
import os
import pathlib
import re
import shutil
import sys
import tempfile
import traceback
import types

from .notebooks import NotANotebook, cells_of, is_notebook, kept_statements, name_of_cell
from .quiet import Nowhere
from .reports import shorten

MOST_BYTES = 50_000_000         # of the files that are copied with a user's file
MOST_FILES = 5000


class CouldNotRun(RuntimeError):
    """A file as a whole cannot be run."""


def existing_file(path):
    """The full path; FileNotFoundError names the nearest file if this one does not exist."""
    path = pathlib.Path(path)
    if path.is_dir():
        raise FileNotFoundError(f"expected a file of Python code, {path} is a folder")
    if not path.is_file():
        names = [file.name for file in path.parent.glob("*.py")]
        nearest = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
        raise FileNotFoundError(f"no such file: {path}" + (f'; did you mean "{nearest[0]}"?' if nearest else ""))
    return path.resolve()


def run_file(file, out=None):
    """Run a user's file; return it as a module.

    Of a notebook the imports, definitions and assignments of its cells are run. What the code prints goes to the stream
    `out`, or nowhere. CouldNotRun says in one line why it cannot be run.
    """
    module = types.ModuleType("submission")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module       # dataclasses look here for the module of their class
    try:
        with contextlib.redirect_stdout(Nowhere() if out is None else out):
            if is_notebook(file):
                run_cells(file, vars(module))
            else:
                exec(compile(file.read_bytes(), str(file), "exec"), vars(module))
    except KeyboardInterrupt:
        raise
    except NotANotebook as error:
        raise CouldNotRun(str(error)) from None
    except SyntaxError as error:
        line = f" (line {error.lineno})" if error.lineno else ""
        raise CouldNotRun(f"{type(error).__name__}: {error.msg}{line}") from None
    except BaseException as error:              # code outside of functions may raise anything, exit() included
        raise CouldNotRun(one_line(describe_error(error, file))) from None
    finally:
        del sys.modules[module.__name__]
    return module


def run_cells(file, names):
    """Run what is kept of a notebook's cells, one statement after the other.

    A statement that raises an exception is passed over, as its cell is by who goes on with the next one. What a
    function misses then is said where the function is called.
    """
    cells = cells_of(file.read_bytes())
    for number, text in cells:                  # for the lines of errors
        name = name_of_cell(file, number)
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    for name, statement in kept_statements(cells, file):
        try:
            exec(compile(statement, name, "exec"), names)
        except KeyboardInterrupt:
            raise
        except BaseException:
            continue


def describe_error(error, file=None):
    """`ValueError: shapes …`, and on a second line `(line 12: return x @ W)`: the last line that ran in the file.

    A line of a notebook is `(line 2 of cell 3: …)`.
    """
    text = shorten(f"{type(error).__name__}: {message_of(error)}".rstrip(": "))
    if file is None:
        return text
    file = re.sub(r", cell \d+$", "", str(file))
    rows = [row for row in traceback.walk_tb(error.__traceback__) if is_written_in(row[0].f_code, file)]
    lines = traceback.StackSummary.extract(rows[-1:])           # of one row: a recursion has a thousand
    return text + "".join(f"\n(line {place_of(line, file)}: {shorten(line.line)})" for line in lines)


def is_written_in(code, file):
    """Whether code stands in a file, or in a cell of a notebook."""
    return code.co_filename == file or code.co_filename.startswith(f"{file}, cell ")


def place_of(frame, file):
    """`12`, or `2 of cell 3` in a notebook."""
    cell = frame.filename[len(file):].lstrip(", ")
    return f"{frame.lineno} of {cell}" if cell else frame.lineno


def message_of(error):
    """The exception's text; none if it cannot say it."""
    try:
        return str(error)
    except Exception:
        return ""


def file_of(function):
    """The file that a function was written in; None for what has no Python code."""
    return getattr(getattr(function, "__code__", None), "co_filename", None)


def one_line(text):
    return " ".join(text.split("\n"))


# ------------------------------------------------------------------ what a file's code may use


@contextlib.contextmanager
def copied(file, without=()):
    """Yield the path of the file in a copy of its folder, which is thrown away afterwards.

    Of the other files at most MOST_FILES with MOST_BYTES are copied: those beside it come first, then those of its
    folders. Hidden ones are not, nor a teacher's tasks.py, nor the files `without`, which others hand in.
    """
    with tempfile.TemporaryDirectory(prefix="minprune-", ignore_cleanup_errors=True) as place:
        place = pathlib.Path(place).resolve()
        left = MOST_BYTES
        helpers = (path for path in files_under(file.parent) if path not in without and path.name != "tasks.py")
        for path in itertools.islice(helpers, MOST_FILES):
            target = place / path.relative_to(file.parent)
            if path.stat().st_size <= left and os.access(path, os.R_OK):
                left -= path.stat().st_size
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        shutil.copyfile(file, place / file.name)
        yield place / file.name


def files_under(folder):
    """Yield the files of a folder, then those of the folders in it, except hidden and compiled ones."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        paths = (pathlib.Path(place, name) for name in sorted(names) if not name.startswith("."))
        yield from (path for path in paths if path.is_file())


@contextlib.contextmanager
def importing_beside(file):
    """Modules are looked for in the file's folder too, before the current one, but after all others: a numpy.py in it
    does not hide NumPy."""
    old = sys.path
    here = [place for place in old if place in ("", os.getcwd())]
    sys.path = [*(place for place in old if place not in here), str(file.parent), *here]
    try:
        yield
    finally:
        sys.path = old
