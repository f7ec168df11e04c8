"""Scoring: what computes the formulas. What they may ask for, the passes that they share, the catalogue."""

from .catalogue import CATALOGUE, entry, find_score
from .normalisation import NORMALISERS, cost_aware, normalise, reverse
from .scoring import score

__all__ = ["CATALOGUE", "NORMALISERS", "cost_aware", "entry", "find_score", "normalise", "reverse", "score"]
