"""Assignment 10: is this paper's formula true? The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "10_is_it_true"

# About ten sentences. brief.md says what they answer.
EXPLANATION = """
# solution begins
The claim says that the squared slope of the loss in a neuron's output is its curvature. For one sample with one label
it is false: the slope depends on the label, the curvature does not. The smallest counterexample has one neuron, two
outputs and one sample: 0.07 is claimed, 0.20 is measured. What is true is a mean. Over labels that are drawn with the
network's own probabilities p the squared slope is Σ_k p_k (w_k − w̄)², the variance of the weights that read the
neuron, and that is exactly the curvature. So the claim is right on average over the data where the network's
probabilities are those with which the labels really come, as after training to a minimum they may be; label by label
it is right only for a neuron whose weights are all equal, or take two values with half of the probability each.
A network that is right and sure has slopes of 0 on all samples, so that Fisher pruning gives 0 to every neuron and
ranks nobody, although removing one may cost a lot. The variance needs no label and no backward pass for the last
hidden layer: one product of p with W², one with W. For lower layers it takes a backward pass for each output, or
labels drawn from p.
# solution ends
"""


def saliency(o, do):
    """The paper's score, ½ (Σ_p o_npi ∂ℓ_n/∂o_npi)².    o, do (N, P, K)  ->  (N, K)"""
    # solution begins
    return 0.5 * (o * do).sum(axis=1) ** 2
    # solution ends


# solution begins
def slopes(W_next, p):
    """∂ℓ/∂o_i for each label t: Σ_k p_k w_ki − w_ti.    (M labels, K)"""
    return p @ W_next - W_next


def curvature(W_next, p):
    """The variance of each neuron's outgoing weights under p."""
    return p @ W_next ** 2 - (p @ W_next) ** 2


# solution ends
def claim(W_next, p):
    """For which neurons (∂ℓ/∂o_i)² = ∂²ℓ/∂o_i² whatever the label is.    W_next (M, K), p (M,)  ->  (K,) bool"""
    # solution begins
    return np.isclose(slopes(W_next, p) ** 2, curvature(W_next, p)).all(axis=0)
    # solution ends


def counterexample(W_next, p):
    """For each neuron the label at which (∂ℓ/∂o_i)² and ∂²ℓ/∂o_i² lie furthest apart.

    W_next (M, K), p (M,)  ->  (K,) whole numbers
    """
    # solution begins
    return np.abs(slopes(W_next, p) ** 2 - curvature(W_next, p)).argmax(axis=0)
    # solution ends


def error(W_next, p, q):
    """(∂ℓ/∂o_i)² − ∂²ℓ/∂o_i², averaged over labels that come with the probabilities q.

    W_next (M, K), p, q (M,)  ->  (K,)
    """
    # solution begins
    return q @ slopes(W_next, p) ** 2 - curvature(W_next, p)
    # solution ends


def repaired(W_next, p):
    """∂²ℓ_n/∂o_ni² of the last hidden layer under cross entropy.    W_next (M, K), p = softmax(y) (N, M)  ->  (N, K)"""
    # solution begins
    return curvature(W_next, p)
    # solution ends
