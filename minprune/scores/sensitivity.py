"""How strongly a neuron's output responds to the network's input."""

import numpy as np

from ..recording import batches
from .score import Score
from .units import by_unit, outputs_of, scored_layers
from .walks import chain_up_to, walk


def sensitivity(net, x, batch_size=256):
    """How strongly the neuron's output responds to the network's input.

    Formula:  I_i = mean_n √(Σ_pd (∂o_npi / ∂x_nd)²)
    Point:    the Jacobian of o (after the activation) with respect to the network's input, exact
    Order:    square, sum over positions and inputs, square root, mean over samples
    Cost:     one directional derivative of the network (as much as a forward pass) for each input number
    Claims:   mean over samples
    Source:   the first article's sensitivity (敏感度), made precise: the expected Frobenius norm
              E‖∂o_i/∂x‖. An earlier definition of just this score: not found.
    Differs:  "sensitivity" elsewhere mostly means how the loss responds to the neuron or weight; that is another score

    High = keep. It does not know the loss: a neuron that responds strongly and is read by nobody scores high. Of
    coupled neurons the outputs of all layers of the unit count, side by side.
    """
    totals = {name: np.zeros(net[name].K) for name in net.hidden_layers}
    count = 0
    for trace in batches(net, x, batch_size):
        for name, squares in squared_jacobian(net, trace).items():
            totals[name] += np.sqrt(squares).sum(axis=0)
        count += len(trace.x)
    return {name: total / count for name, total in totals.items()}


def squared_jacobian(net, trace):
    """{layer: Σ_pd (∂o_npi/∂x_nd)², (N, K)}: push each unit vector of the input through the network."""
    squares = {layer: np.zeros((len(trace.x), net[layer].output_shape[-1]))
               for layer in scored_layers(net, outputs_of)}
    below = chain_up_to(net, squares)

    def step(layer, moved):
        moved = layer.tangent(trace[layer.name], moved)
        if layer.name in squares:
            squares[layer.name] += (moved ** 2).reshape(len(moved), -1, moved.shape[-1]).sum(axis=1)
        return moved

    for place in np.ndindex(net.input_shape):
        unit_vector = np.zeros_like(trace.x)
        unit_vector[(slice(None), *place)] = 1
        walk(below, unit_vector, step)
    return by_unit(net, squares, outputs_of)


SCORES = (Score(sensitivity, mean_over_samples=True, blocks=True, series=True),)
