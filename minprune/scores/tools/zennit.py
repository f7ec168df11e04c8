"""zennit: the relevance that its composites give to a layer's outputs, averaged over samples.

R of the outputs is t_k y_k, as from attributor(x, t * y). What a hidden layer gets is the gradient that arrives at its
output while the composite is registered, added up over positions. With absolute=True the mean over samples is one of
absolute values.
"""

import numpy as np

from ...engine.conv2d import Conv2D
from ...engine.layer import NeuronLayer
from ..relevance import lrp_epsilon, one_sign, relevance, weighed_back
from .tool import Tool


def epsilon(net, x, t, loss, batch_size=256, absolute=False):
    """Relevance by the ε-rule with ε = 1e-6, biases in the denominators.

    Call:     LayerMapComposite of layer_map_base() and (Linear, Epsilon()), or (Conv2d, Epsilon())
    Formula:  R_i = Σ_k o_i w_ki / (z_k + ε sign z_k) · R_k;  I_i = mean_n Σ_p R_npi
    Order:    from the outputs backwards, sum over positions
    Same:     "lrp_epsilon" with absolute=False
    Names:    Bach et al., PLOS ONE 10(7), 2015, e0130140
    Differs:  no
    """
    return lrp_epsilon(net, x, t, loss, batch_size, 1e-6, absolute)


def epsilon_plus(net, x, t, loss, batch_size=256, absolute=False):
    """The ε-rule in Dense layers, and in convolutions what spoke for alone, positive biases in the denominators.

    Call:     EpsilonPlus()
    Formula:  Dense: as `epsilon`.  Conv2D: R_i = Σ_k (o_i w_ki)⁺ / (Σ_j (o_j w_kj)⁺ + b_k⁺ + ε) · R_k
    Order:    from the outputs backwards, sum over positions
    Same:     none; in convolutions without biases the rule is that of "lrp_zplus"
    Names:    Bach et al., 2015, and Montavon et al., "Explaining nonlinear classification decisions with deep Taylor
              decomposition", Pattern Recognition 65, 2017
    Differs:  deep Taylor decomposition's z⁺-rule is for inputs ≥ 0 and has no bias; a bias keeps its part

    For layers without batch norm, which zennit's canonizers merge into the convolutions.
    """
    def rule(layer, trace, R):
        if isinstance(layer, Conv2D):
            return zplus(layer, trace, R)
        z = trace.z if isinstance(layer, NeuronLayer) else trace.o
        return trace.x * weighed_back(layer, trace, stable_ratio(R, z))
    return relevance(net, x, t, loss, batch_size, absolute, rule)


def zplus(layer, trace, R):
    """(o w)⁺ = o⁺w⁺ + o⁻w⁻ over their sum and b⁺."""
    up, down = np.maximum(trace.x, 0), np.minimum(trace.x, 0)
    plus, minus = (one_sign(layer, trace, part) for part in (np.maximum, np.minimum))
    share = stable_ratio(R, plus.product(up) + minus.product(down) + np.maximum(layer.b, 0))
    return up * plus.product_back(share) + down * minus.product_back(share)


def stable_ratio(R, z):
    """R / (z + ε sign z), ε = 1e-6."""
    return R / (z + np.where(z < 0, -1e-6, 1e-6))


TOOL = Tool("zennit", "1.0.0", (epsilon, epsilon_plus))
