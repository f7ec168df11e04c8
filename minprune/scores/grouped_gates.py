"""A score of a gate on a channel where it is read, the same gate for all who read it."""

import numpy as np

from ..engine.checks import check_flag
from ..recording import mean_over_samples, sum_over_positions
from .reads import channels_of
from .score import Score


def group_fisher(net, slope_traces, per_output=True):
    """The squared slope of the loss in one gate on the neuron's channel in all layers that read it, per output saved.

    Formula:  I_i = mean_n (Σ_r Σ_f x_nf · ∂ℓ_n/∂x_nf)² / A_i, over all layers r that read i and all places f of its
              channel in their inputs; A_i is how many numbers one sample's outputs of i are, over all its layers
    Point:    x, what the readers read: after pooling, and after the sum where layers are added
    Order:    product, sum over places and readers, square, mean over samples, over the outputs saved
    Cost:     one forward and one backward pass, and each reader's way back once more
    Claims:   mean over samples; relu rescaling
    Source:   Liu et al., "Group Fisher Pruning for Practical Network Compression", ICML 2021 (the authors' code was
              read, jshilong/FisherPruning, `FisherPruningHook` with delta = "acts"; the paper was not)
    Differs:  there the sums of a few batches are added up between the removals of two channels; here one mean. With
              delta = "flops" the code divides by multiply-adds saved instead, which mp.scores.cost_aware takes off.
              per_output=False leaves A_i out

    High = keep. One gate on all readers is the same as one on all layers that make the channel wherever what lies
    between doubles as its input doubles (pooling, additions): without A_i the score is twice `fisher`. So coupled
    neurons are judged as one, with their slopes added before the square. A_i favours neurons of few positions, which
    are dear to lose for the memory that they save.
    """
    check_flag("per_output", per_output)
    saved = {name: outputs_of(net, name) if per_output else 1 for name in net.hidden_layers}
    readers = {reader for name in net.hidden_layers for reader in net.readers(name)}

    def squares(trace):
        slopes = {reader: channel_slopes(net[reader], trace[reader]) for reader in readers}
        return {name: gate_slopes(net, name, slopes) ** 2 / saved[name] for name in net.hidden_layers}
    return (yield from mean_over_samples(net, slope_traces, squares))


def outputs_of(net, name):
    """How many numbers one sample's outputs of one neuron are, over all its layers with neurons."""
    rows = net.units[name].rows
    return sum(int(np.prod(net[member].output_shape[:-1])) * rows[member].shape[1] for member in net.members(name))


def channel_slopes(layer, trace):
    """Σ_(positions) x · ∂ℓ/∂x through this layer alone, (N, C)."""
    slopes = trace.x * layer.product_back(layer.scaled(trace.dz, trace))
    return sum_over_positions(slopes.reshape(len(slopes), -1, slopes.shape[-1]))


def gate_slopes(net, name, slopes):
    """Σ_r Σ_f x_nf ∂ℓ_n/∂x_nf, (N, K)."""
    return sum(slopes[reader] @ channels_of(net, name, reader).T.astype(float) for reader in net.readers(name))


SCORES = (Score(group_fisher, mean_over_samples=True, blocks=True, series=True),)
