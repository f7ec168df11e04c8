"""Every picture: each function returns a matplotlib Figure, and `save` writes it to a file.

A black-and-white print loses nothing: kept and removed, before and after differ in lightness, hatching,
markers and line styles. Figures are made directly, without pyplot, so no window system is ever asked for.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ..engine.checks import check_known, check_numbers, check_same_length
from ..engine.storage import atomic

SOLID = dict(facecolor="#1f3b5c", edgecolor="black")                                # kept; after
HATCHED = dict(facecolor="#e4e7ec", edgecolor="0.35", hatch="////")                 # removed; before
FILLED = dict(color="#1f3b5c", linestyle="-", marker="s", markersize=5)             # after; training
HOLLOW = dict(color="0.5", linestyle="--", marker="o", markersize=6, markerfacecolor="white")
MEASURES = {"neurons": "neurons", "parameters": "parameters", "multiply_adds": "multiply-adds",
            "bytes": "bytes on disk", "latency": "time of one pass"}
MOST_FILTERS = 64


def save(figure, path):
    """Write a figure to `path`, in the format of its suffix; if that fails, an older file stays as it was.

    The same figure gives the same png, byte for byte. Raises ValueError for a suffix that is no picture
    format, FileNotFoundError for a missing folder, TypeError for anything but a Figure.
    """
    if not isinstance(figure, Figure):
        raise TypeError(f"figure expects a matplotlib Figure, got {type(figure).__name__}")
    path = Path(path)
    suffix = path.suffix.lower().lstrip(".")
    check_known("picture format", suffix, figure.canvas.get_supported_filetypes())
    no_version = {"Software": None} if suffix == "png" else None
    with atomic(path) as file:
        figure.savefig(file, format=suffix, dpi="figure", metadata=no_version)


def scores(scores, keep=None, name="", reference=None, sorted=False):
    """One panel a layer, one bar a neuron; those that `keep` removes are light, hatched and crossed below.

    scores     {layer: (K,)}, high = keep; an infinite score is a bar cut off at a triangle
    keep       {layer: (K,) bool}, True = stays
    name       of the score, for the title
    reference  to compare with: other scores {layer: (K,)}, as diamonds, or a threshold, as a dashed line
    sorted     from the most to the least important neuron instead of by index
    """
    scores = _check_scores("scores", scores)
    keep = None if keep is None else _check_keep(keep, scores)
    reference = _check_reference(reference, scores)

    n, widest = len(scores), max(map(len, scores.values()))
    columns = 1 if n <= 3 else 3 if n > 8 and widest <= 100 else 2
    rows = -(-n // columns)
    figure = _figure(10 if columns > 1 else np.clip(5 + 0.06 * widest, 6, 10), 1.3 + 1.9 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, (layer, s) in zip(panels, scores.items()):
        stays = np.ones(len(s), dtype=bool) if keep is None else keep[layer]
        order = np.argsort(-s, kind="stable") if sorted else np.arange(len(s))
        compared = reference[layer][order] if isinstance(reference, dict) else reference
        label, size = "score" if keep is None else "kept", 400 / columns / len(s)
        _score_bars(ax, s[order], stays[order], label, compared, size)
        told = f"{len(s)} neurons" if keep is None else f"{stays.sum()} of {len(s)} neurons stay"
        ax.set_title(f"{layer}: {told}", fontsize=10)
    for ax in panels[n:]:
        ax.remove()
    for ax in panels[max(n - columns, 0):n]:
        ax.set_xlabel("neurons, most important first" if sorted else "neuron (index in its layer)")
    figure.suptitle("Importance of every neuron" + f" ({name})" * bool(name))
    figure.supylabel("importance (high = keep)", fontsize=10)
    if keep is not None or reference is not None or any(np.isinf(s).any() for s in scores.values()):
        _legend_below(figure)
    return figure


def _score_bars(ax, s, stays, label, reference, size):
    """The bars of one layer, in the order given; markers of about `size` points."""
    drawn = np.concatenate([s, [0.0], [] if reference is None else np.atleast_1d(reference)])
    low, high = drawn[np.isfinite(drawn)].min(), drawn[np.isfinite(drawn)].max()
    span = high - low or 1.0
    floor, ceiling = low - 0.12 * span, high + 0.12 * span         # beyond all but the infinite scores
    bars, at = np.clip(s, floor, ceiling), np.arange(len(s))
    size = min(max(size, 2), 6)
    dots = dict(linestyle="none", color="black", markersize=size, markeredgewidth=size / 6)
    for chosen, style, label in [(stays, SOLID, label), (~stays, HATCHED, "removed (crossed below)")]:
        if chosen.any():
            ax.bar(at[chosen], bars[chosen], linewidth=0.6 * (len(s) <= 100), label=label, **style)
    for endless, marker in [(s == np.inf, "^"), (s == -np.inf, "v")]:
        if endless.any():
            ax.plot(at[endless], bars[endless], marker=marker, label="infinite (bar cut off)",
                    **dict(dots, markersize=max(size, 4)))
    if np.ndim(reference):
        points = np.clip(reference, floor, ceiling)
        ax.plot(at, points, label="reference", marker="D", markerfacecolor="white", **dots)
    elif reference is not None:
        ax.axhline(reference, color="black", linestyle="--", linewidth=1, label="threshold")
    crosses = np.full(np.count_nonzero(~stays), min(bars.min(), low) - 0.1 * span)
    ax.plot(at[~stays], crosses, marker="x", **dots)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.margins(x=0, y=0.06)
    ax.set_xlim(-0.8, len(s) - 0.2)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def removal_curve(removed, before, after=None, baseline=None):
    """Accuracy against the fraction of neurons removed: `before` and `after` retraining.

    removed, before, after  one number in [0, 1] a point, in any order; baseline: the original's accuracy
    """
    series = {"removed": removed, "before": before, "after": after, "baseline": baseline}
    series = {name: _check_fractions(name, values, ndim=int(name != "baseline"))
              for name, values in series.items() if values is not None}
    check_same_length(**{name: values for name, values in series.items() if name != "baseline"})

    figure = _figure(7, 4.5)
    ax = figure.subplots()
    order = np.argsort(series["removed"], kind="stable")
    for name, style in [("after", FILLED), ("before", HOLLOW)]:
        if name in series:
            ax.plot(series["removed"][order], series[name][order], label=f"{name} retraining", **style)
    if baseline is not None:
        ax.axhline(baseline, color="black", linestyle=":", label=f"original network ({baseline:.1%})")
    ax.set(title="How much can go?", xlabel="hidden neurons removed", ylabel="accuracy")
    _percent(ax.xaxis)
    _percent(ax.yaxis)
    ax.grid(color="0.9")
    ax.legend()
    return figure


def comparison(comparison):
    """What the cut changed: sizes in percent of the original, accuracy (or loss), and neurons in each layer.

    comparison  {"before": evaluation, "after": evaluation}, or an object whose to_dict() gives that; each
                evaluation a dict with "neurons" {layer: count}, "parameters", "multiply_adds", "bytes",
                "latency" (s), "test_accuracy", "train_accuracy", "test_loss", "train_loss". A measure that is
                None or absent in either is left out.
    """
    before, after = _check_comparison(comparison)
    figure = _figure(9, 7.5)
    axes = figure.subplot_mosaic([["size", "size"], ["quality", "neurons"]], width_ratios=[2, 3])
    figure.suptitle("Before and after pruning")
    _size_bars(axes["size"], before, after)
    _quality_bars(axes["quality"], before, after)
    _neuron_bars(axes["neurons"], before["neurons"], after["neurons"])
    _legend_below(figure)
    return figure


def _size_bars(ax, before, after):
    sizes = [dict(one, neurons=sum(one["neurons"].values())) for one in (before, after)]
    shown = [measure for measure in MEASURES if all(one.get(measure) for one in sizes)]
    for one, place, style, label in zip(sizes, [-0.2, 0.2], [HATCHED, SOLID], ["before", "after"]):
        percent = [100 * one[measure] / sizes[0][measure] for measure in shown]
        at = np.arange(len(shown)) + place
        bars = ax.barh(at, percent, height=0.38, linewidth=0.6, label=label, **style)
        told = [_with_unit(measure, one[measure]) for measure in shown]
        if label == "after":
            told = [f"{text}  ({share:.0f}%)" for text, share in zip(told, percent)]
        ax.bar_label(bars, told, padding=4, fontsize=9)
    ax.set_yticks(np.arange(len(shown)), [MEASURES[measure] for measure in shown])
    ax.invert_yaxis()
    ax.margins(x=0.25)
    ax.set(title="Size and cost", xlabel="percent of the original network")


def _with_unit(measure, value):
    """A number as people read it: 1,234,567, or in KiB, or in milliseconds."""
    if measure == "latency":
        return f"{1000 * value:.3g} ms" if value < 1 else f"{value:,.2f} s"
    return f"{value / 1024:,.1f} KiB" if measure == "bytes" else f"{value:,}"


def _quality_bars(ax, before, after):
    """Accuracy on test and training data; the loss where there is no accuracy."""
    kind = "accuracy" if None not in (before.get("test_accuracy"), after.get("test_accuracy")) else "loss"
    shown = [f"{data}_{kind}" for data in ("test", "train")]
    shown = [key for key in shown if None not in (before.get(key), after.get(key))]
    heights = [[one[key] for key in shown] for one in (before, after)]
    names = [{"test": "test data", "train": "training data"}[key.split("_")[0]] for key in shown]
    _pairs_of_bars(ax, names, *heights, "{:.1%}" if kind == "accuracy" else "{:.3g}")
    ax.set(title=kind.capitalize(), ylabel=kind)
    if kind == "accuracy":
        _percent(ax.yaxis)
        ax.set_ylim(0, 1.12)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1])


def _neuron_bars(ax, before, after):
    _pairs_of_bars(ax, list(before), list(before.values()), [after[layer] for layer in before], "{:,}")
    ax.set(title="Neurons in each layer", xlabel="layer", ylabel="neurons")


def _pairs_of_bars(ax, names, before, after, form):
    """Before and after side by side, with the numbers on top while there is room for them."""
    room = len(names) <= 6
    for heights, place, style, label in [(before, -0.2, HATCHED, "before"), (after, 0.2, SOLID, "after")]:
        bars = ax.bar(np.arange(len(names)) + place, heights, width=0.38, linewidth=0.6, label=label, **style)
        if room:
            ax.bar_label(bars, [form.format(height) for height in heights], padding=2, fontsize=8)
    ax.set_xticks(np.arange(len(names)), names, rotation=0 if room else 90)
    ax.margins(y=0.12)


def history(history, held_out="validation data"):
    """Loss and, where there is one, accuracy after each epoch.

    history  an object with the lists loss, accuracy, validation_loss, validation_accuracy, one number an
             epoch; validation lists may be empty, accuracies None or NaN
    held_out how the legend calls the data that the validation lists were measured on
    """
    names = ["loss", "accuracy", "validation_loss", "validation_accuracy"]
    series = {name: _check_epochs(name, history) for name in names}
    epochs = len(series["loss"])
    if epochs == 0:
        raise ValueError("history expects at least one epoch, got an empty loss")
    for name, values in series.items():
        if len(values) not in (0, epochs):
            raise ValueError(f"history.{name} expects {epochs} epochs, like the loss, got {len(values)}")

    shown = [kind for kind in ("loss", "accuracy") if not np.isnan(series[kind]).all()] or ["loss"]
    figure = _figure(4.8 * len(shown), 4)
    at, every = np.arange(1, epochs + 1), max(1, epochs // 20)
    for ax, kind in zip(figure.subplots(1, len(shown), squeeze=False).ravel(), shown):
        for values, style, label in [(series[kind], FILLED, "training data"),
                                     (series[f"validation_{kind}"], HOLLOW, held_out)]:
            if not np.isnan(values).all():
                ax.plot(at, values, label=label, markevery=every, **style)
        ax.set(title=kind.capitalize(), xlabel="epoch (one pass over the training data)", ylabel=kind)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(color="0.9")
        if kind == "accuracy":
            _percent(ax.yaxis)
    _legend_below(figure)
    return figure


def filters(net, scores=None, keep=None):
    """The weights of the first hidden layer's neurons, at most 64 of them, each a small image.

    scores  {layer: (K,)}: written above each image; keep {layer: (K,) bool}: removed ones are crossed out
    Dense weights take the shape of the network's input when that is an image (H, W, C), else one row.
    One channel is drawn in grey, three in colour, more as their mean.
    """
    if not getattr(net, "hidden_layers", None):
        raise ValueError(f"filters expects a network with a hidden layer, got {type(net).__name__} without")
    layer = net.hidden_layers[0]
    images, told = _as_images(check_numbers(f"{layer}.W", net[layer.split("+")[0]].W), tuple(net.input_shape))
    like = {layer: np.zeros(len(images))}
    s = None if scores is None else _check_scores("scores", _only(layer, "scores", scores), like)[layer]
    stays = like[layer] == 0 if keep is None else _check_keep(_only(layer, "keep", keep), like)[layer]

    K, height, width, C = images.shape
    n, stripes = min(K, MOST_FILTERS), height == 1 < width
    columns = min(n, 4 if stripes else 8)
    rows, tall = -(-n // columns), 0.35 if stripes else 0.85 * height / width       # of one image, in inches
    figure = _figure(8 if stripes else max(5, 0.95 * columns + 1), 1.0 + (tall + 0.25) * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in panels[n:]:
        ax.remove()
    most = np.abs(images).max() or 1.0                # one scale for all, so that they can be compared
    for i, ax in enumerate(panels[:n]):
        picture = _one_filter(ax, images[i], most, stripes, stays[i])
        ax.set_title(f"{i}" if s is None else f"{i}: {s[i]:.2g}", fontsize=8, pad=3)
    if C == 1:
        figure.colorbar(picture, ax=panels[:n].tolist(), label="weight (mid-grey = 0)", aspect=12 * rows)
    shown = f"; the first {n} of {K}" * (K > n)
    notes = ["above each: its number and score"] * (s is not None)
    notes += ["crossed out: removed"] * (not stays[:n].all())
    title = f"What each neuron of {layer} looks for{told}{shown}\n{'; '.join(notes)}"
    figure.suptitle(title.strip(), fontsize=11)
    return figure


def _as_images(W, input_shape):
    """Weights as (K, H, W, C) with C = 1 or 3, and what to say about it in the title."""
    if W.ndim == 2 and len(input_shape) == 3 and np.prod(input_shape) == W.shape[1]:
        W = W.reshape(len(W), *input_shape)
    elif W.ndim == 2:
        W = W[:, None, :, None]
    if W.shape[3] in (1, 3):
        return W, ""
    return W.mean(axis=3, keepdims=True), f" (mean of {W.shape[3]} channels)"


def _one_filter(ax, image, most, stripes, stays):
    """Black is -most, mid-grey 0, white +most; a removed one is crossed out."""
    image = image[..., 0] if image.shape[2] == 1 else 0.5 + image / (2 * most)
    picture = ax.imshow(image, cmap="gray", vmin=-most, vmax=most, aspect="auto" if stripes else "equal")
    ax.set_xticks([])
    ax.set_yticks([])
    if not stays:
        for ends in ([0, 1], [1, 0]):
            ax.plot([0, 1], ends, transform=ax.transAxes, color="white", linewidth=3.5)
            ax.plot([0, 1], ends, transform=ax.transAxes, color="black", linewidth=1.5)
    return picture


def _figure(width, height):
    return Figure(figsize=(float(width), float(height)), dpi=150, layout="constrained")


def _percent(axis):
    axis.set_major_formatter(PercentFormatter(xmax=1, decimals=None))


def _legend_below(figure):
    """One legend for all panels that names each thing once, bars first."""
    entries = {}
    for ax in figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels()):
            entries.setdefault(label, handle)
    entries = dict(sorted(entries.items(), key=lambda entry: isinstance(entry[1], Line2D)))
    if entries:
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=len(entries))


def _only(layer, name, values):
    """The first layer's entry alone, so that the others need not be there."""
    if not isinstance(values, Mapping) or layer not in values:
        raise ValueError(f'{name} expects a dict with the layer "{layer}"')
    return {layer: values[layer]}


def _check_layers(name, values, layers):
    if not isinstance(values, Mapping) or not values:
        got = "an empty dict" if isinstance(values, Mapping) else type(values).__name__
        raise ValueError(f"{name} expects a dict {{layer: array}} of at least one layer, got {got}")
    if layers is not None and set(values) != set(layers):
        raise ValueError(f"{name} expects the layers {', '.join(layers)}, got {', '.join(map(str, values))}")


def _check_scores(name, scores, like=None):
    """{layer: (K,) float}; raise unless real, not NaN, and as many as in `like`."""
    _check_layers(name, scores, like)
    checked = {}
    for layer, s in scores.items():
        s = np.asarray(s)
        K = "K" if like is None else len(like[layer])
        if s.dtype.kind not in "iuf" or s.ndim != 1 or s.size == 0 or like is not None and len(s) != K:
            raise ValueError(f'{name} of layer "{layer}" expects real numbers of shape ({K},), '
                             f"got {s.dtype} {s.shape}")
        if np.isnan(s).any():
            raise ValueError(f'{name} of layer "{layer}" holds {np.isnan(s).sum()} NaN, of {s.size}')
        checked[layer] = s.astype(float)
    return checked


def _check_keep(keep, scores):
    _check_layers("keep", keep, scores)
    keep = {layer: np.asarray(keep[layer]) for layer in scores}
    for layer, s in scores.items():
        if keep[layer].dtype != bool or keep[layer].shape != s.shape:
            raise ValueError(f'keep of layer "{layer}" expects booleans of shape {s.shape}, '
                             f"got {keep[layer].dtype} {keep[layer].shape}")
    return keep


def _check_reference(reference, scores):
    if reference is None:
        return None
    if isinstance(reference, Mapping):
        return _check_scores("reference", reference, scores)
    if np.ndim(reference) != 0:
        raise TypeError(f"reference expects {{layer: array}} or one number, got {type(reference).__name__}")
    return float(check_numbers("reference", reference))


def _check_fractions(name, values, ndim):
    values = check_numbers(name, values).astype(float)
    if values.ndim != ndim or values.min() < 0 or values.max() > 1:
        kind = "one number" if ndim == 0 else "a list of numbers"
        raise ValueError(f"{name} expects {kind} from 0 to 1, "
                         f"got shape {values.shape}, from {values.min()} to {values.max()}")
    return values


def _check_comparison(comparison):
    if hasattr(comparison, "to_dict"):
        comparison = comparison.to_dict()
    for which in ("before", "after"):
        if not isinstance(comparison, Mapping) or not isinstance(comparison.get(which), Mapping):
            raise ValueError(f'comparison expects evaluations "before" and "after": no "{which}"')
        neurons = comparison[which].get("neurons")
        if not isinstance(neurons, Mapping) or not neurons:
            raise ValueError(f'comparison["{which}"] expects "neurons", {{layer: count}}')
    before, after = comparison["before"], comparison["after"]
    if set(before["neurons"]) != set(after["neurons"]):
        raise ValueError("comparison expects the same layers before and after")
    return before, after


def _check_epochs(name, history):
    """One number an epoch; None becomes NaN."""
    if not hasattr(history, name):
        raise TypeError(f"history expects an object with the list {name}, got {type(history).__name__}")
    values = [np.nan if value is None else value for value in getattr(history, name)]
    try:
        return np.array(values, dtype=float).reshape(len(values))
    except (TypeError, ValueError):
        raise ValueError(f"history.{name} expects one number an epoch") from None


def agreement(rho, about=""):
    """Spearman's ρ of each score with exact removal: a dot a layer, a bar for all neurons together, best on top.

    rho    {score: {layer: (mean, s.d.), …, "overall": (mean, s.d.)}}; a mean may be NaN (all neurons tie)
    about  data, networks and seeds, for the title
    """
    names = sorted(rho, key=lambda name: np.nan_to_num(rho[name]["overall"][0], nan=-2))
    layers = [layer for layer in next(iter(rho.values())) if layer != "overall"]
    figure = _figure(8.5, 1.6 + 0.26 * len(names))
    ax, at = figure.subplots(), np.arange(len(names))
    means, deviations = np.array([rho[name]["overall"] for name in names], float).T
    ax.barh(at, np.nan_to_num(means), xerr=np.nan_to_num(deviations), height=0.7, label="all neurons (± s.d.)",
            error_kw=dict(ecolor="black", capsize=2), facecolor="#c9cfd8", edgecolor="0.35")
    for layer, marker, shade in zip(layers, "osD^vP*X" * len(layers), np.linspace(0.0, 0.6, max(len(layers), 1))):
        ax.plot([rho[name][layer][0] for name in names], at, linestyle="none", marker=marker, markersize=4.5,
                color=str(shade), markerfacecolor=str(shade), label=layer)
    ax.set_yticks(at, names, fontsize=8)
    ax.set_ylim(-0.7, len(names) - 0.3)
    ax.set_xlim(-1.05, 1.05)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.set_xlabel("Spearman's ρ with exact removal (1 = the same order)")
    figure.suptitle("How well each score ranks the neurons" + f"\n{about}" * bool(about), fontsize=11)
    _legend_below(figure)
    return figure


def accuracy_curves(fractions, curves, about="", columns=5):
    """Accuracy after removing each fraction without retraining: a small panel a score, removal and random in each.

    fractions  in [0, 1];  curves {score: [(mean, s.d.), …]}, one pair a fraction;  about as for `agreement`
    """
    names = sorted(curves, key=lambda name: -np.mean([mean for mean, _ in curves[name]]))
    rows = -(-len(names) // columns)
    figure = _figure(2.3 * columns, 1.2 + 1.55 * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    x = 100 * np.asarray(fractions)
    for ax, name in zip(panels, names):
        for control, style in (("removal", "-"), ("random", ":")):
            if control in curves and control != name:
                ax.plot(x, [100 * mean for mean, _ in curves[control]], linestyle=style, color="0.6", linewidth=1,
                        label=f"{control}, for comparison")
        mean, deviation = 100 * np.array(curves[name]).T
        ax.fill_between(x, mean - deviation, mean + deviation, color="0.82", linewidth=0)
        ax.plot(x, mean, color="black", marker="o", markersize=3, linewidth=1.4, label="this score (mean ± s.d.)")
        ax.set_title(name, fontsize=8)
        ax.set_ylim(0, 102)
        ax.tick_params(labelsize=7)
    for ax in panels[len(names):]:
        ax.remove()
    for ax in panels[max(len(names) - columns, 0):len(names)]:
        ax.tick_params(labelbottom=True)
        ax.set_xlabel("removed, %", fontsize=8)
    figure.supylabel("test accuracy without retraining, %", fontsize=10)
    figure.suptitle("What is left when the lowest go, best on average first" + f"\n{about}" * bool(about), fontsize=11)
    _legend_below(figure)
    return figure


def scan(scan, about=""):
    """Accuracy (or loss, where there is none) against the fraction that one layer alone has lost, a line a layer.

    scan   what `mp.scan` returned;  about  data, network and seeds, for the title
    """
    if not hasattr(scan, "fractions_for"):
        raise TypeError(f"scan expects what mp.scan returns, got {type(scan).__name__}")
    kind = "loss" if scan.accuracy is None else "accuracy"
    baseline = getattr(scan, f"baseline_{kind}")
    lines = {f"{layer} ({scan.neurons[layer]} neurons)": values for layer, values in getattr(scan, kind).items()}
    many = len(lines) > 6
    figure = _figure(9 if many else 7.5, 4.8)
    ax = figure.subplots()
    for (label, values), style in zip(lines.items(), _line_styles(len(lines))):
        ax.plot(scan.fractions, values, label=label, linewidth=1.5, **style)
    told = f"{baseline:.1%}" if kind == "accuracy" else f"{baseline:.3g}"
    ax.axhline(baseline, color="black", linestyle=":", linewidth=1, label=f"whole network ({told})")
    ax.set(xlabel="neurons of this layer removed, all other layers whole", ylabel=f"{kind} without retraining")
    _percent(ax.xaxis)
    if kind == "accuracy":
        _percent(ax.yaxis)
    ax.grid(color="0.9")
    ax.legend(fontsize=8, **dict(loc="center left", bbox_to_anchor=(1.01, 0.5)) if many else {})
    figure.suptitle("How much can each layer lose?" + f"\n{about}" * bool(about), fontsize=11)
    return figure


def frontier(frontier, about="", size="multiply_adds"):
    """What each candidate of a search keeps of the accuracy (or the loss), against its size; a marker a score.

    The line joins the efficient ones: nothing that was tried is better at their size or below. Filled markers: all
    layers ranked together; hollow ones: layer by layer.

    frontier  what `mp.search_strategies` returned;  about  data, network and seeds;  size  parameters, multiply_adds,
              bytes or neurons
    """
    if not hasattr(frontier, "efficient"):
        raise TypeError(f"frontier expects what mp.search_strategies returns, got {type(frontier).__name__}")
    check_known("size", size, [name for name in MEASURES if name != "latency"])
    kind = "loss" if frontier.unpruned.accuracy is None else "accuracy"
    figure = _figure(8.5, 5.2)
    ax = figure.subplots()
    best = [(getattr(one, size), getattr(one, kind)) for one in frontier.efficient(size)]
    ax.plot(*zip(*best), color="black", linewidth=1.2, zorder=1, drawstyle="steps-post", label="best at this size")
    names = list(dict.fromkeys(one.score for one in frontier.candidates))
    for name, style in zip(names, _line_styles(len(names))):
        for scope in dict.fromkeys(one.scope for one in frontier.candidates):
            points = [(getattr(one, size), getattr(one, kind)) for one in frontier.candidates
                      if (one.score, one.scope) == (name, scope)]
            face = style["color"] if scope == "global" else "white"
            if points:
                ax.plot(*zip(*points), linestyle="none", marker=style["marker"], color=style["color"], markersize=6,
                        markerfacecolor=face, label=f"{name}, {scope}")
    whole = frontier.unpruned
    ax.plot(getattr(whole, size), getattr(whole, kind), linestyle="none", marker="*", markersize=13, color="black",
            label="unpruned")
    ax.set(xlabel=MEASURES[size], ylabel=f"{kind} on the validation data")
    if kind == "accuracy":
        _percent(ax.yaxis)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.xaxis.set_major_locator(MaxNLocator(5))                      # 10,000,000 is wide
    ax.grid(color="0.9")
    ax.set_axisbelow(True)
    ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    figure.suptitle("Which strategy keeps the most at each size?" + f"\n{about}" * bool(about), fontsize=11)
    return figure


def trade_off(rows, size, kind, unpruned, about=""):
    """What each method keeps of the accuracy (or loss) against how much smaller the network became; a line a method.

    rows      what `Results.rows()` of an experiment returns: one dict for each method and fraction
    size      "compression" (parameters before / after) or "speedup" (multiply-adds before / after)
    kind      "accuracy" or "loss";  unpruned  its (mean, standard deviation) in the whole networks
    about     data, network and seeds, for the title
    """
    known = {"compression": "parameters before / after", "speedup": "multiply-adds before / after"}
    check_known("size", size, known)
    check_known("kind", kind, ["accuracy", "loss"])
    names = list(dict.fromkeys(one["method"] for one in rows))
    figure = _figure(8.5, 5)
    ax = figure.subplots()
    for name, style in zip(names, _line_styles(len(names))):
        points = sorted((one[size][0], *np.nan_to_num(one[kind]), one[size][1])
                        for one in rows if one["method"] == name)
        x, y, y_spread, x_spread = np.array(points).T
        ax.errorbar(x, y, yerr=y_spread, xerr=np.nan_to_num(x_spread), label=name, linewidth=1.4, capsize=2,
                    elinewidth=0.8, **style)
    ax.axhline(unpruned[0], color="black", linestyle=":", linewidth=1, label="unpruned")
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}×")
    ax.set(xlabel=known[size], ylabel=f"test {kind} (mean ± s.d.)")
    if kind == "accuracy":
        _percent(ax.yaxis)
    ax.grid(color="0.9")
    ax.set_axisbelow(True)
    ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    figure.suptitle("What is kept at each size" + f"\n{about}" * bool(about), fontsize=11)
    return figure


def _line_styles(count):
    """So many styles that a print in black and white tells apart."""
    shades = np.linspace(0.0, 0.55, max(count, 1))
    return [dict(color=str(round(shade, 3)), marker="osD^vP*X<>"[n % 10], markersize=5,
                 linestyle=["-", "--", "-.", ":"][n % 4]) for n, shade in zip(range(count), shades)]
