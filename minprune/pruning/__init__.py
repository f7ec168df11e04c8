"""Pruning: from who stays to a smaller network, or the same one with the others held at 0; compensation for it."""

from .dead_neurons import alive
from .surgery import check_keep, mask, prune

__all__ = ["alive", "check_keep", "mask", "prune"]
