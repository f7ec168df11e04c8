"""Does a busy machine invent a speed-up? What `compare` prints on a quiet machine, and beside two busy processes.

    python tests/benchmarks/busy_machine.py [ROUNDS]

A network 64-64-32-10 and its pruned half, which has 3.6 times fewer multiply-adds; quiet and busy in turns, with one
BLAS thread and with one for each core. A speed-up beside busy processes is as it should be if its interval has the
quiet one inside, or if it is not given at all ("not measurable"). For comparison: the plain quotient of the two mean
times, as a stopwatch would give it. It exits with 1 if a number that was given is wrong.
"""

import multiprocessing
import os
import subprocess
import sys
import time

ROUNDS = 5
BUSY = 2                        # processes beside it


def work(ends):
    """Products as a training makes them, until the other side of the pipe is closed."""
    import numpy as np
    a = np.random.default_rng(0).normal(size=(200, 200))
    while not ends.poll():
        a @ a


def networks():
    import numpy as np

    import minprune as mp
    net = mp.Network((64,), [mp.Dense(64, "relu"), mp.Dense(32, "relu"), mp.Dense(10)], seed=0)
    return net, mp.prune(net, {name: np.arange(net[name].K) % 2 == 0 for name in net.hidden_layers})


def measured():
    """(the speed-up as `compare` measures it, the plain quotient of the mean times)."""
    import numpy as np

    from minprune.evaluation.latency import forward_turns
    from minprune.evaluation.timing import ratio_of
    x = np.random.default_rng(0).normal(size=(128, 64))
    turns = forward_turns(networks(), [x, x])
    before, after = turns.seconds.mean(axis=0)
    return ratio_of(turns), before / after


def beside_busy_processes(function):
    """What the function returns while BUSY processes compute."""
    context, pipes = multiprocessing.get_context("spawn"), [multiprocessing.Pipe() for _ in range(BUSY)]
    others = [context.Process(target=work, args=(far,), daemon=True) for _, far in pipes]
    for other in others:
        other.start()
    time.sleep(1)                                   # until they have imported NumPy
    try:
        return function()
    finally:
        for (near, _), other in zip(pipes, others):
            near.send("stop")
            other.join()


def rounds(count):
    """Print what was measured; return how many numbers were given, and how many of them were wrong."""
    given = wrong = 0
    for _ in range(count):
        (quiet, plain), (busy, busy_plain) = measured(), beside_busy_processes(measured)
        fits = busy.low <= quiet.median <= busy.high
        told = "refused" if busy.problem else "quiet one inside" if fits else "QUIET ONE OUTSIDE"
        print(f"  quiet {str(quiet):<22} (plain quotient {plain:.2f}),  busy {str(busy):<22} "
              f"(plain quotient {busy_plain:.2f}): {told}", flush=True)
        given += not (busy.problem or quiet.problem)
        wrong += not (busy.problem or quiet.problem or fits)
    return given, wrong


def main(count=ROUNDS):
    if "OPENBLAS_NUM_THREADS" in os.environ:
        given, wrong = rounds(count)
        print(f"  {given} of {count} speed-ups were given, {wrong} of them wrong")
        return int(wrong > 0)
    codes = []
    for threads in (1, os.cpu_count()):             # before NumPy is imported
        print(f"OPENBLAS_NUM_THREADS={threads}", flush=True)
        codes.append(subprocess.run([sys.executable, __file__, str(count)],
                                    env={**os.environ, "OPENBLAS_NUM_THREADS": str(threads)}).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
