"""Among whom: the neurons that are ranked together, and how many of them go."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..engine.checks import check_known, check_share, count_of
from .row import chosen


class Region(NamedTuple):
    """The places of neurons that are ranked together, and the share of them that goes (None: all that may go)."""

    places: np.ndarray
    share: int | float | None

    @property
    def count(self):
        """How many should go."""
        return len(self.places) if self.share is None else count_of(self.share, len(self.places))


def regions_of(where, scope, remove, may_go, min_keep):
    """Return {region, as messages name it: Region} for the `scope` and `remove` of `decide`."""
    if isinstance(remove, Mapping):
        return _named_layers(where, scope, remove)
    share = None if remove is None else check_share("remove", remove)
    if isinstance(scope, Mapping):
        groups = _local_regions(where, scope)
    else:
        check_known("scope", scope, ["global", "layer"])
        groups = _whole_network(where) if scope == "global" else _each_layer(where, may_go, min_keep)
    return {region: Region(places, share) for region, places in groups.items()}


def _whole_network(where):
    return {"the network": np.concatenate(list(where.values()))}


def _each_layer(where, may_go, min_keep):
    """The layers that can lose neurons at all."""
    return {f'layer "{layer}"': places for layer, places in where.items()
            if may_go[places].any() and len(places) >= min_keep}


def _named_layers(where, scope, remove):
    """The layers that `remove` names, each with a share of its own."""
    if scope != "global":
        raise ValueError(f"remove={{layer: …}} says where by itself: leave scope out, got {scope!r}")
    for layer in remove:
        check_known("layer in remove", layer, where)
    return {f'layer "{layer}"': Region(where[layer], check_share(f'remove["{layer}"]', share))
            for layer, share in remove.items()}


def _local_regions(where, scope):
    """The user's regions; raise unless each holds neurons and no neuron is in two."""
    groups, taken = {}, set()
    for name, members in scope.items():
        region = f"region {name!r}"
        if not isinstance(members, Mapping):
            raise TypeError(f"{region} expects {{layer: indices or bool mask}}, got {type(members).__name__}")
        # The places of its neurons, in all its layers.
        places = []
        for layer, neurons in members.items():
            check_known(f"layer in {region}", layer, where)
            places.extend(chosen(f'{region}, layer "{layer}"', neurons, where[layer]).tolist())
        # Each neuron belongs to one region at most.
        if not places or not taken.isdisjoint(places):
            raise ValueError(f"{region} {'overlaps another region' if places else 'holds no neuron'}")
        taken.update(places)
        groups[region] = np.array(places)
    if not groups:
        raise ValueError("scope expects at least one region, got an empty dict")
    return groups
