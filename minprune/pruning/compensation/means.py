"""Means: a removed neuron becomes a constant, in the biases of the layers that read it."""

import numpy as np

from ...engine.checks import check_count
from .readers import compensated, net_and_samples, read_by


def fold_means(net, keep, x, batch_size=256):
    """Return `prune(net, keep)` with the mean of what is missing added to the biases of the layers that read it.

        b_k ← b_k + mean_np (a_np,k − a′_np,k)

    a are a reader's pre-activations (before batch norm) in `net`, a′ those after the cut, over all samples n and
    positions p of x (N, *input_shape). Where one layer is pruned that is Σ_j w_kj mean_np x_npj, over the reader's
    weights j that read a removed neuron, x being what the reader reads (after pooling and Flatten). So the mean of
    each a_k is always what it is in `net`, and of all changes of b alone this one has the least squared error.

    Exact (the same function) if every removed neuron is constant on all inputs and its readers have no zero padding.
    At a padded border fewer weights read the neuron, which a single bias cannot express: the mean over all positions
    stays, and even for a constant neuron the border gets too much and the inside too little.

    With batch norm in the reader the constant goes into b, which does the same as lowering its running mean. It still
    does so in training, since batch means contain b. (In β it would be wrong there: training subtracts the batch's own
    mean, which lacks the constant, and β would add the constant all the same.) Running variances stay as they are.

    Source: the idea of replacing a unit by its mean. For constant channels Ye et al., "Rethinking the
    Smaller-Norm-Less-Informative Assumption in Channel Pruning of Convolution Layers", ICLR 2018, arXiv:1802.00124
    (the abstract read; how it treats padding: not read).
    `net` is not changed. Raises as `prune`, and ValueError or TypeError for x that does not fit, or NaN in the network.
    """
    x, size = net_and_samples(net, x), check_count("batch_size", batch_size)

    def fold(small, name, reader, rows, free):
        small[reader].bias = True                   # a reader without one gets it
        lacks = mean_product(net, reader, x, size)[rows] - mean_product(small, reader, x, size)
        small[reader].b = small[reader].b + lacks

    return compensated(net, keep, fold)


def mean_product(net, name, x, batch_size):
    """(K,) mean_np Σ_j w_kj x_npj of a layer: by linearity it is Σ_j w_kj x_pj of the mean image (or vector)."""
    mean = sum(read.sum(axis=0, dtype=float) for read in read_by(net, name, x, batch_size)) / len(x)
    layer = net[name]
    return layer.product(mean[np.newaxis]).reshape(-1, layer.K).mean(axis=0)
