"""A verdict: the numbers that a formula claims, against those that were measured."""

import textwrap

import numpy as np

from .style import FILLED, SOLID, new_figure

MOST_BARS = 60                  # in the picture of a spread; as long as there are fewer, a bar is one tenth wide
MANY = 100                      # with more numbers than that, 1 % at each end is left out of the picture


def verdict_figure(verdict):
    """Claimed against measured, one mark a number, where a claim that holds lies on the line; for claims about an
    order or a ranking, the spread over the networks. `verdict` is what `mp.verify` returned.
    """
    figure = new_figure(5.5, 5, dpi=100)
    ax = figure.subplots()
    if verdict.spread is None:
        draw_points(ax, verdict)
    else:
        draw_spread(ax, verdict.spread)
    title = f"{verdict.claim}: {'holds' if verdict.holds else 'fails'}"
    ax.set_title(textwrap.fill(title, 60, break_on_hyphens=False), fontsize=10)
    ax.legend(fontsize=8)
    return figure


def draw_points(ax, verdict):
    """Most of the numbers: a few that are much larger would push all others into one spot."""
    claimed, measured = (np.asarray(numbers, float) for numbers in verdict.points)
    over, across = verdict.labels
    low, high = ends = ends_of(claimed, measured)
    beyond = (np.minimum(claimed, measured) < low) | (np.maximum(claimed, measured) > high)
    outside = f", {beyond.sum()} of them outside" if beyond.any() else ""

    ax.plot(ends, ends, color="0.5", linestyle="--", linewidth=1, label=f"{over} = {across}")
    ax.plot(measured, claimed, color=FILLED["color"], linestyle="none", marker="o", markersize=3,
            markerfacecolor="none", label=f"{claimed.size} numbers of {verdict.trials} networks{outside}")
    ax.set(xlabel=across, ylabel=over, xlim=ends, ylim=ends)


def ends_of(claimed, measured):
    """The ends of both axes: those of the numbers and of 0, and a tenth more."""
    numbers = np.concatenate([claimed, measured, [0.0]])
    low, high = np.percentile(numbers, (1, 99)) if len(numbers) > MANY else (numbers.min(), numbers.max())
    room = 0.1 * (high - low) or 1.0
    return [low - room, high + room]


def draw_spread(ax, spread):
    """How many networks have which value; the median, and the median that is claimed at least."""
    values, meaning, least = spread
    finite = values[np.isfinite(values)]
    exact = f"; {len(values) - len(finite)} more have no error" if len(finite) < len(values) else ""
    edges = bar_edges(np.append(finite, least))
    ax.hist(np.clip(finite, edges[0], edges[-1]), bins=edges, label=f"{len(finite)} networks{exact}", **SOLID)
    ax.axvline(least, color="black", linestyle="--", label=f"claimed: median {least:g} or more")
    median = float(np.median(values))
    if np.isfinite(median):
        ax.axvline(median, color="0.6", label=f"median {median:.3g}")
    ax.set(xlabel=meaning, ylabel="networks")


def bar_edges(values):
    """A bar for each tenth, from the tenth below all values to the tenth above; never more than MOST_BARS."""
    low = np.floor(10 * values.min())
    high = max(np.ceil(10 * values.max()), low + 1)
    return np.linspace(low / 10, high / 10, int(min(high - low, MOST_BARS)) + 1)


PICTURE = verdict_figure
