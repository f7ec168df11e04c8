"""The catalogue: every score by name, and the facts of a score's function."""

from ..engine.checks import check_known
from ..scores.activations import SCORES as activations
from ..scores.angles import SCORES as angles
from ..scores.attribution import SCORES as attribution
from ..scores.controls import SCORES as controls
from ..scores.curvature import SCORES as curvature
from ..scores.data_free import SCORES as data_free
from ..scores.divergence import SCORES as divergence
from ..scores.energy import SCORES as energy
from ..scores.first_order import SCORES as first_order
from ..scores.forward_selection import SCORES as forward_selection
from ..scores.grouped_gates import SCORES as grouped_gates
from ..scores.influence import SCORES as influence
from ..scores.information import SCORES as information
from ..scores.interactions import SCORES as interactions
from ..scores.kronecker import SCORES as kronecker
from ..scores.reconstruction import SCORES as reconstruction
from ..scores.relevance import SCORES as relevance
from ..scores.removal import SCORES as removal
from ..scores.removal_path import SCORES as removal_path
from ..scores.replacement import SCORES as replacement
from ..scores.responses import SCORES as responses
from ..scores.score import Score
from ..scores.second_order import SCORES as second_order
from ..scores.selection import SCORES as selection
from ..scores.selectivity import SCORES as selectivity
from ..scores.sensitivity import SCORES as sensitivity
from ..scores.shapley import SCORES as shapley
from ..scores.shares import SCORES as shares
from ..scores.states import SCORES as states
from ..scores.surgeon import SCORES as surgeon
from ..scores.utility import SCORES as utility
from ..scores.weight_gradients import SCORES as weight_gradients
from ..scores.weights import SCORES as weights
from ..scores.woodfisher import SCORES as woodfisher
from .arrays import needs, without_settings

FAMILIES = (first_order, grouped_gates, replacement, weight_gradients, second_order, surgeon, woodfisher,
            kronecker, curvature, interactions, sensitivity, responses, influence, weights, angles, data_free,
            activations, energy, states, utility, shares, reconstruction, information, selectivity, attribution,
            relevance, removal, removal_path, divergence, shapley, selection, forward_selection, controls)
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
    return next((score for score in SCORES if score.function is function), Score(function, blocks=True, series=True))


def takes_blocks(function):
    """Whether a score copes with Residual blocks: all formulas of arrays do, as they get coupled neurons as one."""
    return "net" not in needs(function) or facts_of(function).blocks


def takes_series(function):
    """Whether a score copes with neurons that several layers in a row make; all formulas of arrays do."""
    return "net" not in needs(function) or facts_of(function).series
