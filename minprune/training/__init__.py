"""Training: mini-batches, an optimizer, a history; augmentation, regularisation and distillation around it."""

from .loop import History, fit

__all__ = ["History", "fit"]
