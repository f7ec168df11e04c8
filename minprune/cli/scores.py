"""The command `minprune scores`: the catalogue of scores, from their docstrings."""

import textwrap

from ..scores.gathered import GATHERED
from ..scores.tools import TOOLS, find_tool
from ..scoring.catalogue import CATALOGUE, takes_blocks
from ..scoring.entries import entry
from .arguments import add_command, known

SCORES = {**CATALOGUE, **{score.__name__: score for score in GATHERED}}
LABELS = ("formula", "needs", "point", "order", "cost", "claims", "source", "differs")
OF_TOOLS = ("call", "formula", "needs", "order", "same", "names", "differs")
RATIOS = (0.1, 0.25, 0.3, 0.5, 0.55, 0.75, 0.8, 0.9, 0.95)
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
  differs   how this code differs from the source, and common tools from both

With --tool, what that released tool computes instead, as minprune.scores.tools has it:

  call      how the tool is asked
  same      what of minprune gives the same
  names     the paper that the tool names for it
  differs   how what it computes differs from that paper"""


def add(commands):
    parser = add_command(commands, "scores", SUMMARY, TEXT, run)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("name", nargs="?", type=known("score", SCORES), help="only this one")
    which.add_argument("--tool", type=known("tool", TOOLS), metavar="TOOL",
                       help=f"what a tool's scores compute: {', '.join(TOOLS)}")


def run(arguments):
    if arguments.tool is not None:
        return print_tool(find_tool(arguments.tool))
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
    print_labels(facts, LABELS)


def print_tool(tool):
    """What each of a tool's scores computes, and how many neurons or weights it removes."""
    print(f"{tool.name} {tool.version}: what it computes, with high = keep\n")
    for facts in map(entry, tool.scores):
        print(f"{facts['name']}\n  {facts['summary']}")
        print_labels(facts, OF_TOOLS)
    if tool.removed is not None:
        print("  of 10, by the ratio that is asked for, it removes")
        print("    " + "  ".join(f"{ratio}: {tool.removed(10, ratio)}" for ratio in RATIOS))
        print(f"  ties: {tool.ties}")


def print_labels(facts, labels):
    for label in labels:
        if label in facts:
            print(textwrap.fill(facts[label], 100, initial_indent=f"    {label:<9}", subsequent_indent=" " * 13))
    print()


def facts_of(name):
    """The entry of a score; its needs end in "no blocks" if it refuses networks with Residual blocks."""
    facts = entry(SCORES[name])
    return facts if takes_blocks(SCORES[name]) else {**facts, "needs": f"{facts['needs']}; no blocks"}
