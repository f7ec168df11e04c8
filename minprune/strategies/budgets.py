"""Budgets: how many must go to meet a limit of parameters, multiply-adds, bytes or time, and not one more."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import timedelta
from typing import Callable, NamedTuple

import numpy as np

from ..decisions.limits import unprotected
from ..decisions.row import in_a_row
from ..decisions.rules import removal_order, stay_without, warn_of_equal_scores
from ..engine.checks import check_count, check_known, check_prunable, check_real, check_scores, check_seed, floor_of
from ..engine.size import count_parameters, multiply_adds as count_multiply_adds, size_on_disk
from ..evaluation.latency import forward_turns, thread_note
from ..evaluation.timing import ratio_of
from ..pruning.surgery import check_keep, prune

BATCH = 128                     # samples of the forward pass whose latency is measured
TRIES = 3                       # measurements of one network before its latency counts as not measurable
COUNTS = {"parameters": count_parameters, "multiply_adds": count_multiply_adds, "bytes": size_on_disk}


class Budget(NamedTuple):
    """A pruned network meets it if cost(network) ≤ limit.

    `text` is the budget as messages write it, `whole` the cost of the unpruned network (None for a time).
    """

    text: str
    cost: Callable
    limit: float
    whole: int | None = None


def decide_within(net, scores, parameters=None, multiply_adds=None, bytes=None, latency=None, scope="global",
                  min_keep=1, protect=(), max_remove=None, multiple=1, x=None, seed=0):
    """Return {layer: (K,) bool array}, True = stays: the lowest scores go until all given budgets are met.

    Exactly as many go as it takes: if the last neuron that went were put back, a budget would be exceeded. (With a
    `multiple`, if the last group of neurons were put back.)

    Budgets of the pruned network; a float in (0, 1] is a fraction of the unpruned one:
      parameters     numbers that are trained
      multiply_adds  those of one sample's forward pass, as `evaluate` counts them
      bytes          size of the file that `save` writes (but for what it says of the neurons' origin)
      latency        time of a forward pass of 128 samples (`x`, or random ones by `seed`): a fraction, or a
                     `datetime.timedelta`. It is the median of many passes, taken in turns with the unpruned network,
                     and noisy: another run may stop some neurons earlier or later. Passes that waited for a core are
                     left out, as in `compare`; where too few are left, or the rest disagree, it is refused.
    Who goes next (`scope`): "global", the lowest score of all neurons; or "layer", so that all layers lose equal
    fractions. `min_keep`, `protect`, `max_remove` and `multiple` are those of `decide`; a layer that has no more to
    spare stays as it is while the others go on.

    Each cost is that of `prune(net, keep)` itself. All of them fall as neurons go, so the number that must go is found
    by bisection: the cost of log₂(number of neurons) networks is computed.

    Warns as `decide` of a layer whose scores are all equal.

    Raises ValueError for a budget that is still exceeded when all that can go is gone, and says the smallest that is
    reachable; ValueError or TypeError for a malformed argument; RuntimeError if the latency is not measurable here.
    """
    check_prunable(net)
    multiple = check_count("multiple", multiple)
    wishes = {"parameters": parameters, "multiply_adds": multiply_adds, "bytes": bytes}
    budgets = [_counted(net, name, allowed) for name, allowed in wishes.items() if allowed is not None]
    if latency is not None:
        budgets.append(_timed(net, latency, _batch(net, x, seed)))
    if not budgets:
        raise ValueError("give at least one budget: parameters, multiply_adds, bytes or latency")
    going, where = removal_order(scores, scope, min_keep, protect, max_remove)
    check_keep(net, stay_without(going, where))

    def cost(budget, count):
        """The cost when the first `count` of those that can go are gone."""
        return budget.cost(prune(net, stay_without(going[:count], where, multiple)))

    # Neurons that one budget needs gone stay gone for the next.
    count = 0
    for budget in budgets:
        if cost(budget, count) > budget.limit:
            _check_reachable(budget, cost(budget, len(going)), stay_without(going, where, multiple))
            count = bisect_left(range(len(going)), True, lo=count + 1,
                                key=lambda number: cost(budget, number) <= budget.limit)
    keep = stay_without(going[:count], where, multiple)
    warn_of_equal_scores(in_a_row(check_scores(scores))[0], where, keep, unprotected(where, protect))
    return keep


def check_budget(budget, known):
    """Return {name: number or fraction}; raise unless each name is known."""
    if not isinstance(budget, Mapping):
        raise TypeError(f"budget expects {{name: number or fraction}}, got {budget!r}")
    for name in budget:
        check_known("budget", name, known)
    return dict(budget)


def limit_of(name, allowed, whole):
    """The number that a budget allows: given as a number, or as a fraction (a float in (0, 1]) of the whole."""
    if not isinstance(allowed, (float, np.floating)):
        return check_count(name, allowed)
    allowed = check_real(name, allowed, above=0)
    return allowed if allowed > 1 else floor_of(allowed, whole)


def _counted(net, name, allowed):
    """The Budget of a count of COUNTS."""
    whole = COUNTS[name](net)
    return Budget(f"{name}={allowed}", COUNTS[name], limit_of(name, allowed, whole), whole)


def _timed(net, allowed, x):
    """The Budget of the time of a pass of x: a fraction of the unpruned network's, or seconds."""
    if isinstance(allowed, timedelta):
        seconds = check_real("latency in seconds", allowed.total_seconds(), above=0)
        return Budget(f"latency={seconds} s", lambda small: _measured(net, small, x)[1], seconds)
    fraction = check_real("latency (as a fraction of the unpruned; else a datetime.timedelta)", allowed, above=0)
    if fraction > 1:
        raise ValueError("latency expects a fraction of the unpruned network's of at most 1, or a datetime.timedelta, "
                         f"got {allowed!r}")

    def cost(small):
        if count_parameters(small) == count_parameters(net):
            return 1.0                              # nothing is gone yet; the clock would say 0.97 or 1.03
        return _measured(net, small, x)[0].median

    return Budget(f"latency={fraction} of the unpruned", cost, fraction)


def _measured(net, small, x):
    """(the Ratio of the small network's time to that of `net`, its seconds); RuntimeError if nothing can be said."""
    for _ in range(TRIES):
        turns = forward_turns([small, net], [x, x])
        ratio = ratio_of(turns)
        if not ratio.problem:
            return ratio, float(turns.medians()[0])
    raise RuntimeError(" ".join([f"latency is not measurable here: {ratio.problem}. Give another budget, such as "
                                 "multiply_adds.", thread_note(turns.medians(), disturbed=True)]).rstrip())


def _batch(net, x, seed):
    """The samples whose latency is measured."""
    if x is None:
        return check_seed(seed).normal(size=(BATCH, *net.input_shape)).astype(net.dtype)
    return net.check_input(x)[:BATCH]


def _check_reachable(budget, least, keep):
    """Raise ValueError if the budget is exceeded at `least`, its cost when all that can go is gone."""
    if least > budget.limit:
        share = f" ({least / budget.whole:.3g} of the unpruned)" if isinstance(least, int) else ""
        least = f"{least:,}" if isinstance(least, int) else f"{least:.3g}"
        gone = sum(int((~stays).sum()) for stays in keep.values())
        raise ValueError(f"{budget.text} is out of reach: the smallest reachable is {least}{share}, "
                         f"when all {gone} neurons are gone that can go")
