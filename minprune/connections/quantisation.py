"""Quantisation: fewer bits for each weight, and what that costs in accuracy."""

from dataclasses import dataclass

import numpy as np

from .arrays import weight_arrays
from ..engine.checks import check_count, check_known, check_network, check_numbers
from ..engine.losses import prepare_samples
from ..training.loop import loss_and_accuracy

FEWEST, MOST = 2, 16            # bits
GRAIN = ("layer", "neuron")     # whose weights share a scale


def quantise(net, bits, per="layer"):
    """Return a copy of `net` whose weights are rounded to `bits` bits each, uniformly and symmetrically around 0.

        w ← s q,    q = round(w / s) ∈ {−L, …, L},    L = 2^(bits−1) − 1,    s = max |w| / L

    max runs over the layer's weights (per="layer") or over each neuron's incoming weights (per="neuron"), so no weight
    is clipped and none moves by more than s / 2 (half-way cases go to the even q). The largest weight keeps its value,
    and 0 stays 0: masked connections stay masked. One of the 2^bits codes is unused, as in every scheme that is
    symmetric and has a 0. Biases, γ, β and running statistics keep all their bits, and so do the activations: the
    network computes in its own dtype, as fast as before; what shrinks is storage (`quantised_bytes`). Quantising twice
    changes nothing.

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
    """L: how many levels there are above 0."""
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
    """Return how many bytes the network's numbers take with `bits` bits a weight: ⌈weights · bits / 8⌉ for each layer
    (`pack` makes them), one scale a layer or neuron, and all other arrays (biases, batch norm) as they are.

    Of the numbers alone: names, shapes and a file's headers are not counted. `dense_bytes(net)` is the same for the
    network as it is. Raises as `quantise`.
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


# ------------------------------------------------------------------------ accuracy against bits


@dataclass(frozen=True)
class Rounded:
    """One row of `compare_bits`: a network with `bits` bits a weight. `per` is "" for the one that was not rounded, and
    `bits` then those of its dtype. `error` is the largest |w − rounded w| of all weights."""

    bits: int
    per: str
    loss: float
    accuracy: float | None
    bytes: int
    error: float


@dataclass(frozen=True)
class BitsTable:
    """Rows of `compare_bits`, the network as it is first. `print` it for a table; `to_dict()` is for JSON."""

    rows: tuple
    samples: int

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, place):
        return self.rows[place]

    def to_dict(self):
        return {"samples": self.samples, "rows": [dict(vars(row)) for row in self.rows]}

    def __str__(self):
        lines = [f"{'bits':>5}  {'scale':<12}{'loss':>10}{'accuracy':>12}{'points':>9}{'bytes':>12}{'max error':>12}"]
        first = self.rows[0]
        for row in self.rows:
            accuracy = "-" if row.accuracy is None else f"{100 * row.accuracy:.2f} %"
            points = "" if row.accuracy is None or row is first else f"{100 * (row.accuracy - first.accuracy):+.2f}"
            told = f"a {row.per}" if row.per else "not rounded"
            lines.append(f"{row.bits:>5}  {told:<12}{row.loss:>10.4f}{accuracy:>12}{points:>9}{row.bytes:>12,}"
                         f"{row.error:>12.2e}")
        return "\n".join([*lines, f"on {self.samples:,} samples; only weights are rounded, activations are not"])


def compare_bits(net, x, t, loss="cross_entropy", bits=(8, 6, 5, 4, 3, 2), per=GRAIN, batch_size=256):
    """Return the BitsTable of `net` on data (x, t): loss, accuracy and bytes as it is, and quantised to each number of
    bits with one scale a layer and with one scale a neuron.

    bits: numbers of bits. per: "layer", "neuron" or both. Nothing is trained. Raises as `quantise` and as `predict`.
    """
    x, t, loss = prepare_samples(net, x, t, loss)
    batch_size = check_count("batch_size", batch_size)
    if not np.iterable(bits):
        raise TypeError(f"bits expects a list such as [8, 4, 2], got {bits!r}")
    bits = [check_bits(one) for one in bits]
    grain = [check_grain(one) for one in ([per] if isinstance(per, str) else per)]
    rows = [Rounded(8 * net.dtype.itemsize, "", *loss_and_accuracy(net, x, t, loss, batch_size), dense_bytes(net), 0.0)]
    for one in bits:
        for scale in grain:
            rounded = quantise(net, one, scale)
            rows.append(Rounded(one, scale, *loss_and_accuracy(rounded, x, t, loss, batch_size),
                                quantised_bytes(net, one, scale), largest_error(net, rounded)))
    return BitsTable(tuple(rows), len(x))


def largest_error(net, rounded):
    """max |w − rounded w| over all weights."""
    others = weight_arrays(rounded)
    return max(float(np.abs(W - others[name]).max()) for name, W in weight_arrays(net).items())


def check_bits(bits):
    bits = check_count("bits", bits)
    if bits == 1:
        raise ValueError("bits expects 2 to 16, got 1: one bit has no level but 0 in a symmetric scheme that keeps 0")
    if not FEWEST <= bits <= MOST:
        raise ValueError(f"bits expects {FEWEST} to {MOST}, got {bits}")
    return bits


def check_grain(per):
    check_known("scale per", per, GRAIN)
    return per
