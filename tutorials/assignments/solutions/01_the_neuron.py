"""Assignment 1: the neuron and its gradients. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "01_the_neuron"


def pre_activation(x, W, b):
    """z_ni = Σ_j w_ij x_nj + b_i.    x (N, F), W (K, F), b (K,)  ->  (N, K)"""
    # solution begins
    return x @ W.T + b
    # solution ends


def activation_gradient(z, do):
    """∂ℓ_n/∂z of sigmoid neurons o = σ(z), from do = ∂ℓ_n/∂o.    z, do (N, K)  ->  (N, K)"""
    # solution begins
    o = 1 / (1 + np.exp(-z))
    return do * o * (1 - o)
    # solution ends


def parameter_gradients(x, dz):
    """∂L/∂W and ∂L/∂b of the summed loss L = Σ_n ℓ_n.    x (N, F), dz (N, K)  ->  (K, F), (K,)"""
    # solution begins
    return dz.T @ x, dz.sum(axis=0)
    # solution ends


def input_gradient(dz, W):
    """∂ℓ_n/∂x_nj, over all neurons that read x_nj.    dz (N, K), W (K, F)  ->  (N, F)"""
    # solution begins
    return dz @ W
    # solution ends


def hidden_gradient(x, t, W1, b1, W2, b2):
    """∂ℓ_n/∂o1 of the hidden sigmoid neurons of y = W2 σ(W1 x + b1) + b2, with ℓ_n = ½ Σ_k (y_nk − t_nk)².

    x (N, F), t (N, C), W1 (K, F), b1 (K,), W2 (C, K), b2 (C,)  ->  (N, K)
    """
    # solution begins
    o1 = 1 / (1 + np.exp(-pre_activation(x, W1, b1)))
    y = pre_activation(o1, W2, b2)
    return input_gradient(y - t, W2)
    # solution ends
