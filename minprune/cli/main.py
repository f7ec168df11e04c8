"""The minprune command: the parser of all commands, and what their errors become.

A command is a file of this folder with `add(commands)`, which adds its parser, and `run(arguments)`, which does it and
returns the exit code (None is 0). A new one is added to COMMANDS.
"""

import argparse
import os
import sys
import warnings

from .. import __version__
from . import compare, experiment, grade, play, quiz, run, scores, tutorial, verify
from .arguments import Parser

COMMANDS = (run, scores, compare, experiment, tutorial, play, quiz, verify, grade)
HELP = """\
Neuron pruning by importance scores: train a network, score its neurons, decide who
goes, remove them for real, retrain, and compare."""
ERRORS = (ValueError, TypeError, OSError, FloatingPointError, MemoryError, RuntimeError)


def main(argv=None):
    """Run the command; return its exit code: 0 done, 1 not all is right (numbers, a claim, points), 2 could not run."""
    print_what_the_terminal_can()
    top = parser()
    arguments = top.parse_args(argv)
    if arguments.command is None:
        top.print_help()
        return 0
    try:
        with warnings.catch_warnings():
            warnings.showwarning = print_warning
            code = arguments.run(arguments) or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:                             # the reader, `head` for example, reads no more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ERRORS as error:
        print(f"minprune: error: {' '.join(str(error).split()) or type(error).__name__}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("minprune: stopped", file=sys.stderr)
        return 130


def parser():
    top = Parser(prog="minprune", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=f"minprune {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser, title="commands",
                                  description="'minprune COMMAND --help' explains each.")
    for command in COMMANDS:
        command.add(commands)
    return top


def print_what_the_terminal_can():
    """A terminal without Σ or ∂ shows ? instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def print_warning(message, category, filename, lineno, file=None, line=None):
    print(f"minprune: warning: {message}", file=sys.stderr)
