"""Wrong solutions of assignment 4, each with one mistake: `minprune grade` must take away the points of one task.

(the task, a part of the solved source, the wrong code in its place, a regular expression for the feedback)
"""

WRONG = [
    ("weight_norm", "np.sqrt((W ** 2).sum(axis=1))", "(W ** 2).sum(axis=1)", "square root is missing"),
    ("weight_norm", "sum(axis=1))\n    # solution ends\n\n\ndef activity",
     "sum(axis=0))\n    # solution ends\n\n\ndef activity", "over the neurons, not"),
    ("weight_norm", "np.sqrt((W ** 2).sum(axis=1))", "np.linalg.norm(W)", "norm of the whole matrix"),
    ("weight_norm", "np.sqrt((W ** 2).sum(axis=1))", "np.sqrt((W ** 2).mean(axis=1))", "root of the mean"),
    ("activity", "(o != 0).mean(axis=1)", "(o != 0).mean()", "the mean over everything"),
    ("activity", "(o != 0)", "(o == 0)", "the share of zeros"),
    ("activity", "(o != 0)", "(o > 0)", "negative outputs are not 0"),
    ("activity", "(o != 0).mean(axis=1)", "(np.abs(o) > 0.1).mean(axis=1)", "wrong in"),
    ("activity", "(o != 0).mean(axis=1)", "(o != 0).sum(axis=1)", "a number of positions"),
    ("activity", "(o != 0).mean(axis=1)", "(o != 0).mean(axis=2)", "expected shape|wrong in"),
    ("taylor", "np.abs((o * do).sum(axis=1))", "np.abs(o * do).sum(axis=1)", "before the sum over positions"),
    ("taylor", "np.abs((o * do).sum(axis=1))", "np.abs((o * do).mean(axis=1))", "the mean over positions"),
    ("taylor", "np.abs((o * do).sum(axis=1))", "np.abs((o * do).sum(axis=1)).mean(axis=0)", "it is averaged"),
    ("taylor", "np.abs((o * do).sum(axis=1))", "np.abs((np.abs(o) * do).sum(axis=1))", "wrong in"),
    ("taylor", "np.abs((o * do).sum(axis=1))", "np.abs((np.maximum(o, 0) * do).sum(axis=1))", "wrong in"),
    ("taylor", "np.abs((o * do).sum(axis=1))", "np.maximum((o * do).sum(axis=1), 0)", "wrong in"),
    ("taylor", "np.abs((o * do).sum(axis=1))", "(o * do).sum(axis=1)", "absolute value is missing"),
    ("taylor", "np.abs((o * do).sum(axis=1))", "np.abs(do.sum(axis=1))", "the output o is missing"),
    ("removal", "sum(axis=1).mean()", "sum(axis=1).sum()", "it is the sum over the samples"),
    ("removal", "!= i)) - loss(o) for", "!= i)) for", "as it is is not taken away"),
    ("removal", "np.maximum(x @ W1.T + b1, 0)", "x @ W1.T + b1", "relu of the hidden neurons is missing"),
    ("removal", "!= i)) - loss(o) for", "== i)) - loss(o) for", "wrong in"),
    ("removal", "np.array([loss(o * (np.arange(len(W1)) != i)) - loss(o)",
     "np.array([abs(loss(o * (np.arange(len(W1)) != i)) - loss(o))", "the absolute value is one too many"),
    ("removal", "loss(o * (np.arange(len(W1)) != i))",
     "loss(np.maximum(x @ (W1 * (np.arange(len(W1)) != i)[:, None]).T + b1, 0))", "with its bias"),
]
