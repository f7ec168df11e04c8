"""Decisions: from the scores of single weights to which weights stay."""

from collections.abc import Mapping

import numpy as np

from ..engine.checks import (check_count, check_dict, check_known, check_protect, check_rankable, check_share,
                             count_of)
from .masks import check_masks


def decide_connections(scores, remove, scope="global", min_keep=1, protect=(), masks=None):
    """Return masks {"conv1.W": bool array, …}, True = stays, for scores of the same shapes, high = keep.

    remove   the lowest scores: a fraction in [0, 1), floor(fraction · weights), or a whole number of weights; or a dict
             {array name: fraction or number}, array by array (arrays that it does not name stay whole, and `scope`
             does not matter)
    scope    "global": all weights ranked together; "layer": the fraction or number goes from each array
    min_keep each array keeps so many weights (a layer without weights passes nothing on); when it has no more to spare,
             the next in rank goes instead
    protect  what never goes: array names, and pairs (array name, index), the index being what NumPy takes:
             ("dense1.W", 3) is all that neuron 3 reads, ("dense1.W", (3, 0)) one weight, a boolean array any set
    masks    an earlier decision: only the weights that it kept are counted and can go, so that remove=0.2 is a fifth of
             what is left. The result is what both decisions keep

    Exactly the number asked for goes. Ties: the earlier array of `scores` goes first, then the lower index. A threshold
    needs no function: {name: s >= 0.01 for name, s in scores.items()}.

    Raises ValueError when more is asked for than can go, and ValueError or TypeError for a malformed argument.
    """
    scores = check_weight_scores(scores)
    check_known("scope", scope, ["global", "layer"])
    min_keep = check_count("min_keep", min_keep, least=0)

    # What is left, and what of it may go: of each array the lowest, as many as it can spare.
    stays = {name: np.ones(s.shape, bool) for name, s in scores.items()}
    earlier = check_masks({} if masks is None else masks, stays, "score")
    stays |= {name: mask.copy() for name, mask in earlier.items()}
    may_go = unprotected(stays, protect)
    lowest = {name: lowest_first(s, may_go[name], int(stays[name].sum()) - min_keep) for name, s in scores.items()}

    for names, share in shares(remove, scope, may_go):
        left = sum(int(stays[name].sum()) for name in names)
        take_lowest(stays, scores, {name: lowest[name] for name in names}, count_of(share, left), left)
    return stays


def shares(remove, scope, may_go):
    """[(array names, the share of their weights together that goes), …]; a wholly protected array loses nothing."""
    if isinstance(remove, Mapping):
        for name in remove:
            check_known("array in remove", name, may_go)
        return [([name], check_share(f'remove["{name}"]', share)) for name, share in remove.items()]
    share = check_share("remove", remove)
    if scope == "global":
        return [(list(may_go), share)]
    return [([name], share) for name, able in may_go.items() if able.any()]


def lowest_first(s, may_go, spare):
    """The flat places of the weights of one array that may go, lowest score first, at most `spare` of them."""
    places = np.flatnonzero(may_go)
    order = np.argsort(s.reshape(-1)[places], kind="stable")            # ties: lower index first
    return places[order[:max(spare, 0)]]


def take_lowest(stays, scores, lowest, count, left):
    """Set the `count` lowest of these arrays to False; ValueError if so many cannot go."""
    able = sum(map(len, lowest.values()))
    if count > able:
        raise ValueError(f"remove asks for {count} of the {left} weights of {', '.join(lowest)}, but at most {able} "
                         "can go: the others are protected, or the last that an array keeps")

    # Rank the arrays together, in one row.
    row = np.concatenate([scores[name].reshape(-1)[places] for name, places in lowest.items()])
    goes = np.zeros(len(row), bool)
    goes[np.argsort(row, kind="stable")[:count]] = True                 # ties: earlier array first

    start = 0
    for name, places in lowest.items():
        stays[name].reshape(-1)[places[goes[start:start + len(places)]]] = False
        start += len(places)


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
