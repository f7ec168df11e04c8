"""Recording: every neuron's output and gradient, sample by sample, and sums over positions and samples."""

import numpy as np

from .engine.checks import check_count
from .engine.losses import prepare_samples


def record(net, x, t, loss="cross_entropy"):
    """Run x forward and each sample's own loss backward; return the Trace.

    `trace["conv1"]` has x, z, o, do = ∂ℓ_n/∂o, dz = ∂ℓ_n/∂z (neuron axis last) and `grads`, the sums
    Σ_n ∂ℓ_n/∂W …; `trace.L` (N,) is each sample's loss, `trace.y` the output, `trace.dx` = ∂ℓ_n/∂x.
    Layers inside a Residual block are there by name as well. `trace["residual1"].o` is the block's sum, and
    `trace["conv1+conv3"]` has the arrays of coupled neurons, their positions in a row: o (N, ΣP, K).

    Batch norm uses its running statistics and Dropout does nothing, so that samples do not mix: `do[n]` is the same
    whatever else is in the batch. The network is not changed. All N samples are held at once; scores read `stream`
    instead. Raises ValueError or TypeError as `fit` does.
    """
    return record_batch(net, *prepare_samples(net, x, t, loss))


def stream(net, x, t, loss="cross_entropy", batch_size=256, backward=True, need_dx=True,
           need_grads=True):
    """Yield the recorded Trace of each `batch_size` samples in turn: memory does not grow with N.

    `backward=False` leaves out all gradients, `need_dx=False` only `trace.dx`, the gradient of the network's own
    input, and `need_grads=False` only the sums `grads`. Raises as `record`, when the first Trace is requested.
    """
    x, t, loss = prepare_samples(net, x, t, loss)
    size = check_count("batch_size", batch_size)
    for start in range(0, len(x), size):
        batch = slice(start, start + size)
        if backward:
            yield record_batch(net, x[batch], t[batch], loss, need_dx, need_grads)
        else:
            yield forward_batch(net, x[batch], t[batch], loss)


def batches(net, x, batch_size):
    """Yield the Trace of each batch's forward pass, for what needs no targets. Raises ValueError if x does not fit."""
    x, size = net.check_input(x), check_count("batch_size", batch_size)
    for start in range(0, len(x), size):
        yield net.forward(x[start:start + size])


def record_batch(net, x, t, loss, need_dx=True, need_grads=True):
    """The Trace of one forward and one backward pass of samples that have been checked and prepared."""
    trace = forward_batch(net, x, t, loss)
    net.backward(trace, loss.derivative(trace.y, t), need_dx, need_grads)
    return trace


def forward_batch(net, x, t, loss):
    """The Trace of one forward pass, with the targets and each sample's loss."""
    trace = net.forward(x)
    trace.t = t
    trace.L = loss(trace.y, t)
    return trace


# ------------------------------------------------------------------------ sums over positions


def by_position(net, name, array):
    """(N, K) or (N, H, W, K) -> (N, P, K)."""
    return array.reshape(len(array), -1, net[name].K)


def sum_over_positions(array):
    """Σ_p of (N, P, K), (N, K)."""
    return array[:, 0] if array.shape[1] == 1 else array.sum(axis=1)


def mean_over_positions(array):
    """1/P Σ_p of (N, P, K), (N, K)."""
    if array.shape[1] == 1:
        return array[:, 0]
    return sum_over_positions(array) / array.shape[1]


def output_slopes(o, do):
    """Σ_p o_npi ∂ℓ_n/∂o_npi, (N, K): the slope of ℓ_n in a factor on the neuron's output, at 1."""
    return o[:, 0] * do[:, 0] if o.shape[1] == 1 else np.einsum("npi,npi->ni", o, do)


# -------------------------------------------------------------------------- sums over samples


def sum_over_samples(array):
    """Σ_n of (N, K), in float64, as a product with ones."""
    return np.ones(len(array)) @ array.astype(float, copy=False)


def mean_over_samples(net, traces, values_of):
    """{hidden layer: (K,)}: the mean over all samples of values_of(trace), {hidden layer: (N, K)} of each batch.

    A generator with one `yield` after each trace, so that it can share the traces with other scores: a score that is
    a generator ends in `return (yield from mean_over_samples(…))`.
    """
    totals = {name: np.zeros(net[name].K) for name in net.hidden_layers}
    count = 0
    for trace in traces:
        for name, values in values_of(trace).items():
            totals[name] += sum_over_samples(values)
        count += len(trace.x)
        del trace               # else it would stay in memory while the next one is made
        yield
    return {name: total / count for name, total in totals.items()}


def finish(generator):
    """Run such a generator to its end, with its traces to itself; return what it returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value
