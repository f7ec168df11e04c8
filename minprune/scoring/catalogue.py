"""The catalogue: every score by name, and what its docstring says of it."""

import inspect
import re

from ..engine.checks import check_known
from ..scores.activations import SCORES as activations
from ..scores.attribution import SCORES as attribution
from ..scores.controls import SCORES as controls
from ..scores.data_free import SCORES as data_free
from ..scores.first_order import SCORES as first_order
from ..scores.gathered import GATHERED
from .arrays import FROM_BACKWARD, FROM_FORWARD, FROM_WEIGHTS
from .parameters import needs, without_settings
from .gradient_sums import SUMMED
from ..scores.influence import SCORES as influence
from ..scores.information import SCORES as information
from ..scores.removal import SCORES as removal
from ..scores.second_order import SCORES as second_order
from ..scores.selection import SCORES as selection
from ..scores.sensitivity import SCORES as sensitivity
from .passes import TRACES
from ..scores.shapley import SCORES as shapley
from ..scores.surgeon import SCORES as surgeon
from ..scores.weight_gradients import SCORES as weight_gradients
from ..scores.weights import SCORES as weights

FAMILIES = (first_order, weight_gradients, second_order, surgeon, sensitivity, influence, weights, data_free,
            activations, information, attribution, removal, shapley, selection, controls)
CATALOGUE = {function.__name__: function for family in FAMILIES for function in family}

# Of the scores that take the network those that know its Residual blocks; all others take layers one after the other.
WITH_BLOCKS = ("random", "reciprocal_gradient", "activation_std", "activation_entropy", "mutual_information", "synflow",
               "removal", "greedy_removal")


def find_score(score):
    """Return the function called `score`, or `score` itself if it is a function."""
    if callable(score):
        return score
    if not isinstance(score, str):
        raise TypeError(f"score expects a name or a function, got {type(score).__name__}")
    check_known("score", score, CATALOGUE)
    return CATALOGUE[score]


def takes_blocks(function):
    """Whether a score copes with Residual blocks: formulas of arrays do, and a function of your own is trusted."""
    function = without_settings(function)
    name = getattr(function, "__name__", "")
    return CATALOGUE.get(name) is not function or name in WITH_BLOCKS or "net" not in needs(function)


def entry(function):
    """What a score's docstring and parameters say: {"name", "summary", "needs", "formula", "point", …}."""
    text = inspect.getdoc(function)
    found = {"name": getattr(function, "__name__", type(function).__name__), "summary": text.split("\n")[0],
             "needs": told_needs(function)}
    for label, body in re.findall(r"^(\w+):  +(.*(?:\n {4,}.*)*)", text, re.MULTILINE):
        found[label.lower()] = " ".join(body.split())
    return found


def claims(function):
    """The claims of a score's docstring, one by one; those of a function of one's own count as well."""
    text = entry(function).get("claims", "") if function.__doc__ else ""
    return [claim.strip(" .") for claim in text.split(";") if claim.strip()]


def told_needs(function):
    """In words, what a score has to be given."""
    if function in GATHERED:
        return "training: fit(…, on_batch=it)"
    wanted = needs(function)
    if "net" in wanted and not set(wanted) & set(TRACES):
        data = " and ".join(name for name in wanted if name in ("x", "t"))
        return f"passes of its own over {data}" if data else "the network alone"
    kinds = (("weights", FROM_WEIGHTS), ("forward pass", {*FROM_FORWARD, "forward_traces"}),
             ("backward pass", {*FROM_BACKWARD, *SUMMED, "slope_traces", "traces"}))
    return " + ".join(f"{kind} ({', '.join(name for name in wanted if name in known)})"
                      for kind, known in kinds if any(name in known for name in wanted))
