"""What masks leave of a network, in theory and by the clock."""

from dataclasses import dataclass

from ..engine.checks import check_count, check_network, check_seed
from ..evaluation.latency import forward_turns, times_as_fast
from ..evaluation.timing import Ratio, ratio_of
from .masks import check_masks, mask_connections, masks_of, weight_arrays


@dataclass(frozen=True, repr=False)
class ConnectionReport:
    """What masks leave of a network, in theory and by the clock. `print` it for a table.

    Four dicts {array name: count}: `weights` all there are, `left` those that stay, `multiply_adds` of one sample's
    forward pass, and `nonzero` those of them whose weight stays. `latency` and `masked_latency` are the median
    seconds of a forward pass of `latency_batch` samples without and with the masks, measured in turns, and `speedup`
    how many times as fast the masked passes are, as `mp.compare` measures it (all None if not measured).
    """

    weights: dict
    left: dict
    multiply_adds: dict
    nonzero: dict
    latency: float | None
    masked_latency: float | None
    latency_batch: int
    speedup: Ratio | None = None

    @property
    def share_left(self):
        """The fraction of all weights that stays."""
        return sum(self.left.values()) / sum(self.weights.values())

    def to_dict(self):
        """All of it as plain values, for JSON."""
        counts = {key: dict(value) for key, value in vars(self).items() if isinstance(value, dict)}
        return {**vars(self), **counts, "share_left": self.share_left,
                "speedup": None if self.speedup is None else self.speedup.to_dict()}

    def __str__(self):
        columns = (self.weights, self.left, self.multiply_adds, self.nonzero)
        lines = [f"{'':<14}{'weights':>12}{'left':>12}{'':>10}{'multiply-adds':>16}{'of nonzero':>14}"]
        for name in (*self.weights, "all"):
            counts = [sum(column.values()) if name == "all" else column[name] for column in columns]
            share = f"{100 * counts[1] / counts[0]:.1f} %"
            lines.append(f"{name:<14}{counts[0]:>12,}{counts[1]:>12,}{share:>10}{counts[2]:>16,}{counts[3]:>14,}")
        if self.latency is not None:
            lines.append(f"latency, {self.latency_batch} samples: {1e3 * self.latency:.3f} ms, masked "
                         f"{1e3 * self.masked_latency:.3f} ms, {times_as_fast(self.speedup)}")
        return "\n".join([*lines, NO_FASTER])

    __repr__ = __str__


NO_FASTER = ("A dense product multiplies a 0 like any other number: masked weights make nothing faster here. They\n"
             "make files smaller (save_sparse). For speed remove whole neurons (prune).")


def report(net, masks=None, x=None, latency=True, latency_batch=128, seed=0):
    """Return the ConnectionReport of masks on a network: weights left, multiply-adds left in theory, measured times.

    masks: {array name: bool array}; arrays that they do not name are whole. By default those of the network's own
    zeros (`masks_of`); both times are then of the same network with zeros. x: inputs of the measured passes, by default
    `latency_batch` standard normal samples drawn from `seed`. Raises as `mask_connections`.
    """
    check_network(net)
    count = check_count("latency_batch", latency_batch)
    x = check_seed(seed).normal(size=(count, *net.input_shape)) if x is None else x
    x = net.check_input(x)[:count]
    arrays = weight_arrays(net)
    masks = check_masks(masks_of(net) if masks is None else masks, arrays)

    # Each weight of an array is used equally often: once in a Dense, at each position in a Conv2D.
    weights = {name: W.size for name, W in arrays.items()}
    left = {name: int(masks[name].sum()) if name in masks else size for name, size in weights.items()}
    used = {name: net[name.removesuffix(".W")].multiply_adds() // size for name, size in weights.items()}

    turns = forward_turns([net, mask_connections(net, masks)], [x, x]) if latency else None
    times = (None, None) if turns is None else turns.medians().tolist()
    return ConnectionReport(weights, left, {name: used[name] * weights[name] for name in arrays},
                            {name: used[name] * left[name] for name in arrays}, *times, len(x),
                            None if turns is None else ratio_of(turns))
