"""Recording: every neuron's output and gradient, sample by sample."""

from .engine.checks import check_count
from .engine.losses import prepare_samples


def record(net, x, t, loss="cross_entropy"):
    """Run x forward and each sample's own loss backward; return the Trace.

    `trace["conv1"]` has x, z, o, do = ∂ℓ_n/∂o, dz = ∂ℓ_n/∂z (neuron axis last) and `grads`, the sums
    Σ_n ∂ℓ_n/∂W …; `trace.L` (N,) is each sample's loss, `trace.y` the output, `trace.dx` = ∂ℓ_n/∂x.
    Layers inside a Residual block are there by name as well; `trace["residual1"].o` is the block's sum, and
    `trace["conv1+conv3"]` has what coupled neurons did, positions in a row: o (N, ΣP, K).
    Batch norm uses its running statistics and Dropout does nothing, so samples do not mix: `do[n]` is the same
    whatever else is in the batch. The network is not changed. All N samples are held at once; scores read
    `stream` instead. Raises ValueError or TypeError as `fit` does.
    """
    return record_batch(net, *prepare_samples(net, x, t, loss))


def stream(net, x, t, loss="cross_entropy", batch_size=256, backward=True, need_dx=True,
           need_grads=True):
    """Yield the recorded Trace of each `batch_size` samples in turn: memory does not grow with N.

    `backward=False` leaves out the gradients, `need_dx=False` only `trace.dx`, that of the network's own input,
    `need_grads=False` only the sums `grads`.
    Raises as `record`, when the first Trace is asked for.
    """
    x, t, loss = prepare_samples(net, x, t, loss)
    size = check_count("batch_size", batch_size)
    for start in range(0, len(x), size):
        yield record_batch(net, x[start:start + size], t[start:start + size], loss, backward, need_dx, need_grads)


def record_batch(net, x, t, loss, backward=True, need_dx=True, need_grads=True):
    trace = net.forward(x)
    trace.t, trace.L = t, loss(trace.y, t)
    if backward:
        net.backward(trace, loss.derivative(trace.y, t), need_dx, need_grads)
    return trace


def batches(net, x, batch_size):
    """Yield the Trace of each batch's forward pass, for what needs no targets. Raises ValueError if x does not fit."""
    x, size = net.check_input(x), check_count("batch_size", batch_size)
    for start in range(0, len(x), size):
        yield net.forward(x[start:start + size])
