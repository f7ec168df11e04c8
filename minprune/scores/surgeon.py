"""Optimal brain surgeon: what a weight's removal costs when all others may make up for it."""

import numpy as np

from ..engine.checks import check_known
from ..recording import batches
from .hessian import hessian, inputs_by_group, inverse, unraveled, weight_names
from .readers import outgoing, outgoing_weights
from .score import Score
from .second_order import of_neurons

# ------------------------------------------------------------------- optimal brain surgeon


def obs_weights(net, x, t, loss="cross_entropy", batch_size=256, damping=1e-4, exact=False):
    """Optimal brain surgeon: each weight's saliency, {"dense1.W": array, "dense1.b": array, …}, all layers'.

    L_q = w_q² / (2 [H⁻¹]_qq): what the quadratic ½ δᵀ H δ rises by when w_q goes to 0 and all other weights
    move to where it rises least. High = keep. H is `hessian`'s plus `damping` on its diagonal. A weight that
    others can fully replace costs only the damping: ½ damping times the square of the move, at least w².

    Hassibi & Stork, "Second order derivatives for network pruning: Optimal Brain Surgeon", NIPS 1992. There H
    is made of outer products of the output's gradients, Gauss-Newton's for the squared error, and inverted
    sample by sample starting from a small number times 1 (so Bishop, "Pattern Recognition and Machine
    Learning", 2006, §5.4.3), which gives the same damped inverse. Raises as `hessian`, and ValueError if H is
    not positive definite.
    """
    H_inverse = inverse(hessian(net, x, t, loss, batch_size, exact), damping)
    diagonal, w = unraveled(net, np.diag(H_inverse)), net.parameters()
    return {key: w[key] ** 2 / (2 * diagonal[key]) for key in weight_names(net)}


def obs_remove(net, weight, index, x, t, loss="cross_entropy", batch_size=256, damping=1e-4, exact=False):
    """Return a new network in which one weight is 0 and all other W and b have moved to make up for it.

    δw = −(w_q / [H⁻¹]_qq) H⁻¹ e_q. `weight` is a parameter's name, "dense1.W", and `index` the place in it,
    (0, 1). The weight is 0, not fixed at 0: training would move it again. Raises as `obs_weights`, and
    ValueError or IndexError for a weight that does not exist.
    """
    check_known("weight", weight, weight_names(net))
    value = single(net.parameters()[weight], weight, index)
    H_inverse = inverse(hessian(net, x, t, loss, batch_size, exact), damping)
    q = unraveled(net, np.arange(len(H_inverse)))[weight][index]
    move = -(value / H_inverse[q, q]) * H_inverse[q]
    other = net.copy()
    for key, change in unraveled(net, move).items():
        other.parameters()[key][...] += change
    other.parameters()[weight][index] = 0                                   # not just to rounding
    return other


def single(array, weight, index):
    """The number at this place; ValueError if there are several (a row, say), IndexError if there is none."""
    value = array[index]
    if np.ndim(value):
        raise ValueError(f"index expects the place of one number in {weight} of shape {array.shape}, got {index!r}")
    return float(value)


def obs(net, x, t, loss, batch_size=256, damping=1e-4, exact=False):
    """Optimal brain surgeon summed over the neuron's incoming weights.

    Formula:  I_i = Σ_j w_ij² / (2 [H⁻¹]_qq),  q the place of w_ij among all W and b, H = mean_n J_nᵀ
              ∂²ℓ_n/∂y² J_n + damping · 1
    Point:    the incoming weights (bias left out of the sum, not of H); Gauss-Newton's Hessian, `exact=True`
              the full one
    Order:    saliency of each weight, sum over the weights
    Cost:     one forward pass, one backward pass for each output, and the inverse of a P × P matrix; at most
              2,000 parameters (W and b), else ValueError
    Claims:   none
    Source:   Hassibi & Stork, NIPS 1992 (`obs_weights`)
    Differs:  there of single weights, one removed at a time, the others moved (`obs_remove`), H made anew;
              the sum is ours

    High = keep. Each weight's saliency counts on all others to make up for it, the neuron's own included, so
    that their sum can be far below the cost of losing the neuron; `obs_neurons` is that cost. The inverse makes
    rounding larger: in any order of samples scores agree to about 1e-11, and the better the more damping.
    """
    saliencies = obs_weights(net, x, t, loss, batch_size, damping, exact) if net.hidden_layers else {}
    return of_neurons(net, saliencies)


def obs_neurons(net, x, t, loss, batch_size=256, damping=1e-4, exact=False):
    """What the neuron's removal costs when all weights that stay may make up for it.

    Formula:  I_i = ½ w_Gᵀ ([H⁻¹]_GG)⁻¹ w_G,   G = all weights that read the neuron
    Point:    the outgoing weights; setting all of them to 0 is just what removal does, whatever the
              activation
    Order:    quadratic form of the outgoing weights
    Cost:     as `obs`, and the inverse of a small matrix a neuron; at most 2,000 parameters (W and b)
    Claims:   none
    Source:   the constrained minimum of Hassibi & Stork, NIPS 1992, for several weights at once; as a score
              of neurons: not found
    Differs:  not looked up

    High = keep. Two neurons that stand in for each other both score low, since either can take over; their
    removal together is not low. The gradient is taken as 0, as at a minimum.
    """
    if not net.hidden_layers:
        return {}
    H_inverse = inverse(hessian(net, x, t, loss, batch_size, exact), damping)
    places, scores = unraveled(net, np.arange(len(H_inverse))), {}
    for name in net.hidden_layers:
        groups = zip(outgoing(net, name, lambda reader: places[f"{reader}.W"]), outgoing_weights(net, name))
        scores[name] = np.array([0.5 * w @ np.linalg.solve(H_inverse[np.ix_(G, G)], w) for G, w in groups])
    return scores


# --------------------------------------------------------------------------- layer by layer


def layer_hessians(net, x, batch_size=256):
    """{layer: H = mean_np x̃ x̃ᵀ, (F+1, F+1)}, x̃ = what its neurons read, and a 1 for the bias (if there is one).

    The same for all neurons of a layer; of a convolution with groups (groups, F+1, F+1). It is the exact Hessian of ½
    mean_np (Δa_npi)², a neuron's own error in a = Wx + b, which is quadratic in its weights.
    """
    totals, count = {}, 0
    for trace in batches(net, x, batch_size):
        for name in net.neuron_layers:
            products = [read.T @ read / len(read) for _, read in inputs_by_group(net[name], trace[name].x)]
            mean = products[0] if len(products) == 1 else np.stack(products)
            totals[name] = totals.get(name, 0) + len(trace.x) * mean
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def layerwise_obs_weights(net, x, batch_size=256, damping=1e-5):
    """Layer-wise optimal brain surgeon: each weight's saliency, {"dense1.W": array, "dense1.b": array, …}.

    L_ij = w_ij² / (2 [H⁻¹]_jj), H = `layer_hessians` + damping: the ½ mean square by which the neuron's
    pre-activation must go wrong when w_ij goes and its other weights and bias make up for it as well as they
    can. With damping=0 and enough samples this is exact, at any distance from a minimum. High = keep. No
    targets and no gradients are needed.

    Dong, Chen & Pan, "Learning to Prune Deep Neural Networks via Layer-wise Optimal Brain Surgeon", NIPS
    2017, arXiv:1705.07565. Their code (csyhhu/L-OBS) starts the inverse from 10⁶ · 1, a damping of 10⁻⁶ (here
    10⁻⁵, so that rounding shows less), and has the bias as an input of 1, as here.
    """
    saliencies = {}
    for name, H in layer_hessians(net, x, batch_size).items():
        layer, groups = net[name], H.reshape(-1, *H.shape[-2:])
        diagonals = [np.diag(inverse(of_group, damping)) for of_group in groups]
        diagonal = np.repeat(diagonals, layer.K // len(groups), axis=0)                 # (K, F + 1)
        W = layer.W.reshape(layer.K, -1).astype(float)
        saliencies[f"{name}.W"] = (W ** 2 / (2 * diagonal[:, :W.shape[1]])).reshape(layer.W.shape)
        if layer.bias:
            saliencies[f"{name}.b"] = layer.b.astype(float) ** 2 / (2 * diagonal[:, -1])
    return saliencies


def layerwise_obs_remove(net, weight, index, x, batch_size=256, damping=1e-5):
    """Return a new network in which one weight is 0 and its neuron's other weights and bias have moved.

    δ = −(w_ij / [H⁻¹]_jj) H⁻¹ e_j, of neuron i alone. Raises as `obs_remove`.
    """
    check_known("weight", weight, weight_names(net))
    name, key = weight.rsplit(".", 1)
    layer = net[name]
    value = single(net.parameters()[weight], weight, index)
    places = np.arange(layer.W.size).reshape(layer.W.shape)
    i, j = divmod(int(places[index]), layer.W[0].size) if key == "W" else (int(np.arange(layer.K)[index]), -1)
    H = layer_hessians(net, x, batch_size)[name]
    H_inverse = inverse(H if H.ndim == 2 else H[i * len(H) // layer.K], damping)
    move = -(value / H_inverse[j, j]) * H_inverse[j]
    other = net.copy()
    F = layer.W[i].size
    other[name].W[i] += move[:F].reshape(layer.W[i].shape)
    if layer.bias:
        other[name].b[i] += move[F]
    other.parameters()[weight][index] = 0                                   # not just to rounding
    return other


def layerwise_obs(net, x, batch_size=256, damping=1e-5):
    """Layer-wise optimal brain surgeon summed over the neuron's incoming weights.

    Formula:  I_i = Σ_j w_ij² / (2 [H⁻¹]_jj),  H = mean_np x̃_np x̃_npᵀ + damping · 1, x̃ = what the neuron
              reads, and a 1
    Point:    the incoming weights (the bias is in H, not in the sum); the error in a = Wx + b, before batch
              norm
    Order:    saliency of each weight, sum over the weights
    Cost:     one forward pass, and the inverse of a matrix as large as what a neuron reads, once a layer
    Claims:   none
    Source:   Dong, Chen & Pan, NIPS 2017, arXiv:1705.07565 (`layerwise_obs_weights`)
    Differs:  there of single weights; the sum over a neuron is ours

    High = keep. It knows how hard the neuron's weights are to replace from its own inputs, and nothing of who
    reads the neuron: a neuron that nobody reads can score highest.
    """
    saliencies = layerwise_obs_weights(net, x, batch_size, damping) if net.hidden_layers else {}
    return of_neurons(net, saliencies)


SCORES = (Score(obs, blocks=True, series=True),
          Score(obs_neurons, blocks=True, series=True), Score(layerwise_obs, blocks=True, series=True))
