"""Quantisation: fewer bits for each weight."""

import numpy as np

from ..engine.checks import check_count, check_known, check_network, check_numbers
from .masks import weight_arrays

FEWEST, MOST = 2, 16            # bits
GRAIN = ("layer", "neuron")     # the weights of a layer, or of a neuron, share a scale


def quantise(net, bits, per="layer"):
    """Return a copy of `net` whose weights are rounded to `bits` bits each, uniformly and symmetrically around 0.

        w ← s q,    q = round(w / s) ∈ {−L, …, L},    L = 2^(bits−1) − 1,    s = max |w| / L

    max runs over the layer's weights (per="layer") or over each neuron's incoming weights (per="neuron"). So no weight
    is clipped, and none moves by more than s / 2 (half-way cases go to the even q). The largest weight keeps its value,
    and 0 stays 0: masked connections stay masked. One of the 2^bits codes is unused, as in all schemes that are
    symmetric and have a 0. Biases, γ, β and running statistics keep all their bits, and so do the activations: the
    network computes in its own dtype, as fast as before; what shrinks is storage (`quantised_bytes`). Quantising twice
    changes nothing more.

    bits: 2 (the levels −s, 0, s) to 16. One bit has no level but 0 in this scheme (L = 0), and is refused.
    Krishnamoorthi, 2018, arXiv:1806.08342 (symmetric, per layer and per channel; there of activations too).
    Raises ValueError or TypeError for other `bits` or `per`, or weights that are not finite.
    """
    check_network(net)
    bits, per = check_bits(bits), check_grain(per)
    for name, W in weight_arrays(net).items():
        check_numbers(name, W)
    rounded = net.copy()
    for W in weight_arrays(rounded).values():
        q, top = to_codes(W, bits, per)
        W[...] = from_codes(q, top, bits)
    return rounded


def to_codes(W, bits, per="layer"):
    """(q as int16 of W's shape, max |w| with the shape (1, …) or (K, 1, …)): w ≈ q / L · max |w|."""
    axes = tuple(range(W.ndim)) if per == "layer" else tuple(range(1, W.ndim))
    top = np.abs(W).max(axis=axes, keepdims=True)
    share = np.divide(W, top, out=np.zeros_like(W), where=top > 0)      # in [−1, 1]; w / s would overflow for tiny s
    return np.rint(share * levels(bits)).astype(np.int16), top


def from_codes(q, top, bits):
    """The weights that the codes stand for, in the dtype of `top`."""
    return (q / top.dtype.type(levels(bits))).astype(top.dtype) * top


def levels(bits):
    """L: the number of levels above 0."""
    return 2 ** (bits - 1) - 1


def pack(q, bits):
    """The codes side by side, `bits` bits each, as bytes: (⌈q.size · bits / 8⌉,) uint8."""
    shifts = np.arange(bits - 1, -1, -1)
    return np.packbits((q.reshape(-1, 1).astype(np.int64) + levels(bits)) >> shifts & 1)


def unpack(packed, bits, shape):
    """The codes that `pack` packed, int16 of `shape`."""
    digits = np.unpackbits(packed, count=bits * int(np.prod(shape))).reshape(-1, bits)
    return (digits @ (1 << np.arange(bits - 1, -1, -1)) - levels(bits)).astype(np.int16).reshape(shape)


def quantised_bytes(net, bits, per="layer"):
    """Return how many bytes the network's numbers take with `bits` bits a weight.

    They are ⌈weights · bits / 8⌉ for each layer (`pack` makes them), one scale a layer or neuron, and all other arrays
    (biases, batch norm) as they are. Names, shapes and a file's headers are not counted. `dense_bytes(net)` is the same
    for the network as it is. Raises as `quantise`.
    """
    check_network(net)
    bits, per = check_bits(bits), check_grain(per)
    arrays = weight_arrays(net)
    weights = sum(-(-W.size * bits // 8) for W in arrays.values())
    scales = sum(W.itemsize * (1 if per == "layer" else len(W)) for W in arrays.values())
    return weights + scales + dense_bytes(net) - sum(W.nbytes for W in arrays.values())


def dense_bytes(net):
    """The bytes of all the network's arrays as they are."""
    return sum(array.nbytes for array in net.arrays().values())


def check_bits(bits):
    """Return a number of bits that this scheme can have."""
    bits = check_count("bits", bits)
    if bits == 1:
        raise ValueError("bits expects 2 to 16, got 1: one bit has no level but 0 in a symmetric scheme that keeps 0")
    if not FEWEST <= bits <= MOST:
        raise ValueError(f"bits expects {FEWEST} to {MOST}, got {bits}")
    return bits


def check_grain(per):
    """Return `per` if it is one of GRAIN."""
    check_known("scale per", per, GRAIN)
    return per
