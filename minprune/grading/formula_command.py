"""The command `minprune verify FILE.py:FUNCTION`: its options, what it prints, and its exit code."""

import ast
import pathlib
import sys
import warnings

from ..verification.quantities import QUANTITIES
from .claim_options import add_claim_options, add_where_options, claim_of
from .formula_file import verify_file
from .reports import as_json, wrap

VERIFY_SUMMARY = "is this formula true? a function of yours on random networks"
VERIFY = f"""\
Is this formula true? The function is tried on random networks and held against what is
measured there: by central differences, or by silencing each neuron. If it fails you get the
smallest network found that shows it, to be redone on paper, and where possible the name of
the mistake.

The names of its parameters say what it needs, for the layer that is asked about:

  W b gamma W_out    weights (K, F), bias and batch norm's scale (K,), what reads it (K, …)
  x z o              what each neuron reads (N, P, F), its z and o (N, P, K)
  dz do dW           gradients of each sample's own loss, (N, P, K) and (N, K, F)
  y t dy             the network's output, the target, the output's gradient, (N, M)
  W_next z_next …    the same of the next layer: W b z o dz do

N samples, P positions (1 for a Dense layer), K neurons, F inputs of each, M outputs.
Quantities that are measured: {" ".join(list(QUANTITIES)[:7])}
{" ".join(list(QUANTITIES)[7:])}; in bars and quotes, '|dL/do|', their absolute value.
help(minprune.verify) says which shapes each may have.

Exit code: 0 the claim holds; 1 it fails, also for a wrong shape, NaN, or changed inputs;
2 it could not be tried: no such file or function, an unknown name, the function raised an
exception, or the time was up.

examples:
  minprune verify mine.py:gradient --equals dL/dz --activation relu tanh
  minprune verify mine.py:gradient --equals :other          another function of mine.py
  minprune verify mine.py:taylor --approximates removal --order 1 --layers conv
  minprune verify mine.py:taylor --ranks-like '|removal|' --least 0.8 --loss cross_entropy
  minprune verify mine.py:taylor --invariant batch-size"""


def add_verify_arguments(parser, number):
    """Add the arguments; number(int or float, least) makes an argument type that refuses other numbers."""
    parser.add_argument("formula", metavar="FILE.py:FUNCTION", help="what is tried")
    add_claim_options(parser, number)
    parser.add_argument("--limit", type=number(float, 0.1), default=30.0, metavar="S",
                        help="seconds in all; default 30")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.add_argument("--plot", metavar="FILE.png", help="draw claimed against measured")
    add_where_options(parser, number)


def verify_command(arguments):
    """Run `minprune verify`; return its exit code."""
    path, function = file_and_function(arguments.formula)
    report = verify_file(path, function, claim_of(arguments), arguments.limit, arguments.plot, print_at_once)
    print(as_json(report.verdict) if arguments.json else wrap(report.text))
    if arguments.plot is not None and not report.drawn:
        warnings.warn(f"nothing was compared: there is no picture {arguments.plot}", stacklevel=2)
    if report.raised is not None:
        print(f"minprune: error: {report.raised}", file=sys.stderr)
    return report.exit_code


def print_at_once(text):
    """What the user's code prints goes to stderr, so that it does not mix with the verdict."""
    print(text, end="", file=sys.stderr, flush=True)


def file_and_function(text):
    """The two parts of FILE.py:FUNCTION; ValueError names the functions of the file if one is missing."""
    path, _, function = text.rpartition(":")
    if not function.isidentifier() or not path:
        names = function_names(path or text)
        hint = f"; its functions are {', '.join(names)}" if names else ""
        raise ValueError(f"expected FILE.py:FUNCTION, got {text!r}{hint}")
    return path, function


def function_names(path):
    """The names of the functions of a file, which is not run; none if it cannot be read."""
    try:
        body = ast.parse(pathlib.Path(path).read_bytes()).body
    except (OSError, ValueError, SyntaxError):
        return []
    return [node.name for node in body if isinstance(node, ast.FunctionDef)]
