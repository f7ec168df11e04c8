"""What accuracy is left when neurons go without retraining: a small panel for each score."""

import numpy as np

from .style import legend_below, panel_figure, set_title

CONTROLS = {"removal": "-", "random": ":"}          # drawn in each panel: the exact answer, and chance


def accuracy_curves(fractions, curves, about="", columns=5):
    """Accuracy after removing each fraction without retraining: a small panel a score, removal and random in each.

    fractions  in [0, 1]
    curves     {score: [(mean, s.d.), …]}, one pair a fraction
    about      data, networks and seeds, for the title
    """
    names = sorted(curves, key=lambda name: -np.mean([mean for mean, _ in curves[name]]))
    figure, panels = panel_figure(len(names), columns, 2.3 * columns, row_height=1.55, around=1.2, share=True)
    percent = {name: 100 * np.array(pairs) for name, pairs in curves.items()}
    removed = 100 * np.asarray(fractions)

    # A panel for each score
    for ax, name in zip(panels, names):
        draw_controls(ax, removed, {other: percent[other] for other in CONTROLS if other in percent and other != name})
        draw_score(ax, removed, percent[name])
        ax.set_title(name, fontsize=8)
        ax.set_ylim(0, 102)
        ax.tick_params(labelsize=7)

    # What is written around the panels
    for ax in panels[-columns:]:
        ax.tick_params(labelbottom=True)
        ax.set_xlabel("removed, %", fontsize=8)
    figure.supylabel("test accuracy without retraining, %", fontsize=10)
    set_title(figure, "What is left when the lowest go, best on average first", about)
    legend_below(figure)
    return figure


def draw_controls(ax, removed, curves):
    """The means of exact removal and of chance, as thin grey lines."""
    for name, pairs in curves.items():
        ax.plot(removed, pairs[:, 0], linestyle=CONTROLS[name], color="0.6", linewidth=1,
                label=f"{name}, for comparison")


def draw_score(ax, removed, pairs):
    """The mean of a score, and one standard deviation on both sides."""
    mean, deviation = pairs.T
    ax.fill_between(removed, mean - deviation, mean + deviation, color="0.82", linewidth=0)
    ax.plot(removed, mean, color="black", marker="o", markersize=3, linewidth=1.4, label="this score (mean ± s.d.)")


PICTURE = accuracy_curves
