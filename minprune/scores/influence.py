"""How strongly other neurons' outputs respond to a neuron."""

import numpy as np

from ..recording import mean_over_samples
from .score import Score


def influence(net, forward_traces):
    """How strongly the next layer's outputs respond to the neuron's output.

    Formula:  I_i = mean_n √(Σ_pqk (∂o′_nqk / ∂o_npi)²)
    Point:    the Jacobian of the next layer's outputs o′ (after its activation, all its neurons k and positions q)
              with respect to o_i at all its positions p, exact, through pooling, Flatten and batch norm
    Order:    square, sum over positions and the next layer's neurons, square root, mean over samples
    Cost:     one forward pass, and for each layer a product of the next one's slopes and squared weights
    Claims:   mean over samples
    Source:   the first article's influence (影响力) on other neurons, made precise. An earlier
              definition of just this score: not found.
    Differs:  "internal influence" (Leino et al., 2018) is how the network's output responds to a neuron: another score

    High = keep. Only the next layer counts: what later layers make of it, and the loss, are not asked, nor
    how large o_i is. Below the output layer, with identity outputs, it is the norm of the outgoing weights.
    """
    def of(trace):
        return {name: np.sqrt(response(net, name, trace)) for name in net.hidden_layers}
    return (yield from mean_over_samples(net, forward_traces, of))


def response(net, name, trace):
    """Σ_pqk (∂o′_nqk/∂o_npi)², (N, K)."""
    shares = [layer.squared_share() for layer in net.between(name, net.reader(name))]
    if None in shares or not net.keeps_channels(name):
        return response_one_by_one(net, name, trace)
    return np.prod(shares) * response_at_once(net, name, trace)


def response_at_once(net, name, trace):
    """Σ_qk (slope_nqk)² · Σ_(weights of k that meet i at q) w², when no two inputs of the next layer share an o_pi.

    Then ∂o′_qk/∂o_pi = f′(z′_qk) · w for the one weight that meets o_pi, and squares just add up; what pooling
    does to them is a constant factor (`squared_share`). A weight that meets only zeros around an image counts nothing.
    """
    after = net.reader(name)
    layer, K = net[after], net[name].K
    slopes = layer.scaled(layer.slope(trace[after].z), trace[after])
    squares = (slopes ** 2).reshape(len(slopes), -1, layer.K)                           # (N, Q, K′)
    met = layer.patches(np.ones((1, *layer.input_shape), net.dtype))[0] != 0            # (Q, F′)
    weights = (layer.W ** 2).reshape(layer.K, -1, K)                                    # (K′, F′/K, K)
    met = met.reshape(len(met), -1, K)[..., 0]                                          # (Q, F′/K)
    reach = np.einsum("qf,kfi->qki", met, weights)
    return np.einsum("nqk,qki->ni", squares, reach)


def response_one_by_one(net, name, trace):
    """The same for any layers in between: each o′_qk is taken back to o_i by itself. Slower."""
    after = net.reader(name)
    layer, K = net[after], net[name].K
    slopes = layer.scaled(layer.slope(trace[after].z), trace[after])
    squares = np.zeros((len(trace.x), K))
    for place in np.ndindex(layer.output_shape):
        only = np.zeros_like(slopes)
        only[(slice(None), *place)] = slopes[(slice(None), *place)]
        back = layer.product_back(only)
        for middle in reversed(net.between(name, after)):
            back = middle.backward(trace[middle.name], back)
        squares += (back ** 2).reshape(len(back), -1, K).sum(axis=1)
    return squares


SCORES = (Score(influence, mean_over_samples=True),)
