"""Latency: how long a forward pass takes."""

import time

LATENCY_SECONDS = 0.3           # for so long the forward passes of one network are measured
LATENCY_BATCH = 128             # samples of one pass


def latencies(nets, x):
    """The least seconds of a forward pass of x, for each network: what took longer was disturbed by something else.

    The networks take turns, so that a disturbance meets all of them.
    """
    times = [[] for _ in nets]
    for net in nets:
        net.output(x)                                        # the first pass warms caches and threads
    stop = time.perf_counter() + LATENCY_SECONDS * len(nets)
    while time.perf_counter() < stop or len(times[0]) < 5:
        for net, taken in zip(nets, times):
            start = time.perf_counter()
            net.output(x)
            taken.append(time.perf_counter() - start)
    return [min(taken) for taken in times]
