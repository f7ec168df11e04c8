"""Greedy selection: neurons go one after the other, and each is judged with those before it already gone."""

import numpy as np

from ..recording import batches
from .hessian import inputs_by_group, neurons_by_group
from .readers import belongs_by_group, check_apart
from .removal import removal
from .score import Score


def thinet(net, x, batch_size=256):
    """The place at which ThiNet would remove the neuron: those that the next layer misses least go first.

    Formula:  I_i = the place of i (0 the first, K − 1 the last) in the order in which the set T of the
              removed grows: next is the i that makes Σ_nqk (Σ_(j in T ∪ i) c_nqkj)² smallest, c_nqkj being
              what neuron j gives to the next layer's weighted sum of neuron k at position q
    Point:    the next layer's weighted sums W′x′, before its bias, batch norm and activation
    Order:    sum over the removed neurons, square, sum over positions, next neurons and samples; then the
              place
    Cost:     one forward pass and the second moments of the next layer's inputs, (F′)² numbers; no targets
    Claims:   not permutation (of ties the lower index goes first)
    Source:   Luo, Wu & Lin, "ThiNet", ICCV 2017, arXiv:1707.06342, the greedy algorithm
    Differs:  the authors' code (github.com/Roll920/ThiNet_Code) draws 10 images a class and of each 10
              positions and next neurons at random, here all of them count; it then rescales what stays by
              least squares and fine-tunes, layer by layer from the first, here the network stays as it is

    High = keep. Places are whole numbers within a layer: a layer of more neurons has higher ones, so compare between
    layers only after normalising. It sees neurons that cancel each other, and neither the activation of the next
    layer nor the loss. Ties: the lower index goes first. Where several layers read the neuron, their sums are put
    side by side.
    """
    for name in net.hidden_layers:
        check_apart(net, name)
    moments = {reader: 0.0 for name in net.hidden_layers for reader in net.readers(name)}
    for trace in batches(net, x, batch_size):
        for reader in moments:
            read = [rows[:, :net[reader].W[0].size] for _, rows in inputs_by_group(net[reader], trace[reader].x)]
            moments[reader] += np.stack([rows.T @ rows for rows in read])
    return {name: places(sum(products(net, name, reader, moments[reader]) for reader in net.readers(name)))
            for name in net.hidden_layers}


def products(net, name, reader, moment):
    """G_ij = Σ_nqk c_nqki c_nqkj = Σ_fg (Σ_nq x_f x_g) (Σ_k w_kf w_kg); f are the inputs from i, g from j.

    `moment` (groups, F, F) has Σ_nq x_f x_g of what each group of the reader's neurons reads.
    """
    total, reads = 0.0, belongs_by_group(net, name, reader)
    for neurons, of_group, mine in zip(neurons_by_group(net[reader]), moment, reads):
        W = net[reader].W[neurons].reshape(-1, len(of_group)).astype(float)
        total = total + mine @ (of_group * (W.T @ W)) @ mine.T
    return total


def places(G):
    """The place of each neuron in the greedy order: T ∪ i costs (what T costs) + 2 Σ_(j in T) G_ij + G_ii."""
    place, gone = np.full(len(G), -1.0), np.zeros(len(G), bool)
    slack = 1e-12 * np.abs(G).sum()
    for step in range(len(G)):
        more = np.where(gone, np.inf, np.diag(G) + 2 * G @ gone)
        i = first_smallest(more, slack)
        place[i], gone[i] = step, True
    return place


def first_smallest(costs, slack):
    """The place of the smallest cost; of costs that differ by rounding only, the first."""
    return int(np.flatnonzero(costs <= costs.min() + slack)[0])


def greedy_removal(net, x, t, loss, batch_size=256):
    """The place at which exact greedy pruning would remove the neuron: each time the cheapest removal.

    Formula:  I_i = the place of i (0 the first) in the order in which the set T of the removed grows, over
              all hidden layers together: next is the i that makes mean_n ℓ_n(o_j = 0 for all j in T ∪ i)
              smallest
    Point:    the loss, with the removed neurons' outputs held at 0
    Order:    mean over samples of the loss; then the place
    Cost:     as many times `removal` as there are hidden neurons (about half of that, as they grow fewer):
              seconds for a hundred neurons on a thousand samples, hours for a thousand; take few samples
    Claims:   relu rescaling; not permutation (of ties the lower index goes first)
    Source:   backward elimination; an exact reference for what the other scores are meant to find
    Differs:  not looked up

    High = keep. What one-at-a-time `removal` overlooks, that two neurons stand in for each other, shows as
    soon as the first of them is gone. Greedy is not optimal: of three, the best pair may hold the worst
    single one. Layers may be emptied on the way, which `decide` would not do. Ties: the lower layer, then the
    lower index, goes first.
    """
    left = net.copy()
    neurons = [(name, i) for name in net.hidden_layers for i in range(net[name].K)]
    scores = {name: np.full(net[name].K, -1.0) for name in net.hidden_layers}          # −1: not removed yet
    for step in range(len(neurons)):
        removals = removal(left, x, t, loss, batch_size)
        costs = np.array([removals[name][i] if scores[name][i] < 0 else np.inf for name, i in neurons])
        slack = 1e-12 * max(1, np.abs(costs[np.isfinite(costs)]).max())
        name, i = neurons[first_smallest(costs, slack)]
        scores[name][i] = step
        left.silence(name, np.arange(net[name].K) != i)
    return scores


SCORES = (Score(thinet, blocks=True, series=True), Score(greedy_removal, blocks=True, series=True))
