"""Latency: how long a forward pass takes, and how many times as fast one network is as another."""

import os

from .timing import CLOCKS, ratio_of, take_turns

LATENCY_SECONDS = 0.3           # for so long the forward passes of one network are measured
LATENCY_BATCH = 128             # samples of one pass
SMALL = 2e-3                    # seconds of a pass whose products are so small that several threads hinder each other
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def forward_turns(nets, inputs, clocks=CLOCKS):
    """The Turns of the networks' forward passes, each of its own input; they take turns, so that a disturbance meets
    all of them."""
    passes = [lambda net=net, x=x: net.output(x) for net, x in zip(nets, inputs)]
    return take_turns(passes, LATENCY_SECONDS * len(nets), clocks)


def speedup(before, after, x, clocks=CLOCKS):
    """The Ratio of the time of a forward pass of x before and after: how many times as fast the second network is."""
    return ratio_of(forward_turns([before, after], [x, x], clocks))


def times_as_fast(speedup):
    """A speed-up as text, with its interval; or that there is none."""
    if speedup.problem:
        return str(speedup)
    return f"{speedup.median:.2f} × as fast ({speedup.low:.2f} … {speedup.high:.2f})"


def blas_threads():
    """How many threads NumPy's BLAS library may use, as far as the environment says: else one for each core."""
    for name in THREADS:
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_note(seconds, disturbed=False):
    """A sentence on threads where passes that take so many seconds, or that were disturbed, meet several of them; else
    ""."""
    threads = blas_threads()
    if threads == 1 or not disturbed and min(seconds) > SMALL:
        return ""
    return (f"NumPy may use {threads} BLAS threads here, for which small networks wait: "
            f"with {THREADS[0]}=1, set before Python starts, times are steadier.")
