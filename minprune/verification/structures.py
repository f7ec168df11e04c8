"""The smallest structures with Residual blocks and pooling, for counterexamples to claims about these."""

import itertools

from ..engine.conv2d import Conv2D
from ..engine.dense import Dense
from ..engine.layer import Flatten
from ..engine.residual import Residual
from .paths import POOLINGS


def shaped_structures(where):
    """(input shape, layers, N) of networks with the blocks and pooling that `where` asks for, the smallest first."""
    every = itertools.product((1, 2), sorted(where.outputs), sorted(where.samples))
    for K, M, N in sorted(every, key=lambda one: (2 * one[0] + one[1], one[2])):
        for hidden in with_blocks(where, K) if where.residual else [[make(where, K)]]:
            for shape, after in endings(where, K):
                yield shape, [*hidden, *after, Dense(M)], N


def make(where, K):
    return Conv2D(K, 1, batch_norm=where.batch_norm) if where.kind == "conv" else Dense(K, batch_norm=where.batch_norm)


def with_blocks(where, K):
    """K neurons each: a block after a layer, one whose body has two, one with a projection, one before a layer."""
    one = make(where, K)
    if where.layer != "last hidden" and where.residual != "after":
        yield from ([one, Residual([one])], [one, Residual([one, one])], [one, Residual([one], one)])
    yield [Residual([one], one), one]


def endings(where, K):
    """(input shape, what stands between the last Conv2D and the output layer)."""
    if where.kind == "dense":
        return [((K,), [])]
    if not where.pooling:
        return [((1, 1, K), [Flatten()]), ((1, 2, K), [Flatten()])]
    return [((1, 2, K), [POOLINGS[kind]()] if kind == "global" else [POOLINGS[kind]((1, 2)), Flatten()])
            for kind in where.pooling]
