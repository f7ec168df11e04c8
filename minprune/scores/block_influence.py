"""How much a whole Residual block changes what goes through it: the Block Influence of ShortGPT."""

import numpy as np

from ..engine.checks import check_network
from ..engine.residual import Residual
from ..recording import batches
from .walks import path_outputs


def block_influence(net, x, batch_size=256):
    """How far each Residual block turns what goes around it, {"residual1": number, …}; high = keep.

    Formula:  I_b = 1 − mean_np cos(s_np, o_np),   s = what goes around the block (x, or its projection) and o the
              block's output, as vectors over the channels, at position p
    Point:    the two terms of the sum, s and s + body(x), before whoever reads it
    Order:    cosine of each sample and position, mean over both, taken from 1
    Cost:     one forward pass
    Claims:   none
    Source:   Men et al., "ShortGPT: Layers in Large Language Models are More Redundant Than You Expect", 2024,
              arXiv:2403.03853 (code of the authors' group was read, icip-cas/ShortGPT, shortgpt/metrics.py; of the
              paper only the abstract)
    Differs:  there of a transformer's layers, p being the tokens, and s is always x. Where a vector is 0 the code
              takes the cosine as ½; here as 1 if both are 0, since nothing was changed, and as 0 if one is

    Between 0 and 2. 0: the block only makes its input longer or shorter, by the same factor for all channels, and 2: it
    turns it round. The block without its body puts out s, so this says how far its removal would turn the sum. It does
    not say how long o is, nor who reads it: a block that doubles its input scores 0, though the readers see the double.
    All blocks count, those inside blocks as well; {} if there are none. Raises as `predict`.
    """
    check_network(net)
    totals = {name: 0.0 for name, layer in net.all_layers.items() if isinstance(layer, Residual)}
    count = 0
    for trace in batches(net, x, batch_size):
        for name in totals:
            cosines = cosines_of(path_outputs(net[name], trace)[1], trace[name].o)
            totals[name] += cosines.reshape(len(cosines), -1).mean(axis=1).sum(dtype=float)
        count += len(trace.x)
    return {name: float(1 - total / count) for name, total in totals.items()}


def cosines_of(s, o):
    """The cosine of the vectors along the last axis; 1 where both are 0, 0 where one is."""
    sizes = [np.sqrt((array ** 2).sum(axis=-1)) for array in (s, o)]
    product = sizes[0] * sizes[1]
    both_zero = (sizes[0] == 0) & (sizes[1] == 0)
    return np.where(product > 0, (s * o).sum(axis=-1), both_zero) / np.where(product > 0, product, 1)
