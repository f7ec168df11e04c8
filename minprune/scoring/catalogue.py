"""The catalogue: every score by name; the facts of a score's function, and the names of its parameters."""

import functools
import inspect

from ..engine.checks import check_known
from ..engine.facts import NotSaid
from ..scores.activations import SCORES as activations
from ..scores.attribution import SCORES as attribution
from ..scores.controls import SCORES as controls
from ..scores.data_free import SCORES as data_free
from ..scores.first_order import SCORES as first_order
from ..scores.influence import SCORES as influence
from ..scores.information import SCORES as information
from ..scores.removal import SCORES as removal
from ..scores.score import Score
from ..scores.second_order import SCORES as second_order
from ..scores.selection import SCORES as selection
from ..scores.sensitivity import SCORES as sensitivity
from ..scores.shapley import SCORES as shapley
from ..scores.surgeon import SCORES as surgeon
from ..scores.weight_gradients import SCORES as weight_gradients
from ..scores.weights import SCORES as weights

FAMILIES = (first_order, weight_gradients, second_order, surgeon, sensitivity, influence, weights, data_free,
            activations, information, attribution, removal, shapley, selection, controls)
SCORES = tuple(score for family in FAMILIES for score in family)
CATALOGUE = {score.name: score.function for score in SCORES}


def find_score(score):
    """Return the function called `score`, or `score` itself if it is a function."""
    if callable(score):
        return score
    if not isinstance(score, str):
        raise TypeError(f"score expects a name or a function, got {type(score).__name__}")
    check_known("score", score, CATALOGUE)
    return CATALOGUE[score]


def facts_of(function):
    """The Score of a function in the catalogue; a user's own function is trusted with blocks, and never split up."""
    function = without_settings(function)
    return next((score for score in SCORES if score.function is function), Score(function, blocks=True))


def takes_blocks(function):
    """Whether a score copes with Residual blocks: all formulas of arrays do, as they get coupled neurons as one."""
    return "net" not in needs(function) or facts_of(function).blocks


# ------------------------------------------------------------------------ the parameters of a function


def without_settings(function):
    """The function itself, where its settings are filled in."""
    return getattr(function, "func", function)


def called(function):
    """What messages call a score: score "taylor"."""
    function = without_settings(function)
    return f'score "{getattr(function, "__name__", type(function).__name__)}"'


def naming(functions, refusal):
    """The refusal for want of a fact, with the names of the scores that need the fact in front."""
    return NotSaid(f"{', '.join(map(called, functions))}: {refusal}")


def needs(function):
    """The names of the parameters that a function needs; those with a default are settings."""
    return [parameter.name for parameter in parameters(function) if parameter.default is parameter.empty]


def parameters(function):
    """A function's named parameters; TypeError if they cannot be read, as those of some functions written in C."""
    try:
        return named_parameters(function)
    except ValueError:
        raise TypeError(f"score {function!r} does not give the names of its parameters; "
                        "wrap it in a function") from None
    except TypeError:               # an object without a hash cannot be looked up in the cache
        return named_parameters.__wrapped__(function)


@functools.lru_cache(maxsize=256)
def named_parameters(function):
    """Cached, because reading them takes as long as the formula of a small layer."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [parameter for parameter in inspect.signature(function).parameters.values() if parameter.kind in kinds]
