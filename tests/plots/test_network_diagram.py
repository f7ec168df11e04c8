"""The picture of a network: squares, strokes, arrows."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

import minprune as mp
from minprune.engine.residual import Residual


def resnet():
    return mp.Network((6, 6, 2), [mp.Conv2D(3, 3, "relu", padding="same"),
                                  Residual([mp.Conv2D(4, 3, "relu", padding="same"), mp.Conv2D(3, 3, padding="same")]),
                                  mp.MaxPool2D(2), mp.Flatten(), mp.Dense(30, "relu"), mp.Dense(2)])


def squares(ax):
    """{y: the squares of one row from the left}."""
    rows = {}
    for patch in ax.patches:
        if isinstance(patch, Rectangle):
            rows.setdefault(round(patch.get_y() + patch.get_height() / 2, 6), []).append(patch)
    return dict(sorted(rows.items(), reverse=True))


def test_one_square_a_neuron_and_removed_ones_are_struck_out():
    net = resnet()
    keep = {name: np.ones(net[name].K, bool) for name in net.hidden_layers}
    keep["conv1+conv3"][1] = keep["conv2"][[0, 3]] = False
    ax = mp.plots.network(net, keep).axes[0]
    rows = list(squares(ax).values())
    assert [len(row) for row in rows] == [2, 3, 4, 3, 23, 2]        # of 30 neurons 23, and "…"
    assert [[bool(square.get_hatch()) for square in row] for row in rows[:4]] == [
        [False] * 2, [False, True, False], [True, False, False, True], [False, True, False]]
    strokes = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 1.2]
    assert len(strokes) == 4


def test_texts_and_title(texts):
    net = resnet()
    keep = {name: np.arange(net[name].K) > 0 for name in net.hidden_layers}
    figure = mp.plots.network(net, keep)
    assert figure.get_suptitle() == "34 of 37 neurons stay"
    assert {"input (6, 6, 2)", "conv1  2 of 3", "conv2  3 of 4", "dense1  29 of 30", "dense2  2", "…",
            "maxpool1, flatten1"} <= set(texts(figure.axes[0]))
    assert mp.plots.network(net).get_suptitle() == "37 neurons can leave"


def test_who_reads_whom_and_who_leaves_together():
    ax = mp.plots.network(resnet()).axes[0]
    lines = [line for line in ax.lines if line.get_marker() == "o" and line.get_xdata()[0] < 0]
    assert [[round(y / -1.6) for y in line.get_ydata()] for line in lines] == [[1, 3]]      # conv1 and conv3
    assert rows_of_lanes(ax) == {(1,): (4,)}


def rows_of_lanes(ax):
    """{(row of the ring,): rows of the dots}, from the left."""
    rings = [line for line in ax.lines if line.get_marker() == "o" and line.get_markerfacecolor() == "white"]
    dots = {line.get_xdata()[0]: line for line in ax.lines if line not in rings
            and line.get_marker() == "o" and line.get_linestyle() == "None"}
    lines = {line.get_xdata()[0]: line for line in ax.lines if line.get_linewidth() == 1.3
             and len(set(line.get_xdata())) == 1 and line.get_marker() == "None"}
    found = {}
    for ring in rings:
        x, rows = ring.get_xdata()[0], [round(y / -1.6) for y in dots[ring.get_xdata()[0]].get_ydata()]
        assert [round(y / -1.6) for y in lines[x].get_ydata()] == [round(ring.get_ydata()[0] / -1.6), max(rows)]
        found[round(ring.get_ydata()[0] / -1.6),] = tuple(rows)
    return found


def beside():
    """A Concat of three branches, read by two layers, and a depthwise convolution behind a batch norm."""
    return mp.Network((6, 6, 2), [
        mp.Conv2D(4, 3, padding="same"), mp.BatchNorm(), mp.Conv2D(8, 3, "relu", padding="same", groups=4),
        mp.Concat([[], [mp.Conv2D(2, 1)], [mp.Conv2D(3, 1), mp.Conv2D(3, 1)]]), mp.MaxPool2D(2),
        mp.Concat([[], [mp.Conv2D(1, 1)]]), mp.GlobalAvgPool2D(), mp.Dense(2)])


def test_lanes_of_a_concat_and_numbers_of_a_depthwise_convolution(texts, overlaps):
    """conv2 (row 2) is read by conv3 in the next row, and by conv4, conv6 and dense1 farther down; and so on."""
    net = beside()
    first, *others = net.hidden_layers
    assert first == "conv1+conv2*2"
    keep = {first: np.array([True, False, True, True]), **{name: np.ones(net[name].K, bool) for name in others}}
    figure = mp.plots.network(net, keep)
    ax = figure.axes[0]
    assert rows_of_lanes(ax) == {(2,): (4, 6, 7), (3,): (6, 7), (5,): (7,)}
    rows = list(squares(ax).values())
    assert [bool(square.get_hatch()) for square in rows[2]] == [False, False, True, True] + [False] * 4
    found = texts(ax)
    assert {"conv1  3 of 4", "conv2  6 of 8", "batchnorm1", "maxpool1, globalavgpool1", "white: can never leave",
            "equal numbers: one neuron", "right: ○ is read by ●"} <= set(found)
    assert [found.count(str(number)) for number in range(4)] == [3] * 4                 # in conv1 once, in conv2 twice
    assert figure.get_suptitle() == "12 of 13 neurons stay" and overlaps(figure) == []


def test_channels_that_are_given_are_white_beside_those_that_leave():
    """A depthwise convolution of the input's channel and conv1's: its first two neurons cannot leave."""
    net = mp.Network((4, 4, 1), [mp.Concat([[], [mp.Conv2D(2, 1)]]), mp.Conv2D(6, 1, groups=3), mp.Flatten(),
                                 mp.Dense(1)])
    white = [[square.get_facecolor()[:3] == (1, 1, 1) for square in row]
             for row in squares(mp.plots.network(net).axes[0]).values()]
    assert white == [[True], [False] * 2, [True] * 2 + [False] * 4, [True]]


def test_lanes_that_do_not_meet_share_a_place():
    block = [mp.Dense(2, "relu"), mp.Dense(3)]
    net = mp.Network(2, [mp.Dense(3), Residual(block), mp.Dense(3), Residual(block), mp.Dense(1)])
    ax = mp.plots.network(net).axes[0]
    assert rows_of_lanes(ax) == {(1,): (4,), (4,): (7,)}
    assert len({line.get_xdata()[0] for line in ax.lines if line.get_markerfacecolor() == "white"}) == 2
    far = mp.Network(2, [mp.Dense(3), Residual(block), mp.Dense(3), mp.Dense(3), Residual(block), mp.Dense(1)])
    ax = mp.plots.network(far).axes[0]
    assert len({line.get_xdata()[0] for line in ax.lines if line.get_markerfacecolor() == "white"}) == 1


def test_no_text_lies_over_another(overlaps):
    assert overlaps(mp.plots.network(resnet())) == []


def test_what_is_refused():
    with pytest.raises(TypeError, match="net expects a Network"):
        mp.plots.network(3)
    with pytest.raises(ValueError, match="keep expects the layers conv1.conv3, conv2, dense1, got conv1"):
        mp.plots.network(resnet(), {"conv1": np.ones(3, bool)})


def test_the_groups_as_text():
    assert resnet().groups().splitlines() == [
        "conv1+conv3: 3 neurons, neuron i of conv1 and conv3 together; "
        "read by conv2, dense1 through maxpool1, flatten1",
        "conv2: 4 neurons, each alone; read by conv3", "dense1: 30 neurons, each alone; read by dense2",
        "dense2: stays; its neurons make the network's output"]
    assert mp.Network(2, [mp.Dense(1)]).groups() == "no neuron can leave"
