"""The command `minprune verify FILE.py:FUNCTION`: its options, the claim that they make, what it prints, and its exit
code."""

import ast
import pathlib
import sys
import warnings

from ..verification.claims.invariance import KINDS as INVARIANCES
from ..verification.claims.ranking import RANKING_QUANTITIES
from ..verification.quantities import QUANTITIES
from ..verification.sampling.where import KEYS
from .formula_file import verify_file
from .reports import as_json, wrap

NAMES = ("equals", "approximates", "invariant", "ranks_like", "order", "least", "tolerance", "trials", "seed")
BELONGS_TO = {"order": "approximates", "least": "ranks_like"}      # an option, and the claim that it goes with

VERIFY_SUMMARY = "is this formula true? a function of yours on random networks"
VERIFY = f"""\
Is this formula true? The function is tried on random networks and held against what is
measured there: by central differences, or by silencing each neuron. If it fails you get the
smallest network found that shows it, to be redone on paper, and where possible the name of
the mistake.

The names of its parameters say what it needs, for the layer that is asked about:

  W b W_out          weights (K, F), bias (K,), what reads the neurons (K, …)
  x z o              what each neuron reads (N, P, F), its z and o (N, P, K)
  dz do dW           gradients of each sample's own loss, (N, P, K) and (N, K, F)
  f df d2f           the activation, to call; f′(z) and f″(z) (N, P, K)
  gamma beta mean    batch norm's scale, shift, mean and variance (K,), and its
  var a_hat          normalised pre-activation (N, P, K)
  kernel image       of a convolution: W in its own shape (K, kh, kw, C), the image
  stride padding     that it reads (N, H, W, C), a number, the zeros on each side
  y t dy p           the network's output, the target, the output's gradient, and what
                     the loss makes of y, such as softmax(y), (N, M)
  z_prev o_prev      z and o of the layer before
  W_next z_next …    of the next layer: W b z o dz do

A score is verified as it is: it may name o_do w_dW mean_dW mean_dW2 too, or net with x, t
and loss, or traces.
N samples, P positions (1 for a Dense layer), K neurons, F inputs of each, M outputs.
Quantities that are measured: {" ".join(list(QUANTITIES)[:7])}
{" ".join(list(QUANTITIES)[7:13])} {", ".join(list(QUANTITIES)[13:])};
in bars and quotes, '|dL/do|', their absolute value.
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


# ------------------------------------------------------------------------ declaring the options


def add_claim_options(parser, number):
    """The claim itself, one of four, and how strictly it is tried."""
    claims = parser.add_argument_group("the claim", "one of these").add_mutually_exclusive_group(required=True)
    claims.add_argument("--equals", type=without_hyphens, metavar="QUANTITY",
                        help="it gives the same numbers as this quantity, or as a second formula: FILE.py:FUNCTION, or "
                        ":FUNCTION of the same file")
    claims.add_argument("--approximates", metavar="removal",
                        help="its error falls as ε to the power of --order + 1 where the neuron is scaled down by ε")
    claims.add_argument("--invariant", type=without_hyphens, metavar="KIND",
                        help=f"it does not change with: {', '.join(INVARIANCES)}")
    claims.add_argument("--ranks-like", metavar="QUANTITY",
                        help=f"it ranks neurons like {', '.join(RANKING_QUANTITIES)}; by Spearman's rank correlation")
    parser.add_argument("--order", type=number(int, 1), metavar="1|2", help="of --approximates; default 1")
    parser.add_argument("--least", type=number(float, -1), metavar="R",
                        help="of --ranks-like: what the median correlation must reach; default 0.5")
    parser.add_argument("--tolerance", type=number(float, 0), metavar="E",
                        help="the largest relative error of --equals and --invariant; default 1e-6")
    parser.add_argument("--trials", type=number(int, 1), default=200, metavar="N", help="random networks; default 200")
    parser.add_argument("--seed", type=number(int, 0), default=0, metavar="N", help="of the networks; default 0")


def add_where_options(parser, number):
    """An option for each key of `Where`: the networks that the claim is about."""
    where = parser.add_argument_group("which networks the claim is about", "several values mean any of them")
    for name, text in (("activation", "of the hidden layers, relu sigmoid …; default all"),
                       ("output", "the output layer's activation; default identity"),
                       ("loss", "mse cross_entropy …; default all")):
        where.add_argument(f"--{name}", nargs="+", metavar="NAME", help=text)
    for name, text in (("depth", "layers with neurons; default 2 3 4"),
                       ("neurons", "of a hidden layer; default 1 2 3 4"),
                       ("outputs", "of the network; default 1 2 3"),
                       ("samples", "in the batch; default 1 2 3 4")):
        where.add_argument(f"--{name}", nargs="+", type=number(int, 1), metavar="N", help=text)
    where.add_argument("--layers", metavar="dense|conv", help="the kind of layer that is asked about; default dense")
    where.add_argument("--layer", type=without_hyphens, metavar="hidden|last-hidden|output",
                       help="which layer is asked about; default hidden")
    where.add_argument("--batch-norm", action="store_true", default=None, help="layers have batch norm")
    where.add_argument("--pooling", nargs="+", metavar="KIND",
                       help="max avg global between the convolution asked about and what reads it; or yes, or no")
    where.add_argument("--residual", type=yes_or_no, metavar="PLACE",
                       help="the layer asked about stands before, inside or after a Residual block; or yes, or no")
    where.add_argument("--that", nargs="+", type=without_hyphens, metavar="WORDS",
                       help="all-weights-positive, no-biases, or :FUNCTION of the file, which takes the network and "
                       "returns whether it is one of them")


# -------------------------------------------------------------------------- reading the options


def claim_of(arguments):
    """The arguments of `verify` that the options say; ValueError for an option of another claim."""
    claim = chosen(arguments, NAMES)
    for option, kind in BELONGS_TO.items():
        if option in claim and kind not in claim:
            raise ValueError(f"--{option} goes with --{kind.replace('_', '-')}")
    where = chosen(arguments, KEYS)
    if where.get("pooling") in (["yes"], ["no"]):
        where["pooling"] = yes_or_no(*where["pooling"])
    return {**claim, "where": where}


def chosen(arguments, names):
    """{name: value} of the options that were given or have a default."""
    values = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def without_hyphens(text):
    """`last hidden` for last-hidden, which needs no quotes in a shell; names of functions stay as they are."""
    return text if ":" in text else text.replace("-", " ")


def yes_or_no(text):
    """True for yes, False for no, and other words as they are."""
    return {"yes": True, "no": False}.get(text, text)
