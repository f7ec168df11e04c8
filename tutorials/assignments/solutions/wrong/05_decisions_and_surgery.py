"""Wrong solutions of assignment 5, each with one mistake: `minprune grade` must take away the points of one task.

(the task, a part of the solved source, the wrong code in its place, a regular expression for the feedback)
"""

WRONG = [
    ("keep_by_layer", "int(remove * len(s))", "round(remove * len(s))", "rounded to the nearest"),
    ("keep_by_layer", "int(remove * len(s))", "int(np.ceil(remove * len(s)))", "rounded up: it should"),
    ("keep_by_layer", "np.argsort(s, kind", "np.argsort(np.abs(s), kind", "absolute value"),
    ("keep_by_layer", "np.argsort(s, kind=\"stable\")[:int(remove * len(s))]",
     "np.argsort(-s, kind=\"stable\")[-int(remove * len(s)):]", "wrong in"),
    ("keep_by_layer", "int(remove * len(s))", "max(1, int(remove * len(s)))", "wrong in"),
    ("keep_by_layer", 's, kind="stable"', "s", 'np.argsort\\(…, kind="stable"\\)'),
    ("keep_by_layer", "np.argsort(s, kind", "np.argsort(-s, kind", "the highest go"),
    ("keep_by_layer", "np.ones(len(s), dtype=bool)\n        keep", "np.ones(len(s))\n        keep", "booleans"),
    ("keep_by_layer", 'np.argsort(s, kind="stable")[:int(remove * len(s))]',
     '(len(s) - 1 - np.argsort(s[::-1], kind="stable"))[:int(remove * len(s))]', "the lower index goes first"),
    ("keep_global", " and keep[layer].sum() > 1", "", "a layer is emptied"),
    ("keep_global", "sorted((s, place, i, layer)", "sorted((s, layer, i, layer)", "comes first in scores"),
    ("keep_global", "sorted((s, place, i, layer)", "sorted((s, i, place, layer)", "wrong in"),
    ("keep_global", "sorted((s, place, i, layer)", "sorted((abs(s), place, i, layer)", "absolute value"),
    ("keep_global", "enumerate(row))\n", "enumerate(row))\n    ranked = [(0, 0, i, layer) for _, i, _, layer in "
     "sorted((s, i, place, layer) for s, place, i, layer in ranked)]\n", "lower index goes first"),
    ("keep_global", "        if remove > 0 and keep[layer].sum() > 1:\n            keep",
     "        remove -= 1\n        if remove > -1 and keep[layer].sum() > 1:\n            keep", "wrong in"),
    ("prune_dense", "W_next[:, keep]\n    # solution ends\n\n\ndef prune_after",
     "W_next\n    # solution ends\n\n\ndef prune_after", "still reads"),
    ("prune_dense", "W[keep], b[keep]", "W * keep[:, None], b[keep]", "expected shape"),
    ("prune_after_flatten", "np.tile(keep, W_next.shape[1] // len(keep))",
     "np.repeat(keep, W_next.shape[1] // len(keep))", "position after position"),
    ("prune_after_flatten", "np.tile(keep, W_next.shape[1] // len(keep))", "keep", "IndexError"),
    ("fold_means", "b_next + W_next", "b_next - W_next", "taken away from the bias"),
    ("fold_means", "b_next + W_next[:, ~keep]", "W_next[:, ~keep]", "bias that was there is forgotten"),
    ("fold_means", "o[:, ~keep].mean(axis=0)", "np.median(o[:, ~keep], axis=0)", "wrong in"),
    ("fold_means", "o[:, ~keep].mean(axis=0)", "np.maximum(o[:, ~keep], 0).mean(axis=0)", "wrong in"),
    ("fold_means", "o[:, ~keep].mean(axis=0)", "o[:, ~keep].sum(axis=0)", "the sum over the samples"),
    ("fold_means", "    return b_next + W", "    b_next += 1\n    return b_next - 1 + W", "changed its input b_n"),
]
