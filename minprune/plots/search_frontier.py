"""The candidates of a search for a strategy: what each keeps, against its size, and which are the best."""

import itertools

from matplotlib.ticker import MaxNLocator

from ..engine.checks import check_known
from .measures import MEASURES
from .style import legend_beside, light_grid, line_styles, new_figure, percent_axis, set_title


def frontier(search, about="", size="multiply_adds"):
    """What each candidate of a search keeps of the accuracy (or the loss), against its size; a marker a score.

    The line joins the efficient candidates: nothing that was tried is better at their size or below. Filled
    markers: all layers ranked together; hollow markers: layer by layer.

    search  what `mp.search_strategies` returned
    about   data, network and seeds, for the title
    size    parameters, multiply_adds, bytes or neurons
    """
    if not hasattr(search, "efficient"):
        raise TypeError(f"search expects what mp.search_strategies returns, got {type(search).__name__}")
    check_known("size", size, [name for name in MEASURES if name != "latency"])
    kind = "loss" if search.unpruned.accuracy is None else "accuracy"

    # The line of the efficient candidates, all candidates, and the whole network
    figure = new_figure(8.5, 5.2)
    ax = figure.subplots()
    best = points(search.efficient(size), size, kind)
    ax.plot(*best, color="black", linewidth=1.2, zorder=1, drawstyle="steps-post", label="best at this size")
    draw_candidates(ax, search.candidates, size, kind)
    ax.plot(*points([search.unpruned], size, kind), linestyle="none", marker="*", markersize=13, color="black",
            label="unpruned")

    # Axes, legend and title
    ax.set(xlabel=MEASURES[size], ylabel=f"{kind} on the validation data")
    if kind == "accuracy":
        percent_axis(ax.yaxis)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.xaxis.set_major_locator(MaxNLocator(5))                      # 10,000,000 is wide
    light_grid(ax)
    legend_beside(ax)
    set_title(figure, "Which strategy keeps the most at each size?", about)
    return figure


def points(candidates, size, kind):
    """The sizes of the candidates, and their accuracies or losses."""
    sizes = [getattr(candidate, size) for candidate in candidates]
    return sizes, [getattr(candidate, kind) for candidate in candidates]


def draw_candidates(ax, candidates, size, kind):
    """A marker and a shade for each score; the marker is filled where all layers were ranked together."""
    names = list(dict.fromkeys(candidate.score for candidate in candidates))
    scopes = list(dict.fromkeys(candidate.scope for candidate in candidates))
    styles = dict(zip(names, line_styles(len(names))))
    for name, scope in itertools.product(names, scopes):
        chosen = [candidate for candidate in candidates if (candidate.score, candidate.scope) == (name, scope)]
        color, marker = styles[name]["color"], styles[name]["marker"]
        if chosen:
            ax.plot(*points(chosen, size, kind), linestyle="none", marker=marker, markersize=6, color=color,
                    markerfacecolor=color if scope == "global" else "white", label=f"{name}, {scope}")


PICTURE = frontier
