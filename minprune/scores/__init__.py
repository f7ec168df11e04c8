"""The scores: how much each neuron matters, by formula. One file a family, and nothing but formulas."""

from .block_influence import block_influence
from .first_order import linear_error
from .gathered import GATHERED, GatheredGradient, Movement
from .removal import pair_removal
from .second_order import obd_weights
from .shapley import shapley_with_error
from .surgeon import layerwise_obs_remove, layerwise_obs_weights, obs_remove, obs_weights
from .woodfisher import woodfisher_weights

__all__ = ["GATHERED", "GatheredGradient", "Movement", "block_influence", "layerwise_obs_remove",
           "layerwise_obs_weights", "linear_error", "obd_weights", "obs_remove", "obs_weights", "pair_removal",
           "shapley_with_error", "woodfisher_weights"]

# The room `scoring` computes these formulas, and the formulas know nothing of it. Programs look for these names here as
# well, `mp.scores.CATALOGUE`: they are imported from there at their first use.
OF_SCORING = ("CATALOGUE", "NORMALISERS", "cost_aware", "entry", "find_score", "normalise", "reverse")


def __getattr__(name):
    if name == "tools":                                 # imported at its first use: `mp.scores.tools`
        from importlib import import_module
        return import_module(".tools", __name__)
    if name not in OF_SCORING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module
    return getattr(import_module("..scoring", __name__), name)
