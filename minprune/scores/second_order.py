"""Scores made of second derivatives: optimal brain damage, removal to second order."""

import numpy as np

from ..engine.layer import NeuronLayer
from ..recording import finish, mean_over_samples, stream
from .score import Score
from .second_derivatives import bend, bends, loss_hessian_diagonal, loss_hessian_product, with_weights
from .units import by_unit, outputs_of, over_positions, slopes_of
from .walks import chain_from, walk, walk_back

# ------------------------------------------------------------------- optimal brain damage


def diagonal(net, trace, loss, gauss_newton=False):
    """{layer: (∂²ℓ_n/∂o², ∂²ℓ_n/∂a²)}, a = Wx + b, taken back layer by layer without the mixed derivatives. Of a layer
    without neurons the second one is None.

        h_zz = f′(z)² h_oo + f″(z) ∂ℓ/∂o;   h_xx = Σ_(uses of x) w² h_aa;   behind a block h_x = Σ_paths h_path

    Exact where no two neurons of the layers above see the same neuron and then meet in a mixed derivative: in
    the output layer, in the last hidden layer under mse and binary_cross_entropy (each output has a loss of
    its own), and in chains of one neuron a layer. `gauss_newton` leaves out the f″ term.
    """
    found = {}

    def step(layer, h):
        one = trace[layer.name]
        if not isinstance(layer, NeuronLayer):
            found[layer.name] = h, None
            squares = layer.squares_back(one, h)
            bent = not gauss_newton and bends(layer) and one.do is not None     # None where nothing below is trained
            return squares + bend(layer, one) * one.do if bent else squares
        h_zz = layer.slope(one.z) ** 2 * h
        if not gauss_newton:
            h_zz = h_zz + layer.curvature(one.z) * one.do
        h_aa = layer.scaled(layer.scaled(h_zz, one), one)
        found[layer.name] = h, h_aa
        return with_weights(layer, layer.W ** 2).product_back(h_aa)

    walk_back(net.layers, loss_hessian_diagonal(loss, trace.y, trace.t), step)
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
        curvatures = diagonal(net, trace, loss, gauss_newton)
        for name in net.neuron_layers:
            h = curvatures[name][1]
            for key, part in (("W", net[name].weight_gradient(trace[name].x ** 2, h)),
                              ("b", h.reshape(-1, net[name].K).sum(axis=0))):
                totals[f"{name}.{key}"] = totals.get(f"{name}.{key}", 0) + part.astype(float)
        count += len(trace.x)
        trace = curvatures = h = None   # else they would stay in memory while the next ones are made
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
    return of_neurons(net, found)


def of_neurons(net, of_weights):
    """{hidden layer: (K,)}: what is said of single weights, {"dense1.W": array, …}, added up over a neuron's own."""
    return by_unit(net, {name: of_weights[f"{name}.W"].reshape(net[name].K, -1).sum(axis=1)
                         for name in net.neuron_layers if f"{name}.W" in of_weights})


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
        h = diagonal(net, trace, loss, gauss_newton)
        rises = {end: rise(trace[end].o, do, h[end][0])
                 for name in net.hidden_layers for end, do in slopes_of(net, name, trace).items()}
        return by_unit(net, rises, outputs_of)
    return (yield from mean_over_samples(net, slope_traces, of))


def rise(o, do, h):
    """Σ_p [½ h_npi o_npi² − ∂ℓ_n/∂o_npi · o_npi], (N, channels)."""
    return over_positions((0.5 * h * o - do) * o)


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
    """Σ_n of ℓ′ + ½ ℓ″, the derivatives in ε at 0 of ℓ_n with (1 − ε) o_i in place of o_i, in all layers of the unit.

    Where o_i itself moves, as in a later layer of the unit, ((1 − ε) o)′ = o′ − o and ((1 − ε) o)″ = o″ − 2 o′.
    """
    own, series = outputs_of(net, name), net.units[name].series
    chain = chain_from(net, own)

    def step(layer, moved):
        one = trace[layer.name]
        if layer.name == next(iter(own)):
            first, second = np.zeros_like(one.o), np.zeros_like(one.o)
        else:
            first, second = derivatives_above(layer, one, *moved)
        if layer.name in own:
            here = own[layer.name][i]
            still = layer.name in series
            second[..., here] = 0 if still else second[..., here] - 2 * first[..., here]
            first[..., here] = -one.o[..., here] if still else first[..., here] - one.o[..., here]
        return first, second

    still = np.zeros_like(trace[next(iter(chain))].x)
    first, second = walk(chain, (still, still), step)
    curved = loss_hessian_product(loss, trace.y, trace.t, first)
    return (trace.dy * (first + 0.5 * second) + 0.5 * first * curved).sum(dtype=float)


def derivatives_above(layer, one, first, second):
    """(o′, o″) from (x′, x″):  z′ = W x′, z″ = W x″,  o′ = f′ z′,  o″ = f″ z′² + f′ z″."""
    if not isinstance(layer, NeuronLayer):
        ddo = layer.tangent(one, second)
        return layer.tangent(one, first), ddo + bend(layer, one) * first ** 2 if bends(layer) else ddo
    dz, ddz = (layer.scaled(layer.product(moved), one) for moved in (first, second))
    return layer.slope(one.z) * dz, layer.curvature(one.z) * dz ** 2 + layer.slope(one.z) * ddz


SCORES = (Score(obd, mean_over_samples=True, blocks=True, series=True),
          Score(obd_outputs, mean_over_samples=True, blocks=True, series=True),
          Score(taylor_second_order, mean_over_samples=True, blocks=True, series=True))
