"""The curvature of the loss in a neuron's weights, as one number: the trace of its block of the Hessian."""

import numpy as np

from ..engine.checks import check_count, check_flag, check_seed
from ..recording import by_position, stream
from .hessian import unit_outputs
from .score import Score
from .second_derivatives import hessian_product
from .units import by_unit, scored_layers

BYTES = 1 << 22                 # of single samples' gradients at a time


def hessian_trace(net, x, t, loss, batch_size=256, draws=32, seed=0, label_free=False):
    """How strongly the loss curves in the neuron's weights on average, times how far removal moves them.

    Formula:  I_i = ‖w_i‖² tr(H_ii) / (2 F),   H_ii = the Hessian of the mean loss in the F incoming weights w_i
    Point:    the incoming weights; bias, γ and β are left out
    Order:    trace over samples' mean Hessian, times the squared norm; no absolute value: negative where the loss
              curves down
    Cost:     per draw a forward and two backward passes; draws=None: the same for each weight. label_free=True: a
              backward pass for each output
    Claims:   mean over samples; not permutation (the directions are drawn by place, the exact trace does not depend
              on it)
    Source:   Yu et al., "Hessian-Aware Pruning and Optimal Neural Implant" (HAP), WACV 2022, arXiv:2101.08940, from
              the authors' code (yaozhewei/HAP, pruner/hessian_pruner.py and hessian_fact.py; of the paper only the
              abstract was read). label_free: "LFH" of Sony's Model Compression Toolkit (lfh_importance_metric.py,
              weights_hessian_scores_calculator_pytorch.py)
    Differs:  the code has no ½, and draws 300 directions. The toolkit estimates the label-free trace with random
              directions of the output, too, whose exact mean is taken here, and adds up groups of channels for SIMD

    High = keep. Why: ½ w_iᵀ H_ii w_i is what the neuron's weights cost to second order, and (‖w_i‖² / F) tr(H_ii) is
    that form's mean over all directions of w_i. It is as if w_i were any direction: of a neuron whose weights lie
    where the loss is flat it makes as much as of one where it is steep. Rescaling a relu neuron changes nothing but
    the share of a bias. tr(H_ii) is estimated as mean_v v_iᵀ (H v)_i over `draws` vectors of random signs
    (Hutchinson), which `seed` draws. label_free=True takes the Hessian of ½ ‖y‖² without its second derivatives,
    mean_n Σ_k ‖∂y_nk/∂w_i‖², exactly: no targets, no loss, and never negative. Of coupled neurons the costs of
    their layers are added up.
    """
    if check_flag("label_free", label_free):
        traces = output_gradients(net, stream(net, x, t, loss, batch_size, backward=False))
    else:
        directions = signs(net, draws, seed) if draws is not None else single_weights(net)
        traces = curvature_along(net, lambda: stream(net, x, t, loss, batch_size), loss, directions)
    return by_unit(net, {name: 0.5 * (net[name].W.reshape(net[name].K, -1).astype(float) ** 2).mean(axis=1) * one
                         for name, one in traces.items()})


def signs(net, draws, seed):
    """[(the share of this direction, {"conv1.W": −1 and 1, …})], drawn at random."""
    draws, rng = check_count("draws", draws), check_seed(seed)
    return [(1 / draws, {f"{name}.W": rng.choice([-1.0, 1.0], net[name].W.shape) for name in scored_layers(net)})
            for _ in range(draws)]


def single_weights(net):
    """[(1, {"conv1.W": 1 at one weight, 0 elsewhere})], for each weight."""
    directions = []
    for name in scored_layers(net):
        for place in np.ndindex(net[name].W.shape):
            one = np.zeros(net[name].W.shape)
            one[place] = 1
            directions.append((1.0, {f"{name}.W": one}))
    return directions


def curvature_along(net, passes, loss, directions):
    """{layer: Σ_v (share of v) v_iᵀ (H v)_i, (K,)}, H the Hessian of the mean loss."""
    totals, count = {name: np.zeros(net[name].K) for name in scored_layers(net)}, 0
    for trace in passes() if totals else ():
        for share, v in directions:
            products = hessian_product(net, trace, v, loss)
            for key, one in v.items():
                name = key.removesuffix(".W")
                totals[name] += share * (one * products[key]).reshape(net[name].K, -1).sum(axis=1)
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def output_gradients(net, traces):
    """{layer: mean_n Σ_k ‖∂y_nk/∂w_i‖², (K,)}."""
    totals, count = {name: np.zeros(net[name].K) for name in scored_layers(net)}, 0
    for trace in traces:
        for unit in unit_outputs(trace.y) if totals else ():
            net.backward(trace, unit, need_dx=False, need_grads=False)
            for name in totals:
                totals[name] += squared_gradients(net, name, trace[name])
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def squared_gradients(net, name, trace):
    """Σ_n ‖∂/∂w_i‖² of the last backward pass, (K,). At one position the gradient is da_i x."""
    layer, da = net[name], by_position(net, name, net[name].scaled(trace.dz, trace))
    if da.shape[1] == 1 and trace.x.ndim == 2:
        read = layer.patches(trace.x)[:, 0].astype(float)       # x of a Dense layer
        return (read ** 2).sum(axis=1) @ da[:, 0].astype(float) ** 2
    total, size = np.zeros(layer.K), max(1, BYTES // layer.W.nbytes)
    for start in range(0, len(da), size):
        dW = layer.single_gradients(trace.x[start:start + size], np.ascontiguousarray(da[start:start + size]))
        total += np.einsum("nij,nij->i", dW, dW, dtype=float)
    return total


SCORES = (Score(hessian_trace, mean_over_samples=True, blocks=True, series=True),)
