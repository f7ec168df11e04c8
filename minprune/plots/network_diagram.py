"""A network as rows of neurons: which layers read which, which neurons leave together, and which were removed."""

from typing import NamedTuple

import numpy as np

from ..engine.checks import check_network
from ..engine.coupling import INPUT, what_is_read
from .checks import check_keep
from .style import HATCHED, MARKERS, SOLID, new_figure

MOST = 24                       # squares of one row; of more neurons some are left out, told by "…"
SIDE, STEP = 0.6, 1.6           # of a square, and from row to row; a square and its gap are 1 wide
UNIT = 0.23                     # inches
LETTER, LINE = 0.24, 0.6        # of the small texts, at most; in units
PALE = dict(facecolor="white", edgecolor="0.35")                                    # given: it can never leave
STYLES = {"given": PALE, "stays": SOLID, "removed": HATCHED}


def network(net, keep=None):
    """One row a layer, one square a neuron; removed neurons struck out, those that can never leave white.

    net     a Network
    keep    {layer: (K,) bool}, True = stays, with the keys of `net.hidden_layers`; None: nothing was decided

    An arrow goes from each layer to the next one, if that reads it. Other readers are on the right: each layer that is
    read farther down has a line of its own, from a ring on its row to a dot on the row of each reader. What lies
    between, pooling or a batch norm, stands on the arrow, or at the right end of the reader's row.

    Layers whose neurons leave together are joined by a line on the left: those above one another are one neuron; where
    the layers differ in their numbers, squares with the same number are.
    """
    check_network(net)
    scores = {name: np.zeros(net[name].K) for name in net.hidden_layers}
    keep = {} if keep is None else check_keep(keep, scores)
    rows = rows_of(net, keep)
    names = [row.name for row in rows]
    lanes = lanes_of(net, names)
    groups = [unit for unit in net.units.values() if len(unit.members) > 1]

    # the figure, as large as its rows, lanes and texts
    widest, tracks = max(shown(row.K) for row in rows), max((lane.track + 1 for lane in lanes), default=0)
    legend, longest = legend_of(rows, lanes, groups), max(len(text_of(between)) for *_, between in reads_of(net, names))
    left, right = 8.5 + 0.5 * max(0, len(groups) - 4), widest + 1.2 * tracks + 1.5 + LETTER * longest * bool(lanes)
    right, bottom = max(right, 2 + LETTER * longest, 4), STEP * (len(rows) - 0.4) + LINE * len(legend)
    figure = new_figure(UNIT * (left + right), UNIT * (bottom + 2.8))
    ax = figure.add_subplot()

    # what is on it
    for place, row in enumerate(rows):
        draw_row(ax, -STEP * place, row)
    draw_groups(ax, groups, names)
    draw_steps(ax, net, names)
    draw_lanes(ax, rows, lanes, widest + 0.8)
    for place, sign in enumerate(legend):
        ax.text(-left + 0.2, -STEP * (len(rows) - 0.4) - LINE * place, sign, va="center", fontsize=6.5)

    ax.set_xlim(-left, right)
    ax.set_ylim(-bottom, 0.5 * STEP)
    ax.set_axis_off()
    figure.suptitle(title_of(net, keep), fontsize=10)
    return figure


class Row(NamedTuple):
    """One layer: its name, what it is, how many neurons it has, the state of each ("given", which can never leave,
    "stays" or "removed"), and the number of each in its unit, where it is not its own; else None."""

    name: str
    kind: str
    K: int
    states: np.ndarray
    numbers: np.ndarray | None = None


def rows_of(net, keep):
    """The input, and all layers with neurons, in the order of the pass."""
    channels = net.input_shape[-1]
    rows = [Row(INPUT, f"input {net.input_shape}", channels, np.full(channels, "given", object))]
    for name in net.neuron_layers:
        states, numbers = np.full(net[name].K, "given", object), np.full(net[name].K, -1)
        units = {key: unit for key, unit in net.units.items() if name in unit.members}
        for key, unit in units.items():
            stays = keep.get(key, np.ones(net[key].K, bool))
            states[unit.rows[name]] = np.where(stays, "stays", "removed")[:, np.newaxis]
            numbers[unit.rows[name]] = np.arange(len(stays))[:, np.newaxis]
        plain = all(unit.in_order for unit in units.values())
        rows.append(Row(name, f"{name}  {count_of(states)}", net[name].K, states, None if plain else numbers))
    return rows


def count_of(states):
    gone = (states == "removed").sum()
    return f"{len(states) - gone} of {len(states)}" if gone else f"{len(states)}"


def title_of(net, keep):
    total = sum(net[name].K for name in net.hidden_layers)
    left = total - sum(int((~stays).sum()) for stays in keep.values())
    return f"{left} of {total} neurons stay" if keep else f"{total} neurons can leave"


def legend_of(rows, lanes, groups):
    """What the signs mean that are there, a line each."""
    signs = ["white: can never leave"]
    signs += ["joined on the left: a column of squares is one neuron"] * bool(groups)
    signs += ["equal numbers: one neuron"] * any(row.numbers is not None for row in rows)
    signs += ["right: ○ is read by ●"] * bool(lanes)
    return signs


def shown(K):
    return min(K, MOST)


# ------------------------------------------------------------------------------------------ rows and groups


def draw_row(ax, y, row):
    """The squares of one layer, its name on the left, and a stroke through each neuron that is removed."""
    from matplotlib.patches import Rectangle

    neurons = np.arange(row.K) if row.K <= MOST else np.r_[:MOST - 3, row.K - 2:row.K]
    for place, neuron in enumerate(neurons):
        x, state = place if place < MOST - 3 or row.K <= MOST else place + 1, row.states[neuron]
        ax.add_patch(Rectangle((x, y - SIDE / 2), SIDE, SIDE, linewidth=0.7, **STYLES[state]))
        if state == "removed":
            ax.plot([x - 0.1, x + SIDE + 0.1], [y - SIDE / 2 - 0.1, y + SIDE / 2 + 0.1], color="black", linewidth=1.2)
        if row.numbers is not None and row.numbers[neuron] >= 0:
            ax.text(x + SIDE + 0.2, y - 0.2, row.numbers[neuron], ha="center", va="center", fontsize=5)
    if row.K > MOST:
        ax.text(MOST - 3 + SIDE / 2, y, "…", ha="center", va="center", fontsize=8)
    ax.text(-0.5, y, row.kind, ha="right", va="center", fontsize=8)


def draw_groups(ax, groups, names):
    """A line on the left of the rows whose neurons leave together, for each group one place farther out."""
    for number, unit in enumerate(groups):
        places = [-STEP * names.index(member) for member in unit.members]
        ax.plot([-6.8 - 0.5 * number] * len(places), places, color="black", marker=MARKERS[number % 4], markersize=4,
                linewidth=1.5)


# ------------------------------------------------------------------------------------------ who reads whom


class Lane(NamedTuple):
    """The line of one row that is read farther down: its start and ends, rows; what lies before each end; its place."""

    start: int
    ends: list
    between: list
    track: int


def draw_steps(ax, net, names):
    """An arrow from each row to the next one, if that reads it, and what lies between."""
    for start, end, between in reads_of(net, names):
        if end == start + 1:
            arrow(ax, (0.3, -STEP * start - 0.36), (0.3, -STEP * end + 0.36))
            ax.text(0.8, -STEP * (start + 0.5), text_of(between), va="center", fontsize=6.5)


def reads_of(net, names):
    """[(row, the row that reads it, the layers between)]."""
    return [(names.index(source), names.index(reader), between)
            for reader, sources in what_is_read(net.layers).items() for source, between in sources.items()]


def lanes_of(net, names):
    """The Lanes of all rows that are read farther down than in the next row; those that do not meet share a track."""
    found = {}
    for start, end, between in reads_of(net, names):
        if end > start + 1:
            found.setdefault(start, []).append((end, between))
    lanes, last = [], []                                        # the last row of each track
    for start, reads in sorted(found.items()):
        track = next((track for track, row in enumerate(last) if row < start), len(last))
        last[track:track + 1] = [max(end for end, _ in reads)]
        lanes.append(Lane(start, [end for end, _ in reads], [between for _, between in reads], track))
    return lanes


def draw_lanes(ax, rows, lanes, x):
    """The lines of all lanes, from x on to the right; a pale line leads from each row to its rings and dots."""
    outermost, texts = {}, {}
    for lane in lanes:
        at = x + 1.2 * lane.track
        ax.plot([at, at], [-STEP * lane.start, -STEP * max(lane.ends)], color="0.3", linewidth=1.3, zorder=2)
        ax.plot([at], [-STEP * lane.start], color="0.3", marker="o", markersize=6, markerfacecolor="white", zorder=3)
        ax.plot([at] * len(lane.ends), [-STEP * end for end in lane.ends], color="0.1", linestyle="", marker="o",
                markersize=5, zorder=3)
        for row in (lane.start, *lane.ends):
            outermost[row] = max(at, outermost.get(row, at))
        for end, between in zip(lane.ends, lane.between):
            texts.setdefault(end, {}).update(dict.fromkeys(layer.name for layer in between))
    for row, at in outermost.items():
        ax.plot([shown(rows[row].K), at], [-STEP * row] * 2, color="0.6", linestyle=":", linewidth=0.8, zorder=1)
    for row, names in texts.items():
        ax.text(max(outermost.values()) + 0.6, -STEP * row, ", ".join(names), va="center", fontsize=6.5)


def text_of(between):
    return ", ".join(layer.name for layer in between)


def arrow(ax, tail, head):
    ax.annotate("", head, tail, arrowprops=dict(arrowstyle="->", color="0.35", linewidth=0.8, shrinkA=0, shrinkB=0))


PICTURE = network
