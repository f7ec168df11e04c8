"""The command `minprune scores`: the catalogue of scores, from their docstrings."""

import textwrap

from ..scores.gathered import GATHERED
from ..scoring.catalogue import CATALOGUE, takes_blocks
from ..scoring.entries import entry
from .arguments import add_command, known

SCORES = {**CATALOGUE, **{score.__name__: score for score in GATHERED}}
LABELS = ("formula", "needs", "point", "order", "cost", "claims", "source", "differs")
SUMMARY = "every importance score: formula, needs, source"
TEXT = """\
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


def add(commands):
    parser = add_command(commands, "scores", SUMMARY, TEXT, run)
    parser.add_argument("name", nargs="?", type=known("score", SCORES), help="only this one")


def run(arguments):
    if arguments.name is None:
        print_table()
    for name in [arguments.name] if arguments.name else SCORES:
        print_entry(name)


def print_table():
    """A line for each score: name, needs, claims."""
    print(f"{'score':<26}{'needs':<44}claims")
    for facts in map(facts_of, SCORES):
        print(f"{facts['name']:<26}{facts['needs']:<44}{textwrap.shorten(facts['claims'], 60, placeholder=' …')}")
    print()


def print_entry(name):
    """All that the docstring of a score says, under labels."""
    facts = facts_of(name)
    print(f"{name}\n  {facts['summary']}")
    for label in LABELS:
        if label in facts:
            print(textwrap.fill(facts[label], 100, initial_indent=f"    {label:<9}", subsequent_indent=" " * 13))
    print()


def facts_of(name):
    """The entry of a score; its needs end in "no blocks" if it refuses networks with Residual blocks."""
    facts = entry(SCORES[name])
    return facts if takes_blocks(SCORES[name]) else {**facts, "needs": f"{facts['needs']}; no blocks"}
