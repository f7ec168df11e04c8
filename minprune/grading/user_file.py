"""A user's file of Python code: found, run as a module, and its errors described with the line that raised them."""

import contextlib
import difflib
import io
import pathlib
import sys
import traceback
import types


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

    What it prints goes to the stream `out`, or nowhere. CouldNotRun says in one line why it cannot be run.
    """
    module = types.ModuleType("submission")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module       # dataclasses look here for the module of their class
    try:
        with contextlib.redirect_stdout(io.StringIO() if out is None else out):
            code = compile(file.read_bytes(), str(file), "exec")
            exec(code, vars(module))
    except KeyboardInterrupt:
        raise
    except SyntaxError as error:
        line = f" (line {error.lineno})" if error.lineno else ""
        raise CouldNotRun(f"{type(error).__name__}: {error.msg}{line}") from None
    except BaseException as error:              # code outside of functions may raise anything, exit() included
        raise CouldNotRun(one_line(describe_error(error, file))) from None
    finally:
        del sys.modules[module.__name__]
    return module


def describe_error(error, file=None):
    """`ValueError: shapes …`, and on a second line `(line 12: return x @ W)`: the last line that ran in the file."""
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    frames = [] if file is None else traceback.extract_tb(error.__traceback__)
    lines = [frame for frame in frames if frame.filename == str(file)]
    return text + (f"\n(line {lines[-1].lineno}: {lines[-1].line})" if lines else "")


def file_of(function):
    """The file that a function was written in; None for what has no Python code."""
    return getattr(getattr(function, "__code__", None), "co_filename", None)


def one_line(text):
    return " ".join(text.split("\n"))
