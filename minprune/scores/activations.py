"""Scores that look at the neuron's outputs: one forward pass, no targets."""

import numpy as np

from ..engine.layer import total
from ..recording import mean_over_positions, mean_over_samples
from .score import Score
from .units import outputs_of


def activation_mean(o):
    """The neuron's mean output.

    Formula:  I_i = mean_np o_npi
    Point:    o, after the activation and before any pooling
    Order:    mean over positions, mean over samples; no absolute value
    Cost:     one forward pass
    Claims:   mean over samples
    Source:   Θ_MA of Molchanov et al., ICLR 2017, arXiv:1611.06440, one of the criteria compared there
    Differs:  there divided by the ℓ2 norm of the layer's scores. NNI's activation mean, which its 3.0 has no more,
              was the same as here

    High = keep. Meant for relu, where no output is negative; with tanh or identity a neuron that swings
    widely around 0 scores 0. A neuron whose output is always 5 scores 5, though a bias could do its work.
    o: (N, P, K) -> (N, K)
    """
    return mean_over_positions(o)


def activation_mean_abs(o):
    """The neuron's mean output without its sign.

    Formula:  I_i = mean_np |o_npi|
    Point:    o, after the activation and before any pooling
    Order:    absolute value, mean over positions, mean over samples
    Cost:     one forward pass
    Claims:   mean over samples
    Source:   `activation_mean` for activations that go below 0; a paper that uses just this one: not found
    Differs:  not looked up

    High = keep. How far removal moves o_i, on average. What this does to the network's output does not count:
    a neuron that nobody reads scores like any other.  o: (N, P, K) -> (N, K)
    """
    return mean_over_positions(np.abs(o))


def activation_std(net, forward_traces):
    """The standard deviation of the neuron's output.

    Formula:  I_i = √(mean_np (o_npi − m_i)²), m_i = mean_np o_npi
    Point:    o, after the activation and before any pooling
    Order:    deviation from the mean over all samples and positions, square, mean over both, square root
    Cost:     one forward pass
    Claims:   none
    Source:   Θ_MA_std of Molchanov et al., ICLR 2017, arXiv:1611.06440
    Differs:  there of one feature map: whether m is the mean over its positions or over the samples too is
              not said; here over both (over positions alone every Dense neuron would score 0)

    High = keep. A score of 0 is certain in its own way: the neuron is a constant, and moving w′ · o into the
    next layer's bias makes its removal free. Removal without that move is not free: a dead neuron with a bias
    scores 0 and may matter. The mean and the sum of squares are merged batch by batch (Chan, Golub & LeVeque),
    so that nothing cancels.
    """
    count, mean, squares = ({name: 0.0 for name in net.hidden_layers} for _ in range(3))
    for trace in forward_traces:
        for name in count:
            new_count, new_mean, new_squares = moments(trace[name].o.astype(float, copy=False))
            moved = new_mean - mean[name]
            both = count[name] + new_count
            squares[name] += new_squares + moved ** 2 * (count[name] * new_count / both)
            mean[name] += moved * (new_count / both)
            count[name] = both
        del trace               # else it would stay in memory while the next one is made
        yield
    return {name: np.sqrt(squares[name] / count[name]) for name in count}


def moments(o):
    """(how many outputs, their mean m, Σ (o − m)²), of each neuron.

    Deviations are taken from the neuron's first output. Equal outputs then give m and 0 exactly; and at most as many
    digits are lost as the number of outputs has, since (first − m)² is one of the squares.
    """
    count, first = o.size // o.shape[-1], o[(0,) * (o.ndim - 1)]
    moved = o - first
    sums = total(moved)
    squares = total(np.multiply(moved, moved, out=moved)) - sums ** 2 / count
    return count, first + sums / count, np.maximum(squares, 0)


def apoz(o):
    """How often the neuron is not silent: 1 − APoZ, the average percentage of zeros.

    Formula:  I_i = 1 − mean_np [o_npi = 0]
    Point:    o, after the activation and before any pooling
    Order:    count of zeros (up to rounding, see `fires`), mean over positions and samples
    Cost:     one forward pass
    Claims:   mean over samples; relu rescaling
    Source:   Hu, Peng, Tai & Tang, "Network Trimming", 2016, arXiv:1607.03250
    Differs:  there a high APoZ means remove; here, as everywhere, high = keep, so it is taken from 1, as NNI
              did before its 3.0

    High = keep. Only relu makes exact zeros: with any other activation almost all neurons score 1. How large
    the outputs are does not count: a neuron whose output is always 10⁻⁹ scores 1.
    o: (N, P, K) -> (N, K)
    """
    return mean_over_positions(fires(o).astype(o.dtype))


def fires(o):
    """o ≠ 0, beyond rounding: a sum whose exact value is 0 can come out as 10⁻¹⁷ in a batch of one size and as 0 in
    another. Numbers no larger than 100 ε (ε the precision, 2·10⁻¹⁶ in float64) count as 0."""
    return np.abs(o) > 100 * np.finfo(o.dtype).eps


RANK_TOLERANCE = np.finfo(np.float32).eps


def hrank(net, forward_traces):
    """The average rank of the neuron's feature map.

    Formula:  I_i = mean_n rank(O_ni), O_ni the H′ × W′ image that channel i makes of sample n
    Point:    o, after the activation and before any pooling
    Order:    rank of each map (singular values above max(H′, W′) · 1.2e−7 of its largest), mean over samples
    Cost:     one forward pass and a singular value decomposition of each map
    Claims:   mean over samples; relu rescaling
    Source:   Lin et al., "HRank: Filter Pruning using High-Rank Feature Map", CVPR 2020, arXiv:2002.10179
    Differs:  the authors' code averages over the first 5 batches, with torch.matrix_rank's own tolerance. The
              tolerance here is NumPy's for float32, in float64 too, so that rounding decides nothing. For Dense
              neurons (not in the paper) a map is one number, and the score is `apoz`

    High = keep. Scale does not count: noise of size 10⁻⁹ has full rank, a strong vertical edge has rank 1. A constant
    map other than 0 has rank 1, whatever its constant; only a silent neuron scores 0. A neuron of several maps, as
    coupled ones, has the mean of their ranks.
    """
    def ranks(trace):
        return {name: np.concatenate([ranks_of_maps(trace[layer].o)[:, channels]
                                      for layer, channels in outputs_of(net, name).items()], axis=2).mean(axis=2)
                for name in net.hidden_layers}
    return (yield from mean_over_samples(net, forward_traces, ranks))


def ranks_of_maps(o):
    """rank(O_ni), (N, K)."""
    if o.ndim == 2:
        return fires(o).astype(float)
    values = np.linalg.svd(np.moveaxis(o, -1, 1), compute_uv=False)          # (N, K, min(H′, W′)), falling
    return (values > values[..., :1] * (max(o.shape[1:3]) * RANK_TOLERANCE)).sum(axis=-1)


def chip(o):
    """How much of the layer's feature maps, taken together, only this neuron's map can give (CHIP).

    Formula:  I_i = mean_n (‖A_n‖_* − ‖A_n without row i‖_*), row i of A_n being o_n·i, all P outputs of
              neuron i; ‖·‖_* is the sum of the singular values
    Point:    o, after the activation and before any pooling
    Order:    nuclear norm, difference, mean over samples
    Cost:     one forward pass and K + 1 singular value decompositions (K × P) a sample: by far the most expensive
              score that reads outputs
    Claims:   mean over samples
    Source:   Sui et al., "CHIP: CHannel Independence-based Pruning", NeurIPS 2021, arXiv:2110.13981
    Differs:  the authors' code sets the row to zeros (the same number), rounds the maps to 4 decimals first,
              and takes 5 batches. For Dense neurons (not in the paper) P = 1 and A_n has one column: I_i is
              ‖o_n‖ less ‖o_n without i‖

    High = keep. A map at right angles to all others scores its own norm, a silent one 0. Two equal maps score
    (√2 − 1) of their norm each: less, but not 0, though either can be removed for free with surgery. Neither
    the loss nor who reads the map counts.  o: (N, P, K) -> (N, K)
    """
    without = [nuclear_norm(np.delete(o, i, axis=2)) for i in range(o.shape[2])]
    return nuclear_norm(o)[:, np.newaxis] - np.stack(without, axis=1)


def nuclear_norm(A):
    """The sum of the singular values of each matrix (the last two axes); 0 of an empty one."""
    return np.linalg.svd(A, compute_uv=False).sum(axis=-1)


SCORES = (Score(activation_mean), Score(activation_mean_abs), Score(activation_std, blocks=True, series=True),
          Score(apoz), Score(hrank, mean_over_samples=True, blocks=True, series=True), Score(chip))
