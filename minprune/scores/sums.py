"""Means over all samples of what no formula needs sample by sample, added up batch by batch."""

import numpy as np

from ..engine.blocks import blocks
from ..engine.coupling import Coupled
from .arrays import FROM_SAMPLES, FROM_WEIGHTS, mean_over_positions, over_samples

SUMMED = ("mean_abs_do", "mean_dW", "mean_dW2")
KNOWN = (*FROM_WEIGHTS, *FROM_SAMPLES, *SUMMED)
BLOCK = 1 << 20                 # bytes of single samples' gradients at a time


def batch_sums(wanted, layer, trace):
    """Of those that are wanted, {"mean_abs_do": Σ_n mean_p |∂ℓ_n/∂o_npi|, "mean_dW": Σ_n ∂ℓ_n/∂w_ij, "mean_dW2":
    Σ_n (∂ℓ_n/∂w_ij)²}: what one batch adds to its means' sums, in arrays of their own."""
    if "mean_abs_do" not in wanted:
        return gradient_sums(wanted, layer, trace)
    do = trace.do.reshape(len(trace.do), -1, layer.K)
    return {"mean_abs_do": over_samples(mean_over_positions(np.abs(do))), **gradient_sums(wanted, layer, trace)}


def gradient_sums(wanted, layer, trace):
    """{"mean_dW": Σ_n ∂ℓ_n/∂w_ij, "mean_dW2": Σ_n (∂ℓ_n/∂w_ij)²}, (K, F), or one of them, or none.

    With one position ∂ℓ_n/∂w_ij = da_ni x_nj, so that each is one product, of da and x or of their squares. With more
    of them the squares need each sample's gradients; then the sum is made of these too, which costs less.
    """
    if isinstance(layer, Coupled):
        parts = [gradient_sums(wanted, one, trace.inside[one.name]) for one in layer.layers]
        return {one: np.concatenate([part[one] for part in parts], axis=1) for one in parts[0]}
    wanted = [one for one in ("mean_dW", "mean_dW2") if one in wanted]
    da = layer.scaled(trace.dz, trace) if wanted else None
    if "mean_dW2" in wanted and da.ndim > 2:
        each = sums_of_each(layer, trace.x, da.reshape(len(da), -1, layer.K))
        return {one: each[one] for one in wanted}
    found = {"mean_dW": lambda: layer.weight_gradient(trace.x, da).reshape(layer.K, -1),
             "mean_dW2": lambda: (da * da).T @ (trace.x * trace.x)}
    return {one: found[one]() for one in wanted}


def sums_of_each(layer, x, da):
    """Both sums from gradients of single samples, a few of them at a time."""
    total, squares = np.zeros((2, layer.W[0].size, layer.K), da.dtype)
    for n in blocks(np.broadcast_to(layer.W, (len(da), *layer.W.shape)), BLOCK):
        dW = layer.patches(x[n]).transpose(0, 2, 1) @ da[n]                             # (samples, F, K)
        total += dW.sum(axis=0)
        squares += np.einsum("nji,nji->ji", dW, dW)
    return {"mean_dW": total.T, "mean_dW2": squares.T}


def add_to(sums, parts):
    """sums += parts, in float64; the first ones are taken as they are."""
    for name, part in parts.items():
        sums[name] = np.add(sums[name], part, out=sums[name]) if name in sums else part.astype(float, copy=False)
