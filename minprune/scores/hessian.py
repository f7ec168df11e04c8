"""The Hessian of the mean loss in all weights and biases, and its damped inverse."""

import numpy as np

from ..engine.checks import check_real
from ..recording import by_position, stream
from .second_derivatives import hessian_product, loss_hessian_product

LARGEST = 2000                  # parameters: H is 32 MB then, and its inverse takes about a second


def weight_names(net):
    """The names of the Hessian's parameters, in its order: W and b of all layers. γ and β are held fixed."""
    return [f"{name}.{key}" for name in net.neuron_layers for key in ("W", *["b"] * net[name].bias)]


def hessian(net, x, t, loss="cross_entropy", batch_size=256, exact=False):
    """The Hessian of the mean loss in all W and b, (P, P), laid out as `weight_names`, each raveled.

    By default Gauss-Newton's: H = mean_n J_nᵀ (∂²ℓ_n/∂y²) J_n, J_n = ∂y_n/∂(W, b), which is never negative
    and equals the exact Hessian where ∂ℓ/∂y = 0 or y is linear in the weights. exact=True multiplies the full
    Hessian with each unit vector (P times the cost of two backward passes). Raises ValueError if the network has more
    than LARGEST = 2000 such parameters, or the loss's second derivatives are not known.
    """
    P = sum(net.parameters()[key].size for key in weight_names(net))
    if P > LARGEST:
        raise ValueError(f"the Hessian of {P} parameters has {P}² entries; expected a network of up to {LARGEST} "
                         "(layerwise_obs takes larger ones)")
    H, count = np.zeros((P, P)), 0
    for trace in stream(net, x, t, loss, batch_size, backward=exact):
        H += exact_hessian(net, trace, loss, P) if exact else gauss_newton(net, trace, loss)
        count += len(trace.x)
    return (H + H.T) / (2 * count)


def gauss_newton(net, trace, loss):
    """Σ_n J_nᵀ (∂²ℓ_n/∂y²) J_n: one backward pass for each output."""
    N = len(trace.x)
    J, curved = [], []                                          # for each output: ∂y/∂(W, b), and ∂²ℓ/∂y² · unit
    for unit in unit_outputs(trace.y):
        curved.append(loss_hessian_product(loss, trace.y, trace.t, unit).reshape(N, -1))
        net.backward(trace, unit, need_dx=False, need_grads=False)
        J.append(per_sample_gradients(net, trace))
    J = np.stack(J, axis=1)                                                             # (N, outputs, P)
    return np.tensordot(J, np.stack(curved, axis=1) @ J, axes=([0, 1], [0, 1]))


def unit_outputs(y):
    """For each output an array like y, 1 there in all samples and 0 elsewhere."""
    for place in np.ndindex(y.shape[1:]):
        unit = np.zeros_like(y)
        unit[(slice(None), *place)] = 1
        yield unit


def per_sample_gradients(net, trace):
    """The gradients of the last backward pass in the W and b of all layers, sample by sample: (N, P), in float64."""
    N = len(trace.x)
    parts = []
    for name in net.neuron_layers:
        da = net[name].scaled(trace[name].dz, trace[name])
        parts.append(net[name].per_sample_dW(trace[name]).reshape(N, -1))
        if net[name].bias:
            parts.append(by_position(net, name, da).sum(axis=1))
    return np.concatenate(parts, axis=1, dtype=float)


def exact_hessian(net, trace, loss, P):
    """Σ_n ∂²ℓ_n/∂(W, b)², a column at a time."""
    columns = []
    for place in range(P):
        product = hessian_product(net, trace, unraveled(net, np.eye(1, P, place)[0]), loss)
        columns.append(np.concatenate([product[key].ravel() for key in weight_names(net)]))
    return np.stack(columns, axis=1, dtype=float)


def unraveled(net, vector):
    """{"dense1.W": array, …} from one vector of all W and b."""
    arrays, parameters = {}, net.parameters()
    for key in weight_names(net):
        size = parameters[key].size
        arrays[key], vector = vector[:size].reshape(parameters[key].shape), vector[size:]
    return arrays


def inverse(H, damping):
    """(H + damping · 1)⁻¹; raises ValueError unless H + damping · 1 is positive definite."""
    H = H + check_real("damping", damping, least=0) * np.eye(len(H))
    lowest = np.linalg.eigvalsh(H)[0]
    if lowest <= 1e-14 * np.abs(H).max():
        raise ValueError(f"the damped Hessian is not positive definite (lowest eigenvalue {lowest:.3g}): "
                         "raise damping (and where there is a choice leave exact=False, which has none below 0)")
    return np.linalg.inv(H)


# --------------------------------------------------------------------------- what the neurons of a layer read


def neurons_by_group(layer):
    """The neurons that read the same, as slices: all of a layer, or those of each group of a convolution."""
    size = layer.K // layer.groups
    return [slice(start, start + size) for start in range(0, layer.K, size)]


def inputs_by_group(layer, x):
    """[(neurons, what they read, (N·P, F + 1) in float64)] of each group; the last number is the bias's 1, if there is
    one."""
    neurons = neurons_by_group(layer)
    if len(neurons) == 1:
        read = [layer.patches(x).reshape(-1, layer.W[0].size)]
    else:
        patches = layer.all_patches(x)                                                  # (N, P, kh · kw, C)
        read = [part.reshape(-1, layer.W[0].size) for part in np.split(patches, len(neurons), axis=3)]
    ones = np.ones((len(read[0]), int(layer.bias)))
    return [(one, np.hstack([rows.astype(float), ones])) for one, rows in zip(neurons, read)]
