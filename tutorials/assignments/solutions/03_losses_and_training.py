"""Assignment 3: losses and training. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "03_losses_and_training"


def softmax(y):
    """p_nk = e^y_nk / Σ_j e^y_nj, also where e^y overflows.    y (N, C)  ->  (N, C)"""
    # solution begins
    e = np.exp(y - y.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
    # solution ends


def cross_entropy(y, t):
    """ℓ_n = −log softmax(y_n)_t_n, of each sample, also where a probability is too small for a float.

    y (N, C) logits, t (N,) class labels  ->  (N,)
    """
    # solution begins
    y = y - y.max(axis=1, keepdims=True)
    return np.log(np.exp(y).sum(axis=1)) - y[np.arange(len(y)), t]
    # solution ends


def cross_entropy_gradient(y, t):
    """∂ℓ_n/∂y_nk = softmax(y_n)_k − [k = t_n], each sample's own.    y (N, C), t (N,)  ->  (N, C)"""
    # solution begins
    dy = softmax(y)
    dy[np.arange(len(y)), t] -= 1
    return dy
    # solution ends


def momentum_step(w, g, v, rate, momentum, weight_decay):
    """One step of gradient descent with momentum and weight decay; return the new (w, v).

    g ← g + weight_decay · w;   v ← momentum · v + g;   w ← w − rate · v        w, g, v (K, F)  ->  (K, F), (K, F)
    """
    # solution begins
    v = momentum * v + g + weight_decay * w
    return w - rate * v, v
    # solution ends


def train(x, t, W, b, rate, steps):
    """`steps` steps of gradient descent on the MEAN of the samples' cross entropies, y = x Wᵀ + b; return (W, b).

    Every step uses all samples.    x (N, F), t (N,) class labels, W (C, F), b (C,)  ->  (C, F), (C,)
    """
    # solution begins
    for _ in range(steps):
        dy = cross_entropy_gradient(x @ W.T + b, t) / len(x)
        W, b = W - rate * dy.T @ x, b - rate * dy.sum(axis=0)
    return W, b
    # solution ends
