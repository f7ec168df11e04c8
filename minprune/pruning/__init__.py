"""Pruning: from who stays to a smaller network, or the same one with the others held at 0; compensation for it."""

from .surgery import check_keep, mask, prune

__all__ = ["check_keep", "mask", "prune"]
