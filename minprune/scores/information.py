"""Scores that measure information: entropies of binned outputs, counted over the data."""

import numpy as np

from ..engine.checks import check_count
from ..recording import batches, by_position, stream
from .score import Score


def activation_entropy(net, x, batch_size=256, bins=10):
    """The entropy of the neuron's average output, over the samples.

    Formula:  I_i = − Σ_b p_ib log p_ib, p_ib the share of samples n whose mean_p o_npi falls into bin b
    Point:    o, after the activation and before any pooling, averaged over positions
    Order:    mean over positions, histogram over samples, entropy in nats
    Cost:     two forward passes: one for the range, one to count
    Claims:   relu rescaling
    Source:   Luo & Wu, "An Entropy-based Pruning Method for CNN Compression", 2017, arXiv:1706.05791, §3.2 and
              equation 1 (as summaries and public code that recreates it quote them: global average pooling, m
              bins over the images, −Σ p log p; the paper was not read)
    Differs:  by that account the paper leaves the number m of bins open; their range: not read. Here `bins` of
              equal width from the neuron's smallest to its largest value, so that scale and shift do not count

    High = keep. Between 0 and log(bins). A neuron with a constant output scores 0, whether the constant is 0 or
    5; noise that is evenly spread scores highest. One sample far away squeezes all others into one bin. With few
    samples the score is too low (never above log N).
    """
    bins = check_count("bins", bins, least=2)
    low, high = ranges(net, batches(net, x, batch_size))
    counts = {name: np.zeros((net[name].K, bins)) for name in net.hidden_layers}
    for trace in batches(net, x, batch_size):
        for name in counts:
            b = bin_of(averages(net, name, trace), low[name], high[name], bins, net.dtype)
            np.add.at(counts[name], (np.arange(net[name].K), b), 1)
    return {name: entropy(count) for name, count in counts.items()}


def mutual_information(net, x, t, loss, batch_size=256, bins=10):
    """How much the neuron's average output says about the label.

    Formula:  I_i = Σ_bc p_ibc log(p_ibc / (p_ib p_c)) = H(b) + H(c) − H(b, c), p_ibc the share of samples of
              class c whose mean_p o_npi falls into bin b
    Point:    o, after the activation and before any pooling, averaged over positions; classes from the
              targets: the largest of t_n, or with a single output whether t_n > ½
    Order:    mean over positions, histogram over samples and classes, mutual information in nats
    Cost:     two forward passes: one for the range, one to count
    Claims:   relu rescaling
    Source:   Θ_MI of Molchanov et al., ICLR 2017, arXiv:1611.06440 (there too of quantised variables, as
              H(x) + H(y) − H(x, y)); Amjad, Liu & Geiger, arXiv:1804.06679, study it neuron by neuron
    Differs:  how the papers quantise: not said, or not read. Here the plug-in estimator with `bins` of equal
              width from the neuron's smallest to its largest value. Real targets are cut down to their
              largest entry

    High = keep. Between 0 and H(c). With few samples the score is too high: with as many bins as samples even
    noise seems to give the label away. It sees one neuron at a time: two neurons that give the label only
    together (XOR) score 0 each, and two equal neurons both score high.
    """
    bins = check_count("bins", bins, least=2)
    classes = max(2, int(np.prod(net.output_shape)))
    low, high = ranges(net, batches(net, x, batch_size))
    counts = {name: np.zeros((net[name].K, bins, classes)) for name in net.hidden_layers}
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        c = labels(trace.t)[:, np.newaxis]
        for name in counts:
            b = bin_of(averages(net, name, trace), low[name], high[name], bins, net.dtype)
            np.add.at(counts[name], (np.arange(net[name].K), b, c), 1)
    return {name: information(count) for name, count in counts.items()}


def averages(net, name, trace):
    """mean_p o_npi, (N, K)."""
    return by_position(net, name, trace[name].o).astype(float).mean(axis=1)


def ranges(net, traces):
    """The smallest and the largest of each neuron's averages: {layer: (K,)}, twice."""
    low = {name: np.full(net[name].K, np.inf) for name in net.hidden_layers}
    high = {name: np.full(net[name].K, -np.inf) for name in net.hidden_layers}
    for trace in traces:
        for name in low:
            values = averages(net, name, trace)
            low[name] = np.minimum(low[name], values.min(axis=0))
            high[name] = np.maximum(high[name], values.max(axis=0))
    return low, high


def bin_of(values, low, high, bins, dtype):
    """Which of `bins` equal parts of [low, high] a value falls into, 0 … bins − 1; the largest into the last.

    A range that is no wider than a few rounding errors of its ends counts as a single value: all fall into bin 0.
    """
    width = high - low
    constant = width <= 100 * np.finfo(dtype).eps * np.abs(low)
    place = (values - low) / np.where(constant, np.inf, width) * bins
    return np.clip((place + 1e-9).astype(int), 0, bins - 1)     # on an edge, rounding decides nothing


def labels(t):
    """The class of each sample: the largest of its targets, or with a single target whether it is above ½."""
    t = t.reshape(len(t), -1)
    return (t[:, 0] > 0.5).astype(int) if t.shape[1] == 1 else t.argmax(axis=1)


def entropy(counts):
    """− Σ p log p over the last axis, p = counts / their sum; 0 log 0 = 0."""
    p = counts / counts.sum(axis=-1, keepdims=True)
    return -(p * np.log(p, out=np.zeros_like(p), where=p > 0)).sum(axis=-1) + 0.0       # no −0


def information(counts):
    """H(b) + H(c) − H(b, c) of counts (K, bins, classes); rounding never makes it negative."""
    joint = counts.reshape(len(counts), -1)
    return np.maximum(entropy(counts.sum(axis=2)) + entropy(counts.sum(axis=1)) - entropy(joint), 0)


SCORES = (Score(activation_entropy, blocks=True, series=True), Score(mutual_information, blocks=True, series=True))
