"""Evaluation: what a network can do, and what it costs."""

from ..engine.size import count_parameters, multiply_adds, size_on_disk
from .comparison import Comparison, compare
from .evaluations import Evaluation, evaluate

__all__ = ["Comparison", "Evaluation", "compare", "count_parameters", "evaluate", "multiply_adds", "size_on_disk"]
