"""What a score costs against what is left after cuts by it: the best at each cost stand out."""

from collections.abc import Mapping

import numpy as np

from .style import light_grid, new_figure, percent_axis, set_title

FREE = 0.02                     # where a score that costs no pass stands on the logarithmic axis
NAMED = ("removal", "random")
ABOVE = dict(xytext=(0, 7), ha="center", va="bottom", fontweight="bold")
APART = dict(xytext=(16, -28), ha="left", va="top",             # out of the crowd, a thin line to its point
             arrowprops=dict(arrowstyle="-", color="0.3", linewidth=0.6, relpos=(0, 1)))


def cost_quality(scores, ranking, about=""):
    """A point a score: cost in forward passes, and the mean quality after all cuts.

    scores   {score: {"cost": number or None, "by_network": {"quality": [a number a network]}, "accuracy": …}}; scores
             without a cost are left out
    ranking  [{"measure", "best", "even": {score: p}}, …]: of the rows of measure "quality" the best is drawn as a
             filled square, what cannot be told apart from it as a hollow one, all others as dots
    about    data, networks and seeds, for the title
    """
    if not isinstance(scores, Mapping) or not scores:
        raise ValueError(f"scores expects a dict {{score: summary}} of at least one, got {type(scores).__name__}")
    shown = {name: row for name, row in scores.items() if row["cost"] is not None}
    rows = [row for row in ranking if row["measure"] == "quality"]
    best, even = {row["best"] for row in rows}, {name for row in rows for name in row["even"]}
    kind = "accuracy" if next(iter(scores.values()))["accuracy"] else "−loss"

    # The points
    figure = new_figure(10, 6.5)
    ax = figure.subplots()
    draw_points(ax, shown, best, even)

    # Axes and legend
    ax.set_xscale("log")
    ax.margins(x=0.1, y=0.08)
    ax.set(xlabel=f"cost in forward passes of the same samples (scores that cost none: at {FREE:g})",
           ylabel=f"mean {kind} after all cuts")
    if kind == "accuracy":
        percent_axis(ax.yaxis)
    light_grid(ax)
    ax.legend(loc="lower right", fontsize=8)
    set_title(figure, "What does a better score cost?", about)
    return figure


def draw_points(ax, shown, best, even):
    """A point a score, by how it does at its cost; the names of the best, and of exact removal and chance."""
    place = {name: (max(row["cost"], FREE), float(np.mean(row["by_network"]["quality"])))
             for name, row in shown.items()}
    for names, style in ((set(place) - best - even, dict(marker="o", s=14, color="0.6", label="others")),
                         (even - best, dict(marker="s", s=30, facecolor="white", edgecolor="#1f3b5c",
                                            label="not told apart from the best at its cost")),
                         (best, dict(marker="s", s=60, color="#1f3b5c", label="best at its cost"))):
        points = np.array([place[name] for name in sorted(names) if name in place]).reshape(-1, 2)
        ax.scatter(points[:, 0], points[:, 1], zorder=3, **style)
    for name in sorted((best | set(NAMED)) & set(place)):
        ax.annotate(name, place[name], textcoords="offset points", fontsize=9, **(ABOVE if name in best else APART))


PICTURE = cost_quality
