"""Plots: a picture a file."""

from .pictures import *
