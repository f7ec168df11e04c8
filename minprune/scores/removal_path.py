"""Removal as a path: what the loss gains while the neuron's output is turned down to 0."""

import numpy as np

from ..engine.checks import check_count
from ..engine.losses import find_loss
from ..recording import stream
from .score import Score
from .units import outputs_of
from .walks import chain_from, walk


def removal_path(net, x, t, loss, batch_size=256, steps=16):
    """What the loss gains on the way to the neuron's silence: the path integral of its own slope.

    Formula:  I_i = − mean_n ∫₀¹ Σ_p o_npi · ∂ℓ_n/∂o_npi (α o_i) dα,   the other neurons of the layer as they are, all
              above computed anew
    Point:    o, after the activation and before any pooling; the integral by Gauss and Legendre's rule with `steps`
              points, exact for polynomials in α of degree 2 steps − 1
    Order:    product, sum over positions, integral, mean over samples; no absolute value
    Cost:     for each neuron and step two forward passes of what lies above it: 32 times a plain ablation
    Claims:   mean over samples; relu rescaling
    Source:   the fundamental theorem of calculus; the path of Sundararajan, Taly & Yan, ICML 2017, arXiv:1703.01365,
              with a single neuron in place of the input. As a pruning score of its own: not found
    Differs:  `integrated_gradients` turns down the whole layer at once, and has absolute values

    High = keep. It is `removal`: ∫₀¹ dℓ/dα dα = ℓ − ℓ(o_i = 0). So every first-order score is one point of this
    integral (`skeletonization` is α = 1), and removal is what their slopes come to on the whole way. The two differ
    by the error of the rule alone, which falls exponentially in the number of steps for smooth activations; where a
    relu above changes sides on the way the slope jumps, and the error falls as 1 / steps only. Coupled neurons are
    turned down together.
    """
    points, weights = np.polynomial.legendre.leggauss(check_count("steps", steps))
    path = list(zip((points + 1) / 2, weights / 2))
    loss, totals, count = find_loss(loss), {name: np.zeros(net[name].K) for name in net.hidden_layers}, 0
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        for name, total in totals.items():
            total -= [sum(weight * slope(net, name, i, alpha, trace, loss) for alpha, weight in path)
                      for i in range(net[name].K)]
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def slope(net, name, i, alpha, trace, loss):
    """Σ_n dℓ_n/dα, with α o_i in place of o_i."""
    own, series = outputs_of(net, name), net.units[name].series
    chain = chain_from(net, own)
    first = next(iter(own))

    def step(layer, value):
        one = trace[layer.name]
        o, moved = (one.o, np.zeros_like(one.o)) if layer.name == first else forward_and_tangent(layer, *value)
        return turned_down(o, moved, one.o, own[layer.name][i], alpha, layer.name in series) \
            if layer.name in own else (o, moved)
    x = trace[next(iter(chain))].x
    y, moved = walk(chain, (x, np.zeros_like(x)), step)
    return (loss.derivative(y, trace.t) * moved).sum(dtype=float)


def forward_and_tangent(layer, x, dx):
    """(o, how o moves when x moves by dx)."""
    one = layer.forward(x)
    return one.o, layer.tangent(one, dx)


def turned_down(o, moved, before, here, alpha, given):
    """α o and its derivative in α, o + α o′, in the channels `here`.

    `given`: o is what it was before, as behind a batch norm that is a part of the neuron itself.
    """
    o, moved = o.copy(), moved.copy()
    whole, moving = (before[..., here], 0.0) if given else (o[..., here], moved[..., here])
    moved[..., here] = whole + alpha * moving
    o[..., here] = alpha * whole
    return o, moved


SCORES = (Score(removal_path, mean_over_samples=True, blocks=True, series=True),)
