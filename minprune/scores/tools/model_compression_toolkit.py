"""Model Compression Toolkit (Sony): its label-free Hessian score of channels."""

import numpy as np

from ...recording import batches
from .tool import Tool, check_plain


def lfh(net, x, batch_size=256):
    """How much the network's outputs move with the neuron's weights, times how large these are.

    Call:     mct.pruning.pytorch_pruning_experimental(…, PruningConfig(num_score_approximations=N)), channel by channel
              before it forms groups: N samples, one at a time
    Formula:  I_i = mean_n 1/M² Σ_k Σ_j (∂y_nk/∂w_ij)² · 1/F Σ_j w_ij²,   M outputs, F incoming weights; in expectation
    Order:    square, sum over weights and outputs, mean over samples, times the mean square of the weights
    Same:     none
    Names:    a "label-free Hessian" of the loss
    Differs:  there is no loss, and no second derivative: squared slopes of the raw outputs. Σ_k is estimated with up to
              100 random vectors of signs v, as (mean_k v_k ∂y_nk/∂w)²: exact for one output only. The score is a
              product of two sums, not optimal brain damage's sum of products h w². What is then ranked are groups
              of as many channels as the target's SIMD width, 32 if none is given, sorted by this score

    For layers without batch norm.
    Raises ValueError for networks with blocks, grouped convolutions, or batch norm as a layer of its own.
    """
    check_plain(net, "model_compression_toolkit.lfh")
    totals, count = {name: np.zeros(net[name].K) for name in net.hidden_layers}, 0
    for trace in batches(net, x, batch_size):
        M = trace.y.shape[1]
        for k in range(M):
            one_output = np.zeros_like(trace.y)
            one_output[:, k] = 1 / M
            net.backward(trace, one_output, need_dx=False, need_grads=False)
            for name in totals:
                totals[name] += (net[name].per_sample_dW(trace[name]) ** 2).sum(axis=(0, 2))
        count += len(trace.x)
    return {name: total / count * (net[name].W.reshape(net[name].K, -1) ** 2).mean(axis=1)
            for name, total in totals.items()}


TOOL = Tool("model-compression-toolkit", "2.6.1", (lfh,))
