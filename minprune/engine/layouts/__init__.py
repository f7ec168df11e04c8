"""Layouts: how PyTorch, Keras and scikit-learn name and lay out the arrays of a network."""

from . import keras, sklearn, torch

LAYOUTS = {"torch": torch, "keras": keras, "sklearn": sklearn}
