"""What weights multiply: how large each input of a neuron is, over all samples and positions."""

import numpy as np

from ..recording import batches


def input_means(net, x, batch_size, of):
    """{"conv1.W": array of W's shape}: mean_np of(x_npj), of what the weight w_ij multiplies; zeros around images too.

    Σ_np of(x_npj) · 1 is what the gradient of w_ij would be if every ∂ℓ/∂a were 1: the layer's own way back to its
    weights knows strides, borders and groups.
    """
    totals, count = {name: np.zeros(net[name].W.shape) for name in net.neuron_layers}, 0
    for trace in batches(net, x, batch_size):
        for name, total in totals.items():
            layer, ones = net[name], np.ones_like(trace[name].z)
            total += layer.weight_gradient(of(trace[name].x), ones)
        count += len(trace.x)
    positions = {name: int(np.prod(net[name].output_shape[:-1])) for name in totals}
    return {f"{name}.W": total / (count * positions[name]) for name, total in totals.items()}


def root_mean_squares(net, x, batch_size):
    """√(mean_np x_npj²)."""
    return {name: np.sqrt(mean) for name, mean in input_means(net, x, batch_size, np.square).items()}


def mean_sizes(net, x, batch_size):
    """mean_np |x_npj|."""
    return input_means(net, x, batch_size, np.abs)
