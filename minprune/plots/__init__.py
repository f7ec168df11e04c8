"""Plots: a picture a file. Each function returns a matplotlib Figure, and `save` writes it to a file.

Every file of this folder that names its PICTURE is a picture, `mp.plots.scores` that of score_bars.py: a new file needs
no other line.
"""

from importlib import import_module
from pkgutil import iter_modules

from .picture_file import save

FILES = [import_module(f".{file.name}", __name__) for file in iter_modules(__path__)]
PICTURES = {file.PICTURE.__name__: file.PICTURE for file in FILES if hasattr(file, "PICTURE")}
globals().update(PICTURES)
__all__ = [*PICTURES, "save"]
