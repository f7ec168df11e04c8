"""A score of shares: which part of what its readers add up the neuron gives, at most."""

import numpy as np

from .reads import channels_of, columns_of, parts_of
from .score import Score


def relative_sensitivity(net, forward_traces):
    """The largest share that the neuron has in any weighted sum of the next layer, in any sample.

    Formula:  I_i = max_nqk max(c⁺_nqki / Z⁺_nqk, c⁻_nqki / Z⁻_nqk),   c⁺_nqki = Σ_(f from i) max(w′_kf x′_nqf, 0),
              c⁻ likewise with −w′ x′, and Z^± their sums over all that neuron k reads at position q; 0/0 = 0
    Point:    the products w′x′ of the next layer, whose sums are Z⁺ − Z⁻: before its bias, batch norm and activation
    Order:    products by sign, sum over the channel's places, share, maximum over samples, positions, next neurons
              and signs
    Cost:     one forward pass and, of each neuron, two products with the weights that read it
    Claims:   relu rescaling
    Source:   Liebenwein et al., "Provable Filter Pruning for Efficient Neural Networks" (PFP), ICLR 2020,
              arXiv:1911.07412 (the authors' code was read, lucaslie/torchprune, `BaseSensTracker` and `PFPTracker`; the
              paper was not)
    Differs:  the code takes the share of each single weight and then the largest of the channel's places in the
              kernel; here the channel's products are added up first, as all of them go together. It keeps inputs
              above and below 0 apart as well, four sums instead of two: the same where inputs are relu's. It then
              draws channels at random with these probabilities, and bounds what that does; here nothing is drawn

    High = keep. Between 0 and 1. The bound: if the set T of neurons falls silent, Z⁺ − Z⁻ of no next neuron moves by
    more than Σ_(i in T) I_i · max(Z⁺, Z⁻), in any of the samples given; for one neuron some sum comes as near to it as
    its signs allow. So a small score is certain, up to samples that were not seen. It is a maximum: one odd sample or
    one next neuron of no importance can set it. Several layers that read the neuron all count; of coupled neurons the
    sum that is read counts.
    """
    scores = {name: np.zeros(net[name].K) for name in net.hidden_layers}
    for trace in forward_traces:
        for name in net.hidden_layers:
            for reader in net.readers(name):
                own = channels_of(net, name, reader)
                for part, channels in parts_of(net[reader]):
                    x = part.patches(trace[reader].x[..., channels])
                    found = largest_shares(part, x, columns_of(part, own[:, channels]))
                    scores[name] = np.maximum(scores[name], found)
        del trace               # else it would stay in memory while the next one is made
        yield
    return scores


def largest_shares(layer, x, member):
    """(K,): the largest share of each neuron in the sums of `layer`; x (N, Q, F′) are its patches, member (K, F′)."""
    W = layer.W.reshape(layer.K, -1)
    sums = by_sign(x, W)
    return np.array([max(share(part, whole) for part, whole in zip(by_sign(x[..., f], W[:, f]), sums))
                     for f in member])


def by_sign(x, W):
    """Σ_f max(w_kf x_nqf, 0) and Σ_f max(−w_kf x_nqf, 0), each (N, Q, K′)."""
    up, down, positive, negative = np.maximum(x, 0), np.minimum(x, 0), np.maximum(W, 0).T, np.minimum(W, 0).T
    return up @ positive + down @ negative, -(up @ negative + down @ positive)


def share(part, whole):
    """The largest part / whole; sums that are 0 up to rounding have no parts."""
    some = whole > 100 * np.finfo(whole.dtype).eps
    return (np.where(some, part, 0) / np.where(some, whole, 1)).max()


SCORES = (Score(relative_sensitivity, blocks=True, series=True),)
