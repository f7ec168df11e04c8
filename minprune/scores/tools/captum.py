"""Captum: what its layer attributions print, added up over positions and averaged over samples.

Captum returns a number for each sample and each output of `layer`, which is the activation's module where there is one.
The target of a sample is a class, t one-hot, so that F_n = Σ_k t_nk y_nk. All baselines are 0. With absolute=True the
mean over samples is one of absolute values, as in minprune's own scores.
"""

import numpy as np

from ...engine.layer import NeuronLayer
from ...recording import stream
from ..attribution import start, summed
from ..relevance import lrp_epsilon, multipliers, one_sign, relevance, weighed_back
from .tool import Tool


def layer_conductance(net, x, t, loss, batch_size=256, steps=50, absolute=False):
    """Conductance, from differences of the outputs between the points of a quadrature.

    Call:     LayerConductance(model, layer).attribute(x, target=c): n_steps=50, method="gausslegendre"
    Formula:  I_i = mean_n Σ_p Σ_k ∂F_n/∂o_npi(α_k) · (o_npi(α_k+1) − o_npi(α_k)),   α_k the 51 Gauss-Legendre points of
              0 … 1, at the inputs α_k x_n
    Order:    slope at the first of two points times the difference of the outputs, sum over points and positions
    Same:     about "conductance" with steps=1000, absolute=False
    Names:    Dhamdhere, Sundararajan & Yan, "How Important Is a Neuron?", ICLR 2019, arXiv:1805.12233
    Differs:  there an integral over the whole path. The points stop short of both ends, and where a relu turns on
              between two of them half a step is lost: shares add up to F(x) − F(0) roughly only; more steps help

    Two neurons whose exact shares are near can change places.
    """
    def share(points, name):
        return sum(one[name].do * (after[name].o - one[name].o) for one, after in zip(points, points[1:]))
    alphas = gauss_legendre(steps + 1)[0]
    return over_samples(net, x, t, loss, batch_size, alphas, share, absolute)


def neuron_conductance(net, x, t, loss, batch_size=256, steps=50, absolute=False):
    """Conductance of single neurons, by the trapezoid rule, added up over the inputs.

    Call:     NeuronConductance(model, layer).attribute(x, i, target=c).sum(): n_steps=50, method="riemann_trapezoid"
    Formula:  I_i = mean_n Σ_p Σ_k s_k ∂F_n/∂o_npi(α_k) · do_npi/dα(α_k),   α_k = 0, 1/49, …, 1;   s_k = 1/50, and half
              of it at both ends
    Order:    product, sum over points, inputs and positions
    Same:     about 0.98 times "conductance" with steps=1000, absolute=False
    Names:    Dhamdhere, Sundararajan & Yan, arXiv:1805.12233; Shrikumar, Su & Kundaje, arXiv:1807.09946
    Differs:  there an integral. The step sizes add up to 49/50: each share is 2 % too small, however smooth F is, and
              differs from LayerConductance's
    """
    alphas, sizes = np.linspace(0, 1, steps), np.full(steps, 1 / steps)
    sizes[[0, -1]] /= 2

    def share(points, name):
        return sum(size * point[name].do * point.moved[name] for size, point in zip(sizes, points))
    return over_samples(net, x, t, loss, batch_size, alphas, share, absolute)


def internal_influence(net, x, t, loss, batch_size=256, steps=50, absolute=False):
    """The mean slope of F in the neuron's output on the way from 0 to x.

    Call:     InternalInfluence(model, layer).attribute(x, target=c): n_steps=50, method="gausslegendre"
    Formula:  I_i = mean_n Σ_p Σ_k s_k ∂F_n/∂o_npi(α_k),   α_k, s_k the 50 Gauss-Legendre points and weights of 0 … 1
    Order:    weighted sum over points, sum over positions
    Same:     about "internal_influence" with steps=1000, absolute=False
    Names:    Leino et al., "Influence-Directed Explanations for Deep Convolutional Networks", 2018, arXiv:1802.03788
    Differs:  the paper leaves open over which inputs one averages; this is one choice
    """
    alphas, sizes = gauss_legendre(steps)

    def share(points, name):
        return sum(size * point[name].do for size, point in zip(sizes, points))
    return over_samples(net, x, t, loss, batch_size, alphas, share, absolute)


def layer_deep_lift(net, x, t, loss, batch_size=256, of_input=False, absolute=False):
    """DeepLIFT's multipliers times the change of what the activation puts out, or (of_input=True) of what it reads.

    Call:     LayerDeepLift(model, layer).attribute(x, target=c), attribute_to_layer_input=False or True
    Formula:  I_i = mean_n Σ_p m_npi (o_npi − ō_pi), or with of_input mean_n Σ_p m_npi f′(z_npi) (z_npi − z̄_pi);
              m is the multiplier of o
    Order:    product, sum over positions
    Same:     "deeplift" with absolute=False; of_input=True: none
    Names:    Shrikumar, Greenside & Kundaje, ICML 2017, arXiv:1704.02685, the rescale rule
    Differs:  with of_input the layer's own activation is passed by its slope f′(z) instead of the rescale rule's
              (o − ō) / (z − z̄), while all activations above it follow the rule: the shares of a layer do not add up to
              F(x) − F(0), as the paper asks, and a neuron that a relu turned off for x gets 0
    """
    _, totals, count = start(net, loss, "output")
    reference = net.forward(np.zeros((1, *net.input_shape), net.dtype))
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        m = trace.t
        for name in reversed(net.layers):
            if name in totals:
                share = m * (trace[name].o - reference[name].o)
                if of_input:
                    share = m * net[name].slope(trace[name].z) * (trace[name].z - reference[name].z)
                totals[name] += summed(net, name, share, absolute)
            m = multipliers(net[name], trace[name], reference[name], m)
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def layer_lrp(net, x, t, loss, batch_size=256, absolute=False):
    """Relevance by the ε-rule with ε = 1e-9, biases in the denominators.

    Call:     LayerLRP(model, layer).attribute(x, target=c), layer the Linear or Conv2d in front of the activation
    Formula:  R_i = Σ_k o_i w_ki / (z_k + ε sign z_k) · R_k,  R of the outputs t_k y_k;  I_i = mean_n Σ_p R_npi
    Order:    from the outputs backwards, sum over positions
    Same:     "lrp_epsilon" with epsilon=1e-9, absolute=False
    Names:    Bach et al., PLOS ONE 10(7), 2015, e0130140
    Differs:  no. A bias keeps its part of the relevance, so that a layer's relevances add up to F_n without biases only
    """
    return lrp_epsilon(net, x, t, loss, batch_size, 1e-9, absolute)


def layer_lrp_alpha1_beta0(net, x, t, loss, batch_size=256, set_bias_to_zero=False, absolute=False):
    """Relevance by positive weights only, biases of both signs in the denominators.

    Call:     for layers with weights: layer.rule = Alpha1_Beta0_Rule(); LayerLRP(model, layer).attribute(x, target=c)
    Formula:  R_i = Σ_k o_i w_ki⁺ / (Σ_j o_j w_kj⁺ + b_k) · R_k,  R of the outputs t_k y_k;  I_i = mean_n Σ_p R_npi
    Order:    from the outputs backwards, sum over positions
    Same:     "lrp_zplus" with absolute=False, for outputs ≥ 0 and set_bias_to_zero=True
    Names:    Bach et al., PLOS ONE 10(7), 2015, the αβ-rule with α = 1, β = 0
    Differs:  there (o w)⁺, and b⁺ if the bias counts. Here w is clamped alone, so that negative inputs count with
              w ≥ 0, and a negative bias can make the denominator small or negative: relevances change sign and are of
              any size

    For layers without batch norm.
    """
    def of_weights(layer, trace, R):
        plus = one_sign(layer, trace, np.maximum)
        z = plus.product(trace.x) + (0 if set_bias_to_zero else layer.b)
        return trace.x * plus.product_back(stable_ratio(R, z))

    def rule(layer, trace, R):
        if isinstance(layer, NeuronLayer):
            return of_weights(layer, trace, R)
        return trace.x * weighed_back(layer, trace, stable_ratio(R, trace.o))
    return relevance(net, x, t, loss, batch_size, absolute, rule)


def stable_ratio(R, z):
    """R / (z + ε sign z), ε = 1e-9."""
    return R / (z + np.where(z < 0, -1e-9, 1e-9))


# ------------------------------------------------------------------------------- along the path


def gauss_legendre(count):
    """(points, weights) of 0 … 1."""
    points, weights = np.polynomial.legendre.leggauss(count)
    return 0.5 * (1 + points), 0.5 * weights


def over_samples(net, x, t, loss, batch_size, alphas, share, absolute):
    """mean_n Σ_p share(points, name), points being the traces at the inputs α x_n."""
    _, totals, count = start(net, loss, "output")
    for end in stream(net, x, t, loss, batch_size, backward=False):
        points = [point_of_path(net, end, alpha) for alpha in alphas]
        for name in totals:
            totals[name] += summed(net, name, share(points, name), absolute)
        count += len(end.x)
    return {name: total / count for name, total in totals.items()}


def point_of_path(net, end, alpha):
    """The trace at α x_n with the slopes of F_n, and `moved`, {layer: do/dα}."""
    point = net.forward(alpha * end.x)
    net.backward(point, end.t, need_dx=False, need_grads=False)
    point.moved, moved = {}, end.x
    for name, layer in net.layers.items():
        point.moved[name] = moved = layer.tangent(point[name], moved)
    return point


TOOL = Tool("Captum", "0.9.0", (layer_conductance, neuron_conductance, internal_influence, layer_deep_lift, layer_lrp,
                                layer_lrp_alpha1_beta0))
