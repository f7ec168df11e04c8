"""The walkthrough: the six steps of the method in one run, each printed as it is done; what `minprune run` does."""

from .setup import Settings
from .walkthrough import run

__all__ = ["Settings", "run"]
