"""Who is spared: neurons that are protected, and layers that can lose no more."""

from collections.abc import Mapping

import numpy as np

from ..engine.checks import check_known, check_protect, check_share, count_of
from .row import chosen


def unprotected(where, protect):
    """Return (total,) booleans: True for each neuron in the row that may go."""
    may_go = np.ones(sum(map(len, where.values())), dtype=bool)
    for entry in check_protect(protect):
        is_pair = isinstance(entry, tuple) and len(entry) == 2
        if not is_pair and not isinstance(entry, str):
            raise TypeError(f"protect expects layer names and (layer, index) pairs, got {entry!r}")
        layer = entry[0] if is_pair else entry
        check_known("layer in protect", layer, where)
        may_go[chosen(f"protect={entry!r}", entry[1:], where[layer]) if is_pair else where[layer]] = False
    return may_go


def spare_neurons(where, min_keep, max_remove):
    """Return {layer: how many neurons it can lose}."""
    spare = {layer: max(len(places) - min_keep, 0) for layer, places in where.items()}
    if max_remove is None:
        return spare
    shares = max_remove if isinstance(max_remove, Mapping) else dict.fromkeys(where, max_remove)
    for layer, share in shares.items():
        check_known("layer in max_remove", layer, where)
        most = count_of(check_share("max_remove", share), len(where[layer]))
        spare[layer] = min(spare[layer], most)
    return spare
