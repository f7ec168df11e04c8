"""Wrong solutions of assignment 8, each with one mistake: `minprune grade` must take away the points of one task.

(the task, a part of the solved source, the wrong code in its place, a regular expression for the feedback)
"""

WRONG = [
    ("snip", "np.abs(W * (dz.T @ x) / len(x))", "np.abs(W * (dz.T @ x))", "the sum over the samples"),
    ("snip", "np.abs(W * (dz.T @ x) / len(x))", "np.abs(W) * (np.abs(dz).T @ np.abs(x)) / len(x)", "sample by sample"),
    ("synflow", "sizes = [np.abs(W) for W in weights]", "sizes = weights", "keep their signs"),
    ("synflow", "after = [np.ones(len(sizes[-1]))]", "after = [np.ones(len(sizes[-1])) / len(sizes[-1])]", "wrong in"),
    ("synflow", "    for size in sizes[:-1]:\n        before.append(size @ before[-1])",
     "    for size in sizes[:-1]:\n        before.append(np.ones(len(size)))", "wrong in"),
    ("keep_by_row", "count = int(remove * scores.shape[1])", "count = int(np.ceil(remove * scores.shape[1]))",
     "rounded up: it should"),
    ("keep_by_row", "    keep = np.ones(scores.shape, dtype=bool)\n    np.put_along_axis(keep, np.argsort(scores, "
     'axis=1, kind="stable")[:, :count], False, axis=1)\n    return keep',
     "    return scores >= np.sort(scores, axis=1)[:, [count]]", "cannot tell equal scores apart"),
    ("n_of_m", "order[:, m - n:]", "order[:, n:]", "the other way round"),
    ("n_of_m", "scores.reshape(-1, m)\n    order", "scores.T.reshape(-1, m)\n    order", "wrong in"),
    ("n_of_m", "order[:, m - n:], True, axis=1)\n    return stays.reshape(scores.shape)",
     "order[:, m - n:], True, axis=1)\n    return stays", "shape"),
    ("masked_step", "new_W = (W - rate * new_v) * mask", "new_W = W - rate * new_v", "as they were"),
    ("masked_step", "new_v = (momentum * v + g) * mask", "new_v = momentum * v + g * mask", "wrong in"),
    ("neurons_left", "mask.any(axis=1) & mask_next", "mask.any(axis=1) | mask_next", "both are needed"),
    ("neurons_left", "mask_next.any(axis=0)", "mask_next.any(axis=1)", "shape|ValueError|wrong in"),
]
