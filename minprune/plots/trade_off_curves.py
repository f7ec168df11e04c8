"""The trade-off of an experiment: what each method keeps, against how much smaller the network became."""

import numpy as np

from ..engine.checks import check_known
from .style import legend_beside, light_grid, line_styles, new_figure, percent_axis, set_title

TITLES = {"compression": "What is kept with fewer parameters", "speedup": "What is kept with fewer multiply-adds"}
SIZES = {"compression": "parameters before / after",
         "speedup": "speed-up in theory: multiply-adds before / after"}


def trade_off(rows, size, kind, unpruned, about=""):
    """What each method keeps of the accuracy (or loss) against how much smaller the network became; a line a method.

    rows      what `Results.rows()` of an experiment returns: one dict for each method and fraction
    size      "compression" (parameters before / after) or "speedup" (multiply-adds before / after)
    kind      "accuracy" or "loss"
    unpruned  (mean, standard deviation) of this accuracy or loss in the whole networks
    about     data, network and seeds, for the title
    """
    check_known("size", size, SIZES)
    check_known("kind", kind, ["accuracy", "loss"])
    methods = list(dict.fromkeys(row["method"] for row in rows))

    # A line for each method, and one for the whole networks
    figure = new_figure(8.5, 5)
    ax = figure.subplots()
    for method, style in zip(methods, line_styles(len(methods))):
        x, y, x_spread, y_spread = points([row for row in rows if row["method"] == method], size, kind)
        ax.errorbar(x, y, xerr=x_spread, yerr=y_spread, label=method, linewidth=1.4, capsize=2,
                    elinewidth=0.8, **style)
    ax.axhline(unpruned[0], color="black", linestyle=":", linewidth=1, label="unpruned")

    # Axes, legend and title
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}×")
    ax.set(xlabel=SIZES[size], ylabel=f"test {kind} (mean ± s.d.)")
    if kind == "accuracy":
        percent_axis(ax.yaxis)
    light_grid(ax)
    legend_beside(ax)
    set_title(figure, TITLES[size], about)
    return figure


def points(rows, size, kind):
    """Size and accuracy (or loss), then the standard deviations of both, by rising size; an unknown deviation, of a
    single network, is 0."""
    numbers = sorted((row[size][0], *np.nan_to_num(row[kind]), row[size][1]) for row in rows)
    x, y, y_spread, x_spread = np.array(numbers).T
    return x, y, np.nan_to_num(x_spread), y_spread


PICTURE = trade_off
