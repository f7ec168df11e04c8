"""Retraining: after one cut or between many; schedules, recipes, rewinding, checkpoints."""

from .iteration import prune_iteratively
from .optimizer_state import prune_state
from .recipe import Cut
from .recipes import Distil, FineTune, FromScratch, Reinitialise, Rewind, RewindRate
from .schedules import cubic, exponential, layer_by_layer, linear, one_shot
from .step import Step

__all__ = ["Cut", "Distil", "FineTune", "FromScratch", "Reinitialise", "Rewind", "RewindRate", "Step", "cubic",
           "exponential", "layer_by_layer", "linear", "one_shot", "prune_iteratively", "prune_state"]
