"""What the commands share: a parser whose errors are one line, types of arguments, and options of several commands."""

import argparse

from ..datasets.loading import load
from ..datasets.source import TASKS, Source
from ..engine.archives import LIMIT
from ..engine.checks import check_known
from ..engine.models import MODELS

CLASSES = ("digits", "topics", "vowels")        # data of the package that the commands train on
OWN_LOSS = {"ratings": "a target of 0 stands for a rating that is not known",
            "tictactoe": "several of nine moves can be right at once"}
OF_DATA = ("target", "task", "drop", "scale", "limit")


class Parser(argparse.ArgumentParser):
    """Errors in one line, exit code 2."""

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {' '.join(message.split())} (see '{self.prog} --help')\n")


def add_command(commands, name, summary, text, run):
    """Add a command, and return its parser; `run` is called with the command's arguments."""
    parser = commands.add_parser(name, help=summary, description=text,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(run=run)
    return parser


def settings_of(arguments):
    """{name: value} of the command's own arguments, the options of data together as `data`."""
    settings = {name: value for name, value in vars(arguments).items() if name not in ("command", "run")}
    if "data" not in settings:
        return settings
    return {**{name: value for name, value in settings.items() if name not in OF_DATA}, "data": data_of(arguments)}


# --------------------------------------------------------------------------- types of arguments


def known(kind, names):
    """The type of an argument that is one of `names`; the error for a near miss says the nearest."""
    def check(text):
        try:
            check_known(kind, text, names)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        return text
    return check


def number(convert, least, below=float("inf")):
    """The type of an argument that is a number in [least, below); `convert` is int or float."""
    def check(text):
        try:
            value = convert(text)
        except ValueError:
            value = None
        if value is None or not least <= value < below:
            kind = "whole number" if convert is int else "number"
            upper = f" and less than {below}" if below < float("inf") else ""
            raise argparse.ArgumentTypeError(f"expects a {kind} at least {least}{upper}, got {text!r}")
        return value
    return check


def name_or_path(text):
    """The type of --data; the commands, which train with cross-entropy or mse, refuse data that take another loss."""
    if text in OWN_LOSS:
        raise argparse.ArgumentTypeError(f"this command cannot train on {text!r}, which takes another loss: in it "
                                         f"{OWN_LOSS[text]}. 'minprune tutorial 15' trains on it")
    return text


# ------------------------------------------------------------------------ options of several commands


def add_network(parser):
    add_data(parser)
    parser.add_argument("--model", type=known("model", MODELS), metavar="|".join(MODELS),
                        help="default: cnn for images of at least 4×4, mlp for the rest")


def add_data(parser):
    """The options of `datasets.load`."""
    parser.add_argument("--data", type=name_or_path, default="digits", metavar="|".join([*CLASSES, "PATH"]),
                        help="what is shipped with minprune, 'digits' (1,797 real handwritten digits, 8×8), 'topics' "
                        "(2,000 paragraphs as bags of 600 words) or 'vowels' (1,520 spectrograms, 3×20); or a folder "
                        "of MNIST-format IDX files, a .npz, or a .csv, .tsv or .txt table (also .gz), separated by "
                        "commas, semicolons, tabs or blanks; default digits")
    parser.add_argument("--target", nargs="+", metavar="COLUMN", help="of a table: the name or index of the column "
                        "to predict (-1 is the last), or several; default: guessed, and printed")
    parser.add_argument("--task", type=known("task", TASKS), metavar="|".join(TASKS),
                        help="default: texts and few whole numbers are classes, the rest is a regression")
    parser.add_argument("--drop", nargs="+", metavar="COLUMN", default=[],
                        help="of a table: names or indices of columns to leave out")
    parser.add_argument("--scale", action="store_true", help="standardise the inputs by the mean and standard "
                        "deviation of the training part")
    parser.add_argument("--limit", type=number(int, 1), default=LIMIT, metavar="BYTES", help="what the data may take "
                        "in memory, all numbers counted as float64; default 1 GiB")


def data_of(arguments):
    """What `datasets.load` takes: the name or path alone, or a Source if there are options."""
    source = Source(arguments.data, arguments.target, arguments.task, tuple(arguments.drop), arguments.scale,
                    arguments.limit)
    return arguments.data if source == Source(arguments.data) else source


def print_notes(data):
    """What the loader concludes about the data; of those of the package nothing."""
    for note in load(data).notes:
        print(f"data: {note}")


def add_scope(parser, default):
    parser.add_argument("--scope", type=known("scope", ["global", "layer"]), default=default, metavar="global|layer",
                        help=f"rank all neurons together, or each layer's by themselves; default {default}")


def add_seeds(parser):
    parser.add_argument("--seeds", type=number(int, 1), default=5, metavar="N", help="how many networks; default 5")


def add_epochs(parser):
    parser.add_argument("--epochs", type=number(int, 1), default=20, metavar="N",
                        help="epochs of training; default 20")


def add_training(parser):
    add_epochs(parser)
    parser.add_argument("--retrain", type=number(int, 0), default=10, metavar="N",
                        help="epochs of retraining after each step; default 10")
    parser.add_argument("--rate", type=number(float, 0), default=2e-3, metavar="R",
                        help="Adam's learning rate at the start, which falls to 0 along a cosine; default 0.002")
    parser.add_argument("--batch-size", type=number(int, 1), default=32, metavar="N", help="default 32")
    parser.add_argument("--dtype", type=known("dtype", ["float64", "float32"]), default="float64",
                        metavar="float64|float32", help="default float64; float32 is faster for larger networks")


def add_out(parser, default, content):
    parser.add_argument("--out", default=default, metavar="DIR", help=f"where {content}; default {default}")
