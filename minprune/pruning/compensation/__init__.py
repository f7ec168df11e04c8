"""Compensation: the layers that read removed neurons are changed, so that less is lost.

`prune` makes a missing input an input of 0. These functions remove the same neurons and also change the layers that
read them (W and b, and nothing else), so that their pre-activations a = W x + b stay closer to what they were:

    fold_means      a removed neuron becomes a constant             b′ = b + mean(what is missing)
    merge           a removed neuron becomes a multiple of another  o_j ≈ share · o_i
    reconstruct     all of W′ and b′ are fitted anew                min ‖a − W′ x′ − b′‖²

Readers are changed from the input of the network on, each by what the layers before it have become.
"""

from .least_squares import reconstruct
from .means import fold_means
from .merging import duplicates, merge

__all__ = ["duplicates", "fold_means", "merge", "reconstruct"]
