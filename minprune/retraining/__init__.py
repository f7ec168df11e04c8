"""Retraining: after one cut or between many; schedules, recipes, rewinding, checkpoints; pruning while training."""

from .growing import GrowingL2
from .growing_selection import GrowingSelection
from .iteration import prune_iteratively
from .optimizer_state import prune_state
from .recipe import Cut
from .recipes import Distil, FineTune, FromScratch, Reinitialise, Rewind, RewindRate
from .regrowth import Phase, dense_sparse_dense, regrow
from .schedules import cubic, exponential, layer_by_layer, linear, one_shot
from .soft import SoftPruning
from .step import Step

__all__ = ["Cut", "Distil", "FineTune", "FromScratch", "GrowingL2", "GrowingSelection", "Phase", "Reinitialise",
           "Rewind", "RewindRate", "SoftPruning", "Step", "cubic", "dense_sparse_dense", "exponential",
           "layer_by_layer", "linear", "one_shot", "prune_iteratively", "prune_state", "regrow"]
