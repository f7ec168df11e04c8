"""Means over all samples of the gradients of weights and of their squares, added up batch by batch."""

import numpy as np

from ..engine.kernels import blocks
from ..engine.coupling import Coupled
from .arrays import FROM_SAMPLES, FROM_WEIGHTS

SUMMED = ("mean_dW", "mean_dW2")
KNOWN = (*FROM_WEIGHTS, *FROM_SAMPLES, *SUMMED)
BLOCK = 1 << 20                 # bytes of single samples' gradients at a time


def gradient_sums(wanted, layer, trace):
    """What a batch adds: {"mean_dW": Σ_n ∂ℓ_n/∂w_ij, "mean_dW2": Σ_n (∂ℓ_n/∂w_ij)²}, (K, F), or those that are wanted.

    With one position ∂ℓ_n/∂w_ij = da_ni x_nj, so that each is one product, of da and x or of their squares. With more
    of them the squares need each sample's gradients; then the sum is made of these too, which costs less.
    """
    if isinstance(layer, Coupled):
        parts = [gradient_sums(wanted, one, trace.inside[one.name]) for one in layer.layers]
        return {one: np.concatenate([part[one] for part in parts], axis=1) for one in parts[0]}
    da = layer.scaled(trace.dz, trace) if wanted else None
    if "mean_dW2" in wanted and da.ndim > 2:
        each = sums_of_each(layer, trace.x, da.reshape(len(da), -1, layer.K))
        return {one: each[one] for one in wanted}
    found = {"mean_dW": lambda: layer.weight_gradient(trace.x, da).reshape(layer.K, -1),
             "mean_dW2": lambda: (da * da).T @ (trace.x * trace.x)}
    return {one: found[one]() for one in wanted}


def sums_of_each(layer, x, da):
    """Both sums from gradients of single samples, a few of them at a time."""
    total, squares = np.zeros((2, layer.W[0].size, layer.K))
    for n in blocks(np.broadcast_to(layer.W, (len(da), *layer.W.shape)), BLOCK):
        dW = layer.patches(x[n]).transpose(0, 2, 1) @ da[n]                             # (samples, F, K)
        total += dW.sum(axis=0)
        squares += np.einsum("nji,nji->ji", dW, dW)
    return {"mean_dW": total.T, "mean_dW2": squares.T}


def add_to(sums, parts):
    """sums += parts, in float64; the first ones are taken as they are."""
    for name, part in parts.items():
        sums[name] = np.add(sums[name], part, out=sums[name]) if name in sums else part.astype(float, copy=False)
