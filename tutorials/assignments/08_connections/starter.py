"""Assignment 8: SNIP, SynFlow and connections. The text is in brief.md; `minprune grade FILE` gives points."""

import numpy as np

ASSIGNMENT = "08_connections"


def snip(x, dz, W):
    """|∂L/∂c_ij| at c = 1, where c_ij w_ij stands in the place of w_ij, and L is the MEAN loss.

    x (N, F), dz_ni = ∂ℓ_n/∂z_ni (N, K), W (K, F)  ->  (K, F)
    """
    raise NotImplementedError("snip")


def synflow(weights):
    """|w_ij| ∂R/∂|w_ij| of every weight: R is the sum of the outputs for inputs of ones, with |w| for w, no biases.

    weights: (K_1, F), (K_2, K_1), … from the input on  ->  a list of arrays of the same shapes
    """
    raise NotImplementedError("synflow")


def keep_by_row(scores, remove):
    """Every row loses the floor(remove · F) lowest of its F weights; ties: the lower index goes first.

    scores (K, F), remove a fraction in [0, 1)  ->  (K, F) bool, True = stays
    """
    raise NotImplementedError("keep_by_row")


def n_of_m(scores, n, m):
    """Of each m weights in a row that lie side by side, the n highest stay; ties: the lower index goes first.

    scores (K, F), F a multiple of m, n <= m  ->  (K, F) bool, True = stays
    """
    raise NotImplementedError("n_of_m")


def masked_step(W, v, g, mask, rate, momentum):
    """A step of training, v ← momentum · v + g, W ← W − rate · v, with W and v at 0 where the mask is False.

    W, v, g (K, F), mask (K, F) bool, rate and momentum numbers  ->  the new W and v
    """
    raise NotImplementedError("masked_step")


def neurons_left(mask, mask_next):
    """Which of K neurons still read something and are still read.

    mask (K, F): the weights with which they read; mask_next (M, K): the weights that read them  ->  (K,) bool
    """
    raise NotImplementedError("neurons_left")
