"""Torch-Pruning: what its importances print, with the settings that it chooses by itself.

A neuron's parts are what pruning it erases: its row of W, batch norm's γ, and its columns in the next layer. Each part
gives a number, the score is their mean, and then each layer's scores are divided by their mean ("normalizer").
"""

import numpy as np

from ...engine.dense import Dense
from ...recording import record
from .tool import Tool, check_plain, distances


def over_mean(values):
    """A layer's scores divided by their mean."""
    return values / values.mean()


def powers(W, p):
    """Σ_j |w_ij|^p: no root is taken."""
    return (np.abs(W) ** p).sum(axis=1)


def magnitude(W, W_out, p=2):
    """What the neuron reads with and what reads it, in p-th powers, over the layer's mean.

    Call:     tp.importance.GroupMagnitudeImportance(p=2)(group), also called MagnitudeImportance
    Formula:  I_i = m_i / mean_j m_j,   m_i = ½ (Σ_j |w_ij|^p + Σ_k |w′_ki|^p)
    Order:    absolute value, p-th power, sum over each array, mean of the two arrays, divided by the layer's mean
    Same:     np.square of "group_norm", divided by the layer's mean (p=2)
    Names:    its own: a group ℓ2 norm
    Differs:  a norm has a root. Only p=1, group_reduction="first", normalizer=None is Li et al.'s ℓ1 norm,
              arXiv:1608.08710. Biases enter with bias=True only, as arrays more

    W: (K, F), W_out: (K, M) -> (K,). For a layer without batch norm; `magnitude_batch_norm` is for one with it.
    """
    return over_mean((powers(W, p) + powers(W_out, p)) / 2)


def magnitude_batch_norm(W, gamma, W_out, p=2):
    """As `magnitude`, of a layer with batch norm: γ is an array like the others.

    Call:     tp.importance.GroupMagnitudeImportance(p=2)(group)
    Formula:  I_i = m_i / mean_j m_j,   m_i = ⅓ (Σ_j |w_ij|^p + |γ_i|^p + Σ_k |w′_ki|^p)
    Order:    absolute value, p-th power, sum over each array, mean of the three arrays, divided by the layer's mean
    Same:     none
    Names:    its own: a group ℓ2 norm
    Differs:  as `magnitude`

    W: (K, F), gamma: (K,), W_out: (K, M) -> (K,)
    """
    return over_mean((powers(W, p) + np.abs(gamma) ** p + powers(W_out, p)) / 3)


def batch_norm_scale(gamma):
    """Batch norm's scale over the layer's mean.

    Call:     tp.importance.BNScaleImportance()(group)
    Formula:  I_i = |γ_i| / mean_j |γ_j|
    Order:    absolute value, divided by the layer's mean
    Same:     "batch_norm_scale", divided by the layer's mean
    Names:    Liu et al., "Network Slimming", ICCV 2017, arXiv:1708.06519
    Differs:  there one threshold on |γ| is set for the whole network. Divided by its layer's mean, |γ| is compared
              with its layer first: a layer that the ℓ1 penalty has shrunk as a whole keeps as many as any other

    gamma: (K,) -> (K,)
    """
    return over_mean(np.abs(gamma))


def lamp(W, W_out):
    """A neuron's group magnitude over the sum of its own and of all larger ones in the layer.

    Call:     tp.importance.LAMPImportance()(group)
    Formula:  I_i = m_i / Σ_(j: m_j ≥ m_i) m_j,   m_i = ½ (Σ_j w_ij² + Σ_k w′_ki²)
    Order:    square, sum over each array, mean of the two arrays, divided by the sum of the larger ones
    Same:     none
    Names:    Lee et al., "Layer-adaptive Sparsity for the Magnitude-based Pruning", ICLR 2021, arXiv:2010.07611
    Differs:  there of single weights, w² over the sum of the squares that are at least as large; here of neurons. The
              largest neuron of each layer scores 1 in both. Of equal neurons the earlier one in the tool's order
              scores less, as the later ones count as larger

    W: (K, F), W_out: (K, M) -> (K,). For a layer without batch norm; `lamp_batch_norm` is for one with it.
    """
    return over_larger((powers(W, 2) + powers(W_out, 2)) / 2)


def lamp_batch_norm(W, gamma, W_out):
    """As `lamp`, of a layer with batch norm: γ is an array like the others.

    Call:     tp.importance.LAMPImportance()(group)
    Formula:  I_i = m_i / Σ_(j: m_j ≥ m_i) m_j,   m_i = ⅓ (Σ_j w_ij² + γ_i² + Σ_k w′_ki²)
    Order:    square, sum over each array, mean of the three arrays, divided by the sum of the larger ones
    Same:     none
    Names:    Lee et al., ICLR 2021, arXiv:2010.07611
    Differs:  as `lamp`; the paper prunes single weights, and γ is not one of those that it ranks

    W: (K, F), gamma: (K,), W_out: (K, M) -> (K,)
    """
    return over_larger((powers(W, 2) + gamma ** 2 + powers(W_out, 2)) / 3)


def over_larger(m):
    """m_i / Σ_(j: m_j ≥ m_i) m_j."""
    order = np.argsort(m, kind="stable")
    scores = np.empty(len(m))
    scores[order] = m[order] / np.cumsum(m[order][::-1])[::-1]
    return scores


def fpgm(net, p=2):
    """How far the neuron's weights, to the p-th power, are from those of the others in its layer.

    Call:     tp.importance.FPGMImportance()(group)
    Formula:  I_i = d_i / mean_j d_j,   d_i = ½ (Σ_j ‖|w_i|^p − |w_j|^p‖ + Σ_j ‖|w′_i|^p − |w′_j|^p‖), the power of
              each weight
    Order:    absolute value, p-th power, ℓ2 distance, sum over the layer's neurons, mean of the two arrays, divided
              by the layer's mean
    Same:     none
    Names:    He et al., "Filter Pruning via Geometric Median", CVPR 2019, arXiv:1811.00250
    Differs:  there the distance is of the filters themselves. Here w and −w are at distance 0, large weights count
              more by the square, and what reads the neuron counts as much as what it reads. After a Flatten the
              columns of all places and channels are compared, and a channel's sums added up

    Raises ValueError for networks with blocks, grouped convolutions, or batch norm as a layer of its own.
    """
    check_plain(net, "torch_pruning.fpgm")
    weights = {name: net[name].W for name in net.neuron_layers}

    def both(name):
        rows, columns = pairs(net, name, weights)
        apart = distances(np.abs(columns.reshape(-1, columns.shape[-1])) ** p)
        return distances(np.abs(rows) ** p) + apart.reshape(len(rows), -1).sum(axis=1)
    return {name: over_mean(both(name) / 2) for name in net.hidden_layers}


def fpgm_first(W, p=2):
    """As `fpgm`, of the incoming weights alone and not divided.

    Call:     tp.importance.FPGMImportance(p, group_reduction="first", normalizer=None)(group)
    Formula:  I_i = Σ_j ‖|w_i|^p − |w_j|^p‖, powers of each weight
    Order:    absolute value, p-th power, ℓ2 distance, sum over the layer's neurons
    Same:     "geometric_median" with p=1, where no weight is negative
    Names:    He et al., arXiv:1811.00250
    Differs:  w and −w are at distance 0

    W: (K, F) -> (K,)
    """
    return distances(np.abs(W) ** p)


def taylor(net, traces, multivariable=False):
    """The first-order change of the mean loss if each weight that goes with the neuron were 0, without signs.

    Call:     loss.backward(); tp.importance.GroupTaylorImportance()(group), also called TaylorImportance; the loss is
              the mean over samples
    Formula:  I_i = m_i / mean_j m_j,   m_i = ½ (Σ_j |w_ij ḡ_ij| + Σ_k |w′_ki ḡ′_ki|),   ḡ = mean_n ∂ℓ_n/∂w
    Order:    mean over samples, product, absolute value, sum over each array, mean of the two arrays, divided by the
              layer's mean; multivariable=True: the sum before the absolute value (after a Flatten, place by place)
    Same:     none; the incoming part alone is lambda W, mean_dW: np.abs(W * mean_dW).sum(axis=1)
    Names:    Molchanov et al., "Importance Estimation for Neural Network Pruning", CVPR 2019, arXiv:1906.10771
    Differs:  there (Σ_j w ḡ)² of the neuron, or the sum of (w ḡ)²; here nothing is squared, and the next layer's
              columns are added. Batch norm's γ, the paper's best place for a gate, never enters

    Raises ValueError for networks with blocks, grouped convolutions, or batch norm as a layer of its own.
    """
    check_plain(net, "torch_pruning.taylor")
    totals, count = dict.fromkeys(net.neuron_layers, 0.0), 0
    for trace in traces:
        totals = {name: total + trace[name].grads["W"] for name, total in totals.items()}
        count += len(trace.x)
        yield
    slopes = {name: net[name].W * total / count for name, total in totals.items()}

    def size(part):
        return np.abs(part.sum(axis=-1)) if multivariable else np.abs(part).sum(axis=-1)
    return {name: over_mean((size(rows) + size(columns).sum(axis=1)) / 2)
            for name, (rows, columns) in ((name, pairs(net, name, slopes)) for name in net.hidden_layers)}


def hessian(net, x, t, loss):
    """The last sample's squared gradient of each weight that goes with the neuron, times the squared weight.

    Call:     s = tp.importance.GroupHessianImportance(); s.zero_grad(); for l in losses: model.zero_grad();
              l.backward(retain_graph=True); s.accumulate_grad(model); then s(group), as its documentation says
    Formula:  I_i = m_i / mean_j m_j,   m_i = mean of the arrays' Σ_j w_ij² g_ij²,   g = ∂ℓ_N/∂w of the LAST sample;
              the arrays are W, γ where there is batch norm, and the next layer's columns
    Order:    square, product, sum over each array, mean of the arrays, divided by the layer's mean
    Same:     "empirical_fisher_weights" of the last sample alone has the incoming part, times ½
    Names:    LeCun, Denker & Solla, "Optimal Brain Damage", NIPS 1989
    Differs:  there ½ h w² with the second derivative h. Squared gradients stand for h, which is another number away
              from a minimum; and accumulate_grad keeps those of one sample only, because it asks for a parameter's
              name and stores under the parameter, so that each sample overwrites the one before

    The score depends on which sample comes last.
    Raises ValueError for networks with blocks, grouped convolutions, or batch norm as a layer of its own.
    """
    check_plain(net, "torch_pruning.hessian")
    last = record(net, x[-1:], t[-1:], loss)
    squares = {name: (net[name].W * last[name].grads["W"]) ** 2 for name in net.neuron_layers}
    scores = {}
    for name in net.hidden_layers:
        rows, columns = pairs(net, name, squares)
        parts = [rows.sum(axis=1), columns.sum(axis=(1, 2))]
        if net[name].batch_norm:
            parts.append((net[name].gamma * last[name].grads["gamma"]) ** 2)
        scores[name] = over_mean(np.mean(parts, axis=0))
    return scores


def pairs(net, name, arrays):
    """Of arrays of the shape of each layer's W: rows (K, F) of layer `name`, and the columns (K, P, M) that read it.

    P are the places to which a Flatten spread a neuron (1 otherwise).
    """
    K, reader = net[name].K, net.readers(name)[0]
    columns = np.moveaxis(arrays[reader].reshape(len(arrays[reader]), -1, K), 2, 0)
    if isinstance(net[reader], Dense):
        return arrays[name].reshape(K, -1), columns.transpose(0, 2, 1)
    return arrays[name].reshape(K, -1), columns.reshape(K, 1, -1)


def removed(K, ratio):
    """How many of K neurons MagnitudePruner removes: K − ⌊K (1 − ratio)⌋ in floating point, and none if that is all.

    With ratio 0.8, 10 · (1 − 0.8) is 1.9999999999999996, so that 9 of 10 go; with 0.9 all 10 would go, which is
    refused without a word, and none goes.
    """
    count = K - int(K * (1 - ratio))
    return 0 if count == K else count


TOOL = Tool("Torch-Pruning", "1.6.1", removed=removed,
            ties="some of equal scores, in the order of torch.argsort; ranked globally all or none of them",
            scores=(magnitude, magnitude_batch_norm, batch_norm_scale, lamp, lamp_batch_norm, fpgm,
                    fpgm_first, taylor, hessian))
