"""From scores to who stays: the third step of the method."""

import warnings
from collections.abc import Mapping

import numpy as np

from ..engine.checks import check_count, check_known, check_real, check_scores
from .counts import check_counting, check_finite_scores
from .limits import spare_neurons, unprotected
from .regions import Region, regions_of
from .row import by_place, in_a_row


def decide(scores, remove=None, below=None, scope="global", min_keep=1, protect=(), below_mean=None,
           max_remove=None, multiple=1, *, effective=None, cumulative=None):
    """Return {layer: (K,) bool array}, True = stays, for scores {layer: (K,) array}, high = keep.

    Who goes (give exactly one):
      remove      the lowest scores: a fraction in [0, 1), or a whole number of neurons. A fraction f of K neurons is
                  floor(f K) neurons; protected ones count in K. {layer: fraction or number} says it layer by layer
                  (a layer that is not named loses none).
      below       all neurons with score < below.
      below_mean  c: all neurons with score < c · (mean of their layer's scores). Infinite scores are left out of the
                  mean. Meant for scores of at least 0: where a mean is negative, c · mean RISES as c falls below 1.
      effective   c, as a rule 1: all but the ⌊c · N_eff⌋ highest, N_eff being the `effective_number` of the scores
      cumulative  c in (0, 1]: all but the fewest that hold c of the sum of the scores, negative ones counted as 0
    The last two read a number off the scores, for each part that is ranked by itself. Where the other arguments do not
    let so many go, as many go as they let.
    Among whom (`scope`):
      "global"    all neurons of all layers, ranked together (全局策略)
      "layer"     the fraction or number goes from each layer by itself (层次策略); a layer that is wholly protected,
                  or smaller than `min_keep`, loses none
      regions     {region: {layer: indices or bool mask}}: the fraction or number goes from each named, local region
                  (局部); no neuron may be in two regions, and a neuron in no region stays.
                  `decisions.equal_roles(net)` makes regions of layers that do the same in the network
    Screening (筛选策略) is `below`, or the lowest k of all neurons: remove=k with scope="global".
    Who is spared:
      min_keep    each layer keeps at least so many neurons
      max_remove  no layer loses more: a fraction or number as for `remove`, or {layer: fraction or number}
      protect     layer names and (layer, index) pairs that never go
      multiple    each layer that loses neurons keeps a multiple of this number: the last of its neurons to go stay, as
                  many as it takes. So fewer than asked for may go, never more; where K itself is not a multiple, the
                  layer keeps all K or a multiple below (K = 10 and multiple=4: 10, 8 or 4).

    Warns if all scores of a layer are equal and some of its neurons go, but not all: only their index decides which.

    Exactly the number asked for goes (before `multiple`). Ties: the lower layer (earlier in `scores`) goes first, then
    the lower index. When a layer has no more to spare, the next in rank goes instead. Regions that share a layer share
    what it can spare, lowest score first. Scores may be infinite, but not NaN.

    Raises ValueError when more is asked for than can go, and ValueError or TypeError for a malformed argument.
    """
    _check_one_rule(remove=remove, below=below, below_mean=below_mean, effective=effective, cumulative=cumulative)
    min_keep, multiple = check_count("min_keep", min_keep), check_count("multiple", multiple)
    s, where = in_a_row(check_scores(scores))

    # Who may go, and how many each layer can lose.
    may_go, spare = unprotected(where, protect), spare_neurons(where, min_keep, max_remove)
    if below is not None or below_mean is not None:
        may_go &= s < _thresholds(s, where, below, below_mean)

    # From each region the lowest go.
    regions = regions_of(where, scope, remove, may_go, min_keep)
    if effective is not None or cumulative is not None:
        regions = _counted(s, where, regions, check_counting(effective, cumulative))
    going = _lowest(_ranked(s, may_go), regions, where, spare)
    if remove is not None:
        reasons = {f"every layer keeps at least {min_keep}": True, "some are protected": bool(protect),
                   f"max_remove={max_remove!r}": max_remove is not None,
                   "other regions take their share": len(regions) > 1 and isinstance(scope, Mapping)}
        _check_all_went(going, regions, ", ".join(reason for reason, holds in reasons.items() if holds))
    keep = stay_without(going, where, multiple)
    warn_of_equal_scores(s, where, keep, may_go & _in_regions(regions, len(s)))
    return keep


def removal_order(scores, scope="global", min_keep=1, protect=(), max_remove=None):
    """Return (going, where): the places of all neurons that can go, first to last, and {layer: (K,) its places}.

    As more and more is removed, neurons go in this order. "global": the lowest score of all first. "layer": all
    layers lose equal fractions, so the j-th of a layer's K goes at the fraction j / K. The other arguments are those
    of `decide`; a layer that has no more to spare stays as it is while the others go on.
    """
    check_known("scope", scope, ["global", "layer"])
    s, where = in_a_row(check_scores(scores))
    may_go = unprotected(where, protect)
    spare = spare_neurons(where, check_count("min_keep", min_keep), max_remove)
    if scope == "layer":
        s = _fractions(s, where, may_go)
    everyone = {"the network": Region(np.arange(len(s)), None)}
    return _lowest(_ranked(s, may_go), everyone, where, spare), where


def stay_without(going, where, multiple=1):
    """Return {layer: (K,) bool}: all stay but those going, of whom the last stay where a multiple needs them."""
    stays = np.ones(sum(map(len, where.values())), bool)
    stays[going] = False
    for places in where.values():
        missing = -int(stays[places].sum()) % multiple
        if missing:
            gone = going[np.isin(going, places)]
            stays[gone[max(len(gone) - missing, 0):]] = True
    return {layer: stays[places] for layer, places in where.items()}


def warn_of_equal_scores(s, where, keep, may_go):
    """Warn of each layer in which the score does not decide who goes: all that may go score the same, and some go."""
    for layer, places in where.items():
        rivals, gone = s[places[may_go[places]]], int((~keep[layer]).sum())
        if 0 < gone < len(rivals) and (rivals == rivals[0]).all():
            warnings.warn(f'all scores of layer "{layer}" are {rivals[0]:g}: of its {len(places)} neurons {gone} '
                          f"{'goes' if gone == 1 else 'go'} by index alone", stacklevel=3)


def _check_one_rule(**rules):
    """Raise ValueError unless exactly one of the rules that say who goes is given."""
    given = {name: rule for name, rule in rules.items() if rule is not None}
    if len(given) != 1:
        *names, last = rules
        got = " and ".join(f"{name}={rule!r}" for name, rule in given.items()) or "none"
        raise ValueError(f"give exactly one of {', '.join(names)} and {last}, got {got}")


def _counted(s, where, regions, staying):
    """The regions with the number that goes: all but `staying(scores of the region)`."""
    for layer, places in where.items():
        check_finite_scores(layer, s[places])
    return {region: Region(places, len(places) - staying(s[places])) for region, (places, _) in regions.items()}


def _ranked(s, may_go):
    """The places of the neurons that may go, lowest score first."""
    order = np.argsort(s, kind="stable")    # ties: lower layer first, then lower index, as they stand in the row
    return order[may_go[order]]


def _lowest(ranked, regions, where, spare):
    """The places of those that go, first to last: of each region the lowest, and of no layer more than it can spare."""
    left = {region: members.count for region, members in regions.items()}
    spare, region_of, layer_of = dict(spare), by_place(_places(regions)), by_place(where)
    going = []
    for place in ranked:
        region, layer = region_of.get(place), layer_of[place]
        if region is not None and left[region] > 0 and spare[layer] > 0:
            left[region] -= 1
            spare[layer] -= 1
            going.append(place)
    return np.array(going, dtype=int)


def _places(regions):
    return {region: members.places for region, members in regions.items()}


def _in_regions(regions, total):
    """(total,) booleans: True for each neuron in the row that is in a region."""
    ranked = np.zeros(total, bool)
    for members in regions.values():
        ranked[members.places] = True
    return ranked


def _check_all_went(going, regions, why):
    """Raise ValueError if fewer went than should."""
    for region, members in regions.items():
        went = np.isin(members.places, going).sum()
        if went < members.count:
            raise ValueError(f"remove={members.share!r} asks for {members.count} of the {len(members.places)} neurons "
                             f"of {region}, but at most {went} can go: {why}")


def _thresholds(s, where, below, below_mean):
    """Neurons that score below this go: a number for all of them, or (total,) c · the mean of each neuron's layer."""
    if below is not None:
        return check_real("below", below)
    from statistics import mean     # exact, so that equal scores are not below their mean; slow to import

    c, thresholds = check_real("below_mean", below_mean), np.empty(len(s))
    for places in where.values():
        finite = s[places][np.isfinite(s[places])]
        thresholds[places] = c * mean(finite.tolist()) if finite.size else 0.0
    return thresholds


def _fractions(s, where, may_go):
    """(total,): the fraction of its layer that has gone when a neuron goes, if all layers lose equal fractions."""
    fractions = np.ones(len(s))
    for places in where.values():
        able = places[may_go[places]]
        order = able[np.argsort(s[able], kind="stable")]
        fractions[order] = np.arange(1, len(order) + 1) / len(places)
    return fractions
