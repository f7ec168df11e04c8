"""What happens to a formula inside the sandbox: its file runs, the functions that the claim names are found, the claim
is tried, the picture is drawn.

The messages that are sent to the parent:

    ["printed", text]                            the user's code printed something
    ["tried"]                                    the verdict is there; the picture and the texts are still to be made
    ["checked", text, verdict, raised, drawn]    all is done: the parts of a FormulaReport
    ["refused", line]                            `verify` refuses its arguments
    ["problem", line]                            the file cannot be run, or its code fails outside of the formulas
"""

import contextlib
import functools
import io
import pathlib
import sys

from ..engine.checks import check_known
from ..verification.verify import verify
from .reports import plain_verdict
from .user_file import CouldNotRun, describe_error, existing_file, importing_beside, one_line, run_file

MOST_PRINTED = 2000             # characters


def try_formula(request, send, receive=None):
    """The job of the child process; `request` is {"file", "function", "claim", "picture"}. It receives nothing more."""
    file = pathlib.Path(request["file"])
    out = PrintSender(send)

    # The user's code runs in here only.
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), importing_beside(file):
        try:
            verdict, raised = verdict_of(file, request["function"], request["claim"])
        except KeyboardInterrupt:
            raise
        except CouldNotRun as error:
            return send("problem", str(error))
        except BaseException as error:              # a condition that raises, say
            return send(*describe_refusal(error, file))

    send("tried")
    drawn = request["picture"] is not None and draw(verdict, request["picture"])
    send("checked", str(verdict), plain_verdict(verdict), raised, drawn)


def verdict_of(file, function, claim):
    """(the Verdict, the exception that decided it in one line, or None)."""
    functions = NamedFunctions(file)
    verdict = verify(functions.find(f":{function}"), **functions.resolve(claim)).explain()
    problem = verdict.problem or ""
    raised = [line for name, line in functions.raised.items() if problem.startswith(f"{name} raised ")]
    return verdict, raised[0] if raised else None


def describe_refusal(error, file):
    """("refused", line) if `verify` refuses its arguments, ("problem", line) if the error comes from the file."""
    text = describe_error(error, file)
    if isinstance(error, (ValueError, TypeError, OSError)) and "\n(line" not in text:
        return "refused", str(error)
    return "problem", f"{file.name}: {one_line(text)}"


def draw(verdict, path):
    """Write the picture; return False if nothing was compared."""
    if not len(verdict.points[0]):
        return False
    from ..plots import save                        # only a picture needs matplotlib

    save(verdict.plot(), path)
    return True


# ---------------------------------------------------------------------- what the code prints


class PrintSender(io.TextIOBase):
    """A stdout that sends what is written to it as messages ["printed", text].

    Only the beginning is sent, for a formula may be called a thousand times.
    """

    def __init__(self, send):
        self.send = send
        self.left = MOST_PRINTED                # characters that may still be sent

    def write(self, text):
        if self.left > 0:
            cut = "\n… (the rest of what it prints is left out)\n" if len(text) >= self.left else ""
            self.send("printed", text[:self.left] + cut)
            self.left -= len(text)
        return len(text)


# ------------------------------------------------------------ the functions that a claim names


class NamedFunctions:
    """The functions that a claim names.

    Each file runs once. `raised` is {function's name: the first exception that it raised, described in one line}.
    """

    def __init__(self, file):
        self.file = file            # the file that ":FUNCTION" is about
        self.modules = {}           # {path: module}
        self.raised = {}

    def resolve(self, value):
        """The value with functions in place of their names, also inside of dicts and lists."""
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        return self.find(value) if isinstance(value, str) and ":" in value else value

    def find(self, text):
        """The function of "FILE.py:FUNCTION", or the FUNCTION of `self.file` for ":FUNCTION"."""
        path, _, name = text.rpartition(":")
        path = existing_file(path) if path else self.file
        if path not in self.modules:
            self.modules[path] = run_named_file(path)
        return watched(find_function(self.modules[path], path, name), name, path, self.raised)


def run_named_file(path):
    """The module of a file; what it prints goes to the present stdout. CouldNotRun names the file."""
    try:
        return run_file(path, sys.stdout)
    except CouldNotRun as error:
        raise CouldNotRun(f"{path.name}: {error}") from None


def find_function(module, path, name):
    """The function (or anything that can be called) of this name; ValueError names the nearest one of the file."""
    value = vars(module).get(name)
    if callable(value):
        return value
    if value is not None:
        raise ValueError(f"{name} of {path.name} is no function, it is {value!r:.60}")
    own = [key for key, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    if not own:
        raise ValueError(f'{path.name} has no function "{name}", and no other')
    check_known(f"function of {path.name}:", name, own)


def watched(function, name, path, raised):
    """The function under its name in the file; raised[name] describes its first exception, with the line.

    exit() becomes an ordinary exception, so that it is reported with the shapes of the arguments like all others.
    """
    @functools.wraps(function)
    def call(*positional, **named):
        try:
            return function(*positional, **named)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raised.setdefault(name, f"{name} raised {one_line(describe_error(error, path))}")
            if isinstance(error, Exception):
                raise
            raise RuntimeError(f"{type(error).__name__}: {error}") from error

    call.__name__ = name
    return call
