"""NNI: the metrics of its pruners of whole neurons. It has no later release than 3.0, of 2023.

Two of its pruners train one number for each neuron, by Adam with the rate 0.01, beside the network's own optimizer:
`slim` a factor on the incoming weights, `movement` a score. Here the network itself stands still, as with an optimizer
whose learning rate is 0; step after step takes the next `batch_size` samples, and after the last ones the first again.
"""

import numpy as np

from ...engine.checks import check_count, check_real
from ...engine.optimizers import Adam
from ...recording import record
from .tool import Tool, check_plain, distances


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


def slim(net, x, t, loss, batch_size, steps=1, regular_scale=1.0):
    """A trained factor on the neuron's incoming weights, without its sign.

    Call:     SlimPruner(model, …, evaluator, training_steps=steps, regular_scale=1.0).compress(), of all layers but the
              output layer, L of them
    Formula:  I_i = |α_i|, the row w_i being α_i w_i, α_i = 1 at first; in each step by Adam down the slope
              mean_n ∂ℓ_n/∂α_i + regular_scale / L · sign(α_i)
    Order:    mean over the batch, sum over the incoming weights, Adam's step, absolute value after the last one
    Same:     none
    Names:    Liu et al., "Network Slimming", ICCV 2017, arXiv:1708.06519
    Differs:  there the factors are batch norm's γ, as training left them. Here γ is never looked at: the factors are
              new ones, and all start at 1. A step of Adam is about 0.01 long whatever the slope, so that after the
              first one all factors are 0.99 or 1.01; and with the penalty larger than all slopes they stay equal

    Raises ValueError for networks with blocks, grouped convolutions, or batch norm as a layer of its own.
    """
    check_plain(net, "nni.slim")
    factors = {name: np.ones(net[name].K) for name in net.hidden_layers}
    penalty = check_real("regular_scale", regular_scale, least=0) / len(factors)

    def slope(name, rows):
        return rows + penalty * np.sign(factors[name])
    trained(net, factors, batches_in_turn(x, t, batch_size, steps), loss, slope, scaled)
    return {name: np.abs(factor) for name, factor in factors.items()}


def movement(net, x, t, loss, batch_size, steps=1):
    """A trained score: in how many steps the neuron's incoming weights move away from 0, less those towards 0.

    Call:     MovementPruner(model, …, evaluator, warmup_step=steps - 1, cooldown_begin_step=…), with sparse_ratio;
              these are the scores by which it prunes for the first time
    Formula:  I_i = s_i, 0 at first; in each step by Adam down the slope Σ_j w_ij mean_n ∂ℓ_n/∂w_ij
    Order:    mean over the batch, product, sum over the incoming weights, Adam's step
    Same:     none
    Names:    Sanh, Wolf & Rush, "Movement Pruning: Adaptive Sparsity by Fine-Tuning", NeurIPS 2020, arXiv:2005.07683
              (the abstract and the tool's documentation were read)
    Differs:  there of single weights. The documentation has the sum of −w g over the steps, which plain gradient
              descent would give, and says how far weights move. A step of Adam is about 0.01 long whatever the slope:
              after the first one each score is 0.01 or −0.01, and slopes that stay as they are leave all scores of one
              sign equal. With sparse_threshold the scores go through a sigmoid, and a penalty is trained in

    Raises ValueError for networks with blocks, grouped convolutions, or batch norm as a layer of its own.
    """
    check_plain(net, "nni.movement")
    scores = {name: np.zeros(net[name].K) for name in net.hidden_layers}
    trained(net, scores, batches_in_turn(x, t, batch_size, steps), loss, lambda name, rows: rows, lambda net, _: net)
    return scores


def batches_in_turn(x, t, batch_size, steps):
    """`steps` batches (x, t), from the first samples again after the last ones."""
    starts = range(0, len(x), batch_size)
    for step in range(check_count("steps", steps)):
        batch = slice(starts[step % len(starts)], starts[step % len(starts)] + batch_size)
        yield x[batch], t[batch]


def trained(net, numbers, batches, loss, slope, network_with):
    """Train numbers {layer: (K,)} in place by Adam, down slope(name, rows), rows being Σ_j w_ij mean_n ∂ℓ_n/∂w_ij.

    The slopes are those of network_with(net, numbers); w are the weights of `net`.
    """
    adam = Adam(0.01)
    state = adam.start(numbers)
    for x, t in batches:
        trace = record(network_with(net, numbers), x, t, loss)
        rows = {name: (net[name].W * trace[name].grads["W"]).reshape(net[name].K, -1).sum(axis=1) / len(x)
                for name in numbers}
        adam.step(numbers, {name: slope(name, rows[name]) for name in numbers}, state)


def scaled(net, factors):
    """The network with each row w_i of W times its factor."""
    other = net.copy()
    for name, factor in factors.items():
        other[name].W *= factor.reshape(-1, *[1] * (other[name].W.ndim - 1)).astype(other.dtype)
    return other


def removed(K, ratio):
    """How many of K neurons go: ⌊K · ratio⌋ in floating point."""
    return int(K * ratio)


TOOL = Tool("NNI", "3.0", (l1_norm, l2_norm, fpgm, taylor, slim, movement), removed,
            "as many as asked, chosen by torch.topk, which promises no order for equal scores")
