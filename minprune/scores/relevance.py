"""Relevance: the neuron's part of an output, taken back layer by layer: DeepLIFT, layer-wise relevance propagation.

The output is F_n = Σ_k t_nk y_nk, and shares and scores are meant as in `attribution`: of coupled neurons too, whose
unit gets what arrives at one of its layers first. A block shares out what its sum got: by DeepLIFT each path has the
multipliers of the sum; relevance is divided by what each path gave to the sum, by the rule of weights.
"""

import numpy as np

from ..engine.activation_layer import ActivationLayer
from ..engine.batch_norm_layer import BatchNorm
from ..engine.checks import check_real
from ..engine.layer import NeuronLayer
from ..recording import stream
from .attribution import check_baseline, shares_of, start, summed
from .score import Score
from .second_derivatives import with_weights
from .walks import arrivals, handed_back, path_outputs


def deeplift(net, x, t, loss, batch_size=256, baseline=0.0, absolute=True):
    """The neuron's part of F(x) − F(x̄) by DeepLIFT's rescale rule: slopes between two points, not at one.

    Formula:  I_i = mean_n |Σ_p m_npi (o_npi − ō_pi)|, the multipliers m going backwards as gradients do, with
              (o − ō) / (z − z̄) in place of f′(z); ō and z̄ are those of the baseline
    Point:    o, after the activation and before any pooling; F = Σ_k t_nk y_nk, the target class's output
    Order:    product, sum over positions, absolute value (not if absolute=False), mean over samples
    Cost:     one forward and one backward pass, and one forward pass of the baseline
    Claims:   mean over samples; relu rescaling; shares add up, with absolute=False, to mean_n [F(x_n) −
              F(x̄)] in every layer
    Source:   Shrikumar, Greenside & Kundaje, "Learning Important Features Through Propagating Activation
              Differences", ICML 2017, arXiv:1704.02685, the rescale rule
    Differs:  where |z − z̄| < 1e-7 the slope f′(z) is taken, in Captum below 1e-10. A window of max pooling
              gives max(o, ō) − ō to where x is largest and o − max(o, ō) to where x̄ is, as in Captum; not
              the paper's rule RevealCancel

    High = keep. Not blind to saturation, exact in one pass, but it depends on the baseline (`baseline`, a
    number or an input), and a neuron that is the same for x and the baseline gets 0, whatever its removal
    would do.
    """
    loss, totals, count = start(net, loss, "output")
    reference = net.forward(check_baseline(net, baseline) + np.zeros((1, *net.input_shape), net.dtype))
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        m = arrivals(net, trace.t, lambda layer, m: multipliers(layer, trace[layer.name], reference[layer.name], m))
        for name, own in m.items():
            products = {layer: own[layer] * (trace[layer].o - reference[layer].o) for layer in own}
            totals[name] += summed(net, name, shares_of(net, name, products), absolute)
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def multipliers(layer, trace, reference, m):
    """The multipliers of what the layer reads, from those of what it puts out."""
    if isinstance(layer, NeuronLayer):
        slopes = ratio(trace.o - reference.o, trace.z - reference.z, layer.slope(trace.z))
        return layer.product_back(layer.scaled(m * slopes, trace))
    if isinstance(layer, ActivationLayer):
        return m * ratio(trace.o - reference.o, trace.x - reference.x, layer.f.derivative(trace.x))
    if isinstance(layer, BatchNorm) or layer.fact("linear"):            # Flatten, averages, Dropout
        return handed_back(layer, trace, m)
    if layer.fact("passes_on"):                                         # max pooling
        x0, o0 = np.broadcast_to(reference.x, trace.x.shape), np.broadcast_to(reference.o, trace.o.shape)
        larger = np.maximum(trace.o, o0)
        given = to_largest(layer, trace.x, m * (larger - o0)) + to_largest(layer, x0, m * (trace.o - larger))
        return ratio(given, trace.x - x0, np.zeros_like(trace.x))
    raise layer.not_said("how multipliers go back: it is neither linear nor passes its inputs on")


def ratio(change, by, instead):
    """change / by, and `instead` where `by` is as good as 0."""
    large = np.abs(by) >= 1e-7
    return np.where(large, change / np.where(large, by, 1), instead)


def to_largest(pool, x, given):
    """Hand what each output is given to the input that it passes on at x."""
    return pool.backward(pool.forward(x), given)


def lrp_epsilon(net, x, t, loss, batch_size=256, epsilon=1e-6, absolute=True):
    """The neuron's relevance by layer-wise relevance propagation, ε-rule: shares by what each one gave.

    Formula:  I_i = mean_n |Σ_p R_npi|,  R_i = Σ_k o_i w_ki / (z_k + ε sign z_k) · R_k,  R of the outputs: t_k
              y_k
    Point:    o, after the activation and before any pooling; z with its bias, batch norm taken into w and
              bias
    Order:    from the outputs backwards; sum over positions, absolute value (not if absolute=False), mean
              over samples
    Cost:     one forward and one backward pass
    Claims:   mean over samples; shares add up, with absolute=False, to mean_n F_n = mean_n Σ_k t_nk y_nk
              in every layer, if ε is small and no layer has a bias (which keeps its own part)
    Source:   Bach, Binder, Montavon, Klauschen, Müller & Samek, "On Pixel-Wise Explanations for Non-Linear
              Classifier Decisions by Layer-Wise Relevance Propagation", PLOS ONE 10(7), 2015, e0130140. As a
              pruning score: Yeom et al., "Pruning by explaining", Pattern Recognition 115, 2021,
              arXiv:1912.08881
    Differs:  Captum's EpsilonRule gives ε the sign of z, as here; an older one (pytorch/captum@09d4c4f) did not, so
              that a negative z came closer to 0.
              What Yeom et al.'s code calls "epsilon" is `lrp_zplus`. Max pooling gives all to the largest, an
              average is a layer of equal weights

    High = keep. For relu networks it is |Σ_p o · ∂F/∂o| (as ε → 0): `taylor` of the output instead of the
    loss. Where a z is nearly 0 relevances are large and cancel.
    """
    epsilon = check_real("epsilon", epsilon, least=0)

    def divided(R, z):
        return safe_ratio(R, z + np.where(z < 0, -epsilon, epsilon).astype(z.dtype))

    def rule(layer, trace, R):
        return trace.x * weighed_back(layer, trace, divided(R, trace.z if isinstance(layer, NeuronLayer) else trace.o))

    def shares(outputs, R):
        return [o * divided(R, sum(outputs)) for o in outputs]
    return relevance(net, x, t, loss, batch_size, absolute, rule, shares)


def weighed_back(layer, trace, dz):
    """Σ_k dz_k w_kj, batch norm included: what a linear layer hands back."""
    if isinstance(layer, NeuronLayer):
        return layer.product_back(layer.scaled(dz, trace))
    return handed_back(layer, trace, dz)


def lrp_zplus(net, x, t, loss, batch_size=256, absolute=True):
    """The neuron's relevance by layer-wise relevance propagation, z⁺-rule: only what spoke for counts.

    Formula:  I_i = mean_n |Σ_p R_npi|,  R_i = Σ_k (o_i w_ki)⁺ / Σ_j (o_j w_kj)⁺ · R_k,  R of the outputs: t_k
              y_k
    Point:    o, after the activation and before any pooling; batch norm taken into w; no biases
    Order:    from the outputs backwards; sum over positions, absolute value (not if absolute=False), mean
              over samples
    Cost:     one forward and about four backward passes
    Claims:   mean over samples; relu rescaling; shares add up, with absolute=False, to mean_n F_n = mean_n
              Σ_k t_nk y_nk in every layer, where each k with relevance has some (o_j w_kj)⁺ > 0 (what has
              none loses its relevance)
    Source:   Bach et al., PLOS ONE 10(7), 2015, e0130140, the αβ-rule with α = 1, β = 0. As a pruning score:
              Yeom et al., arXiv:1912.08881
    Differs:  Yeom et al.'s code (github.com/seulkiyeom/LRP_pruning, modules/lrp.py) clamps w only, which is this
              rule for inputs ≥ 0, offers it as "z" or "epsilon", divides by z⁺ + 1e-9, and takes |R| before the
              sum over positions. Captum's Alpha1_Beta0_Rule clamps w too and by default keeps biases in the
              denominator. Here (o w)⁺ = o⁺w⁺ + o⁻w⁻, for any activation

    High = keep. All relevances have the sign of F: nothing cancels, and neurons that speak against the class
    get 0, though removing them changes the loss.
    """
    def rule(layer, trace, R):
        up, down = np.maximum(trace.x, 0), np.minimum(trace.x, 0)
        if isinstance(layer, BatchNorm):                                # one input each
            return R * (layer.scale() * trace.x > 0)
        if not isinstance(layer, NeuronLayer):                          # an average
            layer.check_nonnegative("relevance by the z⁺-rule")
            return up * layer.backward(trace, safe_ratio(R, layer.forward(up).o))
        plus, minus = (one_sign(layer, trace, part) for part in (np.maximum, np.minimum))
        share = safe_ratio(R, plus.product(up) + minus.product(down))
        return up * plus.product_back(share) + down * minus.product_back(share)

    def shares(outputs, R):
        outputs = [np.maximum(o, 0) for o in outputs]
        return [o * safe_ratio(R, sum(outputs)) for o in outputs]
    return relevance(net, x, t, loss, batch_size, absolute, rule, shares)


def one_sign(layer, trace, part):
    """The layer with part(w, 0) in place of each weight w, batch norm's factor included."""
    factor = layer.scaled(np.ones(layer.K, layer.W.dtype), trace)
    return with_weights(layer, part(layer.W * factor.reshape(-1, *[1] * (layer.W.ndim - 1)), 0))


def relevance(net, x, t, loss, batch_size, absolute, rule, shares=None):
    """mean_n |Σ_p R_npi|, R being taken backwards through each layer by `rule`.

    shares(what the paths put out, R) is what each path of a Residual block gets of the relevance R of their sum.
    """
    loss, totals, count = start(net, loss, "output")
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        R = arrivals(net, trace.t * trace.y, lambda layer, R: relevance_back(layer, trace[layer.name], R, rule),
                     lambda layer, R: shares(path_outputs(layer, trace), R))
        for name, own in R.items():
            totals[name] += summed(net, name, shares_of(net, name, own), absolute)
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def relevance_back(layer, trace, R, rule):
    """The relevance of what the layer reads. What is passed on takes its relevance along; weights share it by rule."""
    if isinstance(layer, ActivationLayer):                              # one input each
        return R
    if isinstance(layer, (NeuronLayer, BatchNorm)):
        return rule(layer, trace, R)
    if layer.fact("passes_on"):
        return handed_back(layer, trace, R)
    if layer.fact("linear"):
        return rule(layer, trace, R)
    raise layer.not_said("how relevance goes back: it is neither linear nor passes its inputs on")


def safe_ratio(R, z):
    """R / z, and 0 where z is 0."""
    return np.divide(R, z, out=np.zeros_like(z), where=z != 0)


SCORES = (Score(deeplift, mean_over_samples=True, blocks=True, series=True),
          Score(lrp_epsilon, mean_over_samples=True, blocks=True, series=True),
          Score(lrp_zplus, mean_over_samples=True, blocks=True, series=True))
