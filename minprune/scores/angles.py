"""A score of the angles between a layer's neurons."""

import numpy as np

from .score import Score


def whc(W):
    """The norm of the neuron's weights times how far they point away from the others', weighted by the others' norms.

    Formula:  I_i = ‖w_i‖ Σ_j ‖w_j‖ (1 − |cos θ_ij|) = Σ_j (‖w_i‖ ‖w_j‖ − |w_i · w_j|), θ_ij the angle of w_i and w_j
    Point:    the incoming weights; no data. Bias and batch norm are left out
    Order:    product of the norms less the absolute inner product, sum over the layer's neurons
    Cost:     none: no pass; K² inner products
    Claims:   none
    Source:   Chen, Sun & Huang, "WHC: Weighted Hybrid Criterion for Filter Pruning on Convolutional Neural Networks",
              ICASSP 2023, arXiv:2302.08185 (the authors' code was read, ShaowuChen/WHC, `get_filter_similar` with
              the method "proposed_one_abs_cos"; the paper was not)
    Differs:  the code first drops a share of the filters by their norms, and compares those left; here all of them

    High = keep. It puts `weight_norm` and `geometric_median` together: a long vector among others that point elsewhere
    scores highest. w and −w, or w and 2w, count as twins, though a relu network cannot do without either. Two equal
    neurons both lose their twin's term and go near each other in the ranking. One neuron alone scores 0.
    W: (K, F) -> (K,)
    """
    W = W.astype(float)
    norms = np.sqrt((W ** 2).sum(axis=1))
    return np.maximum(np.outer(norms, norms) - np.abs(W @ W.T), 0).sum(axis=1)


SCORES = (Score(whc),)
