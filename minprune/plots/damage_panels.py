"""What a cut has taken, and from whom: classes, changed answers, confidence, disturbed samples."""

from collections.abc import Mapping

import numpy as np

from .comparison_bars import pairs_of_bars
from .style import FILLED, HATCHED, HOLLOW, SOLID, legend_below, light_grid, new_figure, percent_axis

WHEN = (("before", 0, HOLLOW), ("after", 1, FILLED))
MOST_CLASSES = 30               # each has a pair of bars; of more, those that lost or won most


def damage(found, about=""):
    """Accuracy by class, whose answers changed, calibration, and accuracy on disturbed samples, before and after.

    found   what `mp.damage` returns (a Damage), or its to_dict(); of networks without classes only the disturbed
            samples are drawn, by their loss
    about   data, networks, what was cut, for the title
    """
    found = check_damage(found)
    rows = [["robustness", "robustness"]]
    if found["agreement"] is not None:
        rows = [["classes", "classes"]] * (found["classes"] is not None) + [
            ["answers", "calibration"] if found["reliability"] else ["answers", "answers"], *rows]
    figure = new_figure(9, 1.4 + 2.6 * len(rows))
    axes = figure.subplot_mosaic(rows)
    figure.suptitle("What was lost?" + (f"\n{about}" if about else ""), fontsize=11)
    for name, draw in (("classes", class_bars), ("answers", answer_bars), ("calibration", reliability_lines),
                       ("robustness", robustness_bars)):
        if name in axes:
            draw(axes[name], found)
    legend_below(figure)
    return figure


def check_damage(found):
    """Return the Damage as a dict; raise TypeError or ValueError for anything else."""
    found = found.to_dict() if hasattr(found, "to_dict") else found
    if not isinstance(found, Mapping):
        raise TypeError(f"found expects what mp.damage returns, got {type(found).__name__}")
    for name in ("agreement", "classes", "reliability", "robustness", "lost", "won", "changed", "samples"):
        if name not in found:
            raise ValueError(f'found expects what mp.damage returns, with "{name}", got {", ".join(map(str, found))}')
    return found


def class_bars(ax, found):
    """Accuracy of each class before and after; of many classes those that changed most."""
    rows = found["classes"]
    shown = sorted(rows, key=lambda label: -abs(rows[label]["after"] - rows[label]["before"]))[:MOST_CLASSES]
    shown = [label for label in rows if label in shown]
    pairs_of_bars(ax, [str(label) for label in shown], *([rows[label][when] for label in shown]
                                                         for when in ("before", "after")), "{:.0%}")
    if max(len(str(label)) for label in shown) <= 3:
        ax.tick_params(axis="x", rotation=0)
    few = f", the {len(shown)} of {len(rows)} that changed most" if len(shown) < len(rows) else ""
    ax.set(title=f"Accuracy by class{few}", xlabel="class", ylabel="accuracy", ylim=(0, 1.15))
    percent_axis(ax.yaxis)


def answer_bars(ax, found):
    """How many samples were lost, won, and wrong in another way."""
    labels = {"lost": "right → wrong", "won": "wrong → right", "changed": "wrong → other wrong"}
    counts = [len(found[name]) for name in labels]
    bars = ax.barh(np.arange(3), counts, height=0.6, linewidth=0.6, **SOLID)
    for bar in bars[1:]:
        bar.set(facecolor=HATCHED["facecolor"], hatch=HATCHED["hatch"])
    ax.bar_label(bars, [str(count) for count in counts], padding=4, fontsize=9)
    ax.set_yticks(np.arange(3), labels.values())
    ax.invert_yaxis()
    ax.margins(x=0.15)
    ax.locator_params(axis="x", integer=True)
    ax.set(title=f"Changed answers: {1 - found['agreement']:.1%} of {found['samples']:,} samples", xlabel="samples")


def reliability_lines(ax, found):
    """Accuracy against confidence, a point a bin, its area by the share of the samples; on the diagonal the network is
    right as often as it is sure."""
    ax.plot([0, 1], [0, 1], color="0.6", linestyle=":", linewidth=1, label="perfect calibration")
    for when, place, style in WHEN:
        confidence, accuracy, samples = np.array(found["reliability"][place]).T
        ax.plot(confidence, accuracy, linewidth=0.8, **{**style, "marker": ""})
        ax.scatter(confidence, accuracy, s=12 + 120 * samples / samples.sum(), marker=style["marker"],
                   zorder=4 - place,                    # a hollow point on a filled one: both are seen
                   facecolor=style.get("markerfacecolor", style["color"]), edgecolor=style["color"])
    lowest = min(row[0] for rows in found["reliability"] for row in rows)
    errors = " → ".join(f"{error:.1%}" for error in found["calibration"])
    ax.set(title=f"Calibration error {errors}", xlabel="confidence", ylabel="accuracy",
           xlim=(lowest - 0.03, 1.04), ylim=(-0.06, 1.08))
    percent_axis(ax.xaxis)
    percent_axis(ax.yaxis)
    light_grid(ax)


def robustness_bars(ax, found):
    """Accuracy, or loss, on the samples as they are and disturbed."""
    names, kind = list(found["robustness"]), "loss" if found["agreement"] is None else "accuracy"
    pairs = [found["robustness"][name] for name in names]
    pairs_of_bars(ax, ["as they are" if name == "none" else name for name in names], *zip(*pairs),
                  "{:.3g}" if kind == "loss" else "{:.0%}")
    ax.set(title=f"{kind.capitalize()} on disturbed samples", ylabel=kind)
    if kind == "accuracy":
        percent_axis(ax.yaxis)
        ax.set_ylim(0, 1.15)


PICTURE = damage
