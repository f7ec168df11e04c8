"""Checking: the verdict on a function that stands in a file, from a process of its own."""

import ast
import contextlib
import difflib
import functools
import json
import math
import pathlib
import sys
import textwrap
import time
import warnings
from typing import NamedTuple

from ..engine.checks import check_known, check_real
from .marking import told_error
from .sandbox import START, CouldNotRun, Printed, code_of, one_line, run_file, stop_told, worker
from ..verification.claims.invariance import KINDS as INVARIANCES
from ..verification.quantities import QUANTITIES
from ..verification.claims.ranking import ONE_A_NEURON
from ..verification.verify import verify
from ..verification.sampling.where import KEYS

PICTURES = ("png", "pdf", "svg")
WIDTH = 100                     # of what the command prints

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
help(minprune.verify) tells which shapes each may have.

Exit code: 0 the claim holds; 1 it fails, also for a wrong shape, NaN, or changed inputs;
2 it could not be tried: no such file or function, an unknown name, the function raised an
exception, or the time was up.

examples:
  minprune verify mine.py:gradient --equals dL/dz --activation relu tanh
  minprune verify mine.py:gradient --equals :other          another function of mine.py
  minprune verify mine.py:taylor --approximates removal --order 1 --layers conv
  minprune verify mine.py:taylor --ranks-like '|removal|' --least 0.8 --loss cross_entropy
  minprune verify mine.py:taylor --invariant batch-size"""


class Checked(NamedTuple):
    """What came of it: the verdict as a text and as a dict, what the function raised (or None), and whether there is a
    picture."""

    text: str
    verdict: dict
    raised: str | None
    drawn: bool

    @property
    def code(self):
        """The exit code: 0 the claim holds, 1 it fails, 2 the function raised an exception."""
        return 2 if self.raised is not None else int(not self.verdict["holds"])


def verify_file(path, function, claim, limit=30.0, picture=None, printed=None):
    """Try a claim about the function of this name in a file; return the Checked verdict.

    `claim` is a dict of the arguments of `verify`; functions in it, a second formula for equals or a condition for
    where's that, are named "FILE.py:FUNCTION", or ":FUNCTION" of the same file. The file may import what stands beside
    it. Its code runs in a process of its own for at most `limit` seconds (None: in this process, without a limit),
    which guards against mistakes, not against malice. printed(text) is called with what it prints, up to 2,000
    characters. `picture` is a path for verdict.plot(), .png, .pdf or .svg; nothing is drawn if nothing was compared.

    Raises FileNotFoundError if there is no such file, CouldNotRun if it cannot be run, is not done in time or ends
    Python, ValueError or TypeError for a function that it does not have and for all that `verify` refuses.
    """
    path = found_file(path)
    if limit is not None:
        check_real("limit", limit, above=0)
    asked = {"file": str(path), "function": function, "claim": claim, "picture": checked_picture(picture)}
    if limit is None:
        told = []
        work(asked, lambda *message: told.append(message))
        return answer(lambda seconds: told.pop(0), path, math.inf, printed)
    with worker(work, asked) as listen:
        return answer(listen, path, limit, printed)


def found_file(path):
    """The path in full; FileNotFoundError if there is no such file names the nearest."""
    path = pathlib.Path(path)
    if path.is_dir():
        raise FileNotFoundError(f"expected a file of Python code, {path} is a folder")
    if not path.is_file():
        near = difflib.get_close_matches(path.name, [one.name for one in path.parent.glob("*.py")], n=1, cutoff=0.5)
        raise FileNotFoundError(f"no such file: {path}" + "".join(f'; did you mean "{one}"?' for one in near))
    return path.resolve()


def checked_picture(picture):
    """The path in full as a text, or None; an error before anything runs if no picture can be written there."""
    if picture is None:
        return None
    path = pathlib.Path(picture).resolve()
    check_known("picture format", path.suffix.lower().lstrip("."), PICTURES)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot write {picture}: there is no folder {path.parent}")
    return str(path)


def answer(listen, path, limit, printed=None):
    """The Checked that is told in the end; what goes wrong on the way is raised."""
    end = time.monotonic() + limit
    while True:
        kind, *told = listen(end - time.monotonic())
        if kind == "printed":
            if printed is not None:
                printed(told[0])
        elif kind == "tried":
            end = time.monotonic() + START          # a picture takes matplotlib's time, not that of the user's code
        elif kind == "checked":
            return Checked(*told)
        elif kind == "refused":
            raise ValueError(told[0])
        elif kind == "problem":
            raise CouldNotRun(told[0])
        elif [kind, *told] == ["late", None]:       # it is not the user's code that is running
            raise CouldNotRun(f"{path.name}: not done after {limit:g} seconds; it needs a higher limit or fewer trials")
        else:
            raise CouldNotRun(f"{path.name}: {one_line(stop_told([kind, *told], limit))}")


# --------------------------------------------------------------------------- in the process


def work(asked, tell):
    """What the process does: run the file, try the claim, draw the picture."""
    file, out = pathlib.Path(asked["file"]), Printed(tell)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), importing_beside(file):
        try:
            verdict, raised = tried(file, asked["function"], asked["claim"])
        except KeyboardInterrupt:
            raise
        except CouldNotRun as error:
            return tell("problem", str(error))
        except BaseException as error:              # a condition that raises, say
            return tell(*told_refusal(error, file))
    tell("tried")
    drawn = asked["picture"] is not None and draw(verdict, asked["picture"])
    tell("checked", str(verdict), plain_verdict(verdict), raised, drawn)


@contextlib.contextmanager
def importing_beside(file):
    """The file's folder is the last place where modules are looked for: a numpy.py in it does not hide NumPy."""
    old = sys.path
    sys.path = [*old, str(file.parent)]
    try:
        yield
    finally:
        sys.path = old


def told_refusal(error, file):
    """("refused", one line) for what `verify` says of its arguments, ("problem", …) for what comes from the file."""
    text = told_error(error, code_of(file))
    if isinstance(error, (ValueError, TypeError, OSError)) and "\n(line" not in text:
        return "refused", str(error)
    return "problem", f"{file.name}: {one_line(text)}"


def tried(file, function, claim):
    """(the Verdict, what the functions raised or None)."""
    modules, raised = {}, {}

    def named(text):
        path, _, name = text.rpartition(":")
        path = found_file(path) if path else file
        if path not in modules:
            modules[path] = module_of(path)
        return watched(find_function(modules[path], path, name), name, path, raised)

    def resolved(value):
        """The value, with functions for their names."""
        if isinstance(value, dict):
            return {key: resolved(one) for key, one in value.items()}
        if isinstance(value, list):
            return [resolved(one) for one in value]
        return named(value) if isinstance(value, str) and ":" in value else value

    verdict = verify(named(f":{function}"), **resolved(claim))
    told = [text for name, text in raised.items() if (verdict.problem or "").startswith(f"{name} raised ")]
    return verdict, told[0] if told else None


def module_of(path):
    try:
        return run_file(path, sys.stdout)
    except CouldNotRun as error:
        raise CouldNotRun(f"{path.name}: {error}") from None


def find_function(module, path, name):
    """What can be called by this name; ValueError names the nearest function of the file."""
    value = vars(module).get(name)
    if callable(value):
        return value
    if value is not None:
        raise ValueError(f"{name} of {path.name} is no function, it is {value!r:.60}")
    own = [one for one, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    if not own:
        raise ValueError(f'{path.name} has no function "{name}", and no other')
    check_known(f"function of {path.name}:", name, own)


def watched(function, name, path, raised):
    """The function under its name in the file; raised[name] tells what it raised first, and in which line.

    exit() becomes an exception like others, which is told with the shapes that were given.
    """
    @functools.wraps(function)
    def call(*values, **given):
        try:
            return function(*values, **given)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raised.setdefault(name, f"{name} raised {one_line(told_error(error, code_of(path)))}")
            if isinstance(error, Exception):
                raise
            raise RuntimeError(f"{type(error).__name__}: {error}") from error

    call.__name__ = name
    return call


def draw(verdict, path):
    """Write the picture; False if nothing was compared."""
    if not len(verdict.points[0]):
        return False
    from ..plots.pictures import save                        # only a picture needs matplotlib

    save(verdict.plot(), path)
    return True


def plain_verdict(verdict):
    """verdict.to_dict() as JSON says it: lists for tuples, None for an infinite slope."""
    return json.loads(json.dumps(verdict.to_dict()), parse_constant=lambda name: None)


# ----------------------------------------------------------------------------- the command


def add_verify(commands, add_command, number):
    """Add `minprune verify`; `add_command` and `number` are the command line's own helpers."""
    one = add_command(commands, "verify", "is this formula true? a function of yours on random networks", VERIFY,
                      verify_command)
    one.add_argument("formula", metavar="FILE.py:FUNCTION", help="what is tried")
    claims = one.add_argument_group("the claim", "one of these").add_mutually_exclusive_group(required=True)
    claims.add_argument("--equals", metavar="QUANTITY",
                        help="it gives the same numbers as this quantity, or as a second formula: FILE.py:FUNCTION, or "
                        ":FUNCTION of the same file")
    claims.add_argument("--approximates", metavar="removal",
                        help="its error falls as ε to the power of --order + 1 where the neuron is scaled down by ε")
    claims.add_argument("--invariant", type=words, metavar="KIND",
                        help=f"it does not change with: {', '.join(INVARIANCES)}")
    claims.add_argument("--ranks-like", metavar="QUANTITY",
                        help=f"it ranks neurons like {', '.join(ONE_A_NEURON)}; by Spearman's rank correlation")
    one.add_argument("--order", type=number(int, 1), metavar="1|2", help="of --approximates; default 1")
    one.add_argument("--least", type=number(float, -1), metavar="R",
                     help="of --ranks-like: what the median correlation must reach; default 0.5")
    one.add_argument("--tolerance", type=number(float, 0), metavar="E",
                     help="the largest relative error of --equals and --invariant; default 1e-6")
    one.add_argument("--trials", type=number(int, 1), default=200, metavar="N", help="random networks; default 200")
    one.add_argument("--seed", type=number(int, 0), default=0, metavar="N", help="of the networks; default 0")
    one.add_argument("--limit", type=number(float, 0.1), default=30.0, metavar="S",
                     help="seconds in all; default 30")
    one.add_argument("--json", action="store_true", help="print the verdict as JSON")
    one.add_argument("--plot", metavar="FILE.png", help="draw claimed against measured")
    add_where(one.add_argument_group("which networks the claim is about", "several values mean any of them"), number)


def add_where(where, number):
    """The keys of `Where` as options."""
    for name, of in (("activation", "of the hidden layers, relu sigmoid …; default all"),
                     ("output", "the output layer's activation; default identity"),
                     ("loss", "mse cross_entropy …; default all")):
        where.add_argument(f"--{name}", nargs="+", metavar="NAME", help=of)
    for name, of in (("depth", "layers with neurons; default 2 3 4"),
                     ("neurons", "of a hidden layer; default 1 2 3 4"),
                     ("outputs", "of the network; default 1 2 3"),
                     ("samples", "in the batch; default 1 2 3 4")):
        where.add_argument(f"--{name}", nargs="+", type=number(int, 1), metavar="N", help=of)
    where.add_argument("--layers", metavar="dense|conv", help="the kind of layer that is asked about; default dense")
    where.add_argument("--layer", type=words, metavar="hidden|last-hidden|output",
                       help="which layer is asked about; default hidden")
    where.add_argument("--batch-norm", action="store_true", default=None, help="layers have batch norm")
    where.add_argument("--pooling", nargs="+", metavar="KIND",
                       help="max avg global between the convolution asked about and what reads it; or yes, or no")
    where.add_argument("--residual", type=yes_or_no, metavar="PLACE",
                       help="the layer asked about stands before, inside or after a Residual block; or yes, or no")
    where.add_argument("--that", nargs="+", type=words, metavar="WORDS",
                       help="all-weights-positive, no-biases, or :FUNCTION of the file, which takes the network and "
                       "returns whether it is one of them")


def verify_command(arguments):
    """Run `minprune verify`; return its exit code."""
    path, _, function = arguments.formula.rpartition(":")
    if not function.isidentifier() or not path:
        raise ValueError(f"expected FILE.py:FUNCTION, got {arguments.formula!r}"
                         + told_functions(path or arguments.formula))
    checked = verify_file(path, function, claim_of(arguments), arguments.limit, arguments.plot,
                          lambda text: print(text, end="", file=sys.stderr, flush=True))
    print(json.dumps(checked.verdict, indent=1, ensure_ascii=False) if arguments.json else wrapped(checked.text))
    if arguments.plot is not None and not checked.drawn:
        warnings.warn(f"nothing was compared: there is no picture {arguments.plot}", stacklevel=2)
    if checked.raised is not None:
        print(f"minprune: error: {checked.raised}", file=sys.stderr)
    return checked.code


def wrapped(text, width=WIDTH):
    """Long lines broken between words, the further parts of an indented one under it."""
    return "\n".join(textwrap.fill(line, width, subsequent_indent=" " * 4 * line.startswith(" "),
                                   break_long_words=False, break_on_hyphens=False) for line in text.split("\n"))


def claim_of(arguments):
    """The arguments of `verify` that the options say."""
    claim = {name: getattr(arguments, name) for name in
             ("equals", "approximates", "invariant", "ranks_like", "order", "least", "tolerance", "trials", "seed")}
    for name, of in (("order", "approximates"), ("least", "ranks_like")):
        if claim[name] is not None and claim[of] is None:
            raise ValueError(f"--{name} goes with --{of.replace('_', '-')}")
    where = {key: getattr(arguments, key) for key in KEYS if getattr(arguments, key) is not None}
    if where.get("pooling") in (["yes"], ["no"]):
        where["pooling"] = yes_or_no(*where["pooling"])
    return {**{name: value for name, value in claim.items() if value is not None}, "where": where}


def words(text):
    """Words may be joined by hyphens, which need no quotes in a shell: last-hidden."""
    return text if ":" in text else text.replace("-", " ")


def yes_or_no(text):
    return {"yes": True, "no": False}.get(text, text)


def told_functions(path):
    """`; its functions are a, b`, if the file can be read."""
    try:
        body = ast.parse(pathlib.Path(path).read_bytes()).body
    except (OSError, ValueError, SyntaxError):
        return ""
    names = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    return f"; its functions are {', '.join(names)}" * bool(names)
