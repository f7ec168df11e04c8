"""Scores of what a neuron gives to its readers: how large its outputs are, times the weights that read them."""

import numpy as np

from ..recording import by_position, mean_over_positions, mean_over_samples
from .activations import activation_std
from .readers import outgoing_weights
from .score import Score


def contribution(net, forward_traces):
    """How much the neuron gives to those who read it: the contribution utility of continual backpropagation.

    Formula:  I_i = mean_np |o_npi| · Σ_k |w′_ki|, over every weight w′ of the next layer that reads i
    Point:    o, after the activation and before any pooling; the next layer's weights
    Order:    absolute value, mean over positions; times the sum of the absolute outgoing weights; mean over samples
    Cost:     one forward pass
    Claims:   mean over samples
    Source:   Dohare et al., "Loss of plasticity in deep continual learning", Nature 632, 2024, equation 1 (read in a
              copy of the article's text); arXiv:2306.13812 is an earlier version (only its abstract was read)
    Differs:  there a running average over the steps of training, of decay 0.99; here the mean over the samples given.
              Public code of the method often takes the mean of |w′| over the readers instead of the sum

    High = keep. For a Dense reader, Σ_k |w′_ki o_ni| is how far z′ moves, added up without signs, when i falls
    silent. What the loss makes of it does not count, and an output that never changes scores as high as one that does.
    Rescaling a relu neuron (W · a, W_out / a) leaves its own score as it is, but changes those of the neurons of the
    layer before. Several layers that read i are added up. Where layers are added to each other (a coupled unit), |o|
    is averaged over all of them; what the readers get is the sum of their outputs.
    """
    def sizes(trace):
        return {name: mean_over_positions(np.abs(by_position(net, name, trace[name].o))) for name in net.hidden_layers}
    means = yield from mean_over_samples(net, forward_traces, sizes)
    return {name: means[name] * np.abs(outgoing_weights(net, name)).sum(axis=1) for name in means}


def wanda_channel(net, forward_traces):
    """Wanda's |weight| times the norm of what it multiplies, added up over the weights that read the neuron.

    Formula:  I_i = √(mean_np o_npi²) · Σ_k |w′_ki|, over every weight w′ of the next layer that reads i
    Point:    o, after the activation and before any pooling; the next layer's weights
    Order:    square, mean over positions and samples, square root, times the sum of the absolute outgoing weights
    Cost:     one forward pass
    Claims:   none
    Source:   "WIFN" in the authors' code of FLAP, An et al., AAAI 2024, arXiv:2312.11983, which uses it as the form of
              Wanda (arXiv:2306.11695) for channels (CASIA-IVA-Lab/FLAP, lib/prune.py and layerwrapper.py; the papers
              were not read)
    Differs:  there the mean over k instead of the sum: the same order within a layer. The norm is taken of what the
              reader reads, here before any pooling; its squares are added up over the positions of a sequence

    High = keep. Never below `contribution`, as √(mean o²) ≥ mean |o|: the two are equal where |o| is constant.
    Coupled neurons have one mean over the layers of the unit, as in `contribution`.
    """
    def squares(trace):
        return {name: mean_over_positions(by_position(net, name, trace[name].o) ** 2) for name in net.hidden_layers}
    means = yield from mean_over_samples(net, forward_traces, squares)
    return {name: np.sqrt(means[name]) * np.abs(outgoing_weights(net, name)).sum(axis=1) for name in means}


def fluctuation(net, forward_traces):
    """What is lost in the next layer when the neuron is replaced by its mean: the fluctuation of FLAP.

    Formula:  I_i = Var(o_i) · Σ_k w′_ki²,   Var(o_i) = mean_np (o_npi − m_i)², m_i = mean_np o_npi
    Point:    o, after the activation and before any pooling; the next layer's weights
    Order:    variance over samples and positions, times the sum of the squared outgoing weights
    Cost:     one forward pass
    Claims:   none
    Source:   "WIFV" in the authors' code of FLAP, An et al., AAAI 2024, arXiv:2312.11983 (CASIA-IVA-Lab/FLAP,
              lib/prune.py and layerwrapper.py; the paper was not read)
    Differs:  there the scores of a layer are then standardised, and one threshold is set for all layers; here they
              are not. Its running variance starts at 0 after the first sequence, whose own variance is lost

    High = keep. Exact for one Dense neuron that a Dense layer without batch norm reads, whatever its activation: with
    m_i · w′_ki moved into the biases, z′ changes by (m_i − o_ni) w′_ki, and mean_n Σ_k of its square is I_i. Below
    a linear output and mse, and with the network's own outputs as targets, that is twice the loss. Of several
    neurons removed together the covariances are missing; below a convolution, so are those of neighbouring
    positions. Coupled neurons have one variance over the layers of the unit, as in `activation_std`, and not that
    of the sum that is read.
    """
    std = yield from activation_std(net, forward_traces)
    return {name: std[name] ** 2 * (outgoing_weights(net, name) ** 2).sum(axis=1) for name in std}


SCORES = (Score(contribution, mean_over_samples=True, blocks=True, series=True),
          Score(wanda_channel, blocks=True, series=True), Score(fluctuation, blocks=True, series=True))
