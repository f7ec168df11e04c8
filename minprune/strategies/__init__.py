"""Strategies: how much to remove, and by which rule; decided by looking at the pruned network."""

from .budgets import decide_within
from .scans import Scan, scan
from .search import search_strategies
from .tolerance import decide_tolerating

__all__ = ["Scan", "decide_tolerating", "decide_within", "scan", "search_strategies"]
