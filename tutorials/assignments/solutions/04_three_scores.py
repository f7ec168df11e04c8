"""Assignment 4: three scores, and the exact answer. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "04_three_scores"


def weight_norm(W):
    """I_i = √Σ_j w_ij².    W (K, F)  ->  (K,)"""
    # solution begins
    return np.sqrt((W ** 2).sum(axis=1))
    # solution ends


def activity(o):
    """I_ni: the share of positions p where o_npi is not 0 (one minus the percentage of zeros).

    o (N, P, K)  ->  (N, K)
    """
    # solution begins
    return (o != 0).mean(axis=1)
    # solution ends


def taylor(o, do):
    """I_ni = |Σ_p o_npi · ∂ℓ_n/∂o_npi|.    o, do (N, P, K)  ->  (N, K)"""
    # solution begins
    return np.abs((o * do).sum(axis=1))
    # solution ends


def removal(x, t, W1, b1, W2, b2):
    """I_i = mean_n [ℓ_n(o_i = 0) − ℓ_n], exactly: silence relu neuron i, keep all others, and look.

    o = relu(W1 x + b1), y = W2 o + b2, ℓ_n = ½ Σ_k (y_nk − t_nk)².
    x (N, F), t (N, C), W1 (K, F), b1 (K,), W2 (C, K), b2 (C,)  ->  (K,)
    """
    # solution begins
    o = np.maximum(x @ W1.T + b1, 0)

    def loss(o):
        return 0.5 * ((o @ W2.T + b2 - t) ** 2).sum(axis=1).mean()

    return np.array([loss(o * (np.arange(len(W1)) != i)) - loss(o) for i in range(len(W1))])
    # solution ends
