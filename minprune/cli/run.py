"""The command `minprune run`: the whole method in one run."""

from ..scoring.catalogue import CATALOGUE
from ..studies import walkthrough
from .arguments import add_command, add_network, add_out, add_scope, add_training, known, number, settings_of

SUMMARY = "the whole method on handwritten digits, or your data, with pictures"
TEXT = """\
Do the six steps of the method and show every number:

  1 train      a network learns the training data
  2 score      each hidden neuron gets an importance (high = keep)
  3 decide     the least important go: over all layers (global) or layer by layer
  4 prune      they are removed: rows and columns of weights, a smaller network
  5 retrain    what is left learns again
  6 evaluate   accuracy, loss, size and speed, before and after

Everything is written to the folder --out: report.json (every number), original.npz and
pruned.npz (the networks, for Network.load), and the figures as .png. What an earlier run
wrote there is replaced.

examples:
  minprune run
  minprune run --score removal --scope layer --remove 0.7 --steps 7
  minprune run --data wine.csv --scale
  minprune run --data my_data.csv --target kind --drop id --epochs 50"""


def add(commands):
    parser = add_command(commands, "run", SUMMARY, TEXT, run)
    add_network(parser)
    parser.add_argument("--score", type=known("score", CATALOGUE), default="taylor", metavar="NAME",
                        help="one of 'minprune scores'; default taylor")
    add_scope(parser, "global")
    parser.add_argument("--remove", type=number(float, 0, 1), default=0.5, metavar="FRACTION",
                        help="the share of hidden neurons that goes; default 0.5")
    parser.add_argument("--steps", type=number(int, 1), default=1, metavar="N",
                        help="remove them in N steps, retraining after each; default 1 (one shot)")
    add_training(parser)
    parser.add_argument("--seed", type=number(int, 0), default=0, metavar="N",
                        help="of the split, the weights and the shuffling; default 0")
    parser.add_argument("--no-curve", dest="curve", action="store_false",
                        help="leave out what would have become of 0, 10, … 90 %% removed, which takes most of the time")
    add_out(parser, "minprune-run", "the results go")


def run(arguments):
    walkthrough.run(walkthrough.Settings(**settings_of(arguments)))
