"""Scores that look at the weights alone: no data, no passes."""

import numpy as np

from .score import Score


def weight_norm(W):
    """The ℓ2 norm of the neuron's incoming weights.

    Formula:  I_i = √(Σ_j w_ij²)
    Point:    the weights; no data. The bias and batch norm's γ are left out.
    Order:    square, sum over the incoming weights, square root
    Cost:     none: no pass
    Claims:   none
    Source:   Li et al., ICLR 2017, arXiv:1608.08710, rank by the ℓ1 norm and find ℓ2 much alike.
    Differs:  Molchanov et al. 2017 (arXiv:1611.06440, Θ_MW) take the mean of the squares instead, which ranks
              a layer alike but not layers together. NNI's L2 norm is the same as here. Torch-Pruning's
              MagnitudeImportance is not, by default: see `group_norm`. ln_structured of PyTorch is the same

    High = keep. A neuron's outgoing weights can make up for its incoming ones (a relu neuron computes the
    same with W·a and W_out/a), so this number alone says nothing certain.  W: (K, F) -> (K,)
    """
    return np.sqrt((W ** 2).sum(axis=1))


def weight_norm_l1(W):
    """The ℓ1 norm of the neuron's incoming weights.

    Formula:  I_i = Σ_j |w_ij|
    Point:    the weights; no data. The bias and batch norm's γ are left out.
    Order:    absolute value, sum over the incoming weights
    Cost:     none: no pass
    Claims:   none
    Source:   Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017, arXiv:1608.08710
    Differs:  there compared within a layer only; layers of more inputs have larger sums. NNI's L1 norm is
              the same as here. Torch-Pruning's MagnitudeImportance(p=1) is the same only with
              group_reduction="first", normalizer=None, as its own documentation says

    High = keep. Fails as `weight_norm` does.  W: (K, F) -> (K,)
    """
    return np.abs(W).sum(axis=1)


def outgoing_norm(W_out):
    """The ℓ2 norm of the weights that read the neuron.

    Formula:  I_i = √(Σ_k w′_ki²), over every weight w′ of the next layer that reads i
    Point:    the next layer's weights (all kernel places; all positions that a Flatten spread a channel to)
    Order:    square, sum over the outgoing weights, square root
    Cost:     none: no pass
    Claims:   none
    Source:   the ℓ2 form of `outgoing_norm_l1`; a paper that uses just this one: not found
    Differs:  not looked up

    High = keep. A score of 0 is certain: nobody reads the neuron. Any other score is not: a neuron that never
    fires can be read with large weights. The next layer's batch norm is left out.  W_out: (K, M) -> (K,)
    """
    return np.sqrt((W_out ** 2).sum(axis=1))


def outgoing_norm_l1(W_out):
    """The ℓ1 norm of the weights that read the neuron.

    Formula:  I_i = Σ_k |w′_ki|, over every weight w′ of the next layer that reads i
    Point:    the next layer's weights (all kernel places; all positions that a Flatten spread a channel to)
    Order:    absolute value, sum over the outgoing weights
    Cost:     none: no pass
    Claims:   none
    Source:   the "onorm" of He, Fan, Qian, Tan & Yu, "Reshaping deep neural network for fast decoding by
              node-pruning", ICASSP 2014 (known from a summary, the paper not read)
    Differs:  onorm is the average of |w′| instead of their sum: the same order within a layer

    High = keep. How much z′ of the next layer, added up, can move when o_i moves by 1. Fails as
    `outgoing_norm`.
    W_out: (K, M) -> (K,)
    """
    return np.abs(W_out).sum(axis=1)


def group_norm(W, W_out):
    """The ℓ2 norm of all weights that go with the neuron: those it reads with and those that read it.

    Formula:  I_i = √(Σ_j w_ij² + Σ_k w′_ki²)
    Point:    the weights of this layer and of the next. Bias and batch norm's γ, β are left out.
    Order:    square, sum over incoming and outgoing weights, square root
    Cost:     none: no pass
    Claims:   none
    Source:   the group norm of Fang et al., "DepGraph", CVPR 2023, arXiv:2301.12900 (the paper not read, the
              code is)
    Differs:  Torch-Pruning's GroupMagnitudeImportance (1.6.1) adds γ² (not the biases), divides by the number of
              arrays that it added, takes no root, and then divides by the layer's mean: `torch_pruning.magnitude`
              of mp.scores.tools

    High = keep. All that pruning erases. The smallest value among all rescalings of a relu neuron (incoming ·
    a, outgoing / a, same function) is √(2 · weight_norm · outgoing_norm); a network trained with weight decay
    comes near it, any other may be far from it.  W: (K, F), W_out: (K, M) -> (K,)
    """
    return np.sqrt((W ** 2).sum(axis=1) + (W_out ** 2).sum(axis=1))


def batch_norm_scale(gamma):
    """The size of the neuron's batch-norm scale.

    Formula:  I_i = |γ_i|
    Point:    the parameters; a layer without batch norm has no γ, and is refused
    Order:    absolute value
    Cost:     none: no pass
    Claims:   none
    Source:   Liu et al., "Learning Efficient Convolutional Networks through Network Slimming", ICCV 2017,
              arXiv:1708.06519
    Differs:  there γ has been trained with an ℓ1 penalty, and one threshold on |γ| is set for the whole
              network; without that penalty |γ| is one number of a product. Torch-Pruning's BNScaleImportance
              divides it by the layer's mean

    High = keep. γ = 0 does not mean that nothing is lost: the neuron's output is then always f(β), which may be
    large and is taken away with it.  gamma: (K,) -> (K,)
    """
    return np.abs(gamma)


def without_batch_norm(layer):
    """Why γ says nothing of a layer: a formula gets ones where there is none."""
    return "" if layer.batch_norm else "it has no batch norm"


def geometric_median(W):
    """How far the neuron's incoming weights are from those of the others in its layer (FPGM).

    Formula:  I_i = Σ_j ‖w_i − w_j‖, over all neurons j of the layer
    Point:    the incoming weights; no data. Bias and batch norm are left out.
    Order:    ℓ2 distance of two neurons' weights, sum over the layer's neurons
    Cost:     none: no pass; K² distances
    Claims:   none
    Source:   He, Liu, Wang, Hu & Yang, "Filter Pruning via Geometric Median", CVPR 2019, arXiv:1811.00250
    Differs:  NNI's FPGM is the same. The authors' code first drops filters of small norm and compares only
              those left (and computes the same distances when set to "cos"). Torch-Pruning's
              FPGMImportance compares |w|² element by element, so that w and −w are alike, adds the distances of
              outgoing weights, and divides by the layer's mean: `torch_pruning.fpgm` of mp.scores.tools

    High = keep. The lowest sits at the layer's geometric median, whose work the others might share. Two equal
    neurons score the same and go together, though one of them must stay; and a neuron far from all others
    scores high even if nobody reads it. One neuron alone scores 0.  W: (K, F) -> (K,)
    """
    return np.array([np.sqrt(((W - w) ** 2).sum(axis=1)).sum() for w in W])


SCORES = (Score(weight_norm), Score(weight_norm_l1), Score(outgoing_norm), Score(outgoing_norm_l1),
          Score(group_norm), Score(batch_norm_scale, nothing_of=without_batch_norm), Score(geometric_median))
