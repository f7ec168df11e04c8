"""Evaluations: what a network can do, and what it costs."""

from dataclasses import dataclass

import numpy as np

from ..engine.checks import check_count, check_finite, check_network
from ..engine.losses import prepare_pair, prepare_samples
from ..engine.size import count_parameters, multiply_adds, size_on_disk
from ..engine.tables import as_html
from ..training.quality import judge
from .class_accuracy import balanced, class_accuracy, class_sizes, classes_of, unequal
from .latency import LATENCY_BATCH, forward_turns


@dataclass(frozen=True, repr=False)
class Evaluation:
    """Loss and accuracy on test data (and on training data if they were given), and size.

    Losses are means of the per-sample losses; accuracies are fractions, None where targets are no classes.
    `neurons` {layer: K} of the hidden layers; `parameters` counts trained numbers; `multiply_adds` those of
    one sample's forward pass; `bytes` is the size of the file that `save` writes, but for what it says of the origin of
    a cut network's neurons; `latency` the median
    seconds of a forward pass of `latency_batch` samples that did not wait for a core (None if it was not measured).
    `class_accuracy` {class: accuracy} and `class_sizes` {class: test samples} of the classes of the test data, None
    where a sample has no single class.
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
    class_accuracy: dict | None = None
    class_sizes: dict | None = None

    @property
    def balanced_accuracy(self):
        """The mean of the classes' test accuracies: each class counts the same, however few samples it has."""
        return None if self.class_accuracy is None else balanced(self.class_accuracy)

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
        return {**vars(self), "neurons": dict(self.neurons), "balanced_accuracy": self.balanced_accuracy,
                "loss_gap": self.loss_gap, "accuracy_gap": self.accuracy_gap}

    def __str__(self):
        shown = {label: as_text(label, value) for label, value in numbers(self).items()}
        width = max(22, 2 + max(map(len, shown)))
        return "\n".join(f"{label:<{width}}{text}" for label, text in shown.items())

    __repr__ = __str__

    def _repr_html_(self):
        return as_html(["", "network"], [[label, as_text(label, value)] for label, value in numbers(self).items()])


def evaluate(net, x, t, loss="cross_entropy", train=None, latency=True, latency_batch=LATENCY_BATCH):
    """Return the Evaluation of `net` on test data (x, t), and on training data `train=(x, t)` if given.

    Raises ValueError or TypeError for data that do not fit, and for a network whose outputs are NaN or infinite. The
    network is not changed. What is said of time in `compare` holds here as well.
    """
    evaluations, _ = evaluate_together({"net": net}, (x, t), loss, train, latency, latency_batch)
    return evaluations[0]


def evaluate_together(nets, test, loss, train, latency, latency_batch):
    """(the Evaluations of the networks {argument: network}, the Turns of their forward passes; None if not timed)."""
    latency_batch = check_count("latency_batch", latency_batch)
    for name, net in nets.items():
        check_network(net, name)

    # Loss and accuracy on test and training data, all of which are checked before anything is timed.
    prepared = [prepare_samples(net, *test, loss) for net in nets.values()]
    on_train = [None if train is None else prepare_pair(net, "train", train, loss) for net in nets.values()]
    quality = [{**quality_on_test(name, net, *samples), **quality_on_train(name, net, held)}
               for (name, net), samples, held in zip(nets.items(), prepared, on_train)]

    # Size and time.
    inputs = [x[:latency_batch] for x, _, _ in prepared]
    turns = forward_turns(list(nets.values()), inputs) if latency else None
    seconds = [None] * len(nets) if turns is None else turns.medians().tolist()
    return [Evaluation(**measured, neurons={name: net[name].K for name in net.hidden_layers},
                       parameters=count_parameters(net), multiply_adds=multiply_adds(net), bytes=size_on_disk(net),
                       latency=taken, latency_batch=len(x))
            for net, measured, taken, x in zip(nets.values(), quality, seconds, inputs)], turns


def quality_on_test(name, net, x, t, loss):
    """The fields of an Evaluation that are measured on the test data."""
    value, correct = judge(outputs(name, net, x), t, loss)
    classes = None if correct is None else classes_of(t)
    return {"test_loss": value, "test_accuracy": None if correct is None else float(correct.mean()),
            "class_accuracy": None if classes is None else class_accuracy(classes, correct),
            "class_sizes": None if classes is None else class_sizes(classes)}


def quality_on_train(name, net, samples):
    """The fields of an Evaluation that are measured on the training data, None without such data."""
    if samples is None:
        return {"train_loss": None, "train_accuracy": None}
    x, t, loss = samples
    value, correct = judge(outputs(name, net, x), t, loss)
    return {"train_loss": value, "train_accuracy": None if correct is None else float(correct.mean())}


def outputs(name, net, x):
    """y; raises ValueError where it is NaN or infinite, naming the argument and the weights that are to blame."""
    y = net.predict(x)
    bad = ~np.isfinite(y.reshape(len(y), -1)).all(axis=1)
    if bad.any():
        try:
            check_finite(net)
            why = "its weights are finite, but too large"
        except ValueError as error:
            why = str(error)
        raise ValueError(f"{name} puts out NaN or infinity for {bad.sum()} of {len(y)} samples ({why}): it classifies "
                         "nothing, and has no loss")
    return y


# ------------------------------------------------------------------------------- in plain text

ACCURACIES = ("test accuracy", "balanced accuracy", "train accuracy", "gap, train − test")


def numbers(evaluation):
    """{label: number} of all that was measured, in the order of the table; the balanced accuracy where the classes are
    of unequal sizes."""
    e = evaluation
    shown = e.class_sizes is not None and unequal(e.class_sizes)
    labelled = {"test accuracy": e.test_accuracy, "balanced accuracy": e.balanced_accuracy if shown else None,
                "train accuracy": e.train_accuracy,
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
