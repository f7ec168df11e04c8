"""Scores made of second derivatives: f″ and ∂²ℓ/∂y² by hand, Hessian products, optimal brain damage."""

import copy
import dataclasses

import numpy as np

from ..engine.activations import sigmoid
from ..engine.losses import LOSSES, find_loss, softmax
from ..engine.neurons import NeuronLayer
from ..engine.pooling import AvgPool2D, GlobalAvgPool2D
from ..recording import stream
from .means import finish, by_position
from .means import mean_over_samples

# ------------------------------------------------------------- f″, each as a function of z


def sigmoid_second(z):
    """o (1 − o) (1 − 2o)."""
    o = sigmoid(z)
    return o * (1 - o) * (1 - 2 * o)


def tanh_second(z):
    """−2 o (1 − o²)."""
    o = np.tanh(z)
    return -2 * o * (1 - o ** 2)


def softplus_second(z):
    """σ(z) (1 − σ(z))."""
    return sigmoid(z) * (1 - sigmoid(z))


SECOND_DERIVATIVES = {"identity": np.zeros_like, "relu": np.zeros_like, "leaky_relu": np.zeros_like,
                      "sigmoid": sigmoid_second, "tanh": tanh_second, "softplus": softplus_second}


def second_derivative(layer, z):
    """f″(z), 0 where the neuron is masked, and 0 at the kink of relu and leaky_relu."""
    bend = SECOND_DERIVATIVES[layer.f.name](z)
    return bend if layer.mask is None else bend * layer.mask


# ------------------------------------------------- ∂²ℓ/∂y², times a vector, and its diagonal


def mse_second(y, t, v):
    """∂²ℓ/∂y_k∂y_l = [k = l]."""
    return v


def cross_entropy_second(y, t, v):
    """∂²ℓ/∂y_k∂y_l = p_k [k = l] − p_k p_l, p = softmax(y)."""
    p = softmax(y)
    return p * (v - (p * v).sum(axis=1, keepdims=True))


def binary_cross_entropy_second(y, t, v):
    """∂²ℓ/∂y_k∂y_l = σ(y_k) (1 − σ(y_k)) [k = l]."""
    return sigmoid(y) * (1 - sigmoid(y)) * v


SECOND_LOSSES = {"mse": mse_second, "cross_entropy": cross_entropy_second,
                 "binary_cross_entropy": binary_cross_entropy_second}


def loss_hessian_product(loss, y, t, v):
    """Σ_l ∂²ℓ_n/∂y_nk∂y_nl v_nl, the shape of y; raises ValueError for a loss that is not one of ours."""
    loss = find_loss(loss)
    if LOSSES.get(loss.name) is not loss:
        raise ValueError(f'loss "{loss.name}": its second derivatives are not known, '
                         f'only those of {", ".join(LOSSES)}')
    return SECOND_LOSSES[loss.name](y, t, v)


def loss_hessian_diagonal(loss, y, t):
    """∂²ℓ_n/∂y_nk², the shape of y."""
    if find_loss(loss).name == "cross_entropy":
        p = softmax(y)
        return p * (1 - p)
    return loss_hessian_product(loss, y, t, np.ones_like(y))


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
            Ra = moved[name].weigh(one.x) + layer.weigh(Rx) + direction.get(f"{name}.b", 0)
            Rz = layer.scaled(Ra, one)
            moves[name] = Rx, Rz
            Rx = layer.slope(one.z) * Rz
        else:
            Rx = layer.tangent(one, Rx)
    products, Rdo = {}, loss_hessian_product(loss, trace.y, trace.t, Rx)
    for name, layer in reversed(net.layers.items()):
        one = trace[name]
        if name not in moves:
            Rdo = back(layer, one, Rdo)
            continue
        Rx, Rz = moves[name]
        da = layer.scaled(one.dz, one)
        Rda = layer.scaled(layer.slope(one.z) * Rdo + second_derivative(layer, one.z) * Rz * one.do, one)
        products[f"{name}.W"] = layer.weight_gradient(one.x, Rda) + layer.weight_gradient(Rx, da)
        products[f"{name}.b"] = Rda.reshape(-1, layer.K).sum(axis=0)
        Rdo = layer.weigh_back(Rda) + moved[name].weigh_back(da)
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
            h = back(layer, one, h) * share(layer)
            continue
        h_zz = layer.slope(one.z) ** 2 * h
        if not gauss_newton:
            h_zz = h_zz + second_derivative(layer, one.z) * one.do
        h_aa = layer.scaled(layer.scaled(h_zz, one), one)
        found[name] = h, h_aa
        h = with_weights(layer, layer.W ** 2).weigh_back(h_aa)
    return found


def share(layer):
    """What a layer without neurons multiplies what it passes on with: 1, or 1 / places if it averages."""
    if isinstance(layer, AvgPool2D):
        return 1 / np.prod(layer.size, dtype=float)
    return 1 / np.prod(layer.input_shape[:2], dtype=float) if isinstance(layer, GlobalAvgPool2D) else 1


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
              GroupOBDImportance has squared gradients in place of h (`empirical_fisher_weights`), and no ½

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
        return layer.tangent(one, first), layer.tangent(one, second)
    dz, ddz = (layer.scaled(layer.weigh(moved), one) for moved in (first, second))
    return layer.slope(one.z) * dz, second_derivative(layer, one.z) * dz ** 2 + layer.slope(one.z) * ddz


SCORES = (obd, obd_outputs, taylor_second_order)
