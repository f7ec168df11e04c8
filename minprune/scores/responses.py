"""A score of how strongly the network's outputs respond to a neuron."""

import numpy as np

from ..recording import batches, by_position
from .score import Score


def serene(net, x, batch_size=256):
    """How strongly the network's outputs respond to the neuron's pre-activation: the sensitivity of SeReNe.

    Formula:  I_i = mean_n 1/(C P) Σ_k Σ_p |∂y_nk / ∂z_npi|, C the number of the network's outputs, P of the positions
    Point:    z, before the activation and after batch norm; y, what the network puts out
    Order:    absolute value of each output's slope, mean over outputs and positions, mean over samples; no targets
    Cost:     one forward pass, and one backward pass for each output
    Claims:   mean over samples
    Source:   Tartaglione et al., "SeReNe: Sensitivity based Regularization of Neurons for Structured Sparsity in
              Neural Networks", 2021, arXiv:2102.03773 (the authors' code was read, EIDOSlab/SeReNe, `step_full` of
              SERENE.py; the paper was not)
    Differs:  there not a score but a penalty: in each step of training the weights of a neuron shrink by
              λ w · max(1 − S_i, 0), S_i its sensitivity, and small weights go. The code differentiates the mean
              output of the mini-batch, so that its S_i falls as the batch grows; here each sample's own outputs. Its
              z is before a batch norm of its own. The weights α of the outputs are 1/C here

    High = keep. Where f′ = 0, as of a relu that is off, the slope is 0. The loss does not count, nor how large the
    neuron's output is; `gradient_z` is the same of the loss. Rescaling a relu neuron (W · a, W_out / a) divides its
    score by a. Of coupled neurons the positions of all layers of the unit count.
    """
    totals = {name: np.zeros(net[name].K) for name in net.hidden_layers}
    count = 0
    for trace in batches(net, x, batch_size):
        for place in np.ndindex(net.output_shape):
            unit = np.zeros_like(trace.y)
            unit[(slice(None), *place)] = 1
            net.backward(trace, unit, need_dx=False, need_grads=False)
            for name, total in totals.items():
                total += np.abs(by_position(net, name, trace[name].dz)).mean(axis=1).sum(axis=0, dtype=float)
        count += len(trace.x)
    return {name: total / (count * np.prod(net.output_shape)) for name, total in totals.items()}


SCORES = (Score(serene, mean_over_samples=True, blocks=True, series=True),)
