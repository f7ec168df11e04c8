"""Training: mini-batches, an optimizer, a history; augmentation, regularisation and distillation around it."""

from .history import History
from .loop import fit
from .state import TrainingState

__all__ = ["History", "TrainingState", "fit"]
