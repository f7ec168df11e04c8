"""Experiments: several ways to prune, at several sizes, over several networks: the results, and how far they spread."""

from ..log import Log
from .experiment import FRACTIONS, METHODS, experiment
from .method import Method
from .results import Results

__all__ = ["FRACTIONS", "METHODS", "Log", "Method", "Results", "experiment"]
