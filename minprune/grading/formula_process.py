"""What happens to a formula inside the sandbox: its file runs, the claim is tried, the picture is drawn.

The messages that are sent to the parent:

    ["printed", text]                            the user's code printed something
    ["tried"]                                    the verdict is there; the picture and the texts are still to be made
    ["checked", text, verdict, raised, drawn]    all is done: the parts of a FormulaReport
    ["refused", line]                            `verify` refuses its arguments
    ["problem", line]                            the file cannot be run, or its code fails outside of the formulas
"""

import contextlib
import pathlib
import sys

from ..verification.verify import verify
from .named_functions import NamedFunctions
from .reports import plain_verdict
from .sandbox import PrintSender
from .user_file import CouldNotRun, describe_error, one_line


def try_formula(request, send):
    """The job of the child process; `request` is {"file", "function", "claim", "picture"}."""
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


@contextlib.contextmanager
def importing_beside(file):
    """The file's folder is the last place where modules are looked for: a numpy.py in it does not hide NumPy."""
    old = sys.path
    sys.path = [*old, str(file.parent)]
    try:
        yield
    finally:
        sys.path = old


def verdict_of(file, function, claim):
    """(the Verdict, the exception that decided it in one line, or None)."""
    functions = NamedFunctions(file)
    verdict = verify(functions.find(f":{function}"), **functions.resolve(claim))
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
