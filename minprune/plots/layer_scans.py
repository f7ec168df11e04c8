"""How much each layer can lose by itself."""

from .style import legend_beside, light_grid, line_styles, new_figure, percent_axis, set_title


def scan(layer_scan, about=""):
    """Accuracy (or loss, where there is none) against the fraction that one layer alone has lost, a line a layer.

    layer_scan  what `mp.scan` returned
    about       data, network and seeds, for the title
    """
    if not hasattr(layer_scan, "fractions_for"):
        raise TypeError(f"layer_scan expects what mp.scan returns, got {type(layer_scan).__name__}")
    kind = "loss" if layer_scan.accuracy is None else "accuracy"
    lines, baseline = getattr(layer_scan, kind), getattr(layer_scan, f"baseline_{kind}")
    many = len(lines) > 6

    # A line for each layer, and one for the whole network
    figure = new_figure(9 if many else 7.5, 4.8)
    ax = figure.subplots()
    for (layer, values), style in zip(lines.items(), line_styles(len(lines))):
        label = f"{layer} ({layer_scan.neurons[layer]} neurons)"
        ax.plot(layer_scan.fractions, values, label=label, linewidth=1.5, **style)
    number = f"{baseline:.1%}" if kind == "accuracy" else f"{baseline:.3g}"
    ax.axhline(baseline, color="black", linestyle=":", linewidth=1, label=f"whole network ({number})")

    # Axes, legend and title
    ax.set(xlabel="neurons of this layer removed, all other layers whole", ylabel=f"{kind} without retraining")
    percent_axis(ax.xaxis)
    if kind == "accuracy":
        percent_axis(ax.yaxis)
    light_grid(ax)
    if many:
        legend_beside(ax)
    else:
        ax.legend(fontsize=8)
    set_title(figure, "How much can each layer lose?", about)
    return figure


PICTURE = scan
