"""Timing: functions are called in turns, and how many times as long one takes as another is the median over the turns.

A machine that does other work disturbs a call in two ways. Any call may be interrupted: it is then compared with a call
of the same turn, the median leaves it out, and the quartiles say how far the turns agree. And NumPy's BLAS library
shares each larger product out to several threads, and waits for all of them: where they wait for a core, a product of
microseconds takes milliseconds, in every turn, and smaller networks whose products are not shared out look a hundred
times as fast. No number of turns shows that, but the clock of the thread does: it stands still while the thread waits.
"""

import time
from dataclasses import dataclass

import numpy as np

CLOCKS = (time.perf_counter, time.thread_time)
LEAST_TURNS = 5
RUNNING = 0.8                   # of a call's time its thread must have had a core, or the call was disturbed
PATIENCE = 4                    # times as long as planned it is tried to get turns that are not disturbed
WIDE = 1.5                      # quartiles that lie further apart than by this factor agree on nothing


@dataclass(frozen=True)
class Turns:
    """What was measured, (turns, functions): `seconds` of each call, and in how many of them its thread `ran`."""

    seconds: np.ndarray
    ran: np.ndarray

    @property
    def undisturbed(self):
        """(turns,) bool: whether no call of the turn waited for a core.

        A thread's clock that mostly stands still, as it ticks too rarely, says nothing: then all turns count.
        """
        return self.running.all(axis=1)

    @property
    def running(self):
        """(turns, functions) bool: whether the call's thread had a core for most of its time."""
        if np.median(self.ran) <= 0:
            return np.ones(self.ran.shape, bool)
        return self.ran >= RUNNING * self.seconds

    def medians(self):
        """(functions,) the median seconds of a call in the undisturbed turns; of all, where there are too few."""
        good = self.undisturbed
        return np.median(self.seconds[good] if good.sum() >= LEAST_TURNS else self.seconds, axis=0)


def take_turns(functions, seconds, clocks=CLOCKS, least=LEAST_TURNS, warm=True):
    """Return the Turns of functions that are called one after the other for so many seconds, after a first call of each
    (without `warm`: they have been called).

    There are at least `least` turns; as long as fewer of them are undisturbed, it goes on for up to PATIENCE times as
    many seconds.
    """
    for function in functions if warm else ():
        function()                                          # the first call warms caches and threads
    clock, rows, good = clocks[0], [], 0
    start = clock()
    while len(rows) < least or clock() < start + seconds or good < least and clock() < start + PATIENCE * seconds:
        row = [timed(function, clocks) for function in functions]
        rows.append(row)
        good += all(ran >= RUNNING * taken for taken, ran in row)
    return Turns(*np.array(rows).transpose(2, 0, 1))


def timed(function, clocks):
    """(seconds that a call took, seconds of them in which its thread ran)."""
    clock, running = clocks
    ran, start = running(), clock()
    function()
    taken = clock() - start
    return taken, running() - ran


@dataclass(frozen=True)
class Ratio:
    """How many times as long one call takes as another: the `median` of all pairs of calls, and `low` and `high`,
    between which half of the pairs lie (the quartiles); more than half of fewer than 16 pairs, as few say little.

    `pairs` counts those that were not disturbed, `all_pairs` all of them. `problem` says why nothing can be said ("" if
    something can): then the numbers are still there, and mean little.
    """

    median: float
    low: float
    high: float
    pairs: int
    all_pairs: int

    @property
    def problem(self):
        if self.pairs < min(LEAST_TURNS, self.all_pairs):
            return (f"in {self.all_pairs - self.pairs} of {self.all_pairs} pairs of passes one waited for a core, as "
                    "they do where other programs run or where several BLAS threads share small products")
        if not self.high <= WIDE * self.low:
            return f"pairs of passes disagree, from {self.low:.3g} to {self.high:.3g}"
        return ""

    def to_dict(self):
        """The same as plain values, for JSON."""
        return {**vars(self), "problem": self.problem}

    def __str__(self):
        if self.problem:
            return "not measurable"
        return f"{self.median:.2f} ({self.low:.2f} … {self.high:.2f})"


def ratio_of(turns, first=0, second=1):
    """The Ratio of the time of the first function to that of the second, turn by turn."""
    good = turns.undisturbed
    return ratio_of_pairs(turns.seconds[:, first] / turns.seconds[:, second], good)


def ratio_of_pairs(ratios, undisturbed):
    """The Ratio of numbers that were measured pair by pair; the disturbed ones count only if there are no others."""
    good = ratios[undisturbed]
    below = tail(max(good.size, 1))
    low, median, high = np.quantile(good if good.size else ratios, [below, 0.5, 1 - below]).tolist()
    return Ratio(median, low, high, good.size, ratios.size)


def tail(count):
    """The fraction of `count` pairs that lies below the interval: a quarter, or as few as it takes to have the median
    of all pairs that there could be inside with 95 % (the sign test, by the normal approximation 1.96 · √count / 2)."""
    return min(0.25, max(0.0, 0.5 - 0.98 / count ** 0.5))
