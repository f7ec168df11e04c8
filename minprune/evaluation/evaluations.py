"""Evaluations: what a network can do, and what it costs."""

from dataclasses import dataclass

from ..engine.checks import check_count
from ..engine.losses import prepare_pair, prepare_samples
from ..engine.size import count_parameters, multiply_adds, size_on_disk
from ..training.loop import loss_and_accuracy
from .latency import LATENCY_BATCH, latencies


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
        """Test loss − training loss: how much worse the network is on samples that it has not seen."""
        return None if self.train_loss is None else self.test_loss - self.train_loss

    @property
    def accuracy_gap(self):
        """Training accuracy − test accuracy."""
        return None if self.train_accuracy is None else self.train_accuracy - self.test_accuracy

    def to_dict(self):
        """The same as plain values, for JSON."""
        return {**vars(self), "neurons": dict(self.neurons), "loss_gap": self.loss_gap,
                "accuracy_gap": self.accuracy_gap}

    def __str__(self):
        return "\n".join(f"{label:<22}{as_text(label, value)}" for label, value in numbers(self).items())


def evaluate(net, x, t, loss="cross_entropy", train=None, latency=True, latency_batch=LATENCY_BATCH):
    """Return the Evaluation of `net` on test data (x, t), and on training data `train=(x, t)` if given.

    Raises ValueError or TypeError for data that do not fit. The network is not changed.
    """
    return evaluate_together([net], x, t, loss, train, latency, latency_batch)[0]


def evaluate_together(nets, x, t, loss, train, latency, latency_batch):
    """The Evaluations of several networks; their latencies are measured in turns, so that they can be compared."""
    latency_batch = check_count("latency_batch", latency_batch)

    # Loss and accuracy on test and training data.
    quality = []
    for net in nets:
        x_test, t_test, prepared = prepare_samples(net, x, t, loss)
        on_test = loss_and_accuracy(net, x_test, t_test, prepared)
        on_train = (None, None)
        if train is not None:
            on_train = loss_and_accuracy(net, *prepare_pair(net, "train", train, loss))
        quality.append((*on_test, *on_train))

    # Size and time.
    times = latencies(nets, x[:latency_batch]) if latency else [None] * len(nets)
    return [Evaluation(*measured, {name: net[name].K for name in net.hidden_layers}, count_parameters(net),
                       multiply_adds(net), size_on_disk(net), seconds, min(latency_batch, len(x)))
            for net, measured, seconds in zip(nets, quality, times)]


# ------------------------------------------------------------------------------- in plain text

ACCURACIES = ("test accuracy", "train accuracy", "gap, train − test")


def numbers(evaluation):
    """{label: number} of all that was measured, in the order of the table."""
    e = evaluation
    labelled = {"test accuracy": e.test_accuracy, "train accuracy": e.train_accuracy,
                "gap, train − test": e.accuracy_gap, "test loss": e.test_loss, "train loss": e.train_loss,
                "gap, test − train": e.loss_gap, **{f"neurons in {name}": K for name, K in e.neurons.items()},
                "hidden neurons": sum(e.neurons.values()), "parameters": e.parameters,
                "multiply-adds": e.multiply_adds, "bytes on disk": e.bytes,
                f"latency, {e.latency_batch} samples": e.latency}
    return {label: value for label, value in labelled.items() if value is not None}


def as_text(label, value):
    """A number of the table as text, with its unit."""
    if label in ACCURACIES:
        return f"{100 * value:.2f} %"
    if label.startswith("latency"):
        return f"{1e3 * value:.3f} ms"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
