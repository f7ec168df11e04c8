"""Scores of a neuron's replacement by its mean, and other sums of slopes: one forward and one backward pass."""

import numpy as np

from ..recording import output_slopes, sum_over_positions, sum_over_samples
from .score import Score
from .units import by_unit, outputs_of, scored_layers, slopes_of


def mean_replacement(net, slope_traces):
    """Change of the mean loss if the neuron always put out its mean, to first order.

    Formula:  I_i = |mean_n Σ_p (m_i − o_npi) · ∂ℓ_n/∂o_npi|,   m_i = mean_np o_npi
    Point:    o, after the activation and before any pooling
    Order:    product, sum over positions, mean over samples, absolute value last, so that samples can cancel
    Cost:     one forward and one backward pass
    Claims:   relu rescaling
    Source:   Evci, Le Roux, Castro & Bottou, "Mean Replacement Pruning", 2018 (OpenReview BJxRVnC5Fm), of which the
              abstract was read, and its first author's code (evcu/pytorchpruner, modules.py and unitscorers.py)
    Differs:  the code adds up |(m_i − o_npi) ∂ℓ/∂o_npi|, without signs, over samples and positions, of what a layer
              puts out before its activation; its m_i is the mean over one batch and its positions

    High = keep. Why: with o_i moved by α (m_i − o_i), I_i is the size of the slope of the mean loss at α = 0. For a
    neuron whose mean is moved into the readers' biases it is what `skeletonization` is for a silent one. A constant
    neuron scores 0, and its replacement is free. Each layer of a coupled unit is replaced by its own mean.
    """
    totals, count = dict.fromkeys(scored_layers(net, outputs_of), 0.0), 0
    for trace in slope_traces:
        slopes = {end: do for name in net.hidden_layers for end, do in slopes_of(net, name, trace).items()}
        for end, do in slopes.items():
            totals[end] += replacement_sums(*(array.reshape(len(do), -1, do.shape[-1]) for array in (trace[end].o, do)))
        count += len(trace.x)
        trace = slopes = do = None      # else they would stay in memory while the next ones are made
        yield
    changes = by_unit(net, {end: first_order(sums) for end, sums in totals.items()}, outputs_of)
    return {name: np.abs(change) / count for name, change in changes.items()}


def replacement_sums(o, do):
    """How many outputs; and of each neuron Σ o, Σ ∂ℓ/∂o and Σ o ∂ℓ/∂o, all over samples and positions: (4, K)."""
    sums = [sum_over_samples(array) for array in (sum_over_positions(o), sum_over_positions(do), output_slopes(o, do))]
    return np.stack([np.full(o.shape[2], float(o.shape[0] * o.shape[1])), *sums])


def first_order(sums):
    """Σ_np (m − o) ∂ℓ/∂o = m Σ ∂ℓ/∂o − Σ o ∂ℓ/∂o, of the sums of `replacement_sums`."""
    count, outputs, slopes, products = sums
    return outputs / count * slopes - products


def taylor_abs(o, do):
    """The first-order change of the loss with no cancelling at all: not between positions either.

    Formula:  I_i = mean_n Σ_p |o_npi · ∂ℓ_n/∂o_npi|
    Point:    o, after the activation and before any pooling
    Order:    product, absolute value, sum over positions, mean over samples
    Cost:     one forward and one backward pass
    Claims:   mean over samples; relu rescaling
    Source:   a paper that uses just this one: not found; it is `taylor` with the absolute value inside the sum
    Differs:  "Mean Replacement Pruning" (see `mean_replacement`) says of Taylor scores that they do better with
              absolute values; the sum there is of the deviation from the mean

    High = keep. Never below `taylor`, and equal to it for Dense neurons. Silencing a channel silences all its
    positions at once, so that what cancels between them does cancel: `taylor` is nearer to removal, and this one is
    the sum of what its positions would cost one at a time.  o, do: (N, P, K) -> (N, K)
    """
    products = o * do
    return sum_over_positions(np.abs(products, out=products))


def taylor_bn(z, dz):
    """Change of the loss if batch norm's γ and β of the neuron were 0, to first order.

    Formula:  I_i = mean_n |γ_i ∂ℓ_n/∂γ_i + β_i ∂ℓ_n/∂β_i| = mean_n |Σ_p z_npi · ∂ℓ_n/∂z_npi|
    Point:    z, before the activation and after batch norm, with its running statistics
    Order:    product, sum over positions, absolute value, mean over samples
    Cost:     one forward and one backward pass
    Claims:   mean over samples; relu rescaling
    Source:   "Taylor FO on BN", method 31 of the authors' code (NVlabs/Taylor_pruning, pruning_engine.py) of Molchanov
              et al., "Importance Estimation for Neural Network Pruning", CVPR 2019, arXiv:1906.10771 (the paper's
              abstract was read)
    Differs:  the code squares (γ ḡ_γ + β ḡ_β) of each mini-batch's mean gradient ḡ and averages over mini-batches. It
              looks for β as an attribute of γ, which a parameter of PyTorch does not have: then γ ḡ_γ alone counts

    High = keep. Why the two are equal: z = γ x̂ + β, so that γ ∂ℓ/∂γ + β ∂ℓ/∂β = Σ_p (γ x̂ + β) ∂ℓ/∂z. Without batch
    norm the same holds of the weights and the bias: it is |Σ_j w_ij ∂ℓ/∂w_ij + b_i ∂ℓ/∂b_i|. With relu and identity
    it equals `taylor`, because z f′(z) = f(z). z = 0 is not silence where f(0) is not 0, as of sigmoid.
    z, dz: (N, P, K) -> (N, K)
    """
    return np.abs(output_slopes(z, dz))


SCORES = (Score(mean_replacement, blocks=True, series=True), Score(taylor_abs), Score(taylor_bn))
