"""Experiments: several ways to prune, at several sizes, over several networks: the results, and how far they spread."""

from .experiment import FRACTIONS, METHODS, experiment
from ..log import Log
from .method import Method
from .results import Results

__all__ = ["FRACTIONS", "METHODS", "Log", "Method", "Results", "experiment"]
