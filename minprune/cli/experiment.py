"""The command `minprune experiment`: several ways to prune, at several sizes, over several networks."""

import functools
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext

from ..retraining.schedules import cubic, exponential, linear
from ..scoring.catalogue import CATALOGUE
from ..studies import experiments
from .arguments import (add_command, add_network, add_out, add_scope, add_seeds, add_training, data_of, known,
                        number, print_notes)

SCHEDULES = {"linear": linear, "exponential": exponential, "cubic": cubic}
SUMMARY = "several ways to prune, at several sizes, over several networks"
TEXT = """\
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


def add(commands):
    parser = add_command(commands, "experiment", SUMMARY, TEXT, run)
    add_network(parser)
    parser.add_argument("--methods", nargs="+", default=list(experiments.METHODS), type=known("score", CATALOGUE),
                        metavar="SCORE", help=f"scores to prune by; default {' '.join(experiments.METHODS)}")
    parser.add_argument("--fractions", nargs="+", default=list(experiments.FRACTIONS), type=number(float, 0, 1),
                        metavar="F", help="shares of the hidden neurons that go; default "
                        + " ".join(map(str, experiments.FRACTIONS)))
    add_seeds(parser)
    add_scope(parser, "layer")
    parser.add_argument("--schedule", type=known("schedule", SCHEDULES), default="linear",
                        metavar="|".join(SCHEDULES), help="how the steps to a fraction are taken; default linear")
    parser.add_argument("--steps", type=number(int, 1), default=1, metavar="N",
                        help="cuts, each with its own retraining; default 1 (one shot)")
    add_training(parser)
    parser.add_argument("--jobs", type=number(int, 1), default=1, metavar="N",
                        help="processes that train and prune at the same time; default 1")
    add_out(parser, "minprune-experiment", "log, table and figures go")


def run(arguments):
    schedule = functools.partial(SCHEDULES[arguments.schedule], steps=arguments.steps)
    methods = [experiments.Method(name, name, arguments.scope, schedule) for name in arguments.methods]
    print_notes(data_of(arguments))
    with ProcessPoolExecutor(arguments.jobs) if arguments.jobs > 1 else nullcontext() as executor:
        experiments.experiment(methods, data=data_of(arguments), model=arguments.model, fractions=arguments.fractions,
                               seeds=arguments.seeds, epochs=arguments.epochs, rate=arguments.rate,
                               batch_size=arguments.batch_size, retrain=arguments.retrain, dtype=arguments.dtype,
                               out=arguments.out, executor=executor)
