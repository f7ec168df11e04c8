"""A score that counts the interactions of a neuron with all others, to second order."""

import numpy as np

from ..recording import stream
from .score import Score
from .second_derivatives import hessian_product
from .units import by_unit, weights_of


def sosp(net, x, t, loss, batch_size=256):
    """First-order change of the loss without the neuron's weights, and their interactions with those of all neurons.

    Formula:  I_i = |θ_iᵀ ḡ| + ½ |θ_iᵀ H θ|,   θ_i = the neuron's incoming weights and bias, θ = those of all neurons
              that can be pruned, ḡ and H the gradient and the Hessian of the mean loss
    Point:    W and b of each layer (of coupled neurons, of all their layers); γ and β are held fixed
    Order:    mean gradient over all samples, Hessian times θ (exact, as Pearlmutter 1994), products, sum over the
              neuron's parameters, absolute values, sum
    Cost:     one forward and one backward pass, and about twice as much again for H θ; H itself is never made
    Claims:   none
    Source:   SOSP-H of Nonnenmacher et al., "SOSP: Efficiently Capturing Global Correlations by Second-Order Structured
              Pruning", ICLR 2022, arXiv:2110.11395 (the abstract was read: correlations among all structures and
              layers, by Hessian-vector products; the repository boschresearch/sosp says "Coming soon")
    Differs:  the paper's equations were not read: where the absolute values stand there, and what its θ holds, is not
              known. The formula here follows from the abstract: ½ θᵀ H θ is the second-order change if all neurons
              went, and ½ θ_iᵀ H θ a neuron's row of it

    High = keep. A row of H is counted with all other neurons at 0, which is far from removing a few of them:
    θ_iᵀ H θ_i alone would be the neuron by itself. Positive and negative interactions cancel before the absolute
    value. At a minimum ḡ = 0. Raises NotSaid for a loss or an activation without second derivatives.
    """
    theta = prunable(net)
    slopes, curved, count = dict.fromkeys(theta, 0.0), dict.fromkeys(theta, 0.0), 0
    for trace in stream(net, x, t, loss, batch_size, need_dx=False) if theta else ():
        grads, products = trace.grads(), hessian_product(net, trace, theta, loss)
        for key in theta:
            slopes[key] = slopes[key] + grads[key].astype(float)
            curved[key] = curved[key] + products[key].astype(float)
        count += len(trace.x)
    first, second = (of_neurons(net, {key: theta[key] * array for key, array in arrays.items()})
                     for arrays in (slopes, curved))
    return {name: (np.abs(first[name]) + 0.5 * np.abs(second[name])) / count for name in net.hidden_layers}


def prunable(net):
    """{"conv1.W": array, "conv1.b": array, …}: the parameters of all neurons that can be pruned, 0 for the others."""
    theta = {}
    for name in net.hidden_layers:
        for layer, rows in weights_of(net, name).items():
            for key in ("W", *["b"] * net[layer].bias):
                values = getattr(net[layer], key)
                theta.setdefault(f"{layer}.{key}", np.zeros_like(values))[rows] = values[rows]
    return theta


def of_neurons(net, arrays):
    """{hidden layer: (K,)}: the sums over each neuron's own parameters of arrays {"conv1.W": …, "conv1.b": …}."""
    sums = {}
    for key, array in arrays.items():
        member = key.rsplit(".", 1)[0]
        sums[member] = sums.get(member, 0) + array.reshape(net[member].K, -1).sum(axis=1)
    return by_unit(net, sums)


SCORES = (Score(sosp, blocks=True, series=True),)
