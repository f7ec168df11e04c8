"""What all scores that need one recorded pass cost together, as a ratio to that pass.

    python tests/benchmarks/one_pass_scores.py [float32]

The pass is what `mp.record` does, batch by batch: forward, and backward to the gradient of the input (which no score
reads, so that the scores' own pass stops before it). Every score that shares one stream is in the sum, but for those in
MORE, which do work of the size of a pass, or more, on what was recorded: with one of them the sum would be larger by
what it costs alone, which is printed, too. Scores that make passes of their own are another class of cost, and only
named. Everything is timed in turns.
"""

import sys
import time
import warnings

import numpy as np

from stopwatch import seconds

import minprune as mp
from minprune.recording import stream
from minprune.scoring.arrays import needs, takes_network
from minprune.scoring.passes import NO_PASS, passes_for

N, NETWORKS = 1000, 7
MORE = {"chip": "K + 1 singular value decompositions a sample and layer",
        "hrank": "a singular value decomposition of each feature map (of Dense layers none)",
        "influence": "the next layer's slopes times its squared weights, at each place",
        "obd": "a backward pass of second derivatives", "obd_outputs": "a backward pass of second derivatives",
        "group_fisher": "∂ℓ/∂x of each reader by itself", "nuclear_norm": "a singular value decomposition of each map",
        "relative_sensitivity": "each weight's share of each of its reader's sums, in every sample"}
DEAREST = "empirical_fisher_weights"    # takes a third product of the size of the weights' gradient


def mlp(dtype):
    return mp.Network((784,), [mp.Dense(300, "relu"), mp.Dense(100, "relu"), mp.Dense(10)], dtype=dtype)


def lenet(dtype):
    return mp.Network((28, 28, 1), [
        mp.Conv2D(6, 5, "relu"), mp.MaxPool2D(2), mp.Conv2D(16, 5, "relu"), mp.MaxPool2D(2), mp.Flatten(),
        mp.Dense(120, "relu"), mp.Dense(84, "relu"), mp.Dense(10)], dtype=dtype)


def cnn(dtype):
    return mp.models.cnn((8, 8, 1), 10, dtype=dtype)


def record_all(net, x, t):
    for trace in stream(net, x, t):
        pass


def ratios(make, dtype, cheap, rounds):
    """(one recorded pass in seconds, all scores' ratio to it, that of the cheap ones) on fresh networks and samples."""
    for seed in range(NETWORKS):
        net, rng = make(dtype), np.random.default_rng(seed)
        x, t = rng.normal(size=(N, *net.input_shape)).astype(dtype), rng.integers(0, 10, N)
        bare, together, less = seconds([lambda: record_all(net, x, t), lambda: mp.score(net, [*cheap, DEAREST], x, t),
                                        lambda: mp.score(net, cheap, x, t)], rounds, time.process_time)
        yield bare, together / bare, less / bare


def alone(make):
    """{score: its ratio to a recorded pass} of those that do more."""
    net, rng = make("float64"), np.random.default_rng(0)
    x, t = rng.normal(size=(200, *net.input_shape)), rng.integers(0, 10, 200)
    names = [name for name in MORE if name != "chip" or make is cnn]
    bare, *taken = seconds([lambda: record_all(net, x, t), *(lambda name=name: mp.score(net, name, x, t)
                                                             for name in names)], rounds=5)
    return {name: one / bare for name, one in zip(names, taken)}


def main(dtype="float64"):
    warnings.simplefilter("ignore")
    shared = [name for name, one in mp.scores.CATALOGUE.items()
              if not takes_network(needs(one)) and passes_for(needs(one)) != NO_PASS]
    together = [name for name in shared if name not in MORE]
    print(f"{len(together)} scores together: {', '.join(together)}; medians of {NETWORKS} networks, lowest … highest")
    for told, make, rounds in (("784-300-100-10", mlp, 15), ("the digits' cnn", cnn, 9), ("LeNet", lenet, 5)):
        found = np.array(list(ratios(make, dtype, [name for name in together if name != DEAREST], rounds)))
        bare, ratio, less = np.median(found, axis=0)
        print(f"{told:<16}one recorded pass {1e3 * bare:6.1f} ms; these {len(together)} scores {ratio:.2f} of it "
              f"({found[:, 1].min():.2f} … {found[:, 1].max():.2f}); without {DEAREST} {less:.2f}")
        for name, one in alone(make).items() if make is not lenet else ():
            print(f"    not in the sum: {name:<12} alone {one:6.1f}   {MORE[name]}")
    own = [name for name, one in mp.scores.CATALOGUE.items() if takes_network(needs(one))]
    print(f"passes of their own, or none: {', '.join(own)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
