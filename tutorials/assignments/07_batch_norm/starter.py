"""Assignment 7: batch norm and its gradients. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "07_batch_norm"


def batch_norm(a, gamma, beta, eps):
    """z_i = γ_i â_i + β_i,  â_i = (a_i − m_i) / √(v_i + ε), m and v being the batch's own.

    a (N, K) or (N, H, W, K), gamma, beta (K,), eps a number  ->  the shape of a
    """
    raise NotImplementedError("batch_norm")


def running_statistics(a, mean, var, momentum):
    """The running mean and variance after one more batch, whose share in them is `momentum`.

    a (N, K) or (N, H, W, K), mean, var (K,), momentum a number  ->  (K,), (K,)
    """
    raise NotImplementedError("running_statistics")


def scale_gradients(dz, a_hat):
    """∂L/∂γ and ∂L/∂β of z = γ â + β, from dz = ∂L/∂z.    dz, a_hat (N, K) or (N, H, W, K)  ->  (K,), (K,)"""
    raise NotImplementedError("scale_gradients")


def input_gradient(dz, a, gamma, eps):
    """∂L/∂a: on its own way, and through the batch's mean and variance.

    dz = ∂L/∂z, a (N, K) or (N, H, W, K), gamma (K,), eps a number  ->  the shape of a
    """
    raise NotImplementedError("input_gradient")


def fold(W, b, gamma, beta, mean, var, eps):
    """The W and b of a plain layer that puts out what z = γ (W x + b − mean) / √(var + ε) + β does.

    W (K, F), b, gamma, beta, mean, var (K,), eps a number  ->  (K, F), (K,)
    """
    raise NotImplementedError("fold")
