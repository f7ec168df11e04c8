"""Assignment 5: decisions and surgery. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "05_decisions_and_surgery"


def keep_by_layer(scores, remove):
    """Every layer loses the floor(remove · K) lowest of its K neurons; ties: the lower index goes first.

    scores {layer: (K,)}, remove a fraction in [0, 1)  ->  {layer: (K,) bool}, True = stays
    """
    # solution begins
    keep = {}
    for layer, s in scores.items():
        keep[layer] = np.ones(len(s), dtype=bool)
        keep[layer][np.argsort(s, kind="stable")[:int(remove * len(s))]] = False
    return keep
    # solution ends


def keep_global(scores, remove):
    """The `remove` lowest of all neurons go, but each layer keeps at least one: then the next in rank goes instead.

    Ties: the layer that comes first in `scores`, then the lower index, goes first.
    scores {layer: (K,)}, remove a whole number  ->  {layer: (K,) bool}, True = stays
    """
    # solution begins
    ranked = sorted((s, place, i, layer) for place, (layer, row) in enumerate(scores.items())
                    for i, s in enumerate(row))
    keep = {layer: np.ones(len(s), dtype=bool) for layer, s in scores.items()}
    for _, _, i, layer in ranked:
        if remove > 0 and keep[layer].sum() > 1:
            keep[layer][i] = False
            remove -= 1
    return keep
    # solution ends


def prune_dense(W, b, W_next, keep):
    """Take neurons out of a Dense layer, and their weights out of the next: return the smaller W, b, W_next.

    W (K, F), b (K,), W_next (M, K), keep (K,) bool with S of them True  ->  (S, F), (S,), (M, S)
    """
    # solution begins
    return W[keep], b[keep], W_next[:, keep]
    # solution ends


def prune_after_flatten(W_next, keep):
    """The same weights of a Dense layer that reads a flattened image of K channels, channels last.

    Its columns are position 0's K channels, then position 1's, ….    W_next (M, P·K), keep (K,)  ->  (M, P·S)
    """
    # solution begins
    return W_next[:, np.tile(keep, W_next.shape[1] // len(keep))]
    # solution ends


def fold_means(o, b_next, W_next, keep):
    """The next layer's bias with what the removed neurons said on average folded into it.

    b ← b + Σ_(i removed) w_mi mean_n o_ni.    o (N, K), b_next (M,), W_next (M, K), keep (K,)  ->  (M,)
    """
    # solution begins
    return b_next + W_next[:, ~keep] @ o[:, ~keep].mean(axis=0)
    # solution ends
