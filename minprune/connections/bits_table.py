"""Bits against accuracy: a network quantised to fewer and fewer bits, row by row."""

from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_count, check_list
from ..engine.losses import prepare_samples
from ..training.quality import loss_and_accuracy
from .masks import weight_arrays
from .quantisation import GRAIN, check_bits, check_grain, dense_bytes, quantise, quantised_bytes


@dataclass(frozen=True)
class Rounded:
    """One row of `compare_bits`: a network with `bits` bits a weight.

    `per` is "" for the network that was not rounded, and `bits` are then those of its dtype. `error` is the largest
    |w − rounded w| of all weights.
    """

    bits: int
    per: str
    loss: float
    accuracy: float | None
    bytes: int
    error: float


@dataclass(frozen=True, repr=False)
class BitsTable:
    """Rows of `compare_bits`; the first is the network as it is. `print` it for a table; `to_dict()` is for JSON."""

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
            scale = f"a {row.per}" if row.per else "not rounded"
            lines.append(f"{row.bits:>5}  {scale:<12}{row.loss:>10.4f}{accuracy:>12}{points:>9}{row.bytes:>12,}"
                         f"{row.error:>12.2e}")
        return "\n".join([*lines, f"on {self.samples:,} samples; only weights are rounded, activations are not"])

    __repr__ = __str__


def compare_bits(net, x, t, loss="cross_entropy", bits=(8, 6, 5, 4, 3, 2), per=GRAIN, batch_size=256):
    """Return the BitsTable of `net` on data (x, t): loss, accuracy and bytes as it is, and quantised.

    There is a row for each number of bits, with one scale a layer and with one scale a neuron. bits: numbers of bits.
    per: "layer", "neuron" or both. Nothing is trained. Raises as `quantise` and as `predict`.
    """
    x, t, loss = prepare_samples(net, x, t, loss)
    batch_size = check_count("batch_size", batch_size)
    bits = [check_bits(count) for count in check_list("bits", bits, "such as [8, 4, 2]")]
    grain = [check_grain(scale) for scale in ([per] if isinstance(per, str) else per)]
    rows = [Rounded(8 * net.dtype.itemsize, "", *loss_and_accuracy(net, x, t, loss, batch_size), dense_bytes(net), 0.0)]
    for count in bits:
        for scale in grain:
            rounded = quantise(net, count, scale)
            rows.append(Rounded(count, scale, *loss_and_accuracy(rounded, x, t, loss, batch_size),
                                quantised_bytes(net, count, scale), largest_error(net, rounded)))
    return BitsTable(tuple(rows), len(x))


def largest_error(net, rounded):
    """max |w − rounded w| over all weights."""
    others = weight_arrays(rounded)
    return max(float(np.abs(W - others[name]).max()) for name, W in weight_arrays(net).items())
