"""Scores made of the gradients ∂ℓ/∂o and ∂ℓ/∂z: one forward and one backward pass."""

import warnings

import numpy as np

from ..engine.losses import Loss, prepare_mse
from ..recording import by_position, mean_over_positions, mean_over_samples, output_slopes
from .score import Score


def gradient(do):
    """How fast the loss changes with the neuron's output: the articles' contribution |s_i|.

    Formula:  I_i = mean_np |∂ℓ_n/∂o_npi|
    Point:    o, after the activation and before any pooling
    Order:    absolute value, mean over positions, mean over samples
    Cost:     one forward and one backward pass
    Claims:   mean over samples
    Source:   the first article's gradient information (梯度信息, 绝对值): the larger, the more important
    Differs:  not looked up. The sign is dropped position by position and sample by sample: nothing cancels

    High = keep. It is a slope, not a change: it says nothing of how far o is from 0, where removal takes it.
    A neuron that is always 0 can score high, though removing it changes nothing.  do: (N, P, K) -> (N, K)
    """
    return mean_over_positions(np.abs(do))


def gradient_z(dz):
    """How fast the loss changes with the neuron's pre-activation.

    Formula:  I_i = mean_np |∂ℓ_n/∂z_npi| = mean_np |∂ℓ_n/∂o_npi · f′(z_npi)|
    Point:    z, before the activation (after batch norm)
    Order:    absolute value, mean over positions, mean over samples
    Cost:     one forward and one backward pass
    Claims:   mean over samples
    Source:   not found as a score of its own; it is the error signal δ of backpropagation
    Differs:  not looked up

    High = keep. Unlike `gradient` it is 0 for a relu neuron that is never active and for a saturated sigmoid.
    The latter may be far from 0 all the same, and its removal expensive.  dz: (N, P, K) -> (N, K)
    """
    return mean_over_positions(np.abs(dz))


def reciprocal_gradient(net, slope_traces):
    """WARNING: ranks backwards. The second article's importance, the reciprocal of the contribution.

    Formula:  I_i = 1 / mean_np |∂ℓ_n/∂o_npi|
    Point:    o, after the activation and before any pooling
    Order:    absolute value, mean over positions and samples, reciprocal; ∞ where the gradient is 0
    Cost:     one forward and one backward pass
    Claims:   none
    Source:   the second article, §4.1.3, I_i = 1/s_i (its listing: 1 / |gradient|.mean())
    Differs:  the article's formula is signed: its 1/s_i is negative where s_i is, and the absolute value is
              ours. Its listing takes gradients of variables (weights, biases), not of the neurons' outputs

    Read with "high = keep", it keeps the neurons that the loss depends on least, against the first article's
    rule and against `gradient`, of which it is the exact reverse. ∞ goes to neurons that nobody reads, or
    whose gradient is 0 for another reason (a loss of 0). A dead relu neuron is mostly not among them, as it is
    read with weights and ∂ℓ/∂o ≠ 0. The score is here so that the claim can be measured. It warns at each call.
    """
    def slopes_of(trace):
        return {name: gradient(by_position(net, name, trace[name].do)) for name in net.hidden_layers}
    warnings.warn("reciprocal_gradient keeps the neurons that matter least to the loss; see its docstring")
    slopes = yield from mean_over_samples(net, slope_traces, slopes_of)
    with np.errstate(divide="ignore"):
        return {name: 1 / slope for name, slope in slopes.items()}


def taylor(o, do):
    """Change of the loss if the neuron fell silent, to first order (activation form).

    Formula:  I_i = mean_n |Σ_p o_npi · ∂ℓ_n/∂o_npi|
    Point:    o, after the activation and before any pooling
    Order:    product, sum over positions, absolute value, mean over samples
    Cost:     one forward and one backward pass
    Claims:   mean over samples; relu rescaling
    Source:   Molchanov et al., ICLR 2017, arXiv:1611.06440
    Differs:  there the sum over positions is a mean (`taylor_mean`), and each layer's scores are then divided
              by their ℓ2 norm. jacobgil/pytorch-pruning adds up the products over samples and positions first
              and takes the absolute value last, so that samples cancel

    High = keep. Why: ℓ(o_i = 0) ≈ ℓ − o_i ∂ℓ/∂o_i, so for one sample it is |removal| to first order. Zero
    where the loss is flat, whatever removal would do.  o, do: (N, P, K) -> (N, K)
    """
    return np.abs(output_slopes(o, do))


def taylor_mean(o, o_do):
    """The first-order change of the loss as it was published: averaged over positions.

    Formula:  I_i = mean_n |mean_p o_npi · ∂ℓ_n/∂o_npi|
    Point:    o, after the activation and before any pooling
    Order:    product, mean over positions, absolute value, mean over samples
    Cost:     one forward and one backward pass
    Claims:   mean over samples; relu rescaling
    Source:   Molchanov et al., ICLR 2017, arXiv:1611.06440 (the 1/M over the feature map)
    Differs:  there each layer's scores are then divided by their ℓ2 norm; here they are not

    High = keep. `taylor` divided by the number of positions: the same ranking within a layer, but a layer of
    large images looks less important than it is, by the factor P; the ℓ2 norm hides that.  o: (N, P, K),
    o_do = Σ_p o · do: (N, K) -> (N, K)
    """
    return np.abs(o_do) / o.shape[1]


def skeletonization(o_do):
    """The signed first-order change of the loss if the neuron fell silent: Mozer and Smolensky's relevance.

    Formula:  I_i = −mean_n Σ_p o_npi · ∂ℓ_n/∂o_npi  (= −∂ℓ/∂α_i at α_i = 1, the neuron's output being α_i
              o_i)
    Point:    o, after the activation and before any pooling
    Order:    product, sum over positions, minus, mean over samples; no absolute value, so that samples can
              cancel
    Cost:     one forward and one backward pass
    Claims:   mean over samples; relu rescaling; first order of removal
    Source:   Mozer & Smolensky, "Skeletonization", NIPS 1988, pages 107-115
    Differs:  they train on the squared error but measure relevance by the linear error Σ_k |t_k − y_k|, since
              the squared one has slope 0 wherever the network is right; here the loss is the one given
              (`loss=linear_error` is theirs)

    High = keep: silencing the neuron raises the loss. Negative: the loss would fall. Zero wherever the loss
    is at a smooth minimum in α_i, whatever removal would do.  o_do = Σ_p o · do: (N, K) -> (N, K)
    """
    return -o_do


def linear_error_values(y, t):
    """ℓ_n = Σ_k |y_nk − t_nk|."""
    return np.abs(y - t).reshape(len(y), -1).sum(axis=1)


def linear_error_derivative(y, t):
    """∂ℓ_n/∂y_nk = sign(y_nk − t_nk); 0 where they are equal."""
    return np.sign(y - t)


linear_error = Loss("linear_error", linear_error_values, linear_error_derivative, prepare_mse,
                    lambda y, t: None)


def fisher(o_do):
    """The expected rise of the loss if the neuron fell silent, its curvature taken from squared gradients.

    Formula:  I_i = ½ mean_n (Σ_p o_npi · ∂ℓ_n/∂o_npi)²
    Point:    o, after the activation and before any pooling
    Order:    product, sum over positions, square, mean over samples, half
    Cost:     one forward and one backward pass
    Claims:   mean over samples; relu rescaling
    Source:   Theis et al., "Faster gaze prediction with dense networks and Fisher pruning", 2018,
              arXiv:1801.05787
    Differs:  there greedy, one feature map after the other, and the computation saved is weighed in; here
              neither. The gradients are those of the data's own targets: the empirical Fisher information

    High = keep. Why: at a minimum of a log-likelihood the slope is 0 and E[g²] is the curvature of the mask
    α_i, so that removal costs ½ E[g²]. That needs targets as the model would draw them: a network that is
    exactly right on the data has g = 0, and every neuron scores 0.  o_do = Σ_p o · do: (N, K) -> (N, K)
    """
    return 0.5 * o_do ** 2


SCORES = (Score(gradient), Score(gradient_z), Score(reciprocal_gradient, blocks=True, series=True), Score(taylor),
          Score(taylor_mean), Score(skeletonization), Score(fisher))
