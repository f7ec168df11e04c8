"""WoodFisher: optimal brain surgeon with the empirical Fisher information in place of the Hessian."""

import numpy as np

from ..engine.checks import check_real
from ..recording import stream
from .hessian import LARGEST, per_sample_gradients, unraveled, weight_names
from .score import Score
from .units import by_unit


def woodfisher_weights(net, x, t, loss="cross_entropy", batch_size=256, damping=1e-4):
    """WoodFisher: each weight's saliency, {"dense1.W": array, "dense1.b": array, …}, all layers'.

    w_q² / (2 [(F + damping · 1)⁻¹]_qq), F = mean_n g_n g_nᵀ, g_n = ∂ℓ_n/∂(W, b) of all layers: `obs_weights` with the
    empirical Fisher information as the Hessian, high = keep. F is the Hessian's stand-in at a minimum of a
    log-likelihood, where targets are as the network would draw them.

    Singh & Alistarh, "WoodFisher: Efficient Second-Order Approximation for Neural Network Compression", NeurIPS 2020,
    arXiv:2004.14340 (the authors' code was read, IST-DASLab/WoodFisher, pruners/woodfisher.py; of the paper only the
    introduction). There the inverse is built sample by sample, F⁻¹ − F⁻¹g gᵀF⁻¹ / (N + gᵀF⁻¹g), from 1/damping · 1
    (the Woodbury identity): the same numbers. Their code leaves out biases, and the ½.

    Raises ValueError if the network has more than LARGEST = 2000 such parameters, or if F + damping · 1 is not positive
    definite.
    """
    F, w = fisher_information(net, x, t, loss, batch_size), net.parameters()
    diagonal = unraveled(net, inverse_diagonal(F, damping))
    return {key: w[key] ** 2 / (2 * diagonal[key]) for key in weight_names(net)}


def fisher_information(net, x, t, loss="cross_entropy", batch_size=256):
    """F = mean_n g_n g_nᵀ, (P, P), laid out as `hessian`; ValueError for more than LARGEST = 2000 parameters."""
    P = sum(net.parameters()[key].size for key in weight_names(net))
    if P > LARGEST:
        raise ValueError(f"the Fisher information of {P} parameters has {P}² entries; expected a network of up to "
                         f"{LARGEST} (empirical_fisher_weights, its diagonal, takes larger ones)")
    F, count = np.zeros((P, P)), 0
    for trace in stream(net, x, t, loss, batch_size, need_dx=False, need_grads=False):
        g = per_sample_gradients(net, trace)
        F += g.T @ g
        count += len(trace.x)
    return F / count


def inverse_diagonal(F, damping):
    """The diagonal of (F + damping · 1)⁻¹ = Q (Λ + damping)⁻¹ Qᵀ, Λ being the eigenvalues of F.

    N samples leave all but N of them 0. They come out as rounding errors, which a damping of 10⁻⁴ may not cover, and
    are set to 0 again: that is as exact as the Woodbury identity. Raises ValueError unless F + damping · 1 is positive
    definite.
    """
    values, Q = np.linalg.eigh(F)
    values = np.where(values > len(F) * np.finfo(float).eps * values[-1], values, 0)
    values += check_real("damping", damping, least=0)
    if values.min() <= 0:
        raise ValueError(f"the Fisher information of {len(F)} parameters is not positive definite: raise damping, got "
                         f"{damping!r}")
    return (Q ** 2 / values).sum(axis=1)


def woodfisher(net, x, t, loss, batch_size=256, damping=1e-4):
    """Optimal brain surgeon with the empirical Fisher information as the Hessian, summed over the incoming weights.

    Formula:  I_i = Σ_j w_ij² / (2 [F⁻¹]_qq),   q the place of w_ij among all W and b,
              F = mean_n g_n g_nᵀ + damping · 1, g_n = ∂ℓ_n/∂(W, b)
    Point:    the incoming weights (the bias is in F, not in the sum)
    Order:    outer product of each sample's gradient, mean over samples, inverse, saliency of each weight, sum over
              the weights
    Cost:     one forward and one backward pass, and the eigenvalues of a P × P matrix; at most 2,000 parameters (W and
              b), else ValueError
    Claims:   none
    Source:   Singh & Alistarh, "WoodFisher", NeurIPS 2020, arXiv:2004.14340 (`woodfisher_weights` says what was read)
    Differs:  there of single weights without biases, and without the ½; the sum over a neuron is ours. Larger networks
              have F cut into blocks there, here they are refused

    High = keep. As `obs`, it counts on all other weights to make up for one. With Gauss-Newton's Hessian `obs` asks
    what the outputs do, this one what the targets say: where the network is exactly right, g = 0 and only the damping
    is left, ½ damping Σ_j w_ij². The directions of N gradients are at most N: with fewer samples than weights some
    weight can always make up for another. No second derivatives are needed, so that any loss will do.
    """
    if not net.hidden_layers:
        return {}
    saliencies = woodfisher_weights(net, x, t, loss, batch_size, damping)
    sums = {key.removesuffix(".W"): array.reshape(len(array), -1).sum(axis=1) for key, array in saliencies.items()}
    return by_unit(net, sums)


SCORES = (Score(woodfisher, blocks=True, series=True),)
