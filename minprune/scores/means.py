"""Sums and means over positions and samples: what several formulas have in common."""

import numpy as np


def by_position(net, name, array):
    """(N, K) or (N, H, W, K) -> (N, P, K)."""
    return array.reshape(len(array), -1, net[name].K)


def over_positions(array):
    """Σ_p of (N, P, K): `array.sum(axis=1)` as a product with ones, several times as fast where K is small."""
    return array[:, 0] if array.shape[1] == 1 else (np.ones((1, array.shape[1]), array.dtype) @ array)[:, 0]


def mean_over_positions(array):
    """1/P Σ_p of (N, P, K), (N, K)."""
    return array[:, 0] if array.shape[1] == 1 else over_positions(array) / array.shape[1]


def over_samples(array):
    """Σ_n of (N, K), in float64, as a product with ones."""
    return np.ones(len(array)) @ array.astype(float, copy=False)


def output_slopes(o, do):
    """Σ_p o_npi ∂ℓ_n/∂o_npi, (N, K): the slope of ℓ_n in a factor on the neuron's output, at 1."""
    return o[:, 0] * do[:, 0] if o.shape[1] == 1 else np.einsum("npi,npi->ni", o, do)


def mean_over_samples(net, traces, of):
    """{hidden layer: (K,)} of what of(trace) gives for each batch, {hidden layer: (N, K)}."""
    totals, count = {name: np.zeros(net[name].K) for name in net.hidden_layers}, 0
    for trace in traces:
        for name, each in of(trace).items():
            totals[name] += over_samples(each)
        count += len(trace.x)
        yield
    return {name: total / count for name, total in totals.items()}


def finish(generator):
    """What a score that takes turns at its traces returns when it has them to itself."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value
