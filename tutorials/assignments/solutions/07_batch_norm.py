"""Assignment 7: batch norm and its gradients. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "07_batch_norm"


# solution begins
def others(a):
    """All axes but the last, the neurons'."""
    return tuple(range(a.ndim - 1))


# solution ends
def batch_norm(a, gamma, beta, eps):
    """z_i = γ_i â_i + β_i,  â_i = (a_i − m_i) / √(v_i + ε), m and v being the batch's own.

    a (N, K) or (N, H, W, K), gamma, beta (K,), eps a number  ->  the shape of a
    """
    # solution begins
    a_hat = (a - a.mean(axis=others(a))) / np.sqrt(a.var(axis=others(a)) + eps)
    return gamma * a_hat + beta
    # solution ends


def running_statistics(a, mean, var, momentum):
    """The running mean and variance after one more batch, whose share in them is `momentum`.

    a (N, K) or (N, H, W, K), mean, var (K,), momentum a number  ->  (K,), (K,)
    """
    # solution begins
    new_mean = (1 - momentum) * mean + momentum * a.mean(axis=others(a))
    new_var = (1 - momentum) * var + momentum * a.var(axis=others(a))
    return new_mean, new_var
    # solution ends


def scale_gradients(dz, a_hat):
    """∂L/∂γ and ∂L/∂β of z = γ â + β, from dz = ∂L/∂z.    dz, a_hat (N, K) or (N, H, W, K)  ->  (K,), (K,)"""
    # solution begins
    return (dz * a_hat).sum(axis=others(dz)), dz.sum(axis=others(dz))
    # solution ends


def input_gradient(dz, a, gamma, eps):
    """∂L/∂a: on its own way, and through the batch's mean and variance.

    dz = ∂L/∂z, a (N, K) or (N, H, W, K), gamma (K,), eps a number  ->  the shape of a
    """
    # solution begins
    size = np.sqrt(a.var(axis=others(a)) + eps)
    a_hat = (a - a.mean(axis=others(a))) / size
    through_mean = dz.mean(axis=others(a))
    through_variance = a_hat * (dz * a_hat).mean(axis=others(a))
    return gamma / size * (dz - through_mean - through_variance)
    # solution ends


def fold(W, b, gamma, beta, mean, var, eps):
    """The W and b of a plain layer that puts out what z = γ (W x + b − mean) / √(var + ε) + β does.

    W (K, F), b, gamma, beta, mean, var (K,), eps a number  ->  (K, F), (K,)
    """
    # solution begins
    scale = gamma / np.sqrt(var + eps)
    return scale[:, None] * W, scale * (b - mean) + beta
    # solution ends
