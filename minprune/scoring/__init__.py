"""Scoring: what computes the formulas: the arrays that they ask for, the passes that they share, the catalogue."""

from .catalogue import CATALOGUE, find_score
from .entries import entry
from .normalisation import NORMALISERS, cost_aware, normalise, reverse
from .scoring import score

__all__ = ["CATALOGUE", "NORMALISERS", "cost_aware", "entry", "find_score", "normalise", "reverse", "score"]
