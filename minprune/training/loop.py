"""Training: mini-batches, an optimizer, a history."""

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..engine.checks import check_count, check_seed
from ..engine.losses import Loss, prepare_pair, prepare_samples
from ..engine.network import Network
from ..engine.optimizers import Adam


@dataclass
class History:
    """What each epoch came to. `loss` and `accuracy` are means over the epoch's mini-batches, taken while
    the weights were changing; the `validation_` ones are measured after the epoch. Accuracies are None
    where the targets are no classes. `stopped` says why training ended early ("" if it did not), `best` is
    the epoch (counted from 0) whose weights the network has now.
    """

    loss: list = field(default_factory=list)
    accuracy: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    validation_accuracy: list = field(default_factory=list)
    rate: list = field(default_factory=list)
    stopped: str = ""
    best: int = -1

    def __len__(self):
        return len(self.loss)

    def to_dict(self):
        return copy.deepcopy(vars(self))


def fit(net, x, t, loss="cross_entropy", optimizer=None, epochs=10, batch_size=32, seed=0, validation=None,
        patience=None, callback=None, on_batch=None, on_step=None, augment=None, state=None, progress=None):
    """Train `net` in place on x (N, *input_shape) and t; return the History.

    Each epoch shuffles the samples (by `seed`, which also draws for Dropout) and steps along the gradient of the
    mean loss of each mini-batch: w ← optimizer(w, 1/N Σ_n ∂ℓ_n/∂w). The same seed gives the same bits. A second
    call starts anew: the optimizer's state (unless it is given), the epoch that a schedule sees, and (with the same
    seed) the shuffle.

    optimizer   default Adam(1e-3); settings only, so it may be used again and again
    validation  (x, t), measured after each epoch
    patience    stop once so many epochs in a row brought no lower validation loss, and go back to the
                weights of the best epoch; needs `validation`
    callback    callback(net, history) after each epoch; returning True ends the training
    on_batch    on_batch(net, trace) after each backward pass, before the step; `trace` holds every neuron's per-sample
                outputs and gradients
    on_step     on_step(net, rate) after each step of the optimizer, which went with that learning rate; may change the
                weights in place (a mask that is kept, a proximal step)
    augment     augment(x, rng) returns what the network sees in place of a mini-batch x, of the same shape
    state       the optimizer's state to go on from, as its `start(net.parameters())` makes it; changed in place
    progress    True prints a line an epoch; by default only if the output is a terminal

    Raises ValueError or TypeError for data that do not fit (see `prepare_samples`), before anything
    is changed, and FloatingPointError when the loss stops being finite.
    """
    x, t, loss = prepare_samples(net, x, t, loss)
    validation = None if validation is None else prepare_pair(net, "validation", validation, loss)
    epochs, batch_size = check_count("epochs", epochs, least=0), check_count("batch_size", batch_size)
    patience = None if patience is None else check_count("patience", patience)
    if patience is not None and validation is None:
        raise ValueError("patience needs validation data: give validation=(x, t)")
    optimizer = Adam() if optimizer is None else check_optimizer(optimizer)
    check_callables(callback=callback, on_batch=on_batch, on_step=on_step, augment=augment)
    progress = sys.stdout.isatty() if progress is None else progress
    state = optimizer.start(net.parameters()) if state is None else check_state(state, optimizer, net)
    run = TrainingRun(net, loss, optimizer, state, check_seed(seed), augment, on_batch, on_step)
    history, best = History(), None
    for epoch in range(epochs):
        train_one_epoch(run, x, t, epoch, batch_size, history)
        if validation is not None:
            validate(net, *validation, batch_size, history)
            if history.best < 0 or history.validation_loss[-1] < history.validation_loss[history.best]:
                history.best = epoch
                best = snapshot(net) if patience is not None else None
        if progress:
            print(progress_line(history, epochs), flush=True)
        if callback is not None and callback(net, history):
            history.stopped = "the callback asked for it"
        elif patience is not None and epoch - history.best >= patience:
            history.stopped = f"no lower validation loss in {patience} epochs"
        if history.stopped:
            break
    if best is not None:
        net.fill(best)
    else:
        history.best = len(history) - 1
    return history


def check_optimizer(optimizer):
    if isinstance(optimizer, type) or not (hasattr(optimizer, "start") and hasattr(optimizer, "step")):
        raise TypeError(f"optimizer expects one such as mp.Adam(1e-3), got {optimizer!r}")
    return optimizer


def check_callables(**functions):
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise TypeError(f"{name} expects a function, got {function!r}")


def check_state(state, optimizer, net):
    """Return the state; raise ValueError unless it is one that this optimizer could have made for this network."""
    def shapes(one):
        return {key: shapes(value) for key, value in one.items()} if isinstance(one, dict) else np.shape(one)

    expected = shapes(optimizer.start(net.parameters()))
    if not isinstance(state, dict) or shapes(state) != expected:
        raise ValueError(f"state expects what {type(optimizer).__name__}.start(net.parameters()) makes, of shapes "
                         f"{expected}, got {shapes(state) if isinstance(state, dict) else type(state).__name__}")
    return state


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
    state: dict
    rng: np.random.Generator | None = None
    augment: Callable | None = None
    on_batch: Callable | None = None
    on_step: Callable | None = None

    def __post_init__(self):
        self.parameters = self.net.parameters()


def train_one_epoch(run, x, t, epoch, batch_size, history):
    """One pass over all samples in random order; the epoch's means go into the history."""
    order = run.rng.permutation(len(x))
    total = right = 0.0
    for start in range(0, len(x), batch_size):
        # one mini-batch, one step
        batch, now = order[start:start + batch_size], epoch + start / len(x)
        seen = x[batch] if run.augment is None else augmented(run.augment, x[batch], run.rng)
        trace, L = train_on_batch(run, seen, t[batch], now)
        if run.on_step is not None:
            run.on_step(run.net, run.optimizer.rate(now))
        # what the batch adds to the epoch's means
        total += L.sum(dtype=float)
        if not np.isfinite(total):
            raise FloatingPointError(f"the loss is {total} in epoch {epoch + 1}: lower the learning rate?")
        correct = run.loss.correct(trace.y, t[batch])
        right = None if correct is None or right is None else right + np.count_nonzero(correct)
        del trace, L                            # the next step's arrays take their place in the cache
    history.loss.append(float(total) / len(x))
    history.accuracy.append(None if right is None else float(right / len(x)))
    history.rate.append(run.optimizer.rate(epoch))


def train_on_batch(run, x, t, epoch=0.0):
    """One step: forward, backward, and the only place where a gradient is divided by N. Returns (trace, L)."""
    net = run.net
    trace = net.forward(x, training=True, seed=run.rng)
    L = run.loss(trace.y, t)
    net.backward(trace, run.loss.derivative(trace.y, t), need_dx=False)
    net.update_running(trace)
    if run.on_batch is not None:
        run.on_batch(net, trace)
    run.optimizer.step(run.parameters, trace.grads(), run.state, epoch, share=1 / len(x))
    return trace, L


def validate(net, x, t, loss, batch_size, history):
    value, accuracy = loss_and_accuracy(net, x, t, loss, max(batch_size, 256))
    if not np.isfinite(value):
        raise FloatingPointError(f"the validation loss is {value}: lower the learning rate?")
    history.validation_loss.append(value)
    history.validation_accuracy.append(accuracy)


def loss_and_accuracy(net, x, t, loss, batch_size=256):
    """(mean loss, accuracy or None) of prepared samples: the loss is a Loss, t as it prepared it."""
    y = net.predict(x, batch_size)
    correct = loss.correct(y, t)
    return float(loss(y, t).mean(dtype=float)), None if correct is None else float(correct.mean())


def snapshot(net):
    """A copy of all arrays, for `net.fill`."""
    return {name: array.copy() for name, array in net.arrays().items()}


def progress_line(history, epochs):
    told = [f"epoch {len(history)}/{epochs}", f"loss {history.loss[-1]:.4f}"]
    if history.accuracy[-1] is not None:
        told.append(f"accuracy {history.accuracy[-1]:.2%}")
    if history.validation_loss:
        told.append(f"validation loss {history.validation_loss[-1]:.4f}")
        if history.validation_accuracy[-1] is not None:
            told.append(f"accuracy {history.validation_accuracy[-1]:.2%}")
    return "  ".join(told)
