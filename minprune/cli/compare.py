"""The command `minprune compare`: every score against the exact removal of neurons."""

from ..scoring.catalogue import CATALOGUE
from ..studies import score_comparison
from .arguments import (add_command, add_epochs, add_network, add_out, add_seeds, known, number, print_notes,
                        settings_of)

SUMMARY = "every score against the exact answer, measured"
TEXT = """\
Train some networks, score each by every score, and measure

  - Spearman's rank correlation of each score with exact removal, layer by layer and overall,
  - what it costs, in forward passes of the same samples,
  - the accuracy after removing the lowest 10, 20, … 90 % at once, without retraining,

mean ± standard deviation over the networks, with two controls: random scores, and exact
removal reversed. A last table says which scores are best at equal cost, and which the
networks cannot tell apart (a paired t test by network, Holm's correction). Scores that are
only for small networks are left out there, and a second table compares all of them on small
ones. Writes the tables, compare.json and the figures to --out. Each network that is finished
is a line of log.jsonl there: the same command goes on where one that was killed ended."""


def add(commands):
    parser = add_command(commands, "compare", SUMMARY, TEXT, run)
    add_network(parser)
    add_seeds(parser)
    parser.add_argument("--samples", type=number(int, 1), default=500, metavar="N",
                        help="training samples that the scores see; default 500")
    add_epochs(parser)
    parser.add_argument("--leave-out", nargs="*", default=[], type=known("score", CATALOGUE), metavar="NAME",
                        help="scores to leave out, for example the slow ones")
    add_out(parser, "minprune-compare", "the table and the figures go")


def run(arguments):
    settings = score_comparison.Settings(**settings_of(arguments))
    print_notes(settings.data)
    score_comparison.compare_scores(settings)
