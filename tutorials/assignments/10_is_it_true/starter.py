"""Assignment 10: is this paper's formula true? The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "10_is_it_true"

# About ten sentences. brief.md says what they answer.
EXPLANATION = """
"""


def saliency(o, do):
    """The paper's score, ½ (Σ_p o_npi ∂ℓ_n/∂o_npi)².    o, do (N, P, K)  ->  (N, K)"""
    raise NotImplementedError("saliency")


def claim(W_next, p):
    """For which neurons (∂ℓ/∂o_i)² = ∂²ℓ/∂o_i² whatever the label is.    W_next (M, K), p (M,)  ->  (K,) bool"""
    raise NotImplementedError("claim")


def counterexample(W_next, p):
    """For each neuron the label at which (∂ℓ/∂o_i)² and ∂²ℓ/∂o_i² lie furthest apart.

    W_next (M, K), p (M,)  ->  (K,) whole numbers
    """
    raise NotImplementedError("counterexample")


def error(W_next, p, q):
    """(∂ℓ/∂o_i)² − ∂²ℓ/∂o_i², averaged over labels that come with the probabilities q.

    W_next (M, K), p, q (M,)  ->  (K,)
    """
    raise NotImplementedError("error")


def repaired(W_next, p):
    """∂²ℓ_n/∂o_ni² of the last hidden layer under cross entropy.    W_next (M, K), p = softmax(y) (N, M)  ->  (N, K)"""
    raise NotImplementedError("repaired")
