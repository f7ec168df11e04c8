"""How well each score ranks the neurons: Spearman's rank correlation with exact removal."""

import itertools

import numpy as np

from .style import legend_below, light_grid, new_figure, set_title


def agreement(rho, about=""):
    """Spearman's ρ of each score with exact removal: a dot a layer, a bar for all neurons together, best on top.

    rho    {score: {layer: (mean, s.d.), …, "overall": (mean, s.d.)}}; a mean may be NaN (all neurons tie)
    about  data, networks and seeds, for the title
    """
    names = sorted(rho, key=lambda name: np.nan_to_num(rho[name]["overall"][0], nan=-2))
    figure = new_figure(8.5, 1.6 + 0.26 * len(names))
    ax = figure.subplots()
    draw_overall(ax, [rho[name]["overall"] for name in names])
    draw_layers(ax, [rho[name] for name in names])

    # Axes, legend and title
    ax.set_yticks(np.arange(len(names)), names, fontsize=8)
    ax.set_ylim(-0.7, len(names) - 0.3)
    ax.set_xlim(-1.05, 1.05)
    ax.axvline(0, color="black", linewidth=0.8)
    light_grid(ax, axis="x")
    ax.set_xlabel("Spearman's ρ with exact removal (1 = the same order)")
    set_title(figure, "How well each score ranks the neurons", about)
    legend_below(figure)
    return figure


def draw_overall(ax, pairs):
    """A lying bar for each score, from the (mean, s.d.) of all neurons together."""
    means, deviations = np.nan_to_num(np.array(pairs, float)).T
    ax.barh(np.arange(len(pairs)), means, xerr=deviations, height=0.7, label="all neurons (± s.d.)",
            error_kw=dict(ecolor="black", capsize=2), facecolor="#c9cfd8", edgecolor="0.35")


def draw_layers(ax, rows):
    """A dot for each layer of each score; a layer has its marker and its shade of grey."""
    layers = [layer for layer in rows[0] if layer != "overall"]
    shades = np.linspace(0.0, 0.6, max(len(layers), 1))
    for layer, marker, shade in zip(layers, itertools.cycle("osD^vP*X"), map(str, shades)):
        ax.plot([row[layer][0] for row in rows], np.arange(len(rows)), linestyle="none", marker=marker,
                markersize=4.5, color=shade, markerfacecolor=shade, label=layer)


PICTURE = agreement
