"""Wrong solutions of assignment 9, each with one mistake: `minprune grade` must take away the points of one task.

(the task, a part of the solved source, the wrong code in its place, a regular expression for the feedback)
"""

WRONG = [
    ("cubic", "k = np.arange(1, steps + 1)", "k = np.arange(steps)", "should begin at 1"),
    ("cuts", "np.diff(gone, prepend=0)", "gone", "how many are gone"),
    ("cuts", "    gone = np.floor(schedule * K).astype(int)\n    return np.diff(gone, prepend=0)",
     "    return np.floor(np.diff(schedule, prepend=0) * K).astype(int)", "roundings add up"),
    ("paired_interval", "half = quantile * d.std(ddof=1) / len(d) ** 0.5",
     "half = quantile * np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / len(d))", "not paired"),
    ("paired_interval", "d.std(ddof=1)", "d.std()", "divided by S, not by S − 1"),
    ("holm", "np.maximum.accumulate(factors * p[order])", "factors * p[order]", "lower than that of a lower one"),
    ("random_control", "removed in itertools.combinations(range(o.shape[1]), count)",
     "removed in itertools.product(range(o.shape[1]), repeat=count)", "wrong in"),
    ("random_control", "        left = o.copy()\n        left[:, list(removed)] = 0",
     "        left = o * (1 - count / o.shape[1])", "mean output"),
    ("random_control", ".sum(axis=1).mean())", ".sum())", "the sum over the samples"),
    ("scratch_epochs", "(epochs * large + retrain * small)", "(epochs * large)", "retraining is not counted"),
    ("scratch_epochs", "sum(F * K for F, K in zip(kept, kept[1:]))", "sum(F * K for F, K in zip(widths, kept[1:]))",
     "wrong in"),
    ("who_paid", "now[t == k].mean() - was[t == k].mean()", "(now & (t == k)).mean() - (was & (t == k)).mean()",
     "a share of all samples"),
    ("who_paid", "now[t == k].mean() - was[t == k].mean()", "now[after == k].mean() - was[before == k].mean()",
     "NaN|wrong in"),
]
