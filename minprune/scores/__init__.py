"""The scores: how much each neuron matters, by formula. One file a family."""

from .catalogue import CATALOGUE, entry, find_score
from .first_order import linear_error
from .gathered import GATHERED, GatheredGradient, Movement
from .normalisation import NORMALISERS, cost_aware, normalise, reverse
from .removal import pair_removal
from .scoring import score
from .second_order import obd_weights
from .shapley import shapley_with_error
from .surgeon import layerwise_obs_remove, layerwise_obs_weights, obs_remove, obs_weights

__all__ = ["CATALOGUE", "GATHERED", "GatheredGradient", "Movement", "NORMALISERS", "cost_aware", "entry", "find_score",
           "layerwise_obs_remove", "layerwise_obs_weights", "linear_error", "normalise", "obd_weights", "obs_remove",
           "obs_weights", "pair_removal", "reverse", "score", "shapley_with_error"]
