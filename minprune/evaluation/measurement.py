"""Evaluation: what a network can do, and what it costs."""

import time
from dataclasses import dataclass

from ..engine.checks import check_count
from ..engine.losses import prepare_pair, prepare_samples
from ..engine.size import count_parameters, multiply_adds, size_on_disk
from ..training.loop import loss_and_accuracy

LATENCY_SECONDS = 0.3           # how long the forward passes of one network are measured
LATENCY_BATCH = 128             # and of how many samples at a time


@dataclass(frozen=True)
class Evaluation:
    """Loss and accuracy on test data (and on training data if they were given), and size.

    Losses are means of the per-sample losses; accuracies are fractions, None where targets are no classes.
    `neurons` {layer: K} of the hidden layers; `parameters` counts trained numbers; `multiply_adds` those of
    one sample's forward pass; `bytes` is the size of the file that `save` writes; `latency` the least
    seconds of a forward pass of `latency_batch` samples (None if it was not measured).
    """

    test_loss: float
    test_accuracy: float | None
    train_loss: float | None
    train_accuracy: float | None
    neurons: dict
    parameters: int
    multiply_adds: int
    bytes: int
    latency: float | None
    latency_batch: int

    @property
    def loss_gap(self):
        """Test loss − training loss: what the network lost by being asked what it had not seen."""
        return None if self.train_loss is None else self.test_loss - self.train_loss

    @property
    def accuracy_gap(self):
        """Training accuracy − test accuracy."""
        return None if self.train_accuracy is None else self.train_accuracy - self.test_accuracy

    def to_dict(self):
        """All of it as plain values, for JSON."""
        return {**vars(self), "neurons": dict(self.neurons), "loss_gap": self.loss_gap,
                "accuracy_gap": self.accuracy_gap}

    def __str__(self):
        return "\n".join(f"{label:<22}{value}" for label, value in told(self).items())


def evaluate(net, x, t, loss="cross_entropy", train=None, latency=True, latency_batch=LATENCY_BATCH):
    """Return the Evaluation of `net` on test data (x, t), and on training data `train=(x, t)` if given.

    Raises ValueError or TypeError for data that do not fit. The network is not changed.
    """
    return evaluate_together([net], x, t, loss, train, latency, latency_batch)[0]


def evaluate_together(nets, x, t, loss, train, latency, latency_batch):
    """The Evaluations of several networks; their latencies are measured in turns, so that they compare."""
    latency_batch = check_count("latency_batch", latency_batch)
    quality = []
    for net in nets:
        x_test, t_test, prepared = prepare_samples(net, x, t, loss)
        test = loss_and_accuracy(net, x_test, t_test, prepared)
        seen = (None, None) if train is None else loss_and_accuracy(net, *prepare_pair(net, "train", train, loss))
        quality.append((*test, *seen))
    times = latencies(nets, x[:latency_batch]) if latency else [None] * len(nets)
    return [Evaluation(*measured, {name: net[name].K for name in net.hidden_layers}, count_parameters(net),
                       multiply_adds(net), size_on_disk(net), seconds, min(latency_batch, len(x)))
            for net, measured, seconds in zip(nets, quality, times)]


def latencies(nets, x):
    """The least seconds of a forward pass of x, for each network: what took longer was disturbed by something else."""
    times = [[] for _ in nets]
    for net in nets:
        net.output(x)                                        # the first one warms caches and threads
    stop = time.perf_counter() + LATENCY_SECONDS * len(nets)
    while time.perf_counter() < stop or len(times[0]) < 5:
        for net, taken in zip(nets, times):
            start = time.perf_counter()
            net.output(x)
            taken.append(time.perf_counter() - start)
    return [min(taken) for taken in times]


@dataclass(frozen=True)
class Comparison:
    """Two Evaluations on the same data. `print` it for a table; `to_dict()` gives the same for JSON."""

    before: Evaluation
    after: Evaluation

    def to_dict(self):
        return {"before": self.before.to_dict(), "after": self.after.to_dict()}

    def __str__(self):
        return table(self)


def compare(before, after, x, t, loss="cross_entropy", train=None, latency=True, latency_batch=LATENCY_BATCH):
    """Return the Comparison of two networks on test data (x, t), and training data `train=(x, t)` if given.

    Raises ValueError or TypeError for data that do not fit. The networks are not changed.
    """
    return Comparison(*evaluate_together([before, after], x, t, loss, train, latency, latency_batch))


# ------------------------------------------------------------------------------- in plain text

ACCURACIES = ("test accuracy", "train accuracy", "gap, train − test")


def numbers(evaluation):
    """{label: number} of all that was measured, in the order of the table."""
    e = evaluation
    every = {"test accuracy": e.test_accuracy, "train accuracy": e.train_accuracy, "gap, train − test": e.accuracy_gap,
             "test loss": e.test_loss, "train loss": e.train_loss, "gap, test − train": e.loss_gap,
             **{f"neurons in {name}": K for name, K in e.neurons.items()}, "hidden neurons": sum(e.neurons.values()),
             "parameters": e.parameters, "multiply-adds": e.multiply_adds, "bytes on disk": e.bytes,
             f"latency, {e.latency_batch} samples": e.latency}
    return {label: value for label, value in every.items() if value is not None}


def told(evaluation):
    """The same as text."""
    return {label: tell(label, value) for label, value in numbers(evaluation).items()}


def tell(label, value):
    if label in ACCURACIES:
        return f"{100 * value:.2f} %"
    if label.startswith("latency"):
        return f"{1e3 * value:.3f} ms"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def change(label, before, after):
    """How much became of it: points of accuracy, differences of loss, shares of size, times of speed."""
    if label in ACCURACIES:
        return f"{100 * (after - before):+.2f} points"
    if "loss" in label or label.startswith("gap"):
        return f"{after - before:+.4f}"
    if label.startswith("latency"):
        return f"{before / after:.2f} × as fast"
    return f"{100 * (after / before - 1):+.1f} %"


def table(comparison):
    """The comparison as aligned plain text."""
    before, after = numbers(comparison.before), numbers(comparison.after)
    lines = [f"{'':<22}{'before':>14}{'after':>14}{'change':>18}"]
    for label in [*before, *(label for label in after if label not in before)]:
        told = [tell(label, side[label]) if label in side else "-" for side in (before, after)]
        both = label in before and label in after
        changed = change(label, before[label], after[label]) if both else ""
        lines.append(f"{label:<22}{told[0]:>14}{told[1]:>14}{changed:>18}".rstrip())
    return "\n".join(lines)
