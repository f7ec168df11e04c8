"""Loss and accuracy after each epoch of training."""

import numpy as np

from .checks import check_epochs
from .style import FILLED, HOLLOW, legend_below, light_grid, new_figure, percent_axis, whole_number_axis

MOST_MARKERS = 20               # on a line


def history(training, held_out="validation data"):
    """Loss and, where there is an accuracy, accuracy after each epoch.

    training  what `mp.fit` returned, or another object with the lists loss, accuracy, validation_loss,
              validation_accuracy, one number an epoch; validation lists may be empty, accuracies None or NaN
    held_out  how the legend calls the data that the validation lists were measured on
    """
    series = all_series(training)
    shown = [kind for kind in ("loss", "accuracy") if not np.isnan(series[kind]).all()] or ["loss"]
    figure = new_figure(4.8 * len(shown), 4)
    for ax, kind in zip(figure.subplots(1, len(shown), squeeze=False).ravel(), shown):
        draw_line(ax, series[kind], "training data", FILLED)
        draw_line(ax, series[f"validation_{kind}"], held_out, HOLLOW)
        ax.set(title=kind.capitalize(), xlabel="epoch (one pass over the training data)", ylabel=kind)
        whole_number_axis(ax.xaxis)
        light_grid(ax)
        if kind == "accuracy":
            percent_axis(ax.yaxis)
    legend_below(figure)
    return figure


def all_series(training):
    """The four lists as arrays, by name; raise unless they have the same number of epochs, or none."""
    names = ["loss", "accuracy", "validation_loss", "validation_accuracy"]
    series = {name: check_epochs(name, training) for name in names}
    epochs = len(series["loss"])
    if epochs == 0:
        raise ValueError("training expects at least one epoch, got an empty loss")
    for name, values in series.items():
        if len(values) not in (0, epochs):
            raise ValueError(f"training.{name} expects {epochs} epochs, like the loss, got {len(values)}")
    return series


def draw_line(ax, values, label, style):
    """A line with a few markers; nothing if there are no numbers."""
    if not np.isnan(values).all():
        epochs = np.arange(1, len(values) + 1)
        ax.plot(epochs, values, label=label, markevery=max(1, len(values) // MOST_MARKERS), **style)


PICTURE = history
