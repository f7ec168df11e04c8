"""The exact answer: silence the neuron and look."""

import dataclasses
import itertools

import numpy as np

from ..engine.checks import check_known, check_network
from ..engine.losses import find_loss
from ..engine.network import Trace
from ..engine.layer import chosen
from ..recording import stream
from .score import Score
from .units import outputs_of, silenced
from .walks import chain_from, walk

# Bytes: a few arrays of this size stay in a processor's own cache. Images are worked through in pieces by their layers,
# so that more of them are better: all samples of a neuron at once.
BLOCK = {"vectors": 1 << 19, "images": 1 << 21}


def removal(net, x, t, loss, batch_size=256):
    """The exact change of the mean loss when this one neuron is silenced.

    Formula:  I_i = mean_n [ℓ_n(o_i = 0 everywhere) − ℓ_n]
    Point:    the loss, with the neuron's output held at 0 and all others as they are
    Order:    difference, mean over samples; no absolute value
    Cost:     for each neuron what lies above the next layer, plus one multiply-add for each weight that reads
              the neuron, in samples where it is not 0: about 10 forward passes for all of 784-300-100-10
    Claims:   mean over samples; relu rescaling
    Source:   the definition that the other scores approximate; ablation of single units
    Differs:  nothing is approximated. The next layer's products with all other neurons are not repeated:
              z′ − (what i gave), which equals a fresh forward pass to rounding. In networks with blocks
              (`Residual`) each neuron is a forward pass of its own; coupled ones fall silent in all their layers

    High = keep. Negative: the network is better off without it. It is exact for one neuron at a time: two of
    which either alone would do both score 0 (`pair_removal` and `shapley` see that).
    """
    totals = {name: np.zeros(net[name].K) for name in net.hidden_layers}
    count, loss = 0, find_loss(loss)
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        for name in totals:
            totals[name] += (changes if by_difference(net, name) else changes_by_passes)(net, name, trace, loss)
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def by_difference(net, name):
    """Whether what the next layer reads is what it was, less what the neuron gave: see `changes`."""
    return net.is_chain and net.is_alone(name) and net.keeps_channels(name)


def pair_removal(net, x, t, loss, layer, batch_size=256):
    """The interaction of each pair of neurons of one layer: what removing both costs beyond each alone.

        I_ij = mean_n [ℓ_n(o_i = o_j = 0) − ℓ_n] − I_i − I_j,   I_i and I_j as in `removal`;   I_ii = 0

    (K, K), symmetric. Positive: they stand in for each other, and `removal` makes too little of both. Negative:
    they cancel or only work together. Where the loss is quadratic in the layer's outputs (below a linear output
    with mse), the cost of removing any set S is exactly Σ_(i in S) I_i + Σ_(pairs in S) I_ij.
    Cost: half of K times that of `removal` of this layer. Raises ValueError if `layer` is not a hidden layer.
    """
    check_network(net)
    check_known("hidden layer", layer, net.hidden_layers)
    net.check_channels(layer, "removal of pairs")
    K, count, loss = net[layer].K, 0, find_loss(loss)
    total = np.zeros((K, K))
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        total += (interactions if by_difference(net, layer) else interactions_by_passes)(net, layer, trace, loss)
        count += len(trace.x)
    return (total + total.T) / count


def interactions(net, name, trace, loss):
    """Σ_n of I_ij for i < j, (K, K); 0 elsewhere."""
    K, alone = net[name].K, changes(net, name, trace, loss)
    total = np.zeros((K, K))
    for i in range(K - 1):
        later = np.arange(K) > i
        total[i] = later * (changes(net, name, without(net, name, i, trace, loss), loss, later) - alone)
    return total


def interactions_by_passes(net, name, trace, loss):
    """The same in any network: a pass for each pair."""
    K, alone = net[name].K, changes_by_passes(net, name, trace, loss)
    total, neurons = np.zeros((K, K)), np.arange(K)
    for i, j in itertools.combinations(range(K), 2):
        total[i, j] = changed(net, name, (neurons != i) & (neurons != j), trace, loss) - alone[i] - alone[j]
    return total


def without(net, name, i, trace, loss):
    """The trace, as far as `changes` reads it for other neurons than i, of the network in which i is silent."""
    reader, given = net[net.reader(name)], trace[net.reader(name)]
    everything = np.arange(len(given.x))
    z = given.z - contribution(reader, given, i, everything, net[name].K)
    silent = Trace(trace.x)
    silent.layers[reader.name] = dataclasses.replace(given, z=z)
    silent.t, silent.L = trace.t, loss(net.tail(reader.name, reader.outputs(z)), trace.t)
    return silent


def changes(net, name, trace, loss, among=None):
    """Σ_n [ℓ_n(o_i = 0) − ℓ_n] for each neuron i of layer `name` (of those in `among`, K booleans; else 0).

    Between a layer and its reader channels stay channels and 0 stays 0, so silencing i takes from the reader's
    z′ just what i gave to it. A sample in which i gave nothing keeps its loss. What is left are pairs (neuron,
    sample); a block of them runs through the rest of the network as if they were so many samples. Of images a block has
    one neuron alone: its samples are mostly all that there are, side by side in memory, and need not be gathered.
    """
    reader, given = net[net.reader(name)], trace[net.reader(name)]
    K = net[name].K
    given = dataclasses.replace(given, x=in_rows(given.x), z=in_rows(given.z))
    heard = (given.x.reshape(len(given.x), -1, K) != 0).any(axis=1)
    if among is not None:
        heard &= among
    i, n = divmod(np.flatnonzero(heard.T), len(heard))          # heard.T.nonzero(), three times as fast
    total = np.zeros(K)
    for block in blocks(i, rows_at_a_time(net, reader.name), apart=given.z.ndim == 4):
        z = contributions(reader, given, i[block], n[block], K)
        np.subtract(chosen(given.z, n[block]), z, out=z)
        L = loss(net.tail(reader.name, reader.outputs(z)), trace.t[n[block]])
        total += np.bincount(i[block], L - trace.L[n[block]], K)
    return total


def blocks(i, size, apart):
    """Yield slices of at most `size` pairs, whose neurons i are sorted; each of one neuron alone if `apart`."""
    ends = np.flatnonzero(np.diff(i, append=-1)) + 1 if apart else [len(i)]
    for start, end in zip([0, *ends], ends):
        for first in range(start, end, size):
            yield slice(first, min(first + size, end))


def in_rows(x):
    """x with each sample's numbers side by side in memory, if these are vectors: samples are chosen as rows then."""
    return np.ascontiguousarray(x) if x.ndim == 2 else x


def changes_by_passes(net, name, trace, loss):
    """The same in any network: a pass for each neuron, from the first layer that it changes."""
    K = net[name].K
    return np.array([changed(net, name, np.arange(K) != i, trace, loss) for i in range(K)])


def changed(net, name, stays, trace, loss):
    """Σ_n of the change of the loss if the neurons of the unit that are False in `stays` are silent: a pass, from the
    first layer that this changes."""
    own = outputs_of(net, name)
    chain = chain_from(net, own)

    def step(layer, x):
        o = trace[layer.name].o if x is trace[layer.name].x else layer.forward(x).o
        return silenced(o, own[layer.name][~stays].ravel()) if layer.name in own else o
    y = walk(chain, trace[next(iter(chain))].x, step)
    return (loss(y, trace.t) - trace.L).sum(dtype=float)


def contributions(reader, given, i, n, K):
    """What neuron i gave to the reader's z′ in sample n, for each pair of the two lists (sorted by i)."""
    if given.x.ndim == 2 and given.x.shape[1] == K:                 # a rank-one term: o_ni · (column i of W′)
        few = np.ascontiguousarray(reader.scaled(reader.W[:, i[0]:i[-1] + 1].T, given))
        given_by_each = few.take(i - i[0], axis=0)
        given_by_each *= given.x[n, i][:, np.newaxis]
        return given_by_each
    starts = np.flatnonzero(np.diff(i, prepend=-1))
    if len(starts) == 1:
        return contribution(reader, given, i[0], n, K)
    parts = [contribution(reader, given, i[a], n[a:b], K) for a, b in zip(starts, [*starts[1:], len(i)])]
    return np.concatenate(parts)


def contribution(reader, given, i, n, K):
    """What neuron i gave to the reader's z′ in samples n: the product or convolution with this one channel."""
    return reader.scaled(reader.of_channel(given.x, i, n, K), given)


def rows_at_a_time(net, name):
    """How many samples to take through layer `name` and all after it, so that the largest array stays small."""
    kind = "images" if len(net[name].output_shape) == 3 else "vectors"
    largest = max(np.prod(net[one].output_shape) for one in [name, *net.names_after(name)])
    return max(1, int(BLOCK[kind] // (largest * net.dtype.itemsize)))


SCORES = (Score(removal, mean_over_samples=True, blocks=True, series=True),)
