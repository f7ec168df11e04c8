"""Scores of how differently the neuron responds to the classes. They say what a neuron tells, and not who listens."""

import numpy as np

from ..recording import stream
from .information import averages, labels
from .score import Score


def class_selectivity(net, x, t, loss, batch_size=256):
    """How much more the neuron responds to its favourite class than to the others.

    Formula:  I_i = (a_i − b_i) / (|a_i| + |b_i|), a_i the largest of the class means of mean_p o_npi, and b_i the
              mean of the other classes' means; 0 where both are 0
    Point:    o, after the activation and before any pooling, averaged over positions; classes from the targets, as in
              `mutual_information`. Classes of no sample are left out
    Order:    mean over positions, mean over each class, mean over the other classes, difference, quotient
    Cost:     one forward pass
    Claims:   relu rescaling
    Source:   Morcos et al., "On the importance of single directions for generalization", ICLR 2018, arXiv:1803.06959
              (the abstract was read: it "is a poor predictor of task importance"; the quotient (a − b) / (a + b), b
              the mean activity across all other classes, is known from two summaries). That b is the mean of "all
              other class-conditional mean activities" says a paper that applies it, Woo et al., "ConvNeXt V2", 2023,
              arXiv:2301.00808
    Differs:  |a| and |b| below, which are a and b for relu, so that the score stays between 0 and 1 where outputs are
              negative. Whether Morcos et al. average over the other classes or over their samples: not read

    High = keep, which is a guess: the score does not see the weights that read the neuron. A neuron that nobody reads
    may score 1, and one that all classes need 0. The guess, measured: of 64 relu neurons trained on digits, Spearman's
    correlation with `removal` is 0.04 on average of five seeds (from −0.24 to 0.24), as of `random`; of `taylor` 0.75.
    """
    counts, sums, _, _ = by_class(net, x, t, loss, batch_size)
    return {name: selectivity(total / counts[:, np.newaxis], net.dtype) for name, total in sums.items()}


def f_statistic(net, x, t, loss, batch_size=256):
    """How much of the variance of the neuron's output lies between the classes: one-way analysis of variance.

    Formula:  I_i = B_i / (B_i + V_i), B_i = Σ_c N_c (m_ci − m_i)², V_i = Σ_c Σ_(n of class c) (o_ni − m_ci)²;
              o_ni = mean_p o_npi. With C classes, F_i = I_i / (1 − I_i) · (N − C) / (C − 1); 0 for a constant output
    Point:    as `class_selectivity`
    Order:    mean over positions, squared deviations between and within classes, sum over samples, quotient
    Cost:     one forward pass
    Claims:   relu rescaling
    Source:   the F of R. A. Fisher's analysis of variance, from textbooks; as a score of neurons: not looked up
    Differs:  F itself grows with the number of samples, and is ∞ where V_i = 0. This share of the variance ranks all
              neurons as F does, and lies between 0 and 1

    High = keep, which is a guess here too: the weights that read the neuron do not count. Two neurons that tell the
    classes only together (XOR) score 0 each. Where `class_selectivity` ranks like chance, this ranks a little better:
    0.42 on average (from 0.26 to 0.62), and with it far below `taylor`, which takes one backward pass more.
    """
    counts, sums, squares, first = by_class(net, x, t, loss, batch_size, shifted=True)
    return {name: share_between(counts, sums[name], squares[name], first[name], net.dtype) for name in sums}


def by_class(net, x, t, loss, batch_size, shifted=False):
    """The sizes of the classes that occur, (C,); and by layer Σ a by class (C, K), Σ a² (K,), and the first a (K,).

    a are the averages over positions; with `shifted`, less the first one in the data, so that nothing cancels.
    """
    # The sums, of classes that may occur.
    classes = max(2, int(np.prod(net.output_shape)))
    counts = np.zeros(classes)
    sums = {name: np.zeros((classes, net[name].K)) for name in net.hidden_layers}
    squares, first = {name: 0.0 for name in sums}, {}

    # Batch by batch: each sample adds to those of its class.
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        member = np.eye(classes)[labels(trace.t)]                       # (N, classes): 1 where n is of class c
        counts += member.sum(axis=0)
        for name in sums:
            a = averages(net, name, trace)
            first.setdefault(name, a[0])
            a = a - first[name] * shifted
            sums[name] += member.T @ a
            squares[name] = squares[name] + (a ** 2).sum(axis=0)

    # The classes that did occur.
    occur = counts > 0
    return counts[occur], {name: total[occur] for name, total in sums.items()}, squares, first


def selectivity(means, dtype):
    """(a − b) / (|a| + |b|) of class means (C, K); 0 for sizes that are 0 up to rounding, and for a single class."""
    if len(means) == 1:
        return np.zeros(means.shape[1])
    largest = means.max(axis=0)
    others = (means.sum(axis=0) - largest) / (len(means) - 1)
    size = np.abs(largest) + np.abs(others)
    return np.where(size > 100 * np.finfo(dtype).eps, largest - others, 0) / np.where(size > 0, size, 1)


def share_between(counts, sums, squares, first, dtype):
    """B / (B + V), from sums of a less the first; 0 where all are equal up to rounding."""
    N = counts.sum()
    mean = sums.sum(axis=0) / N
    between = (counts[:, np.newaxis] * (sums / counts[:, np.newaxis] - mean) ** 2).sum(axis=0)
    whole = squares - N * mean ** 2
    varies = whole > N * (100 * np.finfo(dtype).eps) ** 2 * np.maximum(first ** 2, 1)
    return np.minimum(np.where(varies, between, 0) / np.where(varies, whole, 1), 1)


SCORES = (Score(class_selectivity, blocks=True, series=True), Score(f_statistic, blocks=True, series=True))
