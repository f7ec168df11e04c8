"""Evaluation: what a network can do, and what it costs."""

from ..engine.size import count_parameters, multiply_adds, size_on_disk
from .comparison import Comparison, compare
from .damage import Damage, damage
from .evaluations import Evaluation, evaluate
from .explanation import Explanation, explain

__all__ = ["Comparison", "Damage", "Evaluation", "Explanation", "compare", "count_parameters", "damage", "evaluate",
           "explain", "multiply_adds", "size_on_disk"]
