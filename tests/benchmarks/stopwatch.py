"""Timing that compares: several things in turns, so that all see the same machine."""

import statistics
import time


def seconds(functions, rounds=15, clock=time.perf_counter):
    """The median time of each function, taken in turns; with `clock=time.process_time` what it takes of the cores."""
    times = [[] for _ in functions]
    for _ in range(rounds):
        for function, taken in zip(functions, times):
            start = clock()
            function()
            taken.append(clock() - start)
    return [statistics.median(taken) for taken in times]
