"""Attribution: how much of one number that the network puts out goes through each neuron.

The number F_n is, with of="output", Σ_k t_nk y_nk: the output of the target class, where t is one-hot; with
of="loss" (the path integrals only), the sample's loss. A neuron's share a_ni is signed and summed over its
positions; the scores are mean_n |a_ni|, or with absolute=False mean_n a_ni, in which shares add up.

Coupled neurons, "conv1+conv3", have one share: what passes one layer of the unit on its way to another is counted once.

Mind what F_n is where targets are not one-hot. With a single output and t = 0 it is 0: such samples give no
neuron anything, and with targets that are numbers it is t · y. There of="loss" asks the better question.
"""

from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_count, check_known, check_numbers
from ..engine.losses import find_loss
from ..recording import stream
from .score import Score
from .units import collected, outputs_of, over_positions
from .walks import chain_from, ending_at, handed_back, noted, walk

NUMBERS = ("output", "loss")


# --------------------------------------------------------------------------- along a path


def conductance(net, x, t, loss, batch_size=256, steps=32, baseline=0.0, of="output", absolute=True):
    """The part of F(x) − F(x̄) that flows through the neuron while the input grows from the baseline x̄ to x.

    Formula:  I_i = mean_n |Σ_p ∫₀¹ ∂F_n/∂o_npi · do_npi/dα dα|  along the inputs x̄ + α (x_n − x̄)
    Point:    o, after the activation and before any pooling, at the midpoints of `steps` equal pieces of the
              path; x̄ is `baseline`, a number or an input; F is the target class's output, or the loss
              (of="loss")
    Order:    product, mean over the steps, sum over positions, absolute value (not if absolute=False), mean
              over samples
    Cost:     per step one forward pass, one backward pass, and one directional derivative (a forward pass)
    Claims:   mean over samples; relu rescaling; shares add up, with absolute=False and many steps, to mean_n
              [F(x_n) − F(x̄)] in every layer
    Source:   Dhamdhere, Sundararajan & Yan, "How Important Is a Neuron?", ICLR 2019, arXiv:1805.12233;
              Shrikumar, Su & Kundaje, 2018, arXiv:1807.09946, show that the sum over inputs in its definition
              is the derivative along the path, and call it neuron integrated gradients
    Differs:  Captum's LayerConductance takes do/dα as the difference between two steps, the gradient at the
              first of the two, 51 Gauss-Legendre points, and returns a share a position and sample; here
              do/dα is exact. `captum` of mp.scores.tools has Captum's numbers

    High = keep. Unlike a slope it does not vanish where an output is saturated. A neuron that is the same for
    x and the baseline can still have a share, from what it did on the way; a constant neuron has none, though
    its removal may cost much (give it to the bias).
    """
    def share(do, moved):
        return do * moved
    batches = stream(net, x, t, loss, batch_size, backward=False)
    return along_path(net, batches, loss, Path(steps, baseline, of), absolute, share)


def internal_influence(net, x, t, loss, batch_size=256, steps=32, baseline=0.0, of="output", absolute=True):
    """The mean slope of F with respect to the neuron's output while the input grows from the baseline to x.

    Formula:  I_i = mean_n |Σ_p ∫₀¹ ∂F_n/∂o_npi dα|  along the inputs x̄ + α (x_n − x̄)
    Point:    o, after the activation and before any pooling, at the midpoints of `steps` equal pieces of the
              path; x̄ is `baseline`; F is the target class's output, or the loss (of="loss")
    Order:    mean over the steps, sum over positions, absolute value (not if absolute=False), mean over
              samples
    Cost:     one forward and one backward pass a step
    Claims:   mean over samples
    Source:   Leino, Sen, Datta, Fredrikson & Li, "Influence-Directed Explanations for Deep Convolutional
              Networks", 2018, arXiv:1802.03788, with the path as the distribution of interest
    Differs:  the paper leaves the distribution open (a single point, a class, a path); Captum's
              InternalInfluence takes this path with 50 Gauss-Legendre points and returns a share a position
              and sample

    High = keep. A slope, not a change: it does not know how far the output is from 0 (`gradient` is the same
    for the loss at the end of the path). Shares do not add up to anything.
    """
    def share(do, moved):
        return do
    batches = stream(net, x, t, loss, batch_size, backward=False)
    return along_path(net, batches, loss, Path(steps, baseline, of), absolute, share)


def integrated_gradients(net, x, t, loss, batch_size=256, steps=32, of="output", absolute=True):
    """The neuron's part of what its layer does to F, while the layer's outputs grow from 0 to what they are.

    Formula:  I_i = mean_n |Σ_p o_npi ∫₀¹ ∂F_n/∂o_npi (α o_n) dα|
    Point:    o, after the activation and before any pooling, the layer's outputs all scaled by α, at the
              midpoints of `steps` equal pieces of 0 … 1; F is the target class's output, or the loss
              (of="loss")
    Order:    mean over the steps, product, sum over positions, absolute value (not if absolute=False), mean
              over samples
    Cost:     per layer and step one forward and one backward pass of what lies above the layer
    Claims:   mean over samples; relu rescaling; shares add up, with absolute=False and many steps, to mean_n
              [F_n − F_n(the whole layer silent)] in every layer
    Source:   Sundararajan, Taly & Yan, "Axiomatic Attribution for Deep Networks", ICML 2017,
              arXiv:1703.01365, with the layer's outputs in place of the input and baseline 0
    Differs:  Captum's LayerIntegratedGradients goes from the layer's outputs at an input baseline, not from
              0, with 50 Gauss-Legendre points, and returns a share a position and sample

    High = keep. `taylor` without its approximation, but for the layer as a whole: the other neurons shrink
    with this one, so a share is not what removal of this one alone would do.
    """
    steps = check_count("steps", steps)
    loss, totals, count = start(net, loss, of)
    for trace in stream(net, x, t, loss, batch_size, backward=False):
        for name in totals:
            slopes = [slopes_at(net, name, alpha, trace, loss, of) for alpha in midpoints(steps)]
            products = {layer: trace[layer].o * sum(one[layer] for one in slopes) / steps for layer in slopes[0]}
            totals[name] += summed(net, name, shares_of(net, name, products), absolute)
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def slopes_at(net, name, alpha, trace, loss, of):
    """{layer of the unit: ∂F_n/∂o_n} where each of them puts out α times what it did in the trace."""
    own, seen = outputs_of(net, name), {}
    chain = chain_from(net, own)

    def step(layer, x):
        if layer.name in own:
            return alpha * trace[layer.name].o
        seen[layer.name] = layer.forward(x)
        return seen[layer.name].o
    y = walk(chain, trace[next(iter(chain))].x, step)
    return noted(chain, own, slope_of_number(y, trace.t, loss, of), ending_at(own, backwards(seen)))


def backwards(traces):
    """The rule of a walk backwards that hands back gradients."""
    return lambda layer, do: handed_back(layer, traces[layer.name], do)


@dataclass
class Path:
    """The inputs x̄ + α (x_n − x̄) for α = 0 … 1, and the number F_n whose slope is taken on the way.

    `steps` equal pieces, whose midpoints are taken; the `baseline` x̄; F_n is the "output" or the "loss" (`of`).
    """

    steps: int
    baseline: object
    of: str

    def traces(self, net, end, loss):
        """Yield a trace, with gradients, of each point of the path to the inputs of the trace `end`."""
        for alpha in midpoints(self.steps):
            trace = net.forward(self.baseline + alpha * (end.x - self.baseline))
            net.backward(trace, slope_of_number(trace.y, end.t, loss, self.of), need_dx=False, need_grads=False)
            yield trace


def along_path(net, batches, loss, path, absolute, share):
    """mean_n |Σ_p ∫ share dα|; share(∂F/∂o, do/dα) is what each output gets at a point of the path."""
    path.steps, path.baseline = check_count("steps", path.steps), check_baseline(net, path.baseline)
    loss, totals, count = start(net, loss, path.of)
    for end in batches:
        shares = {name: 0.0 for name in totals}
        for trace in path.traces(net, end, loss):
            moves = moves_along(net, trace, end.x - path.baseline)
            for name in totals:
                products = {layer: share(do, moves[layer]) for layer, do in slopes_of_unit(net, name, trace).items()}
                shares[name] += shares_of(net, name, products)
        for name in totals:
            totals[name] += summed(net, name, shares[name] / path.steps, absolute)
        count += len(end.x)
    return {name: total / count for name, total in totals.items()}


def moves_along(net, trace, dx):
    """{layer: do}: how the output of each layer with neurons moves when the input moves by dx."""
    moves = {}

    def step(layer, moved):
        moves[layer.name] = layer.tangent(trace[layer.name], moved)
        return moves[layer.name]
    walk(net.layers, dx, step)
    return moves


def slopes_of_unit(net, name, trace):
    """{layer of the unit: ∂F_n/∂o_n}, of several layers with the outputs of the others as given numbers."""
    own = [*outputs_of(net, name)]
    if len(own) == 1:
        return {own[0]: trace[own[0]].do}
    return noted(net.layers, own, trace.dy, ending_at(own, backwards(trace)))


def shares_of(net, name, products):
    """Σ_p share_npi over the layers of the unit, (N, K); a layer that changes nothing, the others given, has none."""
    own = outputs_of(net, name)
    return sum(collected(over_positions(product), own[layer]) for layer, product in products.items())


def midpoints(steps):
    """The middles of `steps` equal pieces of 0 … 1."""
    return [(step + 0.5) / steps for step in range(steps)]


def start(net, loss, of):
    check_known("of", of, NUMBERS)
    return find_loss(loss), {name: np.zeros(net[name].K) for name in net.hidden_layers}, 0


def check_baseline(net, baseline):
    """Return the baseline as an array; raise unless it is a number or of one sample's shape."""
    baseline = check_numbers("baseline", baseline)
    if baseline.shape not in ((), net.input_shape):
        raise ValueError(f"baseline expects a number or shape {net.input_shape}, got {baseline.shape}")
    return baseline.astype(net.dtype)


def slope_of_number(y, t, loss, of):
    """∂F_n/∂y_n."""
    return loss.derivative(y, t) if of == "loss" else t


def summed(net, name, shares, absolute):
    """Σ_n |Σ_p share_npi|, (K,)."""
    shares = shares.reshape(len(shares), -1, net[name].K).sum(axis=1, dtype=float)
    return (np.abs(shares) if absolute else shares).sum(axis=0)


SCORES = (Score(integrated_gradients, mean_over_samples=True, blocks=True, series=True),
          Score(conductance, mean_over_samples=True, blocks=True, series=True),
          Score(internal_influence, mean_over_samples=True, blocks=True, series=True))
