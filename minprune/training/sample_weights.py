"""Sample weights: how much each sample counts in a training, by its class or one by one.

The mean loss of a mini-batch of N samples becomes 1/N Σ_n w_n ℓ_n, and its gradient 1/N Σ_n w_n ∂ℓ_n/∂w. It is still
divided by N, not by Σ_n w_n: with weights of mean 1 both are the same over all samples.

"balanced" gives a sample of class c the weight N / (C · N_c), for C classes of N_c samples each: each class then counts
as much as any other, and the mean weight is 1. King & Zeng, "Logistic Regression in Rare Events Data", Political
Analysis 9(2), 2001 (read about, not read: weights of this form).
"""

from collections.abc import Mapping

import numpy as np

from ..engine.checks import check_count, check_numbers, check_real

FORMS = '"balanced" or {class: weight} such as {0: 1.0, 1: 19.0}'


def weights_of(t, class_weight, sample_weight):
    """(N,) the weight of each sample of the prepared targets t: that of its class times its own."""
    weights = np.ones(len(t))
    if class_weight is not None:
        weights = weights * by_class(t, class_weight)
    if sample_weight is not None:
        weights = weights * check_sample_weight(sample_weight, len(t))
    if not weights.any():
        raise ValueError("class_weight and sample_weight expect a weight above 0 for at least one sample")
    return weights.astype(t.dtype)


def by_class(t, class_weight):
    """(N,) the weight of each sample's class."""
    classes, known = classes_of(t)
    check_class_weight(class_weight)
    if class_weight == "balanced":
        counts = np.bincount(classes, minlength=known)
        return (len(t) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[classes]
    if max(class_weight) >= known:
        raise ValueError(f"class_weight expects classes 0 … {known - 1}, got {max(class_weight)}")
    weights = np.ones(known)                                    # of the classes that it does not name
    for label, weight in class_weight.items():
        weights[label] = weight
    return weights[classes]


def check_class_weight(class_weight):
    """Raise unless it is "balanced", or a dict of classes and weights of at least 0."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        return
    if not isinstance(class_weight, Mapping) or not class_weight:
        raise ValueError(f"class_weight expects {FORMS}, got {class_weight!r}")
    for label, weight in class_weight.items():
        check_count("class_weight: a class", label, least=0)
        check_real(f"class_weight of class {label}", weight, least=0)


def classes_of(t):
    """((N,) the class of each sample, how many classes there are) of prepared targets; raises ValueError where a sample
    has no single class."""
    if t.ndim == 2 and ((t == 0) | (t == 1)).all():
        if t.shape[1] == 1:
            return t[:, 0].astype(int), 2
        if (t.sum(axis=1) == 1).all():
            return t.argmax(axis=1), t.shape[1]
    raise ValueError("class_weight expects a single class for each sample, and these targets are no such classes: give "
                     "sample_weight, a number for each sample")


def check_sample_weight(sample_weight, count):
    """(N,) numbers of at least 0."""
    weights = check_numbers("sample_weight", sample_weight)
    if weights.shape != (count,) or (weights < 0).any():
        least = f", the least {weights.min()}" if (weights < 0).any() else ""
        raise ValueError(f"sample_weight expects {count} numbers of at least 0, one for each sample, got shape "
                         f"{weights.shape}{least}")
    return weights.astype(float)


def weighted(L, dy, weights):
    """(w_n ℓ_n, w_n ∂ℓ_n/∂y) of each sample."""
    return L * weights, dy * weights.reshape(-1, *[1] * (dy.ndim - 1))
