"""torchao: its Wanda sparsifier, a score of single weights of Dense layers."""

import numpy as np

from ...engine.dense import Dense
from ...recording import batches
from .tool import Tool


def wanda(net, x, batch_size=256):
    """Each weight's size times the squared ℓ2 norm of what it multiplies, {"dense1.W": (K, F), …}.

    Call:     WandaSparsifier(r).prepare(model, None); model(x); step()
    Formula:  S_ij = |w_ij| · Σ_n x_nj²
    Order:    square, sum over all samples seen, times the absolute value; ranked over the layer as a whole
    Same:     none
    Names:    Sun, Liu, Bair & Kolter, "A Simple and Effective Pruning Approach for Large Language Models" (Wanda),
              ICLR 2024, arXiv:2306.11695
    Differs:  there |w_ij| ‖x_j‖₂, with a root, and weights are compared with those of the same row only, each output
              losing the same share. Here the observer's "norm" is the square, inputs count more by that, and whole
              rows can go

    Scores of single weights: for `mp.decide_connections(…, scope="layer")`. Convolutions are left out.
    """
    totals = {name: 0.0 for name in net.neuron_layers if isinstance(net[name], Dense)}
    for trace in batches(net, x, batch_size):
        for name in totals:
            totals[name] = totals[name] + (trace[name].x ** 2).sum(axis=0, dtype=float)
    return {f"{name}.W": np.abs(net[name].W) * total for name, total in totals.items()}


def removed(K, ratio):
    """How many of K weights of a layer go: ⌊K · ratio⌋."""
    return int(K * ratio)


TOOL = Tool("torchao", "0.18.0", (wanda,), removed,
            "as many as asked, in the order of torch.argsort, which promises none for equal scores")
