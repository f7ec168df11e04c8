"""The minprune command."""

import argparse
import os
import sys
import textwrap
import warnings

from .. import __version__
from ..textbook import chapters
from ..studies import comparing, experiments, walkthrough
from ..engine.checks import check_known
from ..engine.models import MODELS
from ..scoring.catalogue import CATALOGUE, entry
from ..scores.gathered import GATHERED
from ..scoring.catalogue import takes_blocks
from ..grading import formula_file as checking, grading

HELP = """\
Neuron pruning by importance scores: train a network, score its neurons, decide who
goes, remove them for real, retrain, and compare."""

RUN = """\
Do the six steps of the method and show every number:

  1 train      a network learns the training data
  2 score      each hidden neuron gets an importance (high = keep)
  3 decide     the least important go: over all layers (global) or layer by layer
  4 prune      they are removed: rows and columns of weights, a smaller network
  5 retrain    what is left learns again
  6 evaluate   accuracy, loss, size and speed, before and after

Everything is written to the folder --out: report.json (every number), original.npz and
pruned.npz (the networks, for Network.load), and the figures as .png.

examples:
  minprune run
  minprune run --score removal --scope layer --remove 0.7 --steps 7
  minprune run --data my_data.csv --model mlp --epochs 50"""


COMPARE = """\
Train some networks, score each by every score, and measure

  - Spearman's rank correlation of each score with exact removal, layer by layer and overall,
  - what it costs, in forward passes of the same samples,
  - the accuracy after removing the lowest 10, 20, … 90 % at once, without retraining,

mean ± standard deviation over the networks, with two controls: random scores, and exact
removal reversed. Scores that are only for small networks are left out there, and a second
table compares all of them on small ones. Writes the tables, compare.json and the figures to --out."""

EXPERIMENT = """\
Train a network for each seed, prune it by each method at each fraction, retrain, and judge
everything on the test data: mean ± standard deviation, both measures of size, and the time
beside its prediction. Two controls are added: random scores, and networks of the pruned
sizes trained from scratch. Layer by layer, all methods are compared at equal size.

Each finished network is a line of log.jsonl in --out at once. The same command goes on where
one that was stopped ended; with more methods, fractions or seeds it takes over what it can.

examples:
  minprune experiment
  minprune experiment --methods taylor removal fisher --fractions 0.5 0.8 --seeds 3 --jobs 2
  minprune experiment --model mlp --schedule cubic --steps 5"""

EVERY = {**CATALOGUE, **{one.__name__: one for one in GATHERED}}
LABELS = ("formula", "needs", "point", "order", "cost", "claims", "source", "differs")
SCORES = """\
Every importance score, from the docstrings themselves. In all of them, high = keep.

  formula   i is a neuron, n a sample, p a position (one for Dense, H·W for Conv2D), j an input
  needs     what it is given: weights W, outputs o of a forward pass, gradients do of a backward
            pass (the docstring of minprune.score has all names), or the whole network for passes
            of its own; no blocks: it refuses networks with Residual blocks
  point     where it is evaluated: a = W x + b, z is a or its batch norm, o comes after the activation
  order     of absolute value, square, sum and mean: swapping them gives another score
  cost      what computing it takes
  claims    what it promises beyond not depending on batches and order; each is a test
  source    who proposed it
  differs   how this code differs from the source, and common tools from both"""


class Parser(argparse.ArgumentParser):
    """Errors in one line, exit code 2."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {' '.join(message.split())} (see '{self.prog} --help')\n")


def known(kind, names):
    """An argument that is one of `names`; a near miss is told the nearest."""
    def check(text):
        try:
            check_known(kind, text, names)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        return text
    return check


def number(convert, least, below=float("inf")):
    """An argument that is a number in [least, below)."""
    def check(text):
        bounds = f"at least {least}" + f" and less than {below}" * (below < float("inf"))
        try:
            value = convert(text)
        except ValueError:
            value = None
        if value is None or not least <= value < below:
            kind = "whole number" if convert is int else "number"
            raise argparse.ArgumentTypeError(f"expects a {kind} {bounds}, got {text!r}")
        return value
    return check


def parser():
    top = Parser(prog="minprune", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=f"minprune {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser, title="commands",
                                  description="'minprune COMMAND --help' explains each.")
    for add in (add_run, add_scores, add_compare, add_experiment, add_tutorial):
        add(commands)
    checking.add_verify(commands, add_command, number)
    grading.add_grade(commands, add_command, number)
    return top


def add_command(commands, name, summary, text, run):
    """A command's own parser; `run` is called with its arguments."""
    one = commands.add_parser(name, help=summary, description=text,
                              formatter_class=argparse.RawDescriptionHelpFormatter)
    one.set_defaults(run=run)
    return one


def add_run(commands):
    run = add_command(commands, "run", "the whole method on handwritten digits, or your data, with pictures", RUN,
                      run_command)
    add_network(run)
    run.add_argument("--score", type=known("score", CATALOGUE), default="taylor", metavar="NAME",
                     help="one of 'minprune scores'; default taylor")
    add_scope(run, "global")
    run.add_argument("--remove", type=number(float, 0, 1), default=0.5, metavar="FRACTION",
                     help="the share of hidden neurons that goes; default 0.5")
    run.add_argument("--steps", type=number(int, 1), default=1, metavar="N",
                     help="remove them in N steps, retraining after each; default 1 (one shot)")
    add_training(run)
    run.add_argument("--seed", type=number(int, 0), default=0, metavar="N",
                     help="of the split, the weights and the shuffling; default 0")
    run.add_argument("--no-curve", dest="curve", action="store_false",
                     help="leave out what would have become of 0, 10, … 90 %% removed, which takes most of the time")
    run.add_argument("--out", default="minprune-run", metavar="DIR", help="where the results go; default minprune-run")


def add_scores(commands):
    scores = add_command(commands, "scores", "every importance score: formula, needs, source", SCORES, scores_command)
    scores.add_argument("name", nargs="?", type=known("score", EVERY), help="only this one")


def add_compare(commands):
    compare = add_command(commands, "compare", "every score against the exact answer, measured", COMPARE,
                          compare_command)
    add_network(compare)
    add_seeds(compare)
    compare.add_argument("--samples", type=number(int, 1), default=500, metavar="N",
                         help="training samples that the scores see; default 500")
    add_epochs(compare)
    compare.add_argument("--leave-out", nargs="*", default=[], type=known("score", CATALOGUE), metavar="NAME",
                         help="scores to leave out, for example the slow ones")
    compare.add_argument("--out", default="minprune-compare", metavar="DIR",
                         help="where the table and the figures go; default minprune-compare")


def add_experiment(commands):
    one = add_command(commands, "experiment", "several ways to prune, at several sizes, over several networks",
                      EXPERIMENT, experiment_command)
    add_network(one)
    one.add_argument("--methods", nargs="+", default=list(experiments.METHODS), type=known("score", CATALOGUE),
                     metavar="SCORE", help=f"scores to prune by; default {' '.join(experiments.METHODS)}")
    one.add_argument("--fractions", nargs="+", default=list(experiments.FRACTIONS), type=number(float, 0, 1),
                     metavar="F", help="shares of the hidden neurons that go; default "
                     + " ".join(map(str, experiments.FRACTIONS)))
    add_seeds(one)
    add_scope(one, "layer")
    one.add_argument("--schedule", type=known("schedule", experiments.SCHEDULES), default="linear",
                     metavar="|".join(experiments.SCHEDULES),
                     help="how the steps to a fraction are taken; default linear")
    one.add_argument("--steps", type=number(int, 1), default=1, metavar="N",
                     help="cuts, each with its own retraining; default 1 (one shot)")
    add_training(one)
    one.add_argument("--jobs", type=number(int, 1), default=1, metavar="N",
                     help="processes that train and prune at the same time; default 1")
    one.add_argument("--out", default="minprune-experiment", metavar="DIR",
                     help="where log, table and figures go; default minprune-experiment")


def add_network(one):
    one.add_argument("--data", default="digits", metavar="digits|PATH", help="'digits' (1,797 real handwritten digits, "
                     "8×8, shipped with minprune), a folder of MNIST-format IDX files, a .npz or a .csv (last column: "
                     "classes 0 … C−1, or a number to predict); default digits")
    one.add_argument("--model", type=known("model", MODELS), metavar="|".join(MODELS),
                     help="default: cnn for images, mlp for the rest")


def add_scope(one, default):
    one.add_argument("--scope", type=known("scope", ["global", "layer"]), default=default, metavar="global|layer",
                     help=f"rank all neurons together, or each layer's by themselves; default {default}")


def add_seeds(one):
    one.add_argument("--seeds", type=number(int, 1), default=5, metavar="N", help="how many networks; default 5")


def add_epochs(one):
    one.add_argument("--epochs", type=number(int, 1), default=20, metavar="N", help="epochs of training; default 20")


def add_training(one):
    add_epochs(one)
    one.add_argument("--retrain", type=number(int, 0), default=10, metavar="N",
                     help="epochs of retraining after each step; default 10")
    one.add_argument("--rate", type=number(float, 0), default=2e-3, metavar="R",
                     help="Adam's learning rate at the start, which falls to 0 along a cosine; default 0.002")
    one.add_argument("--batch-size", type=number(int, 1), default=32, metavar="N", help="default 32")
    one.add_argument("--dtype", type=known("dtype", ["float64", "float32"]), default="float64",
                     metavar="float64|float32", help="default float64; float32 is faster for larger networks")


def add_tutorial(commands):
    tutorial = add_command(commands, "tutorial", "the textbook's chapters; 'minprune tutorial 1' runs the first",
                           "Without N: list the chapters. With N: run that chapter from top to bottom in a scratch\n"
                           "folder, print what it prints, and compare each number with the text.", tutorial_command)
    tutorial.add_argument("chapter", nargs="?", type=number(int, 1), metavar="N", help="the chapter's number")
    tutorial.add_argument("--update", action="store_true",
                          help="write outputs and figures back into the chapter (all chapters without N)")


def settings(arguments):
    """The command's own arguments, by name."""
    return {name: value for name, value in vars(arguments).items() if name not in ("command", "run")}


def run_command(arguments):
    walkthrough.run(**settings(arguments))


def compare_command(arguments):
    comparing.compare_scores(**settings(arguments))


def experiment_command(arguments):
    experiments.run(**settings(arguments))


def scores_command(arguments):
    if arguments.name is None:
        print(f"{'score':<26}{'needs':<44}claims")
        for one in map(told, EVERY):
            print(f"{one['name']:<26}{one['needs']:<44}{textwrap.shorten(one['claims'], 60, placeholder=' …')}")
        print()
    for name in [arguments.name] if arguments.name else EVERY:
        one = told(name)
        print(f"{name}\n  {one['summary']}")
        for label in [label for label in LABELS if label in one]:
            print(textwrap.fill(one[label], 100, initial_indent=f"    {label:<9}", subsequent_indent=" " * 13))
        print()


def told(name):
    """A score's entry, with a word if networks with Residual blocks are too much for it."""
    one = entry(EVERY[name])
    return one if takes_blocks(EVERY[name]) else {**one, "needs": f"{one['needs']}; no blocks"}


def tutorial_command(arguments):
    if arguments.update:
        for chapter in chapters.find(arguments.chapter):
            print(f"{chapters.update(chapter)}: up to date")
    elif arguments.chapter is None:
        for chapter in chapters.find():
            print(f"{chapters.number(chapter):>3}  {chapters.title(chapter)}   ({chapter})")
    else:
        return chapters.show(*chapters.find(arguments.chapter))


def main(argv=None):
    """Run the command; return its exit code: 0 done, 1 not all is right (numbers, a claim, points), 2 could not run."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")        # a terminal without Σ or ∂ shows ? instead of failing
    top = parser()
    arguments = top.parse_args(argv)
    if arguments.command is None:
        top.print_help()
        return 0
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *rest: print(f"minprune: warning: {message}", file=sys.stderr)
            code = arguments.run(arguments) or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:                             # the reader, `head` say, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, OSError, FloatingPointError, MemoryError, RuntimeError) as error:
        print(f"minprune: error: {' '.join(str(error).split()) or type(error).__name__}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("minprune: stopped", file=sys.stderr)
        return 130
