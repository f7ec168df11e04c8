"""Greedy forward selection: neurons come in one after the other, each time the one that the loss wants most."""

import copy

import numpy as np

from ..engine.layer import flat
from ..engine.losses import find_loss
from ..engine.network import run
from ..recording import stream
from .score import Score
from .walks import chain_from


def greedy_forward(net, x, t, loss, batch_size=256):
    """How early greedy selection takes the neuron into an empty layer: each time the one with the lowest loss.

    Formula:  I_i = K − (the place of i, 1 the first) in the order in which the set S of the layer's neurons grows:
              next is the i that makes mean_n ℓ_n(o_j = 0 for all j of the layer that are not in S ∪ i) smallest
    Point:    the loss, with the outputs of the layer's neurons that are not in S held at 0, all other layers whole
    Order:    mean over samples of the loss; then the place
    Cost:     ½ K (K + 1) passes of what lies above a layer of K neurons, and K passes of what lies below
    Claims:   relu rescaling; not permutation (of ties the lower index goes first)
    Source:   Ye et al., "Good Subnetworks Provably Exist: Pruning via Greedy Forward Selection", ICML 2020,
              arXiv:2003.01794 (the authors' code was read, lushleaf/Network-Pruning-Greedy-Forward-Selection,
              mobile2_prune.py; the paper was not)
    Differs:  there the layer is an average: with n neurons chosen each counts 1/n of the whole, so that few of them
              speak louder; here they keep the outputs that `prune` leaves them. The code draws 50 candidates and a
              mini-batch for each step, stops when the accuracy is back, and prunes layer by layer with training in
              between; here all candidates and samples count, and the other layers are whole

    High = keep. 0 is the last to come in. Where neurons only work together, none of them is wanted first, and backward
    elimination (`greedy_removal`) sees what forward selection does not. Places are whole numbers within a layer: a
    layer of more neurons has higher ones, so compare between layers only after normalising.
    """
    loss = find_loss(loss)
    return {name: places(net, name, x, t, loss, batch_size) for name in net.hidden_layers}


def places(net, name, x, t, loss, batch_size):
    """(K,): the scores of one layer."""
    K, scores = net[name].K, np.full(net[name].K, -1.0)                                     # −1: not in yet
    for score in reversed(range(K)):
        costs = np.where(scores < 0, costs_of_joining(net, name, scores >= 0, x, t, loss, batch_size), np.inf)
        slack = 1e-12 * max(1, np.abs(costs[scores < 0]).max())
        scores[np.flatnonzero(costs <= costs.min() + slack)[-1]] = score
    return scores


def costs_of_joining(net, name, chosen, x, t, loss, batch_size):
    """(K,): the mean loss with the chosen neurons of a layer and one more; 0 for those that are chosen already."""
    above, costs, count = copy.deepcopy(chain_from(net, net.units[name].rows)), np.zeros(len(chosen)), 0
    inside = flat(above)
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        for i in np.flatnonzero(~chosen):
            for layer, mask in net.masks_without(name, chosen | (np.arange(len(chosen)) == i)).items():
                inside[layer].mask = mask
            costs[i] += loss(run(above, trace[next(iter(above))].x)[0], trace.t).sum(dtype=float)
        count += len(trace.x)
    return costs / count


SCORES = (Score(greedy_forward, blocks=True, series=True),)
