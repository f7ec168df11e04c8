"""From scores to who stays: the third step of the method."""

from collections.abc import Mapping

import numpy as np

from ..engine.checks import check_count, check_known, check_real


def decide(scores, remove=None, below=None, scope="global", min_keep=1, protect=(), below_mean=None,
           max_remove=None, multiple=1):
    """Return {layer: (K,) bool array}, True = stays, for scores {layer: (K,) array}, high = keep.

    Who goes (give exactly one):
      remove      the lowest scores: a fraction in [0, 1), or a whole number of neurons. A fraction f of K neurons is
                  floor(f K) neurons; protected ones count in K. {layer: fraction or number} says it layer by layer
                  (a layer that is not named loses none).
      below       every neuron with score < below.
      below_mean  c: every neuron with score < c · (mean of its layer's scores). Infinite scores are left out of the
                  mean. Meant for scores of at least 0: where a mean is negative, c · mean RISES as c falls below 1.
    Among whom (`scope`):
      "global"    all neurons of all layers, ranked together (全局策略)
      "layer"     the fraction or count applies inside each layer, layer by layer (层次策略);
                  a layer that is wholly protected, or smaller than `min_keep`, is not asked
      regions     {region: {layer: indices or bool mask}}: inside each named, local region (局部);
                  no neuron may be in two regions, and a neuron in no region stays
    Screening (筛选策略) is `below`, or the lowest k of all neurons: remove=k with scope="global".
    Who is spared:
      min_keep    every layer keeps at least so many neurons
      max_remove  no layer loses more: a fraction or number as for `remove`, or {layer: fraction or number}
      protect     layer names and (layer, index) pairs that never go
      multiple    each layer that loses neurons keeps a multiple of so many: the last of it to go stay, as many as it
                  takes. So fewer than asked may go, never more; where K is no multiple itself, the layer keeps all K
                  or a multiple below (K = 10 and multiple=4: 10, 8 or 4).

    Exactly the asked number goes (before `multiple`). Ties: the lower layer (earlier in `scores`), then the lower
    index, goes first. When a layer has no more to spare, the next in rank goes instead. Regions that share a layer
    share what it can spare, lowest score first. Scores may be infinite, but not NaN.

    Raises ValueError when more is asked than can go, and ValueError or TypeError for a malformed argument.
    """
    if sum(one is not None for one in (remove, below, below_mean)) != 1:
        raise ValueError(f"give exactly one of remove, below and below_mean, got remove={remove!r}, below={below!r} "
                         f"and below_mean={below_mean!r}")
    min_keep, multiple = check_count("min_keep", min_keep), check_count("multiple", multiple)
    s, where = _in_a_row(scores)
    free, spare = _unprotected(where, protect), _spare(where, min_keep, max_remove)
    if remove is None:
        free &= s < _thresholds(s, where, below, below_mean)
    if isinstance(remove, Mapping):
        regions, shares = _named_layers(where, scope, remove)
    else:
        share = None if remove is None else _check_share("remove", remove)
        regions = _regions(where, scope, free, min_keep)
        shares = dict.fromkeys(regions, share)
    asked = {region: _count(shares[region], len(places)) for region, places in regions.items()}
    going = _lowest(_ranked(s, free, regions), asked, _turned(where), spare)
    if remove is not None:
        limits = {f"every layer keeps at least {min_keep}": True, "some are protected": bool(protect),
                  f"max_remove={max_remove!r}": max_remove is not None,
                  "other regions take their share": len(regions) > 1 and isinstance(scope, Mapping)}
        _check_all_went(going, regions, shares, asked, ", ".join(one for one, given in limits.items() if given))
    return stay_without(going, where, multiple)


def removal_order(scores, scope="global", min_keep=1, protect=(), max_remove=None):
    """Return (going, where): the places of all neurons that can go, first to last, and {layer: (K,) its places}.

    As more and more is removed, neurons go in this order. "global": the lowest score of all first. "layer": all
    layers lose equal fractions, so the j-th of a layer's K goes at the fraction j / K. The other arguments are those
    of `decide`; a layer that has no more to spare stays as it is while the others go on.
    """
    check_known("scope", scope, ["global", "layer"])
    s, where = _in_a_row(scores)
    free, spare = _unprotected(where, protect), _spare(where, check_count("min_keep", min_keep), max_remove)
    if scope == "layer":
        s = _fractions(s, where, free)
    ranked = _ranked(s, free, {"all": np.arange(len(s))})
    return _lowest(ranked, {"all": len(s)}, _turned(where), spare), where


def stay_without(going, where, multiple=1):
    """Return {layer: (K,) bool}: all stay but those going, of whom the last stay where a multiple needs them."""
    keep = {}
    for layer, places in where.items():
        gone = going[np.isin(going, places)]
        missing = -(len(places) - len(gone)) % multiple
        keep[layer] = ~np.isin(places, gone[:max(len(gone) - missing, 0)])
    return keep


def _ranked(s, free, regions):
    """[(place, region), ...] of the neurons that may go, lowest first; the stable sort orders ties."""
    region_of = _turned(regions)
    return [(n, region_of[n]) for n in np.argsort(s, kind="stable") if free[n] and n in region_of]


def _lowest(ranked, asked, layer_of, spare):
    """The places of the lowest `asked` of each region, lowest first, at most `spare` of each layer."""
    asked, spare, going = dict(asked), dict(spare), []
    for n, region in ranked:
        if asked[region] > 0 and spare[layer_of[n]] > 0:
            asked[region] -= 1
            spare[layer_of[n]] -= 1
            going.append(n)
    return np.array(going, dtype=int)


def _check_all_went(going, regions, shares, asked, why):
    for region, places in regions.items():
        went = np.isin(places, going).sum()
        if went < asked[region]:
            raise ValueError(f"remove={shares[region]!r} asks for {asked[region]} of the {len(places)} neurons of "
                             f"{region}, but at most {went} can go: {why}")


def _spare(where, min_keep, max_remove):
    """{layer: how many neurons it can lose}."""
    spare = {layer: max(len(places) - min_keep, 0) for layer, places in where.items()}
    if max_remove is None:
        return spare
    shares = max_remove if isinstance(max_remove, Mapping) else dict.fromkeys(where, max_remove)
    for layer, share in shares.items():
        check_known("layer in max_remove", layer, where)
        most = _count(_check_share("max_remove", share), len(where[layer]))
        spare[layer] = min(spare[layer], most)
    return spare


def _thresholds(s, where, below, below_mean):
    """What each neuron's score must not be below: one number, or (total,) for c · the mean of its layer."""
    if below is not None:
        return check_real("below", below)
    from statistics import mean     # exact, so that equal scores are not below their mean; slow to import

    c, thresholds = check_real("below_mean", below_mean), np.empty(len(s))
    for places in where.values():
        finite = s[places][np.isfinite(s[places])]
        thresholds[places] = c * mean(finite.tolist()) if finite.size else 0.0
    return thresholds


def _fractions(s, where, free):
    """(total,): the fraction of its layer that has gone when a neuron goes, if the layers lose equal fractions."""
    fractions = np.ones(len(s))
    for places in where.values():
        order = places[free[places]]
        order = order[np.argsort(s[order], kind="stable")]
        fractions[order] = np.arange(1, len(order) + 1) / len(places)
    return fractions


def _check_share(name, share):
    """A whole number of neurons as an int, or a fraction as a float."""
    if isinstance(share, (int, np.integer)):
        return check_count(name, share, least=0)
    return check_real(f"{name} (as a fraction)", share, least=0, below=1)


def _count(share, K):
    """How many of K neurons a share is; with a threshold (None) as many as fall below it."""
    if share is None or isinstance(share, int):
        return K if share is None else share
    return min(int(share * K + 1e-9), K - 1)       # 0.29 * 100 is 28.999999999999996 in floating point


def _turned(groups):
    """{name: places} turned into {place: name}."""
    return {n: name for name, places in groups.items() for n in places}


def _in_a_row(scores):
    """All scores in one row, layer after layer, and {layer: (K,) its places in that row}."""
    if not isinstance(scores, Mapping) or not scores:
        got = "an empty dict" if isinstance(scores, Mapping) else type(scores).__name__
        raise ValueError(f"scores expects a dict {{layer: array}} of at least one layer, got {got}")
    rows, where, total = [], {}, 0
    for layer, row in scores.items():
        try:
            row = np.asarray(row)
        except ValueError:
            raise TypeError(f'scores of layer "{layer}" expect one number a neuron, '
                            "got rows of different lengths") from None
        if row.dtype.kind not in "iuf":
            raise TypeError(f'scores of layer "{layer}" expect real numbers, got dtype {row.dtype}')
        if row.ndim != 1 or row.size == 0:
            raise ValueError(f'scores of layer "{layer}" expect one number a neuron, got shape {row.shape}')
        if np.isnan(row).any():
            raise ValueError(f'scores of layer "{layer}" hold {np.isnan(row).sum()} NaN, of {row.size}')
        rows.append(row.astype(float))
        where[layer] = total + np.arange(row.size)
        total += row.size
    return np.concatenate(rows), where


def check_protect(protect):
    """Return what is protected as a tuple; raise TypeError for anything but a list."""
    if isinstance(protect, str) or not np.iterable(protect):
        raise TypeError(f"protect expects a list of layer names and (layer, index) pairs, got {protect!r}")
    return tuple(protect)


def _unprotected(where, protect):
    """True for every neuron in the row that may go: (total,) bool."""
    free = np.ones(sum(map(len, where.values())), dtype=bool)
    for entry in check_protect(protect):
        pair = isinstance(entry, tuple) and len(entry) == 2
        if not pair and not isinstance(entry, str):
            raise TypeError(f"protect expects layer names and (layer, index) pairs, got {entry!r}")
        layer = entry[0] if pair else entry
        check_known("layer in protect", layer, where)
        free[_places(f"protect={entry!r}", entry[1:], where[layer]) if pair else where[layer]] = False
    return free


def _regions(where, scope, free, min_keep):
    """{region as errors tell it: its places in the row}."""
    if isinstance(scope, Mapping):
        return _local_regions(where, scope)
    check_known("scope", scope, ["global", "layer"])
    if scope == "global":
        return {"the network": np.concatenate(list(where.values()))}
    return {f'layer "{layer}"': places for layer, places in where.items()
            if free[places].any() and len(places) >= min_keep}


def _named_layers(where, scope, remove):
    """The layers that `remove` names as regions, and {region: its fraction or number}."""
    if scope != "global":
        raise ValueError(f"remove={{layer: …}} says where by itself: leave scope out, got {scope!r}")
    for layer in remove:
        check_known("layer in remove", layer, where)
    told = {layer: f'layer "{layer}"' for layer in remove}
    return {told[layer]: where[layer] for layer in remove}, \
        {told[layer]: _check_share(f'remove["{layer}"]', share) for layer, share in remove.items()}


def _local_regions(where, scope):
    """The user's regions; raise unless each holds neurons and no neuron is in two."""
    regions, taken = {}, set()
    for name, members in scope.items():
        region = f"region {name!r}"
        if not isinstance(members, Mapping):
            raise TypeError(f"{region} expects {{layer: indices or bool mask}}, got {type(members).__name__}")
        places = []
        for layer, neurons in members.items():
            check_known(f"layer in {region}", layer, where)
            places.extend(_places(f'{region}, layer "{layer}"', neurons, where[layer]).tolist())
        if not places or not taken.isdisjoint(places):
            raise ValueError(f"{region} {'overlaps another region' if places else 'holds no neuron'}")
        taken.update(places)
        regions[region] = np.array(places)
    if not regions:
        raise ValueError("scope expects at least one region, got an empty dict")
    return regions


def _places(name, neurons, places):
    """Those of a layer's `places` that indices or a bool mask choose."""
    K, neurons = len(places), np.asarray(neurons)
    if neurons.dtype == bool and neurons.shape == (K,):
        return places[neurons]
    if neurons.ndim != 1 or neurons.size and neurons.dtype.kind not in "iu":
        got = f"{neurons.dtype} of shape {neurons.shape}"
        raise TypeError(f"{name}: expected indices or a mask of {K} booleans, got {got}")
    wrong = [i for place, i in enumerate(neurons.tolist()) if not 0 <= i < K or i in neurons[:place]]
    if wrong:
        raise ValueError(f"{name}: expected different indices from 0 to {K - 1}, got {wrong[0]}")
    return places[neurons.astype(int)]
