"""The history of a training: what each epoch came to, as lists, as a table, and as lines while it runs."""

import copy
from dataclasses import dataclass, field

from ..engine.tables import as_html

SHOWN = 4                       # epochs at each end of a long table


@dataclass(repr=False)
class History:
    """What each epoch came to. `loss` and `accuracy` are means over the epoch's mini-batches, taken while
    the weights were changing; the `validation_` ones are measured after the epoch. Accuracies are None
    where the targets are no classes. `stopped` says why training ended early ("" if it did not), `best` is
    the epoch (counted from 0) whose weights the network has now. `print` it for a table.
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

    def __str__(self):
        head, *rows = [HEAD, *rows_of(self)]
        lines = ["".join(f"{cell:>12}" for cell in row).rstrip() for row in (head, *rows)]
        return "\n".join([summary(self), *lines] if rows else [summary(self)])

    __repr__ = __str__

    def _repr_html_(self):
        return as_html(HEAD, rows_of(self), summary(self))


HEAD = ["epoch", "loss", "accuracy", "val. loss", "val. acc.", "rate"]


def summary(history):
    """How many epochs there were, which one's weights the network has, and why the training ended."""
    if not len(history):
        return "no epochs"
    count = f"{len(history)} epoch{'' if len(history) == 1 else 's'}"
    stopped = f"; stopped: {history.stopped}" if history.stopped else ""
    return f"{count}, the weights of epoch {history.best + 1}{stopped}"


def rows_of(history):
    """A row of text for each epoch, counted from 1; of a long training the first and the last ones."""
    rows = [row_of(history, epoch) for epoch in range(len(history))]
    return rows if len(rows) <= 3 * SHOWN else [*rows[:SHOWN], ["…"] * len(HEAD), *rows[-SHOWN:]]


def row_of(history, epoch):
    lists = [history.loss, history.accuracy, history.validation_loss, history.validation_accuracy, history.rate]
    forms = ["{:.4f}", "{:.2%}", "{:.4f}", "{:.2%}", "{:.3g}"]
    cells = [values[epoch] if epoch < len(values) else None for values in lists]
    return [str(epoch + 1), *("" if cell is None else form.format(cell) for form, cell in zip(forms, cells))]


def progress_line(history, epoch, epochs):
    """The line that is printed after epoch number `epoch` of `epochs`."""
    parts = [f"epoch {epoch}/{epochs}", f"loss {history.loss[-1]:.4f}"]
    if history.accuracy[-1] is not None:
        parts.append(f"accuracy {history.accuracy[-1]:.2%}")
    if history.validation_loss:
        parts.append(f"validation loss {history.validation_loss[-1]:.4f}")
        if history.validation_accuracy[-1] is not None:
            parts.append(f"accuracy {history.validation_accuracy[-1]:.2%}")
    return "  ".join(parts)
