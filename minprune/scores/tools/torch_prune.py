"""PyTorch: torch.nn.utils.prune's structured pruning, and torch.ao.pruning's pruners of rows and blocks."""

import numpy as np

from .tool import Tool, distances


def ln_structured(W, n=2):
    """The ℓn norm of the neuron's incoming weights.

    Call:     torch.nn.utils.prune.ln_structured(layer, "weight", amount, n=2, dim=0)
    Formula:  I_i = (Σ_j |w_ij|^n)^(1/n)
    Order:    absolute value, n-th power, sum over the incoming weights, n-th root
    Same:     "weight_norm"; with n=1 "weight_norm_l1"
    Names:    no paper
    Differs:  no. The bias stays: a neuron whose row is zeroed still puts out f(b)

    W: (K, F) -> (K,)
    """
    return (np.abs(W) ** n).sum(axis=1) ** (1 / n)


def saliency_pruner(W):
    """The ℓ1 norm of the neuron's incoming weights.

    Call:     torch.ao.pruning._experimental.pruner.SaliencyPruner({"sparsity_level": r})
    Formula:  I_i = Σ_j |w_ij|
    Order:    absolute value, sum over the incoming weights
    Same:     "weight_norm_l1"
    Names:    no paper
    Differs:  no; ⌊K r⌋ rows go, and in FPGMPruner of the same module round(K r)

    W: (K, F) -> (K,)
    """
    return np.abs(W).sum(axis=1)


def fpgm_pruner(W):
    """How far the neuron's incoming weights are from those of the others in its layer.

    Call:     torch.ao.pruning._experimental.pruner.FPGMPruner(r)
    Formula:  I_i = Σ_j ‖w_i − w_j‖
    Order:    ℓ2 distance, sum over the layer's neurons
    Same:     "geometric_median"
    Names:    He et al., "Filter Pruning via Geometric Median", CVPR 2019, arXiv:1811.00250
    Differs:  no

    W: (K, F) -> (K,)
    """
    return distances(W)


def weight_norm_sparsifier(W):
    """The mean square of the neuron's incoming weights, where each row is a block.

    Call:     torch.ao.pruning.WeightNormSparsifier(sparsity_level=r, sparse_block_shape=(1, F)), Linear layers only
    Formula:  I_i = 1/F Σ_j w_ij²
    Order:    square (norm=1: absolute value), mean over the block
    Same:     np.square of "weight_norm", over F
    Names:    no paper
    Differs:  no; a square and F change no ranking in a layer. The usual block is (1, 4): four weights side by side. At
              most all blocks but one go, unless r is 1: of 10 rows 9 at r = 0.99

    W: (K, F) -> (K,)
    """
    return (W ** 2).mean(axis=1)


def removed(K, ratio):
    """How many of K rows ln_structured zeroes: K · ratio rounded, a half to the even number (2.5 to 2, 1.5 to 2)."""
    return round(K * ratio)


TOOL = Tool("torch", "2.13.0", (ln_structured, saliency_pruner, fpgm_pruner, weight_norm_sparsifier), removed,
            "as many as asked, chosen by torch.topk, which promises no order for equal scores")
