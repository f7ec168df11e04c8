"""Decisions: from the scores of single weights to which weights stay."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..engine.checks import (check_count, check_dict, check_known, check_protect, check_rankable, check_share,
                             count_of)
from .grains import check_grain, grains_of, plural
from .masks import check_masks


def decide_connections(scores, remove, scope="global", min_keep=1, protect=(), masks=None, grain="weight"):
    """Return masks {"conv1.W": bool array, …}, True = stays, for scores of the same shapes, high = keep.

    remove   the lowest scores: a fraction in [0, 1), floor(fraction · weights), or a whole number of weights; or a dict
             {array name: fraction or number}, array by array (arrays that it does not name stay whole, and "global" is
             the same as "layer")
    scope    "global": all weights ranked together; "layer": the fraction or number goes from each array; "row": from
             what each neuron reads, its row of the array
    min_keep each array keeps so many weights, with scope="row" each row (a layer without weights passes nothing on);
             when it has no more to spare, the next in rank goes instead
    protect  what never goes: array names, and pairs (array name, index), the index being what NumPy takes:
             ("dense1.W", 3) is all that neuron 3 reads, ("dense1.W", (3, 0)) one weight, a boolean array any set
    masks    an earlier decision: only the weights that it kept are counted and can go, so that remove=0.2 is a fifth of
             what is left. The result is what both decisions keep
    grain    what goes together: "weight", "row" (all that a neuron reads), "kernel" (what it reads of one channel), or
             a block (r, c) of c consecutive weights of each of r neurons, see `connections.grains`. A grain's score is
             the mean of the scores of its weights that are left, so that grains of different sizes compare. `remove`
             and `min_keep` count grains; one that holds a protected weight stays

    Exactly the number asked for goes. Ties: the earlier array of `scores` goes first, then the lower index. A threshold
    needs no function: {name: s >= 0.01 for name, s in scores.items()}.

    Raises ValueError when more is asked for than can go, and ValueError or TypeError for a malformed argument.
    """
    scores = check_weight_scores(scores)
    check_known("scope", scope, ["global", "layer", "row"])
    min_keep, grain = check_count("min_keep", min_keep, least=0), check_grain(grain, scope)

    # What is left, and what of it may go.
    stays = {name: np.ones(s.shape, bool) for name, s in scores.items()}
    earlier = check_masks({} if masks is None else masks, stays, "score")
    stays |= {name: mask.copy() for name, mask in earlier.items()}
    may_go = unprotected(stays, protect)
    grains = {name: grains_of(name, s, grain, stays[name], may_go[name]) for name, s in scores.items()}

    # From each pool the lowest go.
    for pool in pools(remove, scope, grains):
        lowest = [(name, lowest_first(grains[name], places, min_keep)) for name, places in pool.members]
        left = sum(int(grains[name].left[places].sum()) for name, places in pool.members)
        count, able = count_of(pool.share, left), sum(len(places) for _, places in lowest)
        if count > able:
            raise ValueError(f"remove asks for {count} of the {left} {plural(grain)} of {pool.name}, but at most "
                             f"{able} can go: the others are protected, or the last that an array keeps")
        for name, going in lowest_of(grains, lowest, count).items():
            stays[name] &= ~going[grains[name].of]
    return stays


class Pool(NamedTuple):
    """What is ranked together: [(array name, places of its grains), …], and the share of these that goes."""

    name: str
    members: list
    share: int | float


def pools(remove, scope, grains):
    """The Pools. An array, or a row, of which nothing may go loses nothing, unless `remove` names it."""
    every = {name: np.arange(len(one.score)) for name, one in grains.items()}
    if isinstance(remove, Mapping):
        for name in remove:
            check_known("array in remove", name, grains)
        shares = {name: check_share(f'remove["{name}"]', share) for name, share in remove.items()}
    else:
        share = check_share("remove", remove)
        if scope == "global":
            return [Pool(", ".join(grains), list(every.items()), share)]
        shares = {name: share for name, one in grains.items() if one.may_go.any()}
    if scope == "row":
        return [Pool(f"row {i} of {name}", [(name, places)], share) for name, share in shares.items()
                for i, places in enumerate(grains[name].rows) if grains[name].may_go[places].any()]
    return [Pool(name, [(name, every[name])], share) for name, share in shares.items()]


def lowest_first(grains, places, min_keep):
    """The places of the grains that may go, lowest score first, at most as many as can be spared."""
    able, spare = places[grains.may_go[places]], int(grains.left[places].sum()) - min_keep
    order = np.argsort(grains.score[able], kind="stable")               # ties: lower index first
    return able[order[:max(spare, 0)]]


def lowest_of(grains, lowest, count):
    """{array name: booleans, one a grain}: True for the `count` lowest of several arrays, ranked in one row."""
    row = np.concatenate([grains[name].score[places] for name, places in lowest])
    goes = np.zeros(len(row), bool)
    goes[np.argsort(row, kind="stable")[:count]] = True                 # ties: earlier array first

    going, start = {}, 0
    for name, places in lowest:
        going[name] = np.zeros(len(grains[name].score), bool)
        going[name][places[goes[start:start + len(places)]]] = True
        start += len(places)
    return going


def unprotected(stays, protect):
    """{array name: bool}: True for each weight that is left and may go."""
    may_go = {name: mask.copy() for name, mask in stays.items()}
    for entry in check_protect(protect, "array"):
        name, index = entry if isinstance(entry, tuple) and len(entry) == 2 else (entry, ...)
        if not isinstance(name, str):
            raise TypeError(f"protect expects array names and (array, index) pairs, got {entry!r}")
        check_known("array in protect", name, may_go)
        try:
            may_go[name][index] = False
        except (IndexError, ValueError, TypeError) as error:
            raise ValueError(f'protect: no such index of "{name}" {may_go[name].shape}: {error}') from None
    return may_go


def check_weight_scores(scores):
    """Return {array name: array of float64}; raise unless there is a number for each weight, and no NaN."""
    check_dict("scores", scores, "{array name: array} of at least one array")
    checked, expected = {}, "one number a weight, a row a neuron"
    for name, s in scores.items():
        checked[name] = s = check_rankable(f'scores of "{name}"', s, expected)
        if s.ndim < 2 or s.size == 0:
            raise ValueError(f'scores of "{name}": expected {expected}, got shape {s.shape}')
    return checked
