"""Training: mini-batches, an optimizer, a history."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_count, check_seed
from ..engine.losses import Loss, prepare_pair, prepare_samples
from ..engine.network import Network
from ..engine.optimizers import Adam, check_rate_at, find_optimizer
from .history import History, progress_line
from .quality import loss_and_accuracy
from .sample_weights import weighted, weights_of
from .state import TrainingState, enter, snapshot


def fit(net, x, t, loss="cross_entropy", optimizer=None, epochs=10, batch_size=32, seed=0, validation=None,
        patience=None, callback=None, on_batch=None, on_step=None, augment=None, state=None, progress=None,
        class_weight=None, sample_weight=None):
    """Train `net` in place on x (N, *input_shape) and t; return the History.

    Each epoch shuffles the samples (by `seed`, which also draws for Dropout) and steps along the gradient of the
    mean loss of each mini-batch: w ← optimizer(w, 1/N Σ_n ∂ℓ_n/∂w). The same seed gives the same bits on the same kind
    of machine, with the same version of NumPy and the same number of BLAS threads: another of these may add up the same
    numbers in another order, and differ in the last digit, from where a training goes its own way. A second call starts
    anew: the optimizer's state, the epoch that a schedule sees, and (with the same seed) the shuffle. To go on instead,
    give both calls one `TrainingState`.

    optimizer   "adam", "sgd", or settings such as mp.Adam(1e-3), the default; they may be used again and again
    validation  (x, t), measured after each epoch, without weights
    patience    stop once so many epochs in a row brought no lower validation loss, and go back to the
                weights of the best epoch; needs `validation`
    callback    callback(net, history) after each epoch; returning True ends the training
    on_batch    on_batch(net, trace) after each backward pass, before the step; `trace` holds every neuron's per-sample
                outputs and gradients (times the weights of the samples)
    on_step     on_step(net, rate) after each step of the optimizer, which went with that learning rate; may change the
                weights in place (a mask that is kept, a proximal step)
    augment     augment(x, rng) returns what the network sees in place of a mini-batch x, of the same shape
    state       state = mp.TrainingState(), given to several calls: fit(…, epochs=2, state=state) twice makes the same
                bits as epochs=4. Or the optimizer's state alone, as its `start(net.parameters())` makes it. Changed in
                place
    progress    True prints a line an epoch; by default only if the output is a terminal
    class_weight    {class: weight}, 1 for those not named, or "balanced", N / (C · N_c), so that all C classes count
                    the same however few samples N_c they have: the loss becomes 1/N Σ_n w_n ℓ_n
    sample_weight   (N,) weights of at least 0, a number for each sample; times the class's if both are given

    Batch norm needs several numbers of each neuron: batch_size=1 is refused where it would see one. A last mini-batch
    of a single sample is trained on, and left out of the running statistics, as one number has no variance.

    Raises ValueError or TypeError for data that do not fit (see `prepare_samples`), before anything
    is changed, and FloatingPointError when the loss stops being finite.
    """
    # What does not fit is refused before anything is changed.
    x, t, loss = prepare_samples(net, x, t, loss)
    validation = None if validation is None else prepare_pair(net, "validation", validation, loss)
    epochs, batch_size = check_count("epochs", epochs, least=0), check_count("batch_size", batch_size)
    check_batch_norm(net, min(batch_size, len(x)))
    check_patience(patience, validation)
    check_callables(callback=callback, on_batch=on_batch, on_step=on_step, augment=augment)
    optimizer = Adam() if optimizer is None else find_optimizer(optimizer)
    weights = None if class_weight is None and sample_weight is None else weights_of(t, class_weight, sample_weight)
    progress = sys.stdout.isatty() if progress is None else progress
    state = TrainingState(optimizer.start(net.parameters()), 0, check_seed(seed)) if state is None \
        else enter(state, optimizer, net, seed)
    check_rate_at(optimizer, state.epoch)

    # Epoch by epoch; `best` is a copy of the arrays that the network goes back to.
    run = TrainingRun(net, loss, optimizer, state, weights, augment, on_batch, on_step)
    history, best, last = History(), None, state.epoch + epochs
    while state.epoch < last and not history.stopped:
        train_one_epoch(run, x, t, batch_size, history)
        if validation is not None:
            best = validate(net, validation, batch_size, history, best, patience)
        if progress:
            print(progress_line(history, state.epoch, last), flush=True)
        history.stopped = why_stop(net, history, callback, patience)
    if best is not None:
        net.fill(best)
    else:
        history.best = len(history.loss) - 1
    return history


def check_patience(patience, validation):
    """Raise unless patience is None, or a number of epochs with validation data to be measured on."""
    if patience is None:
        return
    check_count("patience", patience)
    if validation is None:
        raise ValueError("patience needs validation data: give validation=(x, t)")


def check_callables(**functions):
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise TypeError(f"{name} expects a function, got {function!r}")


def check_batch_norm(net, count):
    """Raise ValueError where a batch norm would see one number of each neuron in a mini-batch of `count` samples."""
    if count > 1:
        return
    alone = [name for name, layer in net.all_layers.items()
             if layer.batch_norm and math.prod(layer.output_shape[:-1]) == 1]
    if alone:
        raise ValueError(f"batch norm, in {', '.join(alone)}, expects mini-batches of two samples or more, got 1: one "
                         "number has no variance; give a larger batch_size, and more samples than one")


def augmented(augment, x, rng):
    """The batch that the network sees; raise ValueError if it is of another shape."""
    seen = np.asarray(augment(x, rng), x.dtype)
    if seen.shape != x.shape:
        raise ValueError(f"augment expects to return shape {x.shape}, got {seen.shape}")
    return seen


@dataclass
class TrainingRun:
    """What stays the same from step to step: the network, how it is trained, and what is called on the way (see `fit`).

    `parameters` are the network's own arrays, which each step changes.
    """

    net: Network
    loss: Loss
    optimizer: object
    state: TrainingState
    weights: np.ndarray | None = None
    augment: Callable | None = None
    on_batch: Callable | None = None
    on_step: Callable | None = None

    def __post_init__(self):
        self.parameters = self.net.parameters()


def train_one_epoch(run, x, t, batch_size, history):
    """One pass over all samples in random order; the epoch's means go into the history."""
    epoch, rng = run.state.epoch, run.state.rng
    order = rng.permutation(len(x))
    total = right = 0.0
    for start in range(0, len(x), batch_size):
        # one mini-batch, one step
        batch, now = order[start:start + batch_size], epoch + start / len(x)
        seen, targets = x.take(batch, axis=0), t.take(batch, axis=0)        # x[batch], several times as fast
        seen = seen if run.augment is None else augmented(run.augment, seen, rng)
        trace, L = train_on_batch(run, seen, targets, now, None if run.weights is None else run.weights[batch])
        if run.on_step is not None:
            run.on_step(run.net, run.optimizer.rate(now))
        # what the batch adds to the epoch's means
        total += L.sum(dtype=float)
        if not np.isfinite(total):
            raise FloatingPointError(f"the loss is {total} in epoch {epoch + 1}: lower the learning rate?")
        correct = run.loss.right(trace.y, targets)
        right = None if correct is None or right is None else right + np.count_nonzero(correct)
        del trace, L                            # the next step's arrays take their place in the cache
    history.loss.append(float(total) / len(x))
    history.accuracy.append(None if right is None else float(right / len(x)))
    history.rate.append(run.optimizer.rate(epoch))
    run.state.epoch += 1


def train_on_batch(run, x, t, epoch=0.0, weights=None):
    """One step: forward, backward, and the only place where a gradient is divided by N. Returns (trace, L)."""
    net = run.net
    trace = net.forward(x, training=True, seed=run.state.rng)
    L, dy = run.loss.with_derivative(trace.y, t)
    if weights is not None:
        L, dy = weighted(L, dy, weights)
    net.backward(trace, dy, need_dx=False)
    net.update_running(trace)
    if run.on_batch is not None:
        run.on_batch(net, trace)
    run.optimizer.step(run.parameters, trace.grads(), run.state.optimizer, epoch, share=1 / len(x))
    return trace, L


def validate(net, samples, batch_size, history, best, patience):
    """Measure the epoch; return the arrays to go back to: the network's own if it is the best, for `patience`."""
    value, accuracy = loss_and_accuracy(net, *samples, max(batch_size, 256))
    if not np.isfinite(value):
        raise FloatingPointError(f"the validation loss is {value}: lower the learning rate?")
    history.validation_loss.append(value)
    history.validation_accuracy.append(accuracy)
    if history.best >= 0 and value >= history.validation_loss[history.best]:
        return best
    history.best = len(history.loss) - 1
    return snapshot(net) if patience is not None else None


def why_stop(net, history, callback, patience):
    """Why the training ends after this epoch; "" if it goes on."""
    if callback is not None and callback(net, history):
        return "the callback asked for it"
    if patience is not None and len(history.loss) - 1 - history.best >= patience:
        return f"no lower validation loss in {patience} epochs"
    return ""
