"""Sums over samples of the gradients of weights and of their squares, added up batch by batch."""

import numpy as np

from ..engine.coupled import Coupled, of_rows
from ..engine.kernels import blocks

BLOCK_BYTES = 1 << 20           # of single samples' gradients at a time


def gradient_sums(means, layer, trace):
    """What a batch adds to `means`: {"mean_dW": Σ_n ∂ℓ_n/∂w_ij, "mean_dW2": Σ_n (∂ℓ_n/∂w_ij)²}, (K, F), or to one.

    With one position ∂ℓ_n/∂w_ij = da_ni x_nj, so that each sum is one product, of da and x or of their squares. With
    several positions the squares need each sample's gradients; then the plain sum is made of these too, which costs
    less.
    """
    if isinstance(layer, Coupled):
        parts = [(gradient_sums(means, member, trace.inside[member.name]), layer.unit.rows[member.name])
                 for member in layer.layers]
        return {mean: np.concatenate([of_rows(part[mean], rows) for part, rows in parts], axis=1) for mean in means}
    da = layer.scaled(trace.dz, trace)
    if "mean_dW2" in means and da.ndim > 2:
        both = sums_of_single_gradients(layer, trace.x, np.ascontiguousarray(da).reshape(len(da), -1, layer.K))
        return {mean: both[mean] for mean in means}
    sums = {}
    if "mean_dW" in means:
        sums["mean_dW"] = layer.weight_gradient(trace.x, da).reshape(layer.K, -1)
    if "mean_dW2" in means:
        read = layer.patches(trace.x)[:, 0]                 # x of a Dense layer
        sums["mean_dW2"] = (da * da).T @ (read * read)
    return sums


def sums_of_single_gradients(layer, x, da):
    """Both sums from gradients of single samples, a few of them at a time."""
    total, squares = np.zeros((2, layer.K, layer.W[0].size))
    for n in blocks(np.broadcast_to(layer.W, (len(da), *layer.W.shape)), BLOCK_BYTES):
        dW = layer.single_gradients(x[n], da[n])                                        # (samples, K, F)
        total += dW.sum(axis=0)
        squares += np.einsum("nij,nij->ij", dW, dW)
    return {"mean_dW": total, "mean_dW2": squares}


def add_to(sums, parts):
    """sums += parts, in float64; the first parts are taken as they are."""
    for name, part in parts.items():
        sums[name] = np.add(sums[name], part, out=sums[name]) if name in sums else part.astype(float, copy=False)
