"""Assignment 3: losses and training. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "03_losses_and_training"


def softmax(y):
    """p_nk = e^y_nk / Σ_j e^y_nj, also where e^y overflows.    y (N, C)  ->  (N, C)"""
    raise NotImplementedError("softmax")


def cross_entropy(y, t):
    """ℓ_n = −log softmax(y_n)_t_n, of each sample, also where a probability is too small for a float.

    y (N, C) logits, t (N,) class labels  ->  (N,)
    """
    raise NotImplementedError("cross_entropy")


def cross_entropy_gradient(y, t):
    """∂ℓ_n/∂y_nk = softmax(y_n)_k − [k = t_n], each sample's own.    y (N, C), t (N,)  ->  (N, C)"""
    raise NotImplementedError("cross_entropy_gradient")


def momentum_step(w, g, v, rate, momentum, weight_decay):
    """One step of gradient descent with momentum and weight decay; return the new (w, v).

    g ← g + weight_decay · w;   v ← momentum · v + g;   w ← w − rate · v        w, g, v (K, F)  ->  (K, F), (K, F)
    """
    raise NotImplementedError("momentum_step")


def train(x, t, W, b, rate, steps):
    """`steps` steps of gradient descent on the MEAN of the samples' cross entropies, y = x Wᵀ + b; return (W, b).

    Every step uses all samples.    x (N, F), t (N,) class labels, W (C, F), b (C,)  ->  (C, F), (C,)
    """
    raise NotImplementedError("train")
