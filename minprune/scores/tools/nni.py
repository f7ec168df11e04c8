"""NNI: the metrics of its pruners of whole neurons. It has no later release than 3.0, of 2023."""

import numpy as np

from .tool import Tool, distances


def l1_norm(W):
    """The ℓ1 norm of the neuron's incoming weights.

    Call:     L1NormPruner(model, [{"op_types": ["Linear", "Conv2d"], "sparse_ratio": r}]).compress()
    Formula:  I_i = Σ_j |w_ij|
    Order:    absolute value, sum over the incoming weights
    Same:     "weight_norm_l1"
    Names:    Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017, arXiv:1608.08710
    Differs:  no

    W: (K, F) -> (K,)
    """
    return np.abs(W).sum(axis=1)


def l2_norm(W):
    """The ℓ2 norm of the neuron's incoming weights.

    Call:     L2NormPruner(model, …).compress()
    Formula:  I_i = √(Σ_j w_ij²)
    Order:    square, sum over the incoming weights, square root
    Same:     "weight_norm"
    Names:    no paper
    Differs:  no

    W: (K, F) -> (K,)
    """
    return np.sqrt((W ** 2).sum(axis=1))


def fpgm(W):
    """How far the neuron's incoming weights are from those of the others in its layer.

    Call:     FPGMPruner(model, …).compress()
    Formula:  I_i = Σ_j ‖w_i − w_j‖
    Order:    ℓ2 distance, sum over the layer's neurons
    Same:     "geometric_median"
    Names:    He et al., "Filter Pruning via Geometric Median", CVPR 2019, arXiv:1811.00250
    Differs:  no

    W: (K, F) -> (K,)
    """
    return distances(W)


def taylor(W, mean_dW):
    """The squared first-order change of the mean loss, weight by weight, added up over the incoming weights.

    Call:     TaylorPruner(model, …, evaluator, training_steps=1).compress(), the one batch being all samples
    Formula:  I_i = Σ_j (w_ij ḡ_ij)²,   ḡ = mean_n ∂ℓ_n/∂w
    Order:    mean over samples, product, square, sum over the incoming weights; then, with more training steps, the
              mean over the steps, each with a batch and weights of its own
    Same:     none; lambda W, mean_dW: ((W * mean_dW) ** 2).sum(axis=1)
    Names:    Molchanov et al., "Importance Estimation for Neural Network Pruning", CVPR 2019, arXiv:1906.10771
    Differs:  there a neuron is one group, (Σ_j w ḡ)², `taylor_weights`; weight by weight, effects that cancel count

    W, mean_dW: (K, F) -> (K,)
    """
    return ((W * mean_dW) ** 2).sum(axis=1)


def removed(K, ratio):
    """How many of K neurons go: ⌊K · ratio⌋ in floating point."""
    return int(K * ratio)


TOOL = Tool("NNI", "3.0", (l1_norm, l2_norm, fpgm, taylor), removed,
            "as many as asked, chosen by torch.topk, which promises no order for equal scores")
