"""Claims: what can be said of a formula, and tried. A new kind is one file here, one entry in CLAIMS, and the keyword
of that name in `verify`."""

from .approximation import Approximation
from .equality import Equality
from .invariance import Invariance
from .ranking import Ranking

# {keyword of verify: the kind of claim}
CLAIMS = {"equals": Equality, "approximates": Approximation, "invariant": Invariance, "ranks_like": Ranking}
