"""The options of `minprune verify` that say what is claimed and for which networks, and the claim that they make."""

from ..verification.claims.invariance import KINDS as INVARIANCES
from ..verification.claims.ranking import RANKING_QUANTITIES
from ..verification.sampling.where import KEYS

NAMES = ("equals", "approximates", "invariant", "ranks_like", "order", "least", "tolerance", "trials", "seed")
BELONGS_TO = {"order": "approximates", "least": "ranks_like"}      # an option, and the claim that it goes with


# ------------------------------------------------------------------------ declaring the options


def add_claim_options(parser, number):
    """The claim itself, one of four, and how strictly it is tried."""
    claims = parser.add_argument_group("the claim", "one of these").add_mutually_exclusive_group(required=True)
    claims.add_argument("--equals", metavar="QUANTITY",
                        help="it gives the same numbers as this quantity, or as a second formula: FILE.py:FUNCTION, or "
                        ":FUNCTION of the same file")
    claims.add_argument("--approximates", metavar="removal",
                        help="its error falls as ε to the power of --order + 1 where the neuron is scaled down by ε")
    claims.add_argument("--invariant", type=without_hyphens, metavar="KIND",
                        help=f"it does not change with: {', '.join(INVARIANCES)}")
    claims.add_argument("--ranks-like", metavar="QUANTITY",
                        help=f"it ranks neurons like {', '.join(RANKING_QUANTITIES)}; by Spearman's rank correlation")
    parser.add_argument("--order", type=number(int, 1), metavar="1|2", help="of --approximates; default 1")
    parser.add_argument("--least", type=number(float, -1), metavar="R",
                        help="of --ranks-like: what the median correlation must reach; default 0.5")
    parser.add_argument("--tolerance", type=number(float, 0), metavar="E",
                        help="the largest relative error of --equals and --invariant; default 1e-6")
    parser.add_argument("--trials", type=number(int, 1), default=200, metavar="N", help="random networks; default 200")
    parser.add_argument("--seed", type=number(int, 0), default=0, metavar="N", help="of the networks; default 0")


def add_where_options(parser, number):
    """An option for each key of `Where`: the networks that the claim is about."""
    where = parser.add_argument_group("which networks the claim is about", "several values mean any of them")
    for name, text in (("activation", "of the hidden layers, relu sigmoid …; default all"),
                       ("output", "the output layer's activation; default identity"),
                       ("loss", "mse cross_entropy …; default all")):
        where.add_argument(f"--{name}", nargs="+", metavar="NAME", help=text)
    for name, text in (("depth", "layers with neurons; default 2 3 4"),
                       ("neurons", "of a hidden layer; default 1 2 3 4"),
                       ("outputs", "of the network; default 1 2 3"),
                       ("samples", "in the batch; default 1 2 3 4")):
        where.add_argument(f"--{name}", nargs="+", type=number(int, 1), metavar="N", help=text)
    where.add_argument("--layers", metavar="dense|conv", help="the kind of layer that is asked about; default dense")
    where.add_argument("--layer", type=without_hyphens, metavar="hidden|last-hidden|output",
                       help="which layer is asked about; default hidden")
    where.add_argument("--batch-norm", action="store_true", default=None, help="layers have batch norm")
    where.add_argument("--pooling", nargs="+", metavar="KIND",
                       help="max avg global between the convolution asked about and what reads it; or yes, or no")
    where.add_argument("--residual", type=yes_or_no, metavar="PLACE",
                       help="the layer asked about stands before, inside or after a Residual block; or yes, or no")
    where.add_argument("--that", nargs="+", type=without_hyphens, metavar="WORDS",
                       help="all-weights-positive, no-biases, or :FUNCTION of the file, which takes the network and "
                       "returns whether it is one of them")


# -------------------------------------------------------------------------- reading the options


def claim_of(arguments):
    """The arguments of `verify` that the options say; ValueError for an option of another claim."""
    claim = chosen(arguments, NAMES)
    for option, kind in BELONGS_TO.items():
        if option in claim and kind not in claim:
            raise ValueError(f"--{option} goes with --{kind.replace('_', '-')}")
    where = chosen(arguments, KEYS)
    if where.get("pooling") in (["yes"], ["no"]):
        where["pooling"] = yes_or_no(*where["pooling"])
    return {**claim, "where": where}


def chosen(arguments, names):
    """{name: value} of the options that were given or have a default."""
    values = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def without_hyphens(text):
    """`last hidden` for last-hidden, which needs no quotes in a shell; names of functions stay as they are."""
    return text if ":" in text else text.replace("-", " ")


def yes_or_no(text):
    """True for yes, False for no, and other words as they are."""
    return {"yes": True, "no": False}.get(text, text)
