"""The scores of all neurons as bars, and which neurons were removed."""

import dataclasses

import numpy as np

from ..engine.checks import check_scores
from .checks import check_keep, check_reference
from .style import HATCHED, SOLID, legend_below, panel_figure, whole_number_axis


def scores(importance, keep=None, name="", reference=None, sorted=False):
    """One panel a layer, one bar a neuron; those that `keep` removes are light, hatched and crossed below.

    importance  the scores {layer: (K,)}, high = keep; an infinite score is a bar cut off at a triangle
    keep        {layer: (K,) bool}, True = stays
    name        of the score, for the title
    reference   to compare with: other scores {layer: (K,)}, as diamonds, or a threshold, as a dashed line
    sorted      from the most to the least important neuron instead of by index
    """
    importance = check_scores(importance, name="importance")
    keep = None if keep is None else check_keep(keep, importance)
    reference = None if reference is None else check_reference(reference, importance)

    # A panel for each layer
    widest, columns = max(map(len, importance.values())), count_columns(importance)
    width = 10 if columns > 1 else np.clip(5 + 0.06 * widest, 6, 10)
    figure, panels = panel_figure(len(importance), columns, width, row_height=1.9, around=1.3)
    for ax, (layer, s) in zip(panels, importance.items()):
        compared = reference[layer] if isinstance(reference, dict) else reference
        bars = Bars(s, None if keep is None else keep[layer], compared)
        draw(ax, bars.most_important_first() if sorted else bars, markersize=np.clip(400 / columns / len(s), 2, 6))
        ax.set_title(f"{layer}: {bars.count()}", fontsize=10)

    # What is written around the panels
    for ax in panels[-columns:]:
        ax.set_xlabel("neurons, most important first" if sorted else "neuron (index in its layer)")
    figure.suptitle(f"Importance of every neuron ({name})" if name else "Importance of every neuron")
    figure.supylabel("importance (high = keep)", fontsize=10)
    if keep is not None or reference is not None or any(np.isinf(s).any() for s in importance.values()):
        legend_below(figure)
    return figure


def count_columns(importance):
    """One column for a few layers, three for many narrow ones."""
    if len(importance) <= 3:
        return 1
    return 3 if len(importance) > 8 and max(map(len, importance.values())) <= 100 else 2


@dataclasses.dataclass
class Bars:
    """The neurons of one layer, in the order of their bars."""

    s: np.ndarray                               # the scores (K,)
    keep: np.ndarray | None                     # (K,) bool, True = stays; None: nothing was decided
    reference: np.ndarray | float | None        # other scores (K,), or a threshold

    def most_important_first(self):
        order = np.argsort(-self.s, kind="stable")
        return Bars(*(values[order] if np.ndim(values) else values
                      for values in (self.s, self.keep, self.reference)))

    def stays(self):
        return np.ones(len(self.s), dtype=bool) if self.keep is None else self.keep

    def count(self):
        K = len(self.s)
        return f"{K} neurons" if self.keep is None else f"{self.keep.sum()} of {K} neurons stay"

    def range(self):
        """The smallest and the largest number of the panel: of the finite scores, the reference, and 0."""
        numbers = np.concatenate([self.s, [0.0], [] if self.reference is None else np.atleast_1d(self.reference)])
        finite = numbers[np.isfinite(numbers)]
        return finite.min(), finite.max()


def draw(ax, bars, markersize):
    """One panel: bars, triangles on the infinite ones, the reference, and crosses below the removed neurons."""
    low, high = bars.range()
    span = high - low or 1.0
    ends = low - 0.12 * span, high + 0.12 * span            # beyond all but the infinite scores
    heights, stays = np.clip(bars.s, *ends), bars.stays()
    dots = dict(linestyle="none", color="black", markersize=markersize, markeredgewidth=markersize / 6)

    draw_bars(ax, heights, stays, "score" if bars.keep is None else "kept")
    draw_triangles(ax, heights, bars.s, dots)
    if np.ndim(bars.reference):
        ax.plot(np.clip(bars.reference, *ends), label="reference", marker="D", markerfacecolor="white", **dots)
    elif bars.reference is not None:
        ax.axhline(bars.reference, color="black", linestyle="--", linewidth=1, label="threshold")
    removed = np.flatnonzero(~stays)
    ax.plot(removed, np.full(len(removed), min(heights.min(), low) - 0.1 * span), marker="x", **dots)

    ax.axhline(0, color="black", linewidth=0.8)
    ax.margins(x=0, y=0.06)
    ax.set_xlim(-0.8, len(heights) - 0.2)
    whole_number_axis(ax.xaxis)


def draw_bars(ax, heights, stays, label):
    """Solid bars for the neurons that stay, hatched ones for the others."""
    edge = 0.6 if len(heights) <= 100 else 0
    for chosen, style, label in [(stays, SOLID, label), (~stays, HATCHED, "removed (crossed below)")]:
        if chosen.any():
            ax.bar(np.flatnonzero(chosen), heights[chosen], linewidth=edge, label=label, **style)


def draw_triangles(ax, heights, s, dots):
    """Where a bar would be infinitely long, a triangle at its end points on."""
    dots = dict(dots, markersize=max(dots["markersize"], 4))
    for infinity, marker in [(np.inf, "^"), (-np.inf, "v")]:
        endless = s == infinity
        if endless.any():
            ax.plot(np.flatnonzero(endless), heights[endless], marker=marker, label="infinite (bar cut off)", **dots)


PICTURE = scores
