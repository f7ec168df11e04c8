"""Scores made of second derivatives: Hessian products, optimal brain damage, removal to second order."""

import copy
import dataclasses

import numpy as np

from ..engine.losses import find_loss
from ..engine.layer import NeuronLayer
from ..recording import by_position, finish, mean_over_samples, stream
from .score import Score

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
    net.check_chain("the Hessian product")
    moved, moves, Rx = {}, {}, np.zeros_like(trace.x)
    for name, layer in net.layers.items():
        one = trace[name]
        if isinstance(layer, NeuronLayer):
            moved[name] = with_weights(layer, direction.get(f"{name}.W", np.zeros_like(layer.W)))
            Ra = moved[name].product(one.x) + layer.product(Rx) + direction.get(f"{name}.b", 0)
            Rz = layer.scaled(Ra, one)
            moves[name] = Rx, Rz
            Rx = layer.slope(one.z) * Rz
        else:
            layer.check_piecewise_linear()
            Rx = layer.tangent(one, Rx)
    products, Rdo = {}, loss_hessian_product(loss, trace.y, trace.t, Rx)
    for name, layer in reversed(net.layers.items()):
        one = trace[name]
        if name not in moves:
            Rdo = back(layer, one, Rdo)
            continue
        Rx, Rz = moves[name]
        da = layer.scaled(one.dz, one)
        Rda = layer.scaled(layer.slope(one.z) * Rdo + layer.curvature(one.z) * Rz * one.do, one)
        products[f"{name}.W"] = layer.weight_gradient(one.x, Rda) + layer.weight_gradient(Rx, da)
        if layer.bias:
            products[f"{name}.b"] = Rda.reshape(-1, layer.K).sum(axis=0)
        Rdo = layer.product_back(Rda) + moved[name].product_back(da)
    return products


def with_weights(layer, W):
    """The layer with other weights in place of its own, which is not changed."""
    other = copy.copy(layer)
    other.W = np.asarray(W, layer.W.dtype)
    return other


def back(layer, one, do):
    """∂ℓ/∂x of a layer without neurons, leaving its trace as it is."""
    return layer.backward(dataclasses.replace(one), do)


# ------------------------------------------------------------------- optimal brain damage


def diagonal(net, trace, loss, gauss_newton=False):
    """{layer: (∂²ℓ_n/∂o², ∂²ℓ_n/∂a²)}, a = Wx + b, taken back layer by layer without the mixed derivatives.

        h_zz = f′(z)² h_oo + f″(z) ∂ℓ/∂o;   h_xx = Σ_(uses of x) w² h_aa

    Exact where no two neurons of the layers above see the same neuron and then meet in a mixed derivative: in
    the output layer, in the last hidden layer under mse and binary_cross_entropy (each output has a loss of
    its own), and in chains of one neuron a layer. `gauss_newton` leaves out the f″ term.
    """
    net.check_chain("the diagonal of second derivatives")
    found, h = {}, loss_hessian_diagonal(loss, trace.y, trace.t)
    for name, layer in reversed(net.layers.items()):
        one = trace[name]
        if not isinstance(layer, NeuronLayer):
            if not gauss_newton:
                layer.check_piecewise_linear()
            h = layer.squares_back(one, h)
            continue
        h_zz = layer.slope(one.z) ** 2 * h
        if not gauss_newton:
            h_zz = h_zz + layer.curvature(one.z) * one.do
        h_aa = layer.scaled(layer.scaled(h_zz, one), one)
        found[name] = h, h_aa
        h = with_weights(layer, layer.W ** 2).product_back(h_aa)
    return found


def obd_weights(net, x, t, loss="cross_entropy", batch_size=256, gauss_newton=False):
    """Optimal brain damage: each weight's saliency, {"dense1.W": array, "dense1.b": array, …}, all layers'.

    S = ½ h w², h = mean_n Σ_p ∂²ℓ_n/∂a_npi² x_npj² (of a bias: x = 1), with `diagonal`'s second derivatives.
    Where these are exact and the weight is used once (Dense), h is the second derivative of the mean loss; a
    Conv2D weight is used at every position, and the mixed derivatives between positions are left out. High =
    keep; negative where the loss curves down, which `gauss_newton=True` (no f″ term) rules out.

    LeCun, Denker & Solla, "Optimal Brain Damage", NIPS 1989. The gradient is left out, as there: at a minimum
    it is 0. Raises ValueError for a loss whose second derivatives are not known.
    """
    passes = stream(net, x, t, loss, batch_size, need_dx=False, need_grads=False)
    return finish(saliencies(net, loss, passes, gauss_newton))


def saliencies(net, loss, traces, gauss_newton):
    """`obd_weights` of the traces."""
    totals, count = {}, 0
    for trace in traces:
        for name, (_, h) in diagonal(net, trace, loss, gauss_newton).items():
            for key, part in (("W", net[name].weight_gradient(trace[name].x ** 2, h)),
                              ("b", h.reshape(-1, net[name].K).sum(axis=0))):
                totals[f"{name}.{key}"] = totals.get(f"{name}.{key}", 0) + part.astype(float)
        count += len(trace.x)
        yield
    parameters = net.parameters()
    return {key: 0.5 * totals[key] / count * parameters[key] ** 2 for key in parameters if key in totals}


def obd(net, loss, slope_traces, gauss_newton=False):
    """Optimal brain damage summed over the neuron's incoming weights.

    Formula:  I_i = Σ_j ½ h_ij w_ij²,   h_ij = mean_n Σ_p ∂²ℓ_n/∂a_npi² · x_npj²
    Point:    the incoming weights (bias, γ, β left out); second derivatives taken back layer by layer without
              the mixed ones: h_zz = f′² h_oo + f″ ∂ℓ/∂o, h_xx = Σ w² h_aa
    Order:    second derivative, times the squared input, sum over positions, mean over samples, times w²,
              half, sum over the weights; no absolute value, so negative where the loss curves down
              (`gauss_newton=True` leaves out f″)
    Cost:     one forward, one backward pass, and one more backward pass of the second derivatives
    Claims:   mean over samples; relu rescaling
    Source:   LeCun, Denker & Solla, "Optimal Brain Damage", NIPS 1989
    Differs:  there of single weights (`obd_weights`); the sum over a neuron is ours. Torch-Pruning's
              GroupHessianImportance has squared gradients in place of h (`empirical_fisher_weights`), and no ½

    High = keep. It is what removing the weights one by one costs near a minimum, not what removing all of
    them costs: the mixed derivatives, which couple them, are left out.
    """
    found = yield from saliencies(net, loss, slope_traces, gauss_newton)
    return {name: found[f"{name}.W"].reshape(net[name].K, -1).sum(axis=1) for name in net.hidden_layers}


def obd_outputs(net, loss, slope_traces, gauss_newton=False):
    """Optimal brain damage with the neuron's own output as the variable that goes.

    Formula:  I_i = mean_n Σ_p [½ h_npi o_npi² − ∂ℓ_n/∂o_npi · o_npi],  h = ∂²ℓ_n/∂o_npi² taken back without
              mixed ones
    Point:    o, after the activation and before any pooling
    Order:    sum over positions, mean over samples; no absolute value
    Cost:     one forward, one backward pass, and one more backward pass of the second derivatives
    Claims:   mean over samples; relu rescaling; first order of removal
    Source:   the recursion of LeCun, Denker & Solla, "Optimal Brain Damage", NIPS 1989, stopped at the
              neuron's output instead of its weights; as a score for neurons: not found
    Differs:  not looked up

    High = keep. It is removal to second order where h is exact, one position and the last hidden layer under
    mse or binary_cross_entropy; elsewhere only to first order, and `taylor_second_order` is the exact one.
    """
    def of(trace):
        curvatures = diagonal(net, trace, loss, gauss_newton)
        of_layer = {name: (trace[name].o, trace[name].do, curvatures[name][0]) for name in net.hidden_layers}
        return {name: rise(*(by_position(net, name, one) for one in arrays)) for name, arrays in of_layer.items()}
    return (yield from mean_over_samples(net, slope_traces, of))


def rise(o, do, h):
    """Σ_p [½ h_npi o_npi² − ∂ℓ_n/∂o_npi · o_npi], (N, K)."""
    return np.einsum("npi,npi->ni", 0.5 * h * o - do, o)


# ---------------------------------------------------------- removal to second order, exact


def taylor_second_order(net, x, t, loss, batch_size=256):
    """The change of the loss if the neuron fell silent, to second order, with all mixed derivatives.

    Formula:  I_i = mean_n [−Σ_p o_p ∂ℓ_n/∂o_p + ½ Σ_pq o_p o_q ∂²ℓ_n/∂o_p∂o_q],   o_p = o_npi
    Point:    o, after the activation and before any pooling
    Order:    sum over positions and pairs of them, mean over samples; no absolute value
    Cost:     for each neuron two forward passes of the layers above it
    Claims:   mean over samples; relu rescaling; second order of removal
    Source:   Taylor's theorem. Molchanov et al., CVPR 2019, arXiv:1906.10771, do the same for a gate on the
              neuron
    Differs:  NVlabs/Taylor_pruning (method 11) squares −w g + ½ w² h, of mini-batch means; here the sign
              stays and nothing is squared

    High = keep. ∂²/∂ε² of ℓ(o_i − ε o_i) is taken forward through the layers above, exactly. relu and max
    pooling are taken as they are at o: a neuron whose silence turns others on or off changes more than this
    knows.
    """
    totals, count = {name: np.zeros(net[name].K) for name in net.hidden_layers}, 0
    for trace in stream(net, x, t, loss, batch_size, need_dx=False, need_grads=False):
        for name, total in totals.items():
            total += [expected_change(net, name, i, trace, loss) for i in range(net[name].K)]
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def expected_change(net, name, i, trace, loss):
    """Σ_n of ℓ′ + ½ ℓ″, the derivatives of ℓ_n(o_i − ε o_i) in ε at 0."""
    first, second = np.zeros_like(trace[name].o), np.zeros_like(trace[name].o)
    first[..., i] = -trace[name].o[..., i]
    for after in net.names_after(name):
        first, second = derivatives_above(net[after], trace[after], first, second)
    curved = loss_hessian_product(loss, trace.y, trace.t, first)
    return (trace.dy * (first + 0.5 * second) + 0.5 * first * curved).sum(dtype=float)


def derivatives_above(layer, one, first, second):
    """(o′, o″) from (x′, x″):  z′ = W x′, z″ = W x″,  o′ = f′ z′,  o″ = f″ z′² + f′ z″."""
    if not isinstance(layer, NeuronLayer):
        layer.check_piecewise_linear()
        return layer.tangent(one, first), layer.tangent(one, second)
    dz, ddz = (layer.scaled(layer.product(moved), one) for moved in (first, second))
    return layer.slope(one.z) * dz, layer.curvature(one.z) * dz ** 2 + layer.slope(one.z) * ddz


SCORES = (Score(obd, mean_over_samples=True), Score(obd_outputs, mean_over_samples=True),
          Score(taylor_second_order, mean_over_samples=True))
