"""The command `minprune play`: the page to play with, as a file."""

from ..textbook import play
from .arguments import add_command, number

SUMMARY = "writes a page: click a neuron of a small network, and it falls silent"
TEXT = """\
Trains small networks on points of the plane and writes one HTML file that needs no network
and no library: open it in a browser. Click a neuron and it falls silent: the boundary, the
loss and its rank by each score follow at once. Or let a score decide who goes."""


def add(commands):
    parser = add_command(commands, "play", SUMMARY, TEXT, run)
    parser.add_argument("--out", default="play.html", metavar="FILE", help="default play.html")
    parser.add_argument("--seed", type=number(int, 0), default=0, metavar="N",
                        help="of the points and of the networks; default 0")


def run(arguments):
    path = play.write(arguments.out, arguments.seed)
    print(f"{path}: open it in a browser")
