"""The style of all pictures: bars, lines and markers, figures and panels, axes and legends.

A black-and-white print loses nothing: kept and removed, before and after differ in lightness, hatching,
markers and line styles. Figures are made directly, without pyplot, so no window system is needed.
"""

import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from .picture import Picture

SOLID = dict(facecolor="#1f3b5c", edgecolor="black")                                # kept; after
HATCHED = dict(facecolor="#e4e7ec", edgecolor="0.35", hatch="////")                 # removed; before
FILLED = dict(color="#1f3b5c", linestyle="-", marker="s", markersize=5)             # after; training
HOLLOW = dict(color="0.5", linestyle="--", marker="o", markersize=6, markerfacecolor="white")

MARKERS = "osD^vP*X<>"
DASHES = ["-", "--", "-.", ":"]


def line_styles(count):
    """`count` styles of lines that remain distinct in a black-and-white print."""
    shades = np.linspace(0.0, 0.55, max(count, 1))
    return [dict(color=str(round(shade, 3)), marker=MARKERS[n % len(MARKERS)], markersize=5,
                 linestyle=DASHES[n % len(DASHES)]) for n, shade in zip(range(count), shades)]


def new_figure(width, height, dpi=150):
    """An empty figure of this size in inches."""
    return Picture(figsize=(float(width), float(height)), dpi=dpi, layout="constrained")


def panel_figure(count, columns, width, row_height, around, share=False):
    """A figure `width` inches wide, and its `count` panels, row by row in a grid.

    around  the height in inches of all that is not panels: titles, labels, the legend
    share   whether all panels have the same axes
    """
    rows = math.ceil(count / columns)
    figure = new_figure(width, around + row_height * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=share, sharey=share).ravel()
    for ax in panels[count:]:
        ax.remove()
    return figure, panels[:count]


def set_title(figure, title, about=""):
    """The title of the figure, and below it what the figure is about: data, networks, seeds."""
    figure.suptitle(f"{title}\n{about}" if about else title, fontsize=11)


def percent_axis(axis):
    """Write 0.5 as 50%."""
    axis.set_major_formatter(PercentFormatter(xmax=1, decimals=None))


def whole_number_axis(axis):
    """No ticks between whole numbers: an axis of neurons or of epochs."""
    axis.set_major_locator(MaxNLocator(integer=True))


def light_grid(ax, axis="both"):
    """Pale grid lines behind everything else."""
    ax.grid(axis=axis, color="0.9")
    ax.set_axisbelow(True)


def legend_beside(ax):
    """The legend right of the panel: there are too many lines for a place inside it."""
    ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))


def legend_below(figure):
    """One legend for all panels that names each thing once, bars first."""
    entries = {}
    for ax in figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels()):
            entries.setdefault(label, handle)
    entries = dict(sorted(entries.items(), key=lambda entry: isinstance(entry[1], Line2D)))
    if entries:
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=len(entries))
