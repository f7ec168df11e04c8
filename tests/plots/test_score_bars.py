"""The bars are the scores, and who was removed is seen without colour."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from cases import each
from minprune import plots
from minprune.plots.score_bars import count_columns

SCORES = {"conv1": np.array([3.0, 1.0, 2.0]), "dense1": np.array([0.5, -4.0, 1.5, 5.0])}
KEEP = {"conv1": np.array([True, False, True]), "dense1": np.array([False, False, True, True])}


def test_one_panel_a_layer_and_one_bar_a_neuron_removed_ones_hatched_light_and_crossed(
        bars, line, legend, lightness):
    figure = plots.scores(SCORES, KEEP, name="taylor")
    assert isinstance(figure, Figure) and len(figure.axes) == 2
    for ax, layer in zip(figure.axes, SCORES):
        assert bars(ax) == {i: (s, not stays) for i, (s, stays) in enumerate(zip(SCORES[layer], KEEP[layer]))}
        crosses = line(ax, marker="x")
        assert crosses.get_xdata().tolist() == np.flatnonzero(~KEEP[layer]).tolist()
        assert crosses.get_ydata().max() < min(0, SCORES[layer].min())
        for one in ax.containers:
            assert (lightness(one[0]) > 0.8) if one[0].get_hatch() else (lightness(one[0]) < 0.3)
    assert figure.axes[0].get_title() == "conv1: 2 of 3 neurons stay"
    assert figure.axes[1].get_title() == "dense1: 2 of 4 neurons stay"
    assert legend(figure) == ["kept", "removed (crossed below)"]
    assert figure.get_suptitle() == "Importance of every neuron (taylor)"
    assert figure.get_supylabel() == "importance (high = keep)"
    assert [ax.get_xlabel() for ax in figure.axes] == ["", "neuron (index in its layer)"]


def test_without_a_decision_nothing_is_hatched_and_there_is_no_legend(bars):
    figure = plots.scores(SCORES)
    assert [ax.get_title() for ax in figure.axes] == ["conv1: 3 neurons", "dense1: 4 neurons"]
    assert not any(hatched for ax in figure.axes for _, hatched in bars(ax).values())
    assert not figure.legends and figure.get_suptitle() == "Importance of every neuron"


def test_when_only_a_later_layer_loses_neurons_the_legend_still_says_so(legend):
    keep = {"conv1": [True] * 3, "dense1": [True, True, True, False]}
    assert legend(plots.scores(SCORES, keep)) == ["kept", "removed (crossed below)"]
    assert legend(plots.scores(SCORES, dict(keep, dense1=[True] * 4))) == ["kept"]


def test_sorted_puts_the_most_important_first_and_takes_all_along(bars, line):
    figure = plots.scores(SCORES, KEEP, sorted=True, reference={layer: 2 * s for layer, s in SCORES.items()})
    assert bars(figure.axes[0]) == {0: (3.0, False), 1: (2.0, False), 2: (1.0, True)}
    assert bars(figure.axes[1]) == {0: (5.0, False), 1: (1.5, False), 2: (0.5, True), 3: (-4.0, True)}
    assert line(figure.axes[1], "reference").get_ydata().tolist() == [10, 3, 1, -8]
    assert line(figure.axes[1], marker="x").get_xdata().tolist() == [2, 3]
    assert figure.axes[1].get_xlabel() == "neurons, most important first"


def test_a_reference_is_diamonds_or_a_threshold_inside_the_panel(line, legend):
    figure = plots.scores(SCORES, reference={"conv1": [9.0, 1.0, np.inf], "dense1": [0.0] * 4})
    points = line(figure.axes[0], "reference")
    assert points.get_marker() == "D" and points.get_ydata()[:2].tolist() == [9, 1]
    assert 9 < points.get_ydata()[2] < figure.axes[0].get_ylim()[1]
    assert legend(figure) == ["score", "reference"]
    figure = plots.scores(SCORES, KEEP, reference=7)
    for ax in figure.axes:
        assert set(line(ax, "threshold").get_ydata()) == {7} and ax.get_ylim()[1] > 7
    assert legend(figure) == ["kept", "removed (crossed below)", "threshold"]


def test_infinite_scores_are_bars_cut_off_at_a_triangle(bars, line, legend):
    figure = plots.scores({"a": [1.0, np.inf, -np.inf, 2.0]}, {"a": [True, True, False, True]})
    (ax,) = figure.axes
    heights = {i: height for i, (height, _) in bars(ax).items()}
    assert heights[0] == 1 and 2 < heights[1] < 2.5 and -0.5 < heights[2] < 0 and heights[3] == 2
    assert line(ax, marker="^").get_xydata().tolist() == [[1, heights[1]]]
    assert line(ax, marker="v").get_xydata().tolist() == [[2, heights[2]]]
    assert line(ax, marker="x").get_ydata()[0] < heights[2]
    assert legend(figure) == ["kept", "removed (crossed below)", "infinite (bar cut off)"]
    assert legend(plots.scores({"a": [np.inf, np.inf]})) == ["score", "infinite (bar cut off)"]
    assert all(height > 0 for height, _ in bars(plots.scores({"a": [np.inf, np.inf]}).axes[0]).values())


def some_layers(count, neurons):
    """Scores of so many layers; the one in the middle has so many neurons, the others two."""
    return {f"dense{n}": np.ones(neurons if n == count // 2 else 2) for n in range(count)}


@pytest.mark.parametrize("layers, columns", [(3, 1), (4, 2), (9, 3)])
def test_many_layers_become_a_grid(layers, columns):
    figure = plots.scores(some_layers(layers, neurons=3))
    assert len(figure.axes) == layers
    assert len({ax.get_subplotspec().colspan.start for ax in figure.axes}) == columns
    labelled = [ax.get_xlabel() != "" for ax in figure.axes]
    assert labelled == [n >= layers - columns for n in range(layers)]
    assert figure.get_size_inches()[0] == (10 if columns > 1 else 6)


def test_three_columns_are_for_many_narrow_layers():
    for layers, neurons, columns in [(1, 5, 1), (3, 300, 1), (4, 10, 2), (8, 10, 2), (9, 10, 3), (9, 100, 3),
                                     (9, 101, 2)]:
        assert count_columns(some_layers(layers, neurons)) == columns, (layers, neurons)


@pytest.mark.parametrize("neurons, inches", [(3, 6), (50, 8), (90, 10)])
def test_a_single_column_is_as_wide_as_its_bars_need(neurons, inches):
    figure = plots.scores({"a": np.ones(neurons)})
    assert figure.get_size_inches()[0] == inches
    (ax,) = figure.axes
    assert ax.get_xlim() == (-0.8, neurons - 0.2)
    assert all(tick == int(tick) for tick in ax.get_xticks())


def test_all_scores_zero_or_a_single_neuron_can_be_drawn(bars):
    assert bars(plots.scores({"a": [0, 0]}, {"a": [True, False]}).axes[0]) == {0: (0, False), 1: (0, True)}
    assert bars(plots.scores({"a": [2]}).axes[0]) == {0: (2, False)}


@each("arguments, error, message", [
    (({},), ValueError, "importance expects a dict .* got an empty dict"),
    (([1.0],), ValueError, "importance expects a dict .* got list"),
    (({"a": [1.0, np.nan]},), ValueError, 'importance of layer "a": 1 of 2 numbers are NaN'),
    (({"a": [[1.0]]},), ValueError, r'importance of layer "a": expected one number a neuron, got shape \(1, 1\)'),
    (({"a": []},), ValueError, 'importance of layer "a": expected'),
    (({"a": ["x"]},), TypeError, 'importance of layer "a": expected real numbers'),
    ((SCORES, {"conv1": KEEP["conv1"]}), ValueError, "keep expects the layers conv1, dense1, got conv1"),
    ((SCORES, KEEP | {"conv1": [1, 0, 1]}), ValueError, r'keep of layer "conv1" expects booleans .*int'),
    ((SCORES, KEEP | {"conv1": [True]}), ValueError, r'shape \(3,\), got bool \(1,\)'),
    ((SCORES, None, "", {"conv1": [1.0]}), ValueError, "reference expects the layers conv1, dense1"),
    ((SCORES, None, "", SCORES | {"conv1": [1.0]}), ValueError, r'reference of layer "conv1": .* 3 neurons'),
    ((SCORES, None, "", [1.0, 2.0]), TypeError, "reference expects .* or one number, got list"),
    ((SCORES, None, "", np.nan), ValueError, "reference holds 1 values"),
    ((SCORES, None, "", "x"), TypeError, "reference expects real numbers"),
])
def test_scores_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        plots.scores(*arguments)


def test_inputs_are_not_modified():
    scores = {layer: s.copy() for layer, s in SCORES.items()}
    keep = {layer: k.copy() for layer, k in KEEP.items()}
    plots.scores(scores, keep, sorted=True)
    for layer in SCORES:
        np.testing.assert_array_equal(scores[layer], SCORES[layer])
        np.testing.assert_array_equal(keep[layer], KEEP[layer])


@pytest.mark.parametrize("make", [
    lambda: plots.scores({"conv1": np.linspace(0, 1, 6), "dense1": np.linspace(-1, 1, 101)},
                         {"conv1": np.arange(6) % 2 == 0, "dense1": np.arange(101) % 3 == 0}, "taylor", 0.3),
    lambda: plots.scores({f"dense{n}": np.linspace(0, 1, 4) for n in range(5)}, reference=0.5),
])
def test_no_text_lies_over_another(make, overlaps):
    assert overlaps(make()) == []
