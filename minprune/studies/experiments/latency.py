"""Latency: how many times as fast the pruned networks of an experiment are, as measured."""

import numpy as np

from ...evaluation.latency import LATENCY_BATCH, speedup
from ...pruning.surgery import prune


def speedups(records, net):
    """{(method, fraction): how many times as fast as `net`, the unpruned network, a Ratio}, of the records of one seed.

    A network's time depends on its shape alone: each shape is measured once, on a network of that shape.
    """
    x = np.random.default_rng(0).normal(size=(LATENCY_BATCH, *net.input_shape)).astype(net.dtype)
    by_shape = {}
    for record in records:
        shape = tuple(record["neurons"].values())
        if shape not in by_shape:
            by_shape[shape] = speedup(net, prune(net, first_neurons(net, record["neurons"])), x)
    return {(record["method"], record["fraction"]): by_shape[tuple(record["neurons"].values())] for record in records}


def first_neurons(net, counts):
    """{layer: (K,) bool} that keeps the first neurons of each layer, as many as `counts` says."""
    return {name: np.arange(net[name].K) < count for name, count in counts.items()}
