"""A formula in a user's file, and the report on a claim about it, which is tried in the sandbox."""

import math
import pathlib
import time
from typing import NamedTuple

from ..engine.checks import check_known, check_real
from .formula_process import try_formula
from .sandbox import START_SECONDS, child_process, describe_stop
from .user_file import CouldNotRun, existing_file, one_line

PICTURES = ("png", "pdf", "svg")


class FormulaReport(NamedTuple):
    """The verdict as a text and as a dict, the exception that the function raised (one line, or None), and whether a
    picture was drawn."""

    text: str
    verdict: dict
    raised: str | None
    drawn: bool

    @property
    def exit_code(self):
        """0 the claim holds, 1 it fails, 2 the function raised an exception."""
        return 2 if self.raised is not None else int(not self.verdict["holds"])


def verify_file(path, function, claim, limit=30.0, picture=None, printed=None):
    """Try a claim about the function of this name in a file; return the FormulaReport.

    `claim` is a dict of the arguments of `verify`; functions in it, a second formula for equals or a condition for
    where's that, are named "FILE.py:FUNCTION", or ":FUNCTION" of the same file. The file may import its neighbours.
    Its code runs in a process of its own for at most `limit` seconds (None: in this process, without a limit), which
    guards against mistakes, not against malice. printed(text) is called with what the code prints, up to 2,000
    characters. `picture` is a path for verdict.plot(), .png, .pdf or .svg; nothing is drawn if nothing was compared.

    Raises FileNotFoundError if there is no such file, CouldNotRun if it cannot be run, is not done in time or ends
    Python, ValueError or TypeError for a function that it does not have and for all that `verify` refuses.
    """
    path = existing_file(path)
    if limit is not None:
        check_real("limit", limit, above=0)
    request = {"file": str(path), "function": function, "claim": claim, "picture": checked_picture(picture)}
    if limit is None:
        messages = []
        try_formula(request, lambda *message: messages.append(message))
        return receive_report(lambda seconds: messages.pop(0), path, math.inf, printed)
    with child_process(try_formula, request) as child:
        return receive_report(child.receive, path, limit, printed)


def checked_picture(picture):
    """The full path as a text, or None; an error, before anything runs, if no picture can be written there."""
    if picture is None:
        return None
    path = pathlib.Path(picture).resolve()
    check_known("picture format", path.suffix.lower().lstrip("."), PICTURES)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot write {picture}: there is no folder {path.parent}")
    return str(path)


def receive_report(receive, path, limit, printed=None):
    """Listen until the FormulaReport comes; raise the error if one comes first."""
    end = time.monotonic() + limit
    while True:
        kind, *parts = receive(end - time.monotonic())
        if kind == "printed":
            if printed is not None:
                printed(*parts)
        elif kind == "tried":
            end = time.monotonic() + START_SECONDS  # a picture takes matplotlib's time, not that of the user's code
        elif kind == "checked":
            return FormulaReport(*parts)
        elif kind == "refused":
            raise ValueError(*parts)
        elif kind == "problem":
            raise CouldNotRun(*parts)
        else:
            raise CouldNotRun(f"{path.name}: {describe_silence([kind, *parts], limit)}")


def describe_silence(message, limit):
    """Why no report came, in one line."""
    if message == ["late", None]:                   # no line of the user's code is running, so it is not a loop there
        return f"not done after {limit:g} seconds; it needs a higher limit or fewer trials"
    return one_line(describe_stop(message, limit))
