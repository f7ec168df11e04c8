"""A score of how often a neuron changes between on and off."""

import numpy as np

from ..recording import by_position, mean_over_positions, mean_over_samples
from .score import Score


def on_off_entropy(net, forward_traces):
    """The entropy of the neuron's two states, on (z > 0) and off.

    Formula:  I_i = −p_i log₂ p_i − (1 − p_i) log₂ (1 − p_i),   p_i = mean_np [z_npi > 0];   0 log 0 = 0
    Point:    z, before the activation and after batch norm
    Order:    state (z beyond rounding), mean over positions and samples, entropy in bits
    Cost:     one forward pass
    Claims:   relu rescaling
    Source:   Liao et al., "NEPENTHE: Entropy-Based Pruning as a Neural Network Depth's Reducer", 2024,
              arXiv:2404.16890 (the abstract and its reviews on OpenReview were read, which say: the entropy of the
              sign of the neuron's output, with outputs of 0 left out); the formula is that of the code of its
              authors' next paper, EASIER, arXiv:2404.18949 (`get_entropy_layer` of utils.py was read)
    Differs:  there the mean over a layer's neurons says which layer to make linear; as a score of neurons: not found.
              The code counts z = 0 as on, here it is off, as a relu puts out 0 there

    High = keep. Between 0 and 1. 0 is certain in its own way, for relu: a neuron that is always off is dead, and one
    that is always on is linear on these samples, so that a layer of them can be multiplied into the next one. That is
    no reason to remove it alone: always on, it may be the most needed of all. Neither how large the output is nor who
    reads it counts. Of coupled neurons the positions of all layers count as one row.
    """
    def on(trace):
        return {name: mean_over_positions(is_on(by_position(net, name, trace[name].z))) for name in net.hidden_layers}
    shares = yield from mean_over_samples(net, forward_traces, on)
    return {name: entropy_of(p) for name, p in shares.items()}


def is_on(z):
    """1.0 where z > 0 beyond rounding, else 0.0."""
    return (z > 100 * np.finfo(z.dtype).eps).astype(float)


def entropy_of(p):
    """−p log₂ p − (1 − p) log₂ (1 − p); shares that are 0 or 1 up to rounding have none."""
    p = np.clip(p, 0, 1)
    return sum(-q * np.log2(np.where(q > 1e-12, q, 1)) for q in (p, 1 - p))


SCORES = (Score(on_off_entropy, blocks=True, series=True),)
