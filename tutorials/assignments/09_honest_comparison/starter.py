"""Assignment 9: retraining and honest comparison. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "09_honest_comparison"


def cubic(remove, steps, initial):
    """What is gone after step k: s_k = remove + (initial − remove)(1 − k/n)³, k = 1 … n, n = steps  ->  (n,)"""
    raise NotImplementedError("cubic")


def cuts(K, schedule):
    """How many of K neurons go in each step, where floor(s_k K) of the original ones are gone after step k.

    K a whole number, schedule (n,) shares that rise  ->  (n,) whole numbers
    """
    raise NotImplementedError("cuts")


def paired_interval(first, second, quantile):
    """mean(d) − quantile · s / √S and mean(d) + quantile · s / √S of the differences d = first − second of S seeds.

    s² = Σ (d − mean(d))² / (S − 1).    first, second (S,), quantile a number  ->  two numbers, low and high
    """
    raise NotImplementedError("paired_interval")


def holm(p):
    """p values corrected by Holm's method: the lowest times m, the next times m − 1, …; at most 1, and rising.

    p (m,)  ->  (m,) in the same order
    """
    raise NotImplementedError("holm")


def random_control(o, W, b, t, count):
    """The mean loss of y = W o + b with the outputs of `count` neurons at 0, averaged over all ways to choose them.

    ℓ_n = ½ Σ_k (y_nk − t_nk)².    o (N, K), W (C, K), b (C,), t (N, C), count a whole number  ->  a number
    """
    raise NotImplementedError("random_control")


def scratch_epochs(widths, kept, epochs, retrain):
    """How many whole epochs the small network can be trained for what pruning cost.

    widths, kept: (inputs, hidden …, outputs) of the large and the small dense network; an epoch costs as many
    multiply-adds as a forward pass; pruning cost `epochs` of the large one and `retrain` of the small one.
    """
    raise NotImplementedError("scratch_epochs")


def who_paid(t, before, after, C):
    """How much the accuracy of each class changed, and the shares of all samples that were lost and won.

    t, before, after (N,): true labels, those that the network said before, and after; C classes
    ->  (C,), the share that was right and is wrong, the share that was wrong and is right
    """
    raise NotImplementedError("who_paid")
