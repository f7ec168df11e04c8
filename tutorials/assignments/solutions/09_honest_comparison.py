"""Assignment 9: retraining and honest comparison. The text is in brief.md; `minprune grade FILE` gives points."""

# solution begins
import itertools

# solution ends
import numpy as np

ASSIGNMENT = "09_honest_comparison"


def cubic(remove, steps, initial):
    """What is gone after step k: s_k = remove + (initial − remove)(1 − k/n)³, k = 1 … n, n = steps  ->  (n,)"""
    # solution begins
    k = np.arange(1, steps + 1)
    return remove + (initial - remove) * (1 - k / steps) ** 3
    # solution ends


def cuts(K, schedule):
    """How many of K neurons go in each step, where floor(s_k K) of the original ones are gone after step k.

    K a whole number, schedule (n,) shares that rise  ->  (n,) whole numbers
    """
    # solution begins
    gone = np.floor(schedule * K).astype(int)
    return np.diff(gone, prepend=0)
    # solution ends


def paired_interval(first, second, quantile):
    """mean(d) − quantile · s / √S and mean(d) + quantile · s / √S of the differences d = first − second of S seeds.

    s² = Σ (d − mean(d))² / (S − 1).    first, second (S,), quantile a number  ->  two numbers, low and high
    """
    # solution begins
    d = first - second
    half = quantile * d.std(ddof=1) / len(d) ** 0.5
    return d.mean() - half, d.mean() + half
    # solution ends


def holm(p):
    """p values corrected by Holm's method: the lowest times m, the next times m − 1, …; at most 1, and rising.

    p (m,)  ->  (m,) in the same order
    """
    # solution begins
    order = np.argsort(p, kind="stable")
    factors = np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1, np.maximum.accumulate(factors * p[order]))
    return corrected
    # solution ends


def random_control(o, W, b, t, count):
    """The mean loss of y = W o + b with the outputs of `count` neurons at 0, averaged over all ways to choose them.

    ℓ_n = ½ Σ_k (y_nk − t_nk)².    o (N, K), W (C, K), b (C,), t (N, C), count a whole number  ->  a number
    """
    # solution begins
    losses = []
    for removed in itertools.combinations(range(o.shape[1]), count):
        left = o.copy()
        left[:, list(removed)] = 0
        losses.append(0.5 * ((left @ W.T + b - t) ** 2).sum(axis=1).mean())
    return np.mean(losses)
    # solution ends


def scratch_epochs(widths, kept, epochs, retrain):
    """How many whole epochs the small network can be trained for what pruning cost.

    widths, kept: (inputs, hidden …, outputs) of the large and the small dense network; an epoch costs as many
    multiply-adds as a forward pass; pruning cost `epochs` of the large one and `retrain` of the small one.
    """
    # solution begins
    large = sum(F * K for F, K in zip(widths, widths[1:]))
    small = sum(F * K for F, K in zip(kept, kept[1:]))
    return (epochs * large + retrain * small) // small
    # solution ends


def who_paid(t, before, after, C):
    """How much the accuracy of each class changed, and the shares of all samples that were lost and won.

    t, before, after (N,): true labels, those that the network said before, and after; C classes
    ->  (C,), the share that was right and is wrong, the share that was wrong and is right
    """
    # solution begins
    was, now = before == t, after == t
    changes = [now[t == k].mean() - was[t == k].mean() for k in range(C)]
    return np.array(changes), (was & ~now).mean(), (~was & now).mean()
    # solution ends
