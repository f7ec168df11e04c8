"""Second derivatives: of the loss in the output, and the Hessian in all weights times a direction, exactly."""

import copy

import numpy as np

from ..engine.activation_layer import ActivationLayer
from ..engine.layer import NeuronLayer
from ..engine.losses import find_loss
from .walks import handed_back, walk, walk_back

# ------------------------------------------------- ∂²ℓ/∂y², times a vector, and its diagonal


def loss_hessian_product(loss, y, t, v):
    """Σ_l ∂²ℓ_n/∂y_nk∂y_nl v_nl, the shape of y; raises NotSaid for a loss that does not say its second derivatives."""
    return find_loss(loss).needed("second")(y, t, v)


def loss_hessian_diagonal(loss, y, t):
    """∂²ℓ_n/∂y_nk², the shape of y; raises NotSaid for a loss that does not say its second derivatives."""
    return find_loss(loss).second_diagonal(y, t)


# --------------------------------------------------------------- Hessian times a direction


def hessian_product(net, trace, direction, loss):
    """Σ_n H_n v: the Hessian of the summed loss in the W and b of all layers, times `direction`. Exact.

    direction: {"dense1.W": array, …}, parameters that are left out do not move (γ and β never do). Returns
    the same for every W and b of the network. `trace` is a recorded one. With R{·} = how much · moves along
    v,

        R{a} = V x + W R{x},  R{o} = f′(z) R{z};              at the output R{∂ℓ/∂y} = ∂²ℓ/∂y² R{y}
        R{∂ℓ/∂z} = f′(z) R{∂ℓ/∂o} + f″(z) R{z} ∂ℓ/∂o
        R{∂ℓ/∂W} = R{∂ℓ/∂a}ᵀ x + (∂ℓ/∂a)ᵀ R{x},  R{∂ℓ/∂x} = R{∂ℓ/∂a} W + ∂ℓ/∂a V

    Pearlmutter, "Fast Exact Multiplication by the Hessian", Neural Computation 6, 1994.
    """
    moved = {name: with_weights(net[name], direction.get(f"{name}.W", np.zeros_like(net[name].W)))
             for name in net.neuron_layers}
    moves, products = {}, {}

    def forth(layer, Rx):
        one = trace[layer.name]
        if not isinstance(layer, NeuronLayer):
            moves[layer.name] = Rx
            return layer.tangent(one, Rx)
        Ra = moved[layer.name].product(one.x) + layer.product(Rx) + direction.get(f"{layer.name}.b", 0)
        moves[layer.name] = Rx, layer.scaled(Ra, one)
        return layer.slope(one.z) * moves[layer.name][1]

    def back(layer, Rdo):
        one = trace[layer.name]
        if not isinstance(layer, NeuronLayer):
            R = handed_back(layer, one, Rdo)
            bent = bends(layer) and one.do is not None              # None where nothing below is trained
            return R + bend(layer, one) * moves[layer.name] * one.do if bent else R
        (Rx, Rz), da = moves[layer.name], layer.scaled(one.dz, one)
        Rda = layer.scaled(layer.slope(one.z) * Rdo + layer.curvature(one.z) * Rz * one.do, one)
        products[f"{layer.name}.W"] = layer.weight_gradient(one.x, Rda) + layer.weight_gradient(Rx, da)
        if layer.bias:
            products[f"{layer.name}.b"] = Rda.reshape(-1, layer.K).sum(axis=0)
        return layer.product_back(Rda) + moved[layer.name].product_back(da)

    Ry = walk(net.layers, np.zeros_like(trace.x), forth)
    walk_back(net.layers, loss_hessian_product(loss, trace.y, trace.t, Ry), back)
    return products


def with_weights(layer, W):
    """The layer with other weights in place of its own, which is not changed."""
    other = copy.copy(layer)
    other.W = np.asarray(W, layer.W.dtype)
    return other


def bends(layer):
    """Whether a layer without neurons has second derivatives: an ActivationLayer has. NotSaid if one does not say."""
    if isinstance(layer, ActivationLayer):
        return True
    layer.check_piecewise_linear()
    return False


def bend(layer, trace):
    """f″ at each x of an ActivationLayer; raises NotSaid if f does not say it."""
    return layer.f.needed("second", str(layer))(trace.x)
