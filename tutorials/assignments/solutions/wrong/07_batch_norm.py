"""Wrong solutions of assignment 7, each with one mistake: `minprune grade` must take away the points of one task.

(the task, a part of the solved source, the wrong code in its place, a regular expression for the feedback)
"""

WRONG = [
    ("batch_norm", "np.sqrt(a.var(axis=others(a)) + eps)\n    return gamma * a_hat",
     "np.sqrt(a.var(axis=others(a), ddof=1) + eps)\n    return gamma * a_hat", "number of values less one"),
    ("batch_norm", "a_hat = (a - a.mean(axis=others(a))) / np.sqrt(a.var(axis=others(a)) + eps)\n    return",
     "a_hat = (a - a.mean(axis=0)) / np.sqrt(a.var(axis=0) + eps)\n    return", "not over the positions too"),
    ("batch_norm", "    a_hat = (a - a.mean(axis=others(a))) / np.sqrt(a.var(axis=others(a)) + eps)\n    return",
     "    a -= a.mean(axis=others(a))\n    a_hat = a / np.sqrt(a.var(axis=others(a)) + eps)\n    return",
     "changed its input a"),
    ("running_statistics", "(1 - momentum) * mean + momentum * a.mean(axis=others(a))\n    new_var = (1 - momentum) * "
     "var + momentum * a", "momentum * mean + (1 - momentum) * a.mean(axis=others(a))\n    new_var = momentum * var + "
     "(1 - momentum) * a", "share of the new batch"),
    ("running_statistics", "a.var(axis=others(a))\n    return new_mean",
     "a.var(axis=others(a), ddof=1)\n    return new_mean", "number of values less one"),
    ("running_statistics", "a.var(axis=others(a))\n    return new_mean",
     "((a - new_mean) ** 2).mean(axis=others(a))\n    return new_mean", "in value 2|wrong in"),
    ("scale_gradients", "(dz * a_hat).sum(axis=others(dz)), dz.sum(axis=others(dz))",
     "(dz * a_hat).mean(axis=others(dz)), dz.mean(axis=others(dz))", "the mean, not the sum"),
    ("scale_gradients", "(dz * a_hat).sum(axis=others(dz)), dz.sum(axis=others(dz))",
     "(dz * a_hat).sum(axis=0), dz.sum(axis=0)", "expected shape"),
    ("input_gradient", "gamma / size * (dz - through_mean - through_variance)", "gamma / size * dz",
     "taken for fixed numbers"),
    ("input_gradient", "(dz - through_mean - through_variance)", "(dz - through_mean)",
     "way through the variance is missing"),
    ("input_gradient", "dz.mean(axis=others(a))\n    through_variance = a_hat * (dz * a_hat).mean(axis=others(a))",
     "dz.sum(axis=others(a))\n    through_variance = a_hat * (dz * a_hat).sum(axis=others(a))", "wrong in"),
    ("fold", "scale * (b - mean) + beta", "scale * b + beta", "running mean is not taken away"),
    ("fold", "scale * (b - mean) + beta", "b - scale * mean + beta", "b is not scaled"),
    ("fold", "gamma / np.sqrt(var + eps)\n    return scale", "gamma / (np.sqrt(var) + eps)\n    return scale",
     "ε belongs under the root"),
    ("fold", "scale[:, None] * W", "scale * W", "ValueError|wrong in"),
]
