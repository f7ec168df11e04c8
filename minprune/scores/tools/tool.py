"""A tool: its name and version, its scores as functions, and how it decides."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...engine.layer import NeuronLayer


@dataclass(frozen=True)
class Tool:
    """A released tool, as it was run.

    name, version   as the tool's package is called
    scores          functions that give what the tool prints
    removed         removed(K, ratio): how many of K go in one layer; None where the tool does not decide
    ties            which of equal scores go, in words
    """

    name: str
    version: str
    scores: tuple
    removed: Callable | None = None
    ties: str = ""


def check_plain(net, score):
    """Raise ValueError unless each hidden layer is read whole by the next: what the tools were compared on.

    Refused are blocks, grouped convolutions, and batch norm that is a layer of its own.
    """
    net.check_chain(f"score {score}")
    for name, layer in net.layers.items():
        if layer.groups != 1 or (hasattr(layer, "gamma") and not isinstance(layer, NeuronLayer)):
            raise ValueError(f'score {score} was compared with its tool on layers that read all channels, batch norm '
                             f'inside, and layer "{name}" ({layer}) is another: it is not known what the tool does')


def distances(W):
    """Σ_j ‖w_i − w_j‖, over all rows j: (K, F) -> (K,)."""
    return np.array([np.sqrt(((W - w) ** 2).sum(axis=1)).sum() for w in W])
