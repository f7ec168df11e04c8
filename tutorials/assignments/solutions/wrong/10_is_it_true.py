"""Wrong solutions of assignment 10, each with one mistake: `minprune grade` must take away the points of one task.

(the task, a part of the solved source, the wrong code in its place, a regular expression for the feedback)
"""

CLAIM = "np.isclose(slopes(W_next, p) ** 2, curvature(W_next, p)).all(axis=0)"
APART = "np.abs(slopes(W_next, p) ** 2 - curvature(W_next, p)).argmax(axis=0)"
ERROR = "q @ slopes(W_next, p) ** 2 - curvature(W_next, p)"
REPAIRED = "    return curvature(W_next, p)\n"

WRONG = [
    ("saliency", "0.5 * (o * do)", "(o * do)", "the ½ is missing"),
    ("saliency", "(o * do).sum(axis=1) ** 2", "((o * do) ** 2).sum(axis=1)", "before the sum over positions"),
    ("claim", CLAIM, CLAIM.replace("all(", "any("), "must hold for all"),
    ("claim", CLAIM, CLAIM.replace(".all(axis=0)", "[0]"), "only the first label"),
    ("claim", CLAIM, "(W_next == W_next[0]).all(axis=0)", "not the only ones"),
    ("counterexample", APART, "np.abs(slopes(W_next, p)).argmax(axis=0)", "label of the largest slope"),
    ("counterexample", APART, APART.replace("axis=0", "axis=1"), "shape|wrong in"),
    ("error", ERROR, "(slopes(W_next, p) ** 2).mean(axis=0) - curvature(W_next, p)", "counted alike"),
    ("error", ERROR, "(q @ slopes(W_next, p)) ** 2 - curvature(W_next, p)", "mean slope is squared"),
    ("error", ERROR, "q @ slopes(W_next, q) ** 2 - curvature(W_next, p)", "wrong in"),
    ("repaired", REPAIRED, "    return (p * (1 - p)) @ W_next ** 2\n", "softmax couples them"),
    ("repaired", REPAIRED, "    return ((p[:, None] @ W_next - W_next) ** 2).mean(axis=1)\n", "own p"),
    ("repaired", REPAIRED, "    return np.sqrt(curvature(W_next, p))\n", "wrong in"),
]
