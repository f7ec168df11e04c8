"""A line for each layer, distinct without colour."""

import numpy as np
import pytest

from minprune import plots
from minprune.strategies.scans import Scan


def a_scan(layers, accuracy=True, fractions=(0.0, 0.25, 0.5)):
    values = {layer: np.array([0.9, 0.8, 0.1 + n / 100]) for n, layer in enumerate(layers)}
    return Scan(np.array(fractions), {layer: 1 - v for layer, v in values.items()}, values if accuracy else None, 0.1,
                0.9 if accuracy else None, dict.fromkeys(layers, 16))


def test_scan_draws_a_line_a_layer_and_the_whole_network(line):
    figure = plots.scan(a_scan(["conv1", "dense1"]), "digits, mlp, seed 0")
    (ax,) = figure.axes
    for n, layer in enumerate(["conv1", "dense1"]):
        drawn = line(ax, f"{layer} (16 neurons)").get_xydata().tolist()
        assert drawn == [[0, 0.9], [0.25, 0.8], [0.5, 0.1 + n / 100]]
    assert set(line(ax, "whole network (90.0%)").get_ydata()) == {0.9}
    assert figure.get_suptitle() == "How much can each layer lose?\ndigits, mlp, seed 0"
    assert plots.scan(a_scan(["a"])).get_suptitle() == "How much can each layer lose?"
    assert ax.get_ylabel() == "accuracy without retraining" and ax.yaxis.get_major_formatter()(0.5) == "50%"
    assert ax.get_xlabel() == "neurons of this layer removed, all other layers whole"


def test_scan_draws_the_loss_where_there_is_no_accuracy(line):
    (ax,) = plots.scan(a_scan(["a"], accuracy=False)).axes
    np.testing.assert_allclose(line(ax, "a (16 neurons)").get_ydata(), [0.1, 0.2, 0.9])
    assert set(line(ax, "whole network (0.1)").get_ydata()) == {0.1}
    assert ax.get_ylabel() == "loss without retraining" and ax.yaxis.get_major_formatter()(0.5) != "50%"


@pytest.mark.parametrize("count", [1, 6, 7, 20])
def test_no_two_layers_are_drawn_alike_without_colour(count):
    (ax,) = plots.scan(a_scan([f"conv{n}" for n in range(count)])).axes
    styles = [(one.get_marker(), one.get_linestyle(), one.get_color()) for one in ax.lines[:count]]
    assert len(set(styles)) == count and all(0 <= float(shade) < 0.6 for _, _, shade in styles)
    assert len({style[:2] for style in styles}) == count


def test_scan_refuses():
    with pytest.raises(TypeError, match="layer_scan expects what mp.scan returns, got dict"):
        plots.scan({"a": [1]})


@pytest.mark.parametrize("make", [
    lambda: plots.scan(a_scan(["conv1", "dense1"]), "digits, mlp, seed 0"),
    lambda: plots.scan(a_scan([f"conv{n}" for n in range(13)]), "digits, cnn, seed 0"),
])
def test_no_text_lies_over_another(make, overlaps):
    assert overlaps(make()) == []
