"""Score comparison: every score against the exact removal of neurons; what `minprune compare` does."""

from .score_comparison import Settings, compare_scores

__all__ = ["Settings", "compare_scores"]
