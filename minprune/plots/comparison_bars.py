"""Before and after pruning, side by side: size and cost, accuracy (or loss), and the neurons of each layer."""

import numpy as np

from .checks import check_evaluations
from .measures import MEASURES, with_unit
from .style import HATCHED, SOLID, legend_below, new_figure, percent_axis

PAIR = [("before", -0.2, HATCHED), ("after", 0.2, SOLID)]           # of bars: label, place beside the tick, style


def comparison(evaluations):
    """What the cut changed: sizes in percent of the original, accuracy (or loss), and neurons in each layer.

    evaluations  {"before": evaluation, "after": evaluation}, or an object whose to_dict() gives that, such as what
                 `mp.compare` returns; each evaluation a dict with "neurons" {layer: count}, "parameters",
                 "multiply_adds", "bytes", "latency" (s), "test_accuracy", "train_accuracy", "test_loss",
                 "train_loss". A measure that is None or absent before or after is left out.
    """
    before, after = check_evaluations(evaluations)
    figure = new_figure(9, 7.5)
    axes = figure.subplot_mosaic([["size", "size"], ["quality", "neurons"]], width_ratios=[2, 3])
    figure.suptitle("Before and after pruning")
    size_bars(axes["size"], before, after)
    quality_bars(axes["quality"], before, after)
    neuron_bars(axes["neurons"], before["neurons"], after["neurons"])
    legend_below(figure)
    return figure


def size_bars(ax, before, after):
    """Two lying bars for each measure of size or cost, the original's being 100 %; the numbers written behind."""
    sizes = [dict(evaluation, neurons=sum(evaluation["neurons"].values())) for evaluation in (before, after)]
    shown = [measure for measure in MEASURES if all(size.get(measure) for size in sizes)]
    for size, (label, place, style) in zip(sizes, PAIR):
        percent = [100 * size[measure] / sizes[0][measure] for measure in shown]
        bars = ax.barh(np.arange(len(shown)) + place, percent, height=0.38, linewidth=0.6, label=label, **style)
        numbers = [with_unit(measure, size[measure]) for measure in shown]
        if label == "after":
            numbers = [f"{number}  ({share:.0f}%)" for number, share in zip(numbers, percent)]
        ax.bar_label(bars, numbers, padding=4, fontsize=9)
    ax.set_yticks(np.arange(len(shown)), [MEASURES[measure] for measure in shown])
    ax.invert_yaxis()
    ax.margins(x=0.25)
    ax.set(title="Size and cost", xlabel="percent of the original network")


def quality_bars(ax, before, after):
    """Accuracy on test and training data; the loss where there is no accuracy."""
    kind = "accuracy" if is_in_both("test_accuracy", before, after) else "loss"
    names = {f"test_{kind}": "test data", f"train_{kind}": "training data"}
    shown = [key for key in names if is_in_both(key, before, after)]
    heights = [[evaluation[key] for key in shown] for evaluation in (before, after)]
    pairs_of_bars(ax, [names[key] for key in shown], *heights, "{:.1%}" if kind == "accuracy" else "{:.3g}")
    ax.set(title=kind.capitalize(), ylabel=kind)
    if kind == "accuracy":
        percent_axis(ax.yaxis)
        ax.set_ylim(0, 1.12)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1])


def is_in_both(key, before, after):
    return before.get(key) is not None and after.get(key) is not None


def neuron_bars(ax, before, after):
    """How many neurons each layer has; the layers are paired by name."""
    pairs_of_bars(ax, list(before), list(before.values()), [after[layer] for layer in before], "{:,}")
    ax.set(title="Neurons in each layer", xlabel="layer", ylabel="neurons")


def pairs_of_bars(ax, names, before, after, form):
    """Before and after side by side, with the numbers on top while there is room for them."""
    room = len(names) <= 6
    for heights, (label, place, style) in zip((before, after), PAIR):
        bars = ax.bar(np.arange(len(names)) + place, heights, width=0.38, linewidth=0.6, label=label, **style)
        if room:
            ax.bar_label(bars, [form.format(height) for height in heights], padding=2, fontsize=8)
    ax.set_xticks(np.arange(len(names)), names, rotation=0 if room else 90)
    ax.margins(y=0.12)


PICTURE = comparison
