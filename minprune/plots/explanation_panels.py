"""One neuron, explained: its strongest and weakest samples, classes, scores, and who reads it."""

import numpy as np

from .style import HATCHED, SOLID, new_figure, set_title

MOST = 8                            # samples in a row


def explanation(found, about=""):
    """Samples, mean output and exact change of the loss by class, ranks of the scores, weights that read it.

    found   what `mp.explain` returns (an Explanation)
    about   data and network, for the title
    """
    if not hasattr(found, "strongest") or not hasattr(found, "loss_change"):
        raise TypeError(f"found expects what mp.explain returns, got {type(found).__name__}")
    classes = found.by_class is not None
    figure = new_figure(10, 7.6 if classes else 5.4)
    grid = figure.add_gridspec(4 if classes else 3, 2, height_ratios=[1, 1, *([1.6] if classes else []), 1.8])
    twin = "" if found.twin is None else f"; nearest twin: neuron {found.twin[0]}, correlation {found.twin[1]:.2f}"
    set_title(figure, f"{found.layer}, neuron {found.neuron} of {found.neurons}{twin}", about)

    # Samples above, classes below, then scores and readers.
    for row, name in enumerate(("strongest", "weakest")):
        sample_row(figure, grid[row, :], name, getattr(found, name)[:MOST], found.shown)
    if classes:
        class_bars(figure.add_subplot(grid[2, 0]), found.by_class, "Mean output by class", "mean output")
        class_bars(figure.add_subplot(grid[2, 1]), found.loss_change_by_class,
                   f"Loss without it: {found.loss_change:+.3g}", "change of the loss")
    rank_bars(figure.add_subplot(grid[-1, 0]), found)
    reader_bars(figure.add_subplot(grid[-1, 1]), found.readers)
    return figure


def sample_row(figure, place, name, samples, shown):
    """The inputs of some samples side by side: images as they are, vectors as lines."""
    cells = place.subgridspec(1, max(len(samples), 1))
    for column, (sample, label, response) in enumerate(samples):
        ax, x = figure.add_subplot(cells[0, column]), shown[sample]
        if x.ndim == 3:
            ax.imshow(x if x.shape[-1] == 3 and 0 <= x.min() and x.max() <= 1 else x.mean(axis=-1), cmap="gray_r")
        else:
            ax.plot(x.ravel(), color="black", linewidth=0.8)
        ax.set_xticks([])
        ax.set_yticks([])
        kind = "" if label is None else f"class {label}, "
        ax.set_title(f"{sample}: {kind}{response:.2g}", fontsize=8)
        if column == 0:
            ax.set_ylabel(name, fontsize=10)


def class_bars(ax, values, title, ylabel):
    """A bar a class; falls are light and hatched."""
    bars = ax.bar(np.arange(len(values)), list(values.values()), width=0.7, linewidth=0.6, **SOLID)
    for bar, value in zip(bars, values.values()):
        if value < 0:
            bar.set(facecolor=HATCHED["facecolor"], hatch=HATCHED["hatch"])
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set_xticks(np.arange(len(values)), [str(label) for label in values], rotation=0 if len(values) <= 20 else 90)
    ax.set_title(title, fontsize=10)
    ax.set(xlabel="class", ylabel=ylabel)


def rank_bars(ax, found):
    """The rank of the neuron by each score, from 1, the most important, to K."""
    names, ranks = list(found.scores), [rank for _, rank in found.scores.values()]
    ax.barh(np.arange(len(names)), [found.neurons + 1 - rank for rank in ranks], height=0.7, linewidth=0.6, **SOLID)
    for place, rank in enumerate(ranks):
        ax.text(found.neurons + 1 - rank, place, f" {rank}", va="center", fontsize=8)
    ax.set_yticks(np.arange(len(names)), names, fontsize=8)
    ax.invert_yaxis()
    ax.set_xlim(0, found.neurons * 1.1 + 0.5)
    ax.set_xticks([1, found.neurons], ["least", "most"]) if found.neurons > 1 else ax.set_xticks([])
    ax.set_title(f"Rank among {found.neurons} by each score", fontsize=10)


def reader_bars(ax, readers):
    """The weights of those that read it most: ‖w‖ as bars, hatched where Σ w is negative."""
    rows = [(f"{reader} {i}", norm, total) for reader, own in readers.items() for i, norm, total in own]
    rows = sorted(rows, key=lambda row: -row[1])[:MOST]
    bars = ax.barh(np.arange(len(rows)), [norm for _, norm, _ in rows], height=0.7, linewidth=0.6, **SOLID)
    for bar, (_, _, total) in zip(bars, rows):
        if total < 0:
            bar.set(facecolor=HATCHED["facecolor"], hatch=HATCHED["hatch"])
    ax.set_yticks(np.arange(len(rows)), [name for name, *_ in rows], fontsize=8)
    ax.set_ylim(max(len(rows), 4) - 0.4, -0.6)
    ax.set_title("Who reads it most (hatched: Σ w < 0)", fontsize=10)
    ax.set_xlabel("‖w‖")


PICTURE = explanation
