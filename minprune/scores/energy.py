"""A score of how much there is in a neuron's feature maps: the sum of their singular values."""

import numpy as np

from ..recording import mean_over_samples
from .score import Score
from .units import collected, outputs_of


def nuclear_norm(net, forward_traces):
    """The nuclear norm of the neuron's feature map, its energy.

    Formula:  I_i = mean_n ‖O_ni‖_* = mean_n Σ_r σ_r(O_ni), O_ni the H′ × W′ image that channel i makes of sample n, and
              σ_r its singular values
    Point:    o, after the activation and before any pooling
    Order:    singular values of each map, sum, mean over samples
    Cost:     one forward pass and a singular value decomposition of each map
    Claims:   mean over samples
    Source:   Yeom, Shim & Hwang, "Toward Compact Deep Neural Networks via Energy-Aware Pruning", 2021,
              arXiv:2103.10858 (the abstract and the introduction were read: "the importance of each filter using
              nuclear-norm", the energy being "a summation of singular values")
    Differs:  the paper's equation was not read: how several images and their maps make one matrix there is not known.
              Here each map has its own norm, as each has its own rank in `hrank`. For Dense neurons a map is one
              number, and the score is `activation_mean_abs`

    High = keep. Between the ℓ2 norm of the map (where its rank is 1) and √rank times that: among maps of equal
    strength those of many directions score higher. So noise outdoes a strong edge. Who reads the map does not count.
    The norms of coupled neurons are added up, which is never less than the norm of the sum of their maps.
    """
    def norms(trace):
        return {name: norms_of_unit(net, name, trace) for name in net.hidden_layers}
    return (yield from mean_over_samples(net, forward_traces, norms))


def norms_of_unit(net, name, trace):
    """(N, K): Σ ‖O_ni‖_* over the maps of a neuron, mostly one."""
    return sum(collected(norms_of_maps(trace[end].o), channels) for end, channels in outputs_of(net, name).items())


def norms_of_maps(o):
    """‖O_ni‖_*, (N, K)."""
    if o.ndim == 2:
        return np.abs(o)
    return np.linalg.svd(np.moveaxis(o, -1, 1), compute_uv=False).sum(axis=-1)


SCORES = (Score(nuclear_norm, mean_over_samples=True, blocks=True, series=True),)
