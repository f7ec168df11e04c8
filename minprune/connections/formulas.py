"""Scores of single weights that are formulas of the weights, of what they multiply, and of their gradients."""

import numpy as np


def magnitude(W):
    """|w_ij|. Needs no data. Han et al., NIPS 2015, arXiv:1506.02626 (there against a threshold for each layer)."""
    return np.abs(W)


def snip(W, dW):
    """|w_ij · ∂L/∂w_ij|, L = mean_n ℓ_n: the slope of the mean loss in a mask c_ij on the weight, at c_ij = 1.

    Lee, Ajanthan & Torr, "SNIP", ICLR 2019, arXiv:1810.02340. There before training, on one mini-batch, and
    divided by the sum over the network, which changes no ranking; their code (namhoonlee/snip-public) scores and prunes
    biases as well.
    """
    return np.abs(W * dW)


def wanda(W, x_rms):
    """How far the neuron's weighted sum moves when the weight goes: its size times that of what it multiplies.

    Formula:  S_ij = |w_ij| · √(mean_np x_npj²)
    Point:    x, what the layer reads; a = W x + b, before batch norm and activation
    Order:    square, mean over positions and samples, square root, times the absolute value
    Cost:     one forward pass, and a product of each layer's squared inputs as large as its own; no targets
    Source:   Sun, Liu, Bair & Kolter, "A Simple and Effective Pruning Approach for Large Language Models", ICLR 2024,
              arXiv:2306.11695 (the authors' code was read, locuslab/wanda, `prune_wanda` and `WrappedGPT`; the paper
              was not)
    Differs:  there √(Σ x²) over all tokens and samples, divided by √N: the same order within a layer. There each row
              loses the same share, as with decide_connections(…, scope="row"); scope="layer" compares all of a layer

    High = keep. Exact for one weight: S_ij² = mean_np (Δa_npi)². Of several weights of a row the covariances of what
    they multiply are missing, which `obs` has. Who reads the neuron does not count.
    """
    return np.abs(W) * x_rms


def ria(W, x_rms, a=0.5):
    """The weight's share in its row and in its column, times the size of what it multiplies to the power a.

    Formula:  S_ij = (|w_ij| / Σ_j |w_ij| + |w_ij| / Σ_i |w_ij|) · (mean_np x_npj²)^(a/2);   0/0 = 0
    Point:    as `wanda`; a row is what a neuron reads with, a column what reads an input (a place of the kernel)
    Order:    absolute value, shares in row and column, sum, times the root mean square to the power a
    Cost:     as `wanda`
    Source:   Zhang et al., "Plug-and-Play: An Efficient Post-training Pruning Method for Large Language Models", ICLR
              2024 (the authors' code was read, biomedical-cybernetics/Relative-importance-and-activation-pruning,
              `prune_ria`, a = 0.5; the paper was not)
    Differs:  there √(Σ x²) over tokens and samples, divided by √N: the same order within a layer. The code ranks a
              layer as a whole unless told to go row by row

    High = keep. The shares keep a row or a column of small weights from being emptied: without data (a = 0) each
    row and each column adds up to at least 1.
    """
    size = np.abs(W).reshape(len(W), -1)
    shares = sum(size / np.where(total > 0, total, 1) for total in (size.sum(axis=1, keepdims=True), size.sum(axis=0)))
    return shares.reshape(W.shape) * x_rms ** a


def nnrelief(W, b, x_abs):
    """The weight's share in all that its neuron receives.

    Formula:  S_ij = |w_ij| m_j / (Σ_j |w_ij| m_j + |b_i|),   m_j = mean_np |x_npj|;   0/0 = 0
    Point:    x, what the layer reads, and the bias; before batch norm and activation
    Order:    absolute value, mean over positions and samples, product, share in the row
    Cost:     one forward pass, and a product of each layer's inputs without signs as large as its own; no targets
    Source:   Dekhovich, Tax, Sluiter & Bessa, "Neural network relief: a pruning algorithm based on neural activity",
              2021, arXiv:2109.10795 (the authors' code was read, adekhovich/NNrelief, lenet_prune.py and
              resnet_prune.py; the paper was not)
    Differs:  there the smallest set of a neuron's weights stays whose shares reach α together, neuron by neuron, and a
              neuron whose mean output is 0 loses all; here the shares are the scores. Convolutions go kernel by kernel
              there, with their places added up (grain="kernel" has their mean, which is the same order); for networks
              with blocks the code takes the ℓ2 norm over positions instead of the sum. Its biases go as well

    High = keep. A neuron's shares and that of its bias add up to 1. mean_np |Δa_npi| is what the weight's removal does,
    as a share of the neuron's whole traffic: cancelling is not seen, nor is who reads the neuron.
    """
    given = np.abs(W) * x_abs
    total = given.reshape(len(W), -1).sum(axis=1) + np.abs(b)
    return given / np.where(total > 0, total, 1).reshape(-1, *[1] * (W.ndim - 1))


FORMULAS = {formula.__name__: formula for formula in (magnitude, snip, wanda, ria, nnrelief)}
