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
    lines = [line for line in ax.lines if line.get_marker() == "o"]
    assert [[round(y / -1.6) for y in line.get_ydata()] for line in lines] == [[1, 3]]      # conv1 and conv3
    lanes = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert [(round(line.get_ydata()[0] / -1.6), round(line.get_ydata()[-1] / -1.6)) for line in lanes] == [(1, 4)]


def test_no_text_lies_over_another(overlaps):
    assert overlaps(mp.plots.network(resnet())) == []


def test_what_is_refused():
    with pytest.raises(TypeError, match="net expects a Network"):
        mp.plots.network(3)
    with pytest.raises(ValueError, match="keep expects the layers conv1.conv3, conv2, dense1, got conv1"):
        mp.plots.network(resnet(), {"conv1": np.ones(3, bool)})


def test_the_groups_as_text():
    assert resnet().groups().splitlines() == [
        "conv1+conv3: 3 neurons, neuron i of conv1 and conv3 together; read by conv2, dense1 through maxpool1, flatten1",
        "conv2: 4 neurons, each alone; read by conv3", "dense1: 30 neurons, each alone; read by dense2",
        "dense2: stays; its neurons make the output, are added to the input or to others, or groups read them"]
    assert mp.Network(2, [mp.Dense(1)]).groups() == "no neuron can leave"
