"""Retraining: after one cut or between many; schedules, recipes, rewinding, checkpoints."""

from .iteration import Step, cubic, exponential, layer_by_layer, linear, one_shot, prune_iteratively
from .recipes import Cut, Distil, FineTune, FromScratch, Reinitialise, Rewind, RewindRate, prune_state

__all__ = ["Cut", "Distil", "FineTune", "FromScratch", "Reinitialise", "Rewind", "RewindRate", "Step", "cubic",
           "exponential", "layer_by_layer", "linear", "one_shot", "prune_iteratively", "prune_state"]
