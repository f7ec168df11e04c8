"""Decisions: which weights stay."""

from collections.abc import Mapping

import numpy as np

from ..engine.checks import check_count, check_known, check_real
from .masks import check_masks


def decide_connections(scores, remove, scope="global", min_keep=1, protect=(), masks=None):
    """Return masks {"conv1.W": bool array, …}, True = stays, for scores of the same shapes, high = keep.

    remove   the lowest: a fraction in [0, 1), floor(fraction · weights), or a whole number of weights; or a dict
             {array name: fraction or number}, array by array (those it does not name stay whole, scope is not asked)
    scope    "global": all weights ranked together; "layer": the fraction or number goes from each array
    min_keep each array keeps so many weights (a layer without any passes nothing on); when it has no more to spare, the
             next in rank goes instead
    protect  what never goes: array names, and pairs (array name, index), the index being what NumPy takes:
             ("dense1.W", 3) is all that neuron 3 reads, ("dense1.W", (3, 0)) one weight, a boolean array any set
    masks    an earlier decision: only the weights that it kept are counted and can go, so that remove=0.2 is a fifth of
             what is left. The result is what both keep

    Exactly the asked number goes. Ties: the earlier array of `scores`, then the lower index, goes first. A threshold
    needs no function: {name: s >= 0.01 for name, s in scores.items()}.

    Raises ValueError when more is asked than can go, and ValueError or TypeError for a malformed argument.
    """
    scores = check_scores(scores)
    check_known("scope", scope, ["global", "layer"])
    min_keep = check_count("min_keep", min_keep, least=0)
    stays = {name: np.ones(s.shape, bool) for name, s in scores.items()}
    stays |= {name: mask.copy() for name, mask in check_masks({} if masks is None else masks, stays, "score").items()}
    free = unprotected(stays, protect)
    lowest = {name: lowest_first(s, free[name], int(stays[name].sum()) - min_keep) for name, s in scores.items()}
    for names, share in shares(remove, scope, free):
        left = sum(int(stays[name].sum()) for name in names)
        take_lowest(stays, scores, {name: lowest[name] for name in names}, asked(share, left), left)
    return stays


def shares(remove, scope, free):
    """[(array names, what to remove of their weights together), …]; an array that is wholly protected is not asked."""
    if isinstance(remove, Mapping):
        for name in remove:
            check_known("array in remove", name, free)
        return [([name], check_share(share, f'remove["{name}"]')) for name, share in remove.items()]
    share = check_share(remove, "remove")
    if scope == "global":
        return [(list(free), share)]
    return [([name], share) for name, able in free.items() if able.any()]


def check_share(remove, name):
    """`remove` as a whole number or a fraction."""
    if isinstance(remove, (int, np.integer)):
        return check_count(name, remove, least=0)
    return check_real(f"{name} (as a fraction)", remove, least=0, below=1)


def asked(share, count):
    """How many of `count` weights should go."""
    if isinstance(share, int):
        return share
    return min(int(share * count + 1e-9), max(count - 1, 0))    # 0.29 · 100 is 28.999999999999996 in floating point


def lowest_first(s, free, spare):
    """The flat places of the free weights of one array, lowest score first, at most `spare` of them."""
    places = np.flatnonzero(free)
    order = np.argsort(s.reshape(-1)[places], kind="stable")
    return places[order[:max(spare, 0)]]


def take_lowest(stays, scores, lowest, count, left):
    """Set the `count` lowest of these arrays to False; ValueError if so many cannot go."""
    able = sum(map(len, lowest.values()))
    if count > able:
        raise ValueError(f"remove asks for {count} of the {left} weights of {', '.join(lowest)}, but at most {able} "
                         "can go: the others are protected, or the last that an array keeps")
    row = np.concatenate([scores[name].reshape(-1)[places] for name, places in lowest.items()])
    goes = np.zeros(len(row), bool)
    goes[np.argsort(row, kind="stable")[:count]] = True
    start = 0
    for name, places in lowest.items():
        stays[name].reshape(-1)[places[goes[start:start + len(places)]]] = False
        start += len(places)


def check_protect(protect):
    """Return what is protected as a tuple; raise TypeError for anything but a list."""
    if isinstance(protect, str) or not np.iterable(protect):
        raise TypeError(f"protect expects a list of array names and (array name, index) pairs, got {protect!r}")
    return tuple(protect)


def unprotected(stays, protect):
    """{array name: bool}: True for every weight that is left and may go."""
    free = {name: mask.copy() for name, mask in stays.items()}
    for entry in check_protect(protect):
        name, index = entry if isinstance(entry, tuple) and len(entry) == 2 else (entry, ...)
        if not isinstance(name, str):
            raise TypeError(f"protect expects array names and (array name, index) pairs, got {entry!r}")
        check_known("array in protect", name, free)
        try:
            free[name][index] = False
        except (IndexError, ValueError, TypeError) as error:
            raise ValueError(f'protect: no such index of "{name}" {free[name].shape}: {error}') from None
    return free


def n_of_m(scores, n=2, m=4):
    """Return masks {"conv1.W": bool array, …} by which, of each m consecutive weights of a neuron, the n best stay.

    A neuron's weights are taken in the order of W[i] flattened (Conv2D: row, column, channel, so that with a multiple
    of m channels each run lies at one place of the kernel). Where a neuron's F weights are no multiple of m, the last
    F mod m of them are a shorter run, of which the n best stay, too (all, if they are no more than n). So a neuron
    keeps exactly n ⌊F / m⌋ + min(n, F mod m). Ties: the lower index goes first. Arrays that should stay whole:
    leave them out.

    2:4 is what sparse tensor cores compute twice as fast; NumPy does not. Mishra et al., 2021, arXiv:2104.08378. Their
    code (NVIDIA/apex, sparse_masklib) runs along the input channels of each kernel place, which is the same order.
    """
    scores, m = check_scores(scores), check_count("m", m)
    n = check_count("n", n)
    if n > m:
        raise ValueError(f"n of m expects n to be at most m, got {n} of {m}")
    return {name: best_of_runs(s.reshape(len(s), -1), n, m).reshape(s.shape) for name, s in scores.items()}


def best_of_runs(s, n, m):
    """(K, F) booleans: the n best of each m consecutive ones in a row, and of the rest."""
    K, F = s.shape
    whole = F - F % m
    runs = best(s[:, :whole].reshape(K, -1, m), n).reshape(K, whole)
    return np.concatenate([runs, best(s[:, whole:], n)], axis=1)


def best(s, n):
    """Booleans: the n highest along the last axis; of equal ones those of higher index."""
    order = np.argsort(s, axis=-1, kind="stable")
    stays = np.zeros(s.shape, bool)
    np.put_along_axis(stays, order[..., max(s.shape[-1] - n, 0):], True, axis=-1)
    return stays


def check_scores(scores):
    """Return {array name: numbers, one a weight}; raise for what is none."""
    if not isinstance(scores, Mapping) or not scores:
        got = "an empty dict" if isinstance(scores, Mapping) else type(scores).__name__
        raise ValueError(f"scores expects a dict {{array name: array}} of at least one array, got {got}")
    arrays = {}
    for name, s in scores.items():
        try:
            s = np.asarray(s)
        except ValueError:
            raise TypeError(f'scores of "{name}" expect an array, got rows of different lengths') from None
        if s.dtype.kind not in "iuf":
            raise TypeError(f'scores of "{name}" expect real numbers, got dtype {s.dtype}')
        if s.ndim < 2 or s.size == 0:
            raise ValueError(f'scores of "{name}" expect one number a weight, a row a neuron, got shape {s.shape}')
        if np.isnan(s).any():
            raise ValueError(f'scores of "{name}" hold {np.isnan(s).sum()} NaN, of {s.size}')
        arrays[name] = s.astype(float)
    return arrays
