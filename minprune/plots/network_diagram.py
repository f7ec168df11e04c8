"""A network as rows of neurons: which layers read which, which neurons leave together, and which were removed."""

from typing import NamedTuple

import numpy as np

from ..engine.checks import check_network
from ..engine.coupling import INPUT, what_is_read
from .checks import check_keep
from .style import HATCHED, SOLID, new_figure

MOST = 24                       # squares of one row; of more neurons some are left out, told by "…"
SIDE, STEP = 0.6, 1.6           # of a square, and from row to row; a square and its gap are 1 wide
UNIT = 0.23                     # inches
PALE = dict(facecolor="white", edgecolor="0.35")                                    # the input and the output layer


def network(net, keep=None):
    """One row a layer, one square a neuron, arrows from each layer to those that read it; removed neurons struck out.

    net     a Network
    keep    {layer: (K,) bool}, True = stays, with the keys of `net.hidden_layers`; None: nothing was decided

    Layers whose outputs are added are joined by a line on the left: their neurons above one another are one neuron, and
    leave together. On an arrow stands what lies between: pooling, Flatten. The rows of the input and of layers whose
    neurons can never leave, the output layer's for one, are white.
    """
    check_network(net)
    scores = {name: np.zeros(net[name].K) for name in net.hidden_layers}
    keep = {} if keep is None else check_keep(keep, scores)
    rows = rows_of(net, keep)
    widest = max(shown(row.K) for row in rows)

    lanes = lanes_of(net, [row.name for row in rows])
    left, right = 8.5, widest + 0.5 + 0.8 * len(lanes) + (3.5 if lanes else 0)
    figure = new_figure(UNIT * (left + right), UNIT * (STEP * len(rows) + 2))
    ax = figure.add_subplot()
    for place, row in enumerate(rows):
        draw_row(ax, -STEP * place, row)
    draw_groups(ax, rows)
    draw_steps(ax, net, [row.name for row in rows])
    for place, (start, (ends, text)) in enumerate(lanes.items()):
        draw_lane(ax, rows, start, ends, widest + 0.5 + 0.8 * place, text)

    ax.set_xlim(-left, right)
    ax.set_ylim(STEP * (0.5 - len(rows)), 0.5 * STEP)
    ax.set_axis_off()
    figure.suptitle(title_of(rows, keep), fontsize=10)
    return figure


class Row(NamedTuple):
    """One layer: its name, what it is, how many neurons it has, which stay (None: none can leave), and its group."""

    name: str
    kind: str
    K: int
    stays: np.ndarray | None
    group: str


def rows_of(net, keep):
    """The input, and all layers with neurons, in the order of the pass."""
    group = {member: unit for unit in net.hidden_layers for member in net.members(unit)}
    rows = [Row(INPUT, f"input {net.input_shape}", net.input_shape[-1], None, "")]
    for name in net.neuron_layers:
        layer, unit = net[name], group.get(name, "")
        stays = keep.get(unit, np.ones(layer.K, bool)) if unit else None
        rows.append(Row(name, f"{name}  {count_of(layer.K, stays)}", layer.K, stays, unit))
    return rows


def count_of(K, stays):
    return f"{K}" if stays is None or stays.all() else f"{stays.sum()} of {K}"


def title_of(rows, keep):
    hidden = [row for row in rows if row.group and row.name == row.group.split("+")[0]]
    total, left = sum(row.K for row in hidden), sum(int(row.stays.sum()) for row in hidden)
    return f"{total} neurons can leave" if not keep else f"{left} of {total} neurons stay"


def shown(K):
    return min(K, MOST)


# ------------------------------------------------------------------------------------------ drawing


def draw_row(ax, y, row):
    """The squares of one layer, its name on the left, and a stroke through each neuron that is removed."""
    from matplotlib.patches import Rectangle

    neurons = np.arange(row.K) if row.K <= MOST else np.r_[:MOST - 3, row.K - 2:row.K]
    for place, neuron in enumerate(neurons):
        x = place if place < MOST - 3 or row.K <= MOST else place + 1
        removed = row.stays is not None and not row.stays[neuron]
        style = PALE if row.stays is None else HATCHED if removed else SOLID
        ax.add_patch(Rectangle((x, y - SIDE / 2), SIDE, SIDE, linewidth=0.7, **style))
        if removed:
            ax.plot([x - 0.1, x + SIDE + 0.1], [y - SIDE / 2 - 0.1, y + SIDE / 2 + 0.1], color="black", linewidth=1.2)
    if row.K > MOST:
        ax.text(MOST - 3 + SIDE / 2, y, "…", ha="center", va="center", fontsize=8)
    ax.text(-0.5, y, row.kind, ha="right", va="center", fontsize=8)


def draw_groups(ax, rows):
    """A line on the left of the rows whose neurons leave together, for each group one place farther out."""
    groups = {}
    for place, row in enumerate(rows):
        if "+" in row.group:
            groups.setdefault(row.group, []).append(-STEP * place)
    for number, places in enumerate(groups.values()):
        x = -6.8 - 0.5 * (number % 4)
        ax.plot([x] * len(places), places, color="black", marker="o", markersize=4, linewidth=1.5)


def draw_steps(ax, net, names):
    """An arrow from each row to the next one, if that reads it, and what lies between."""
    for reader, sources in what_is_read(net.layers).items():
        for source, between in sources.items():
            start, end = names.index(source), names.index(reader)
            if end == start + 1:
                arrow(ax, (0.3, -STEP * start - 0.36), (0.3, -STEP * end + 0.36))
                ax.text(0.8, -STEP * (start + 0.5), text_of(between), va="center", fontsize=6.5)


def lanes_of(net, names):
    """{row: (the rows farther on that read it, what lies between)}."""
    lanes = {}
    for reader, sources in what_is_read(net.layers).items():
        for source, between in sources.items():
            start, end = names.index(source), names.index(reader)
            if end > start + 1:
                ends, text = lanes.get(start, ([], ""))
                lanes[start] = ([*ends, end], text or text_of(between))
    return dict(sorted(lanes.items()))


def draw_lane(ax, rows, start, ends, x, text):
    """A line from the right end of row `start` down to the last of `ends`, with an arrow into each of these rows."""
    tail, bottom = shown(rows[start].K) - 0.3, -STEP * max(ends)
    ax.plot([tail, x, x], [-STEP * start, -STEP * start, bottom], color="0.35", linewidth=0.8)
    for end in ends:
        arrow(ax, (x, -STEP * end), (shown(rows[end].K) - 0.3, -STEP * end))
    ax.text(x + 0.15, -STEP * (start + 0.5), text, va="center", fontsize=6.5)


def text_of(between):
    return ", ".join(layer.name for layer in between)


def arrow(ax, tail, head):
    ax.annotate("", head, tail, arrowprops=dict(arrowstyle="->", color="0.35", linewidth=0.8, shrinkA=0, shrinkB=0))


PICTURE = network
