"""Accuracy against the fraction of neurons removed."""

import numpy as np

from ..engine.checks import check_same_length
from .checks import check_fraction, check_fractions
from .style import FILLED, HOLLOW, light_grid, new_figure, percent_axis


def removal_curve(removed, before, after=None, baseline=None):
    """Accuracy against the fraction of neurons removed: `before` and `after` retraining.

    removed, before, after  one number in [0, 1] a point, in any order
    baseline                the accuracy of the original network
    """
    series = {"removed": removed, "before": before} | ({} if after is None else {"after": after})
    series = {name: check_fractions(name, values) for name, values in series.items()}
    baseline = None if baseline is None else check_fraction("baseline", baseline)
    check_same_length(**series)

    # The curves, and the original network
    figure = new_figure(7, 4.5)
    ax = figure.subplots()
    order = np.argsort(series["removed"], kind="stable")
    for name, style in [("after", FILLED), ("before", HOLLOW)]:
        if name in series:
            ax.plot(series["removed"][order], series[name][order], label=f"{name} retraining", **style)
    if baseline is not None:
        ax.axhline(baseline, color="black", linestyle=":", label=f"original network ({baseline:.1%})")

    # Axes and legend
    ax.set(title="How much can go?", xlabel="hidden neurons removed", ylabel="accuracy")
    percent_axis(ax.xaxis)
    percent_axis(ax.yaxis)
    light_grid(ax)
    ax.legend()
    return figure


PICTURE = removal_curve
