"""The arrays that a formula may ask for by name: a layer's weights, and what one batch's trace has of it."""

import numpy as np

from ..engine.coupling import Coupled
from ..scores.means import by_position, output_slopes, over_positions

FROM_WEIGHTS = {
    "W": lambda net, name: net[name].W.reshape(net[name].K, -1),
    "b": lambda net, name: net[name].b,
    "gamma": lambda net, name: net[name].gamma if net[name].batch_norm else np.ones(net[name].K, net.dtype),
    "W_out": lambda net, name: net.outgoing_weights(name),
}
FROM_FORWARD = {
    "o": lambda net, name, trace: by_position(net, name, trace[name].o),
    "z": lambda net, name, trace: by_position(net, name, trace[name].z),
    "x": lambda net, name, trace: net[name].patches(trace[name].x),
}
FROM_BACKWARD = {
    "do": lambda net, name, trace: by_position(net, name, trace[name].do),
    "dz": lambda net, name, trace: by_position(net, name, trace[name].dz),
    "o_do": lambda net, name, trace: output_slopes(*(FROM_SAMPLES[one](net, name, trace) for one in ("o", "do"))),
    "w_dW": lambda net, name, trace: weight_slopes(net[name], trace[name]),
    "dW": lambda net, name, trace: net[name].per_sample_dW(trace[name]),
}
FROM_SAMPLES = {**FROM_FORWARD, **FROM_BACKWARD}


def gathered(net, name, wanted, trace=None):
    """The arrays of one layer by name, those that a formula must not write into."""
    return {one: read_only(FROM_WEIGHTS[one](net, name) if one in FROM_WEIGHTS else FROM_SAMPLES[one](net, name, trace))
            for one in wanted}


def only(wanted, given):
    return {one: given[one] for one in wanted}


def read_only(array):
    """A view that a formula cannot write through: scoring never changes the network or the trace."""
    view = array.view()
    view.flags.writeable = False
    return view


def weight_slopes(layer, trace):
    """Σ_j w_ij ∂ℓ_n/∂w_ij, (N, K): the slope of ℓ_n in a factor on the neuron's incoming weights, at 1.

    No gradient of a single weight is formed. With that factor α, z = α s Wx + shift, where s is the slope of batch norm
    (or 1), so that at α = 1 ∂z/∂α = z − shift, and the sum is Σ_p ∂ℓ_n/∂z_npi (z_npi − shift_i).
    """
    if isinstance(layer, Coupled):
        return sum(weight_slopes(one, trace.inside[one.name]) for one in layer.layers)
    z, dz = (array.reshape(len(array), -1, layer.K) for array in (trace.z, trace.dz))
    shift = layer.scaled(layer.b - trace.kept["mean"], trace) + layer.beta if layer.batch_norm else layer.b
    if z.shape[1] == 1:
        slopes = z[:, 0] - shift
        slopes *= dz[:, 0]
        return slopes
    return np.einsum("npi,npi->ni", z, dz) - shift * over_positions(dz)
