"""Data to train, score and prune on: five sets that come with the package, or the user's own files."""

from .dataset import Dataset
from .idx import read_idx
from .loading import load
from .source import Source

__all__ = ["Dataset", "Source", "load", "read_idx"]
