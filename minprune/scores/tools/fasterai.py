"""fasterai: what its criteria print for whole neurons: granularity "filter" of Conv2d, "row" of Linear.

Each criterion is a mean over the neuron's weights, and has EPS, float32's 1.19e-07, added to each weight's number.
"""

import numpy as np

from .tool import Tool, check_plain

EPS = float(np.finfo(np.float32).eps)


def large_final(W):
    """The mean size of the neuron's incoming weights.

    Call:     fasterai.core.criteria.large_final(layer, "filter", squeeze=True)
    Formula:  I_i = mean_j (|w_ij| + EPS)
    Order:    absolute value, mean over the incoming weights
    Same:     "weight_norm_l1", divided by F, within 1e-7
    Names:    no paper in the code (the name is Zhou et al.'s, arXiv:1905.01067)
    Differs:  a mean, so that layers of more inputs do not score higher, as they do in Li et al.'s sum, arXiv:1608.08710

    W: (K, F) -> (K,)
    """
    return (np.abs(W) + EPS).mean(axis=1)


def squared_final(W):
    """The mean square of the neuron's incoming weights.

    Call:     fasterai.core.criteria.squared_final(layer, "filter", squeeze=True)
    Formula:  I_i = mean_j (w_ij² + EPS)
    Order:    square, mean over the incoming weights
    Same:     np.square of "weight_norm", divided by F, within 1e-7
    Names:    no paper
    Differs:  no

    W: (K, F) -> (K,)
    """
    return (W ** 2 + EPS).mean(axis=1)


def small_final(W):
    """How much smaller the neuron's incoming weights are than the layer's largest weight.

    Call:     fasterai.core.criteria.small_final(layer, "filter", squeeze=True)
    Formula:  I_i = mean_j (max|W| − |w_ij| + EPS)
    Order:    absolute value, taken from the largest of the layer, mean over the incoming weights
    Same:     none: the reverse of `large_final`
    Names:    no paper
    Differs:  no

    W: (K, F) -> (K,)
    """
    size = np.abs(W)
    return (size.max() - size + EPS).mean(axis=1)


def grad_crit(W, mean_dW):
    """The squared first-order change of the mean loss, weight by weight, averaged over the incoming weights.

    Call:     loss.backward(); fasterai.core.criteria.grad_crit(layer, "filter")
    Formula:  I_i = mean_j (w_ij ḡ_ij)²,   ḡ = mean_n ∂ℓ_n/∂w
    Order:    mean over samples, product, square, mean over the incoming weights
    Same:     none; lambda W, mean_dW: ((W * mean_dW) ** 2).mean(axis=1)
    Names:    "Nvidia Taylor Pruning", Molchanov et al., CVPR 2019, arXiv:1906.10771
    Differs:  there (Σ_j w ḡ)² of the neuron, `taylor_weights`, or a sum of squares: dividing by the number of inputs
              makes neurons of large layers look less important. Without a gradient it is mean_j w_ij², with no word

    W, mean_dW: (K, F) -> (K,)
    """
    return ((W * mean_dW) ** 2).mean(axis=1)


def wanda(net, forward_traces):
    """The mean size of the neuron's incoming weights, each times the ℓ2 norm of what it multiplies.

    Call:     wanda.calibrate(model, x, layer_type); wanda(layer, "filter", squeeze=True)
    Formula:  I_i = mean_j (|w_ij| √(1/N Σ_np x_npj²) + EPS),   x_npj the channel's own pixels, each once
    Order:    square, sum over positions, mean over samples, root, product, mean over the incoming weights
    Same:     none
    Names:    Wanda: Sun et al., arXiv:2306.11695 (the name only)
    Differs:  there of single weights, compared within a neuron, so that neurons are not ranked; the norm is over all
              samples, not divided by √N, which changes no ranking

    Raises ValueError for networks with blocks, grouped convolutions, or batch norm as a layer of its own.
    """
    check_plain(net, "fasterai.wanda")
    totals, count = {name: 0.0 for name in net.hidden_layers}, 0
    for trace in forward_traces:
        for name in totals:
            x = trace[name].x
            totals[name] = totals[name] + (x ** 2).reshape(-1, x.shape[-1]).sum(axis=0, dtype=float)
        count += len(trace.x)
        yield
    return {name: (np.abs(net[name].W) * np.sqrt(total / count) + EPS).reshape(net[name].K, -1).mean(axis=1)
            for name, total in totals.items()}


def removed(K, ratio):
    """How many of K neurons the Sparsifier zeroes: max(1, ⌊K · ratio⌋) − 1, as what equals the threshold stays."""
    return max(1, int(K * ratio)) - 1


TOOL = Tool("fasterai", "0.4.1", (large_final, squared_final, small_final, grad_crit, wanda), removed,
            "all that equal the threshold stay")
