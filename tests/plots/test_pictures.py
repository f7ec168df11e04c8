"""What a figure shows is what it was given; how it looks was judged by eye."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.text import Text

from minprune.plots import pictures as plots
from minprune.strategies.scans import Scan
from minprune.strategies.search import Candidate, Frontier

SCORES = {"conv1": np.array([3.0, 1.0, 2.0]), "dense1": np.array([0.5, -4.0, 1.5, 5.0])}
KEEP = {"conv1": np.array([True, False, True]), "dense1": np.array([False, False, True, True])}


def bars(ax):
    """{x: (height, hatched)} of a panel's bars."""
    return {round(bar.get_x() + bar.get_width() / 2, 6): (bar.get_height(), bool(bar.get_hatch()))
            for bars in ax.containers if isinstance(bars, BarContainer) for bar in bars}


def line(ax, label=None, marker=None):
    found = [one for one in ax.lines if (label is None or one.get_label() == label)
             and (marker is None or one.get_marker() == marker)]
    assert len(found) == 1
    return found[0]


def legend(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def lightness(artist):
    return float(np.dot(artist.get_facecolor()[:3], [0.299, 0.587, 0.114]))


def overlapping_texts(figure, monkeypatch):
    """Pairs of texts that are drawn over each other."""
    boxes, draw = {}, Text.draw

    def note(text, renderer, *arguments):
        if text.get_text() and text.get_visible():
            boxes[text] = text.get_window_extent(renderer).padded(-1)
        draw(text, renderer, *arguments)

    monkeypatch.setattr(Text, "draw", note)
    figure.draw_without_rendering()                             # lays out and draws as save does, but no pixels
    boxes = [(text.get_text(), box) for text, box in boxes.items()]
    return [(a, b) for n, (a, one) in enumerate(boxes) for b, other in boxes[:n] if one.overlaps(other)]


# save

def test_the_same_figure_gives_the_same_bytes_without_version_or_date(tmp_path):
    figure = plots.scores(SCORES, KEEP)
    for path, one in [("a.png", figure), ("b.png", figure), ("c.png", plots.scores(SCORES, KEEP))]:
        plots.save(one, tmp_path / path)
    first = (tmp_path / "a.png").read_bytes()
    assert first.startswith(b"\x89PNG") and b"oftware" not in first and b"atplotlib" not in first
    assert first == (tmp_path / "b.png").read_bytes() == (tmp_path / "c.png").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize("name, start", [("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")])
def test_the_suffix_is_the_format(tmp_path, name, start):
    plots.save(plots.scores(SCORES), str(tmp_path / name))
    assert (tmp_path / name).read_bytes().startswith(start)


def test_save_has_150_dots_an_inch(tmp_path):
    figure = plots.removal_curve([0, 0.5], [1, 0.5])
    plots.save(figure, tmp_path / "a.png")
    header = (tmp_path / "a.png").read_bytes()[16:24]
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")
    assert (width, height) == (1050, 675) == tuple(150 * figure.get_size_inches())


@pytest.mark.parametrize("broken", ["savefig", "replace"])
def test_a_failing_save_leaves_the_old_file_as_it_was(tmp_path, monkeypatch, broken):
    figure, path = plots.scores(SCORES), tmp_path / "a.png"
    path.write_bytes(b"old")

    def fail(*arguments, **settings):
        if broken == "savefig":
            arguments[0].write(b"half a pict")
        raise OSError("disk full")

    monkeypatch.setattr(*((figure, "savefig") if broken == "savefig" else (os, "replace")), fail)
    with pytest.raises(OSError, match="disk full"):
        plots.save(figure, path)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.png"]


@pytest.mark.parametrize("name, error, message", [
    ("a.pgn", ValueError, 'unknown picture format "pgn"; did you mean "png"'),
    ("a", ValueError, 'unknown picture format ""'),
    ("missing/a.png", FileNotFoundError, "there is no folder .*missing"),
])
def test_save_refuses(tmp_path, name, error, message):
    with pytest.raises(error, match=message):
        plots.save(plots.scores(SCORES), tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_save_refuses_what_is_no_figure(tmp_path):
    with pytest.raises(TypeError, match="figure expects a matplotlib Figure, got dict"):
        plots.save({}, tmp_path / "a.png")


def test_pyplot_is_never_imported(tmp_path):
    code = ("import sys; from minprune import plots; "
            "plots.save(plots.scores({'a': [1.0, 2.0]}), sys.argv[1]); "
            "sys.exit('matplotlib.pyplot' in sys.modules)")
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.png")], check=True)


# scores

def test_one_panel_a_layer_and_one_bar_a_neuron_removed_ones_hatched_light_and_crossed():
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


def test_without_a_decision_nothing_is_hatched_and_there_is_no_legend():
    figure = plots.scores(SCORES)
    assert [ax.get_title() for ax in figure.axes] == ["conv1: 3 neurons", "dense1: 4 neurons"]
    assert not any(hatched for ax in figure.axes for _, hatched in bars(ax).values())
    assert not figure.legends and figure.get_suptitle() == "Importance of every neuron"


def test_when_only_a_later_layer_loses_neurons_the_legend_still_says_so():
    keep = {"conv1": [True] * 3, "dense1": [True, True, True, False]}
    assert legend(plots.scores(SCORES, keep)) == ["kept", "removed (crossed below)"]
    assert legend(plots.scores(SCORES, dict(keep, dense1=[True] * 4))) == ["kept"]


def test_sorted_puts_the_most_important_first_and_takes_all_along():
    figure = plots.scores(SCORES, KEEP, sorted=True, reference={layer: 2 * s for layer, s in SCORES.items()})
    assert bars(figure.axes[0]) == {0: (3.0, False), 1: (2.0, False), 2: (1.0, True)}
    assert bars(figure.axes[1]) == {0: (5.0, False), 1: (1.5, False), 2: (0.5, True), 3: (-4.0, True)}
    assert line(figure.axes[1], "reference").get_ydata().tolist() == [10, 3, 1, -8]
    assert line(figure.axes[1], marker="x").get_xdata().tolist() == [2, 3]
    assert figure.axes[1].get_xlabel() == "neurons, most important first"


def test_a_reference_is_diamonds_or_a_threshold_inside_the_panel():
    figure = plots.scores(SCORES, reference={"conv1": [9.0, 1.0, np.inf], "dense1": [0.0] * 4})
    points = line(figure.axes[0], "reference")
    assert points.get_marker() == "D" and points.get_ydata()[:2].tolist() == [9, 1]
    assert 9 < points.get_ydata()[2] < figure.axes[0].get_ylim()[1]
    assert legend(figure) == ["score", "reference"]
    figure = plots.scores(SCORES, KEEP, reference=7)
    for ax in figure.axes:
        assert set(line(ax, "threshold").get_ydata()) == {7} and ax.get_ylim()[1] > 7
    assert legend(figure) == ["kept", "removed (crossed below)", "threshold"]


def test_infinite_scores_are_bars_cut_off_at_a_triangle():
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


@pytest.mark.parametrize("layers, neurons, columns", [
    (1, 5, 1), (3, 300, 1), (4, 10, 2), (8, 10, 2), (9, 10, 3), (9, 100, 3), (9, 101, 2),
])
def test_many_layers_become_a_grid(layers, neurons, columns):
    figure = plots.scores({f"dense{n}": np.ones(neurons if n == layers // 2 else 2) for n in range(layers)})
    assert len(figure.axes) == layers
    assert len({ax.get_subplotspec().colspan.start for ax in figure.axes}) == columns
    labelled = [ax.get_xlabel() != "" for ax in figure.axes]
    assert labelled == [n >= layers - columns for n in range(layers)]
    assert plots.scores({"a": np.ones(neurons)}).get_size_inches()[0] <= 10


@pytest.mark.parametrize("neurons, inches", [(3, 6), (50, 8), (300, 10)])
def test_a_single_column_is_as_wide_as_its_bars_need(neurons, inches):
    figure = plots.scores({"a": np.ones(neurons)})
    assert figure.get_size_inches()[0] == inches
    figure.draw_without_rendering()
    (ax,) = figure.axes
    assert ax.get_xlim() == (-0.8, neurons - 0.2)
    assert all(tick == int(tick) for tick in ax.get_xticks())


def test_all_scores_zero_or_a_single_neuron_can_be_drawn():
    assert bars(plots.scores({"a": [0, 0]}, {"a": [True, False]}).axes[0]) == {0: (0, False), 1: (0, True)}
    assert bars(plots.scores({"a": [2]}).axes[0]) == {0: (2, False)}


# removal_curve

def test_the_curve_shows_both_series_in_order_and_the_baseline():
    figure = plots.removal_curve([0.5, 0.0, 0.9], [0.7, 0.98, 0.2], [0.97, 0.99, 0.8], baseline=0.981)
    (ax,) = figure.axes
    before, after = line(ax, "before retraining"), line(ax, "after retraining")
    assert before.get_xydata().tolist() == [[0, 0.98], [0.5, 0.7], [0.9, 0.2]]
    assert after.get_xydata().tolist() == [[0, 0.99], [0.5, 0.97], [0.9, 0.8]]
    assert before.get_marker() != after.get_marker() and before.get_linestyle() != after.get_linestyle()
    dotted = line(ax, "original network (98.1%)")
    assert dotted.get_linestyle() == ":" and set(dotted.get_ydata()) == {0.981}
    assert ax.get_ylabel() == "accuracy" and ax.get_xlabel() == "hidden neurons removed"
    assert ax.xaxis.get_major_formatter()(0.5) == ax.yaxis.get_major_formatter()(0.5) == "50%"
    assert len(ax.get_legend().get_texts()) == 3


def test_the_curve_without_retraining_or_baseline():
    (ax,) = plots.removal_curve([0, 1], [1, 0]).axes
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["before retraining"]


@pytest.mark.parametrize("arguments, error, message", [
    (([0, 0.5], [1.0]), ValueError, "removed has 2, before has 1"),
    (([0, 0.5], [1.0, 0.9], [1.0]), ValueError, "after has 1"),
    (([0, 1.5], [1.0, 0.9]), ValueError, "removed expects a list of numbers from 0 to 1.* to 1.5"),
    (([0, 0.5], [1.0, -0.9]), ValueError, "before expects .*from -0.9 to 1.0"),
    (([0], [1.0], None, 98.1), ValueError, "baseline expects one number from 0 to 1"),
    (([0], [1.0], None, [0.5]), ValueError, "baseline expects one number"),
    (([[0]], [[1.0]]), ValueError, "removed expects a list .* got shape"),
    (([0], [np.nan]), ValueError, "before holds 1 values that are NaN"),
    (([], []), ValueError, "removed is empty"),
    (([0], ["x"]), TypeError, "before expects real numbers"),
])
def test_the_curve_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        plots.removal_curve(*arguments)


# comparison

def evaluation(neurons, **changes):
    return dict(dict(neurons=neurons, parameters=2000, multiply_adds=1234567, bytes=20480, latency=0.002,
                     test_accuracy=0.978, train_accuracy=1.0, test_loss=0.07, train_loss=0.002), **changes)


BEFORE = evaluation({"conv1": 16, "dense1": 64})
AFTER = evaluation({"conv1": 12, "dense1": 8}, parameters=500, multiply_adds=123456, bytes=10240,
                   latency=0.003, test_accuracy=0.97, train_accuracy=0.99, test_loss=0.1, train_loss=0.01)


def widths(ax):
    return [[round(bar.get_width(), 6) for bar in container] for container in ax.containers]


def heights(ax):
    return [[bar.get_height() for bar in container] for container in ax.containers]


def test_sizes_are_percent_of_the_original_with_the_numbers_written():
    figure = plots.comparison({"before": BEFORE, "after": AFTER})
    size, quality, neurons = figure.axes
    assert widths(size) == [[100] * 5, [25, 25, round(100 * 123456 / 1234567, 6), 50, 150]]
    assert texts(size) == ["80", "2,000", "1,234,567", "20.0 KiB", "2 ms",
                           "20  (25%)", "500  (25%)", "123,456  (10%)", "10.0 KiB  (50%)", "3 ms  (150%)"]
    assert [label.get_text() for label in size.get_yticklabels()] == [
        "neurons", "parameters", "multiply-adds", "bytes on disk", "time of one pass"]
    assert size.yaxis_inverted() and size.get_xlabel() == "percent of the original network"
    assert size.get_xlim()[1] > 180                                      # room for the text behind 150 %
    assert heights(quality) == [[0.978, 1.0], [0.97, 0.99]] and quality.get_ylabel() == "accuracy"
    assert texts(quality) == ["97.8%", "100.0%", "97.0%", "99.0%"]
    assert quality.yaxis.get_major_formatter()(0.5) == "50%" and quality.get_ylim()[1] > 1.05
    assert heights(neurons) == [[16, 64], [12, 8]] and texts(neurons) == ["16", "64", "12", "8"]
    assert [label.get_text() for label in neurons.get_xticklabels()] == ["conv1", "dense1"]
    for ax in figure.axes:
        before, after = ax.containers
        assert before[0].get_hatch() and not after[0].get_hatch()
        assert lightness(before[0]) > lightness(after[0]) + 0.5
    assert legend(figure) == ["before", "after"]


def test_an_object_with_to_dict_is_drawn_alike():
    told = SimpleNamespace(to_dict=lambda: {"before": BEFORE, "after": AFTER})
    assert widths(plots.comparison(told).axes[0]) == widths(plots.comparison(told.to_dict()).axes[0])


def test_layers_are_paired_by_name():
    after = dict(AFTER, neurons={"dense1": 8, "conv1": 12})
    assert heights(plots.comparison({"before": BEFORE, "after": after}).axes[2]) == [[16, 64], [12, 8]]


def test_what_was_not_measured_is_left_out():
    without = {key: value for key, value in BEFORE.items() if key != "latency"}
    size, quality, _ = plots.comparison({"before": without, "after": dict(AFTER, train_accuracy=None)}).axes
    assert len(widths(size)[0]) == 4 and heights(quality) == [[0.978], [0.97]]
    assert [label.get_text() for label in quality.get_xticklabels()] == ["test data"]


def test_regression_shows_the_loss():
    told = {"before": dict(BEFORE, test_accuracy=None), "after": AFTER}
    quality = plots.comparison(told).axes[1]
    assert heights(quality) == [[0.07, 0.002], [0.1, 0.01]] and quality.get_ylabel() == "loss"
    assert [label.get_text() for label in quality.get_xticklabels()] == ["test data", "training data"]
    assert texts(quality) == ["0.07", "0.002", "0.1", "0.01"]
    assert quality.yaxis.get_major_formatter()(0.05) != "5%" and quality.get_ylim()[1] < 0.15


def test_nothing_but_neurons_is_enough(tmp_path):
    figure = plots.comparison({"before": {"neurons": {"a": 4}}, "after": {"neurons": {"a": 1}}})
    assert widths(figure.axes[0]) == [[100], [25]]
    plots.save(figure, tmp_path / "a.png")


def test_a_second_is_not_told_in_milliseconds():
    told = {"before": dict(BEFORE, latency=1.5), "after": dict(AFTER, latency=0.75)}
    assert [text for text in texts(plots.comparison(told).axes[0]) if text.split()[1:2] in (["s"], ["ms"])] \
        == ["1.50 s", "750 ms  (50%)"]


@pytest.mark.parametrize("told, message", [
    ({"before": BEFORE}, 'no "after"'),
    ({"after": AFTER}, 'no "before"'),
    ([BEFORE, AFTER], 'no "before"'),
    ({"before": BEFORE, "after": {"parameters": 3}}, r'comparison\["after"\] expects "neurons"'),
    ({"before": BEFORE, "after": {"neurons": {}}}, 'expects "neurons"'),
    ({"before": BEFORE, "after": {"neurons": {"conv1": 3}}}, "the same layers before and after"),
])
def test_comparison_refuses(told, message):
    with pytest.raises(ValueError, match=message):
        plots.comparison(told)


# history

def run(loss, accuracy=(), validation_loss=(), validation_accuracy=()):
    return SimpleNamespace(loss=list(loss), accuracy=list(accuracy), validation_loss=list(validation_loss),
                           validation_accuracy=list(validation_accuracy))


def test_history_shows_loss_and_accuracy_after_each_epoch():
    figure = plots.history(run([3, 2, 1], [0.1, 0.5, 0.9], [4, 3, 2], [0.2, 0.4, 0.6]))
    loss, accuracy = figure.axes
    assert line(loss, "training data").get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert line(loss, "validation data").get_ydata().tolist() == [4, 3, 2]
    assert line(accuracy, "training data").get_ydata().tolist() == [0.1, 0.5, 0.9]
    assert line(accuracy, "validation data").get_xydata().tolist() == [[1, 0.2], [2, 0.4], [3, 0.6]]
    assert line(loss, "training data").get_linestyle() != line(loss, "validation data").get_linestyle()
    assert legend(figure) == ["training data", "validation data"]
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert accuracy.yaxis.get_major_formatter()(0.5) == "50%"
    assert loss.yaxis.get_major_formatter()(0.5) != "50%"


@pytest.mark.parametrize("accuracy", [[], [None, None], [np.nan, np.nan]])
def test_regression_has_a_loss_only(accuracy):
    figure = plots.history(run([2, 1], accuracy, validation_accuracy=accuracy))
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss"] and legend(figure) == ["training data"]


def test_gaps_in_a_history_stay_gaps(tmp_path):
    figure = plots.history(run([2, None, 1], [None, 0.5, 0.6]))
    np.testing.assert_array_equal(line(figure.axes[0], "training data").get_ydata(), [2, np.nan, 1])
    np.testing.assert_array_equal(line(figure.axes[1], "training data").get_ydata(), [np.nan, 0.5, 0.6])
    plots.save(plots.history(run([np.nan])), tmp_path / "diverged.png")


@pytest.mark.parametrize("epochs, most", [(1, 1), (20, 20), (400, 20)])
def test_long_histories_do_not_drown_in_markers(epochs, most):
    training = line(plots.history(run(np.ones(epochs))).axes[0], "training data")
    assert len(range(0, epochs, training.get_markevery())) == most


@pytest.mark.parametrize("told, error, message", [
    (run([]), ValueError, "at least one epoch"),
    (run([1, 2], [0.5]), ValueError, "history.accuracy expects 2 epochs, like the loss, got 1"),
    (run([1, 2], validation_loss=[1]), ValueError, "history.validation_loss expects 2"),
    (run(["x"]), ValueError, "history.loss expects one number an epoch"),
    (run([[1, 2]]), ValueError, "history.loss expects one number an epoch"),
    (SimpleNamespace(loss=[1]), TypeError, "history expects an object with the list accuracy, got SimpleN"),
])
def test_history_refuses(told, error, message):
    with pytest.raises(error, match=message):
        plots.history(told)


# filters

class Net(dict):
    """Stands in for a network: net[name].W, hidden_layers, input_shape."""

    def __init__(self, W, input_shape, hidden_layers=("first", "second")):
        super().__init__(first=SimpleNamespace(W=np.asarray(W)))
        self.hidden_layers, self.input_shape = list(hidden_layers), input_shape


def pictures(figure):
    return [np.asarray(ax.images[0].get_array()) for ax in figure.axes if ax.images]


def test_a_convolution_of_one_channel_is_drawn_as_it_is_on_one_symmetric_grey_scale():
    W = np.random.default_rng(0).normal(size=(5, 3, 2, 1))
    W[3, 1, 1] = -7
    figure = plots.filters(Net(W, (8, 8, 1)))
    assert len(figure.axes) == 5 + 1                                    # and the grey scale
    for picture, ax, w in zip(pictures(figure), figure.axes, W):
        np.testing.assert_array_equal(picture, w[..., 0])
        assert ax.images[0].get_clim() == (-7, 7) and ax.images[0].get_cmap().name == "gray"
    assert [ax.get_title() for ax in figure.axes[:5]] == list("01234")
    assert figure.get_suptitle() == "What each neuron of first looks for"
    assert figure.axes[-1].get_ylabel() == "weight (mid-grey = 0)"


def test_three_channels_are_colours_around_grey():
    W = np.random.default_rng(0).normal(size=(4, 3, 3, 3))
    figure = plots.filters(Net(W, (8, 8, 3)))
    assert len(figure.axes) == 4
    np.testing.assert_allclose(pictures(figure), 0.5 + W / (2 * np.abs(W).max()))


def test_other_channels_are_averaged_and_the_title_says_so():
    W = np.random.default_rng(0).normal(size=(4, 3, 3, 5))
    figure = plots.filters(Net(W, (8, 8, 5)))
    np.testing.assert_allclose(pictures(figure), W.mean(axis=3))
    assert figure.get_suptitle() == "What each neuron of first looks for (mean of 5 channels)"


@pytest.mark.parametrize("input_shape, shape", [((2, 3, 1), (2, 3)), ((3, 2, 1), (3, 2)), ((6,), (1, 6)),
                                                ((4, 4, 1), (1, 6))])
def test_dense_weights_take_the_shape_of_the_image_or_one_row(input_shape, shape):
    W = np.arange(24.0).reshape(4, 6)
    figure = plots.filters(Net(W, input_shape))
    np.testing.assert_array_equal(pictures(figure), W.reshape(4, *shape))


def test_dense_weights_on_colour_images_are_colours():
    W = np.arange(12.0).reshape(1, 12)
    np.testing.assert_allclose(pictures(plots.filters(Net(W, (2, 2, 3))))[0], 0.5 + W.reshape(2, 2, 3) / 22)


def test_scores_are_captions_and_removed_neurons_are_crossed_out():
    net = Net(np.ones((3, 2, 2, 1)), (4, 4, 1))
    scores = {"second": [1.0], "first": np.array([0.012345, -2.0, np.inf])}
    keep = {"first": np.array([True, False, True]), "second": np.array([True])}
    figure = plots.filters(net, scores, keep)
    assert [ax.get_title() for ax in figure.axes[:3]] == ["0: 0.012", "1: -2", "2: inf"]
    assert [len(ax.lines) for ax in figure.axes[:3]] == [0, 4, 0]
    assert {cross.get_color() for cross in figure.axes[1].lines} == {"white", "black"}
    assert figure.get_suptitle().split("\n")[1] == "above each: its number and score; crossed out: removed"
    assert plots.filters(net, keep=keep).get_suptitle().split("\n")[1] == "crossed out: removed"
    assert plots.filters(net, scores).get_suptitle().split("\n")[1] == "above each: its number and score"


@pytest.mark.parametrize("K, shown, title", [(65, 64, "; the first 64 of 65")])
def test_at_most_64_are_shown_and_the_title_says_so(K, shown, title):
    figure = plots.filters(Net(np.ones((K, 1, 1, 1)), (4, 4, 1)))
    assert len(pictures(figure)) == shown
    assert figure.get_suptitle() == "What each neuron of first looks for" + title


def test_zero_weights_are_mid_grey():
    figure = plots.filters(Net(np.zeros((1, 2, 2, 1)), (4, 4, 1)))
    assert figure.axes[0].images[0].get_clim() == (-1, 1)


SMALL = Net(np.ones((2, 3)), (3,))


@pytest.mark.parametrize("net, arguments, error, message", [
    (Net(np.ones((2, 3)), (3,), []), (), ValueError, "a network with a hidden layer, got Net"),
    ({}, (), ValueError, "a network with a hidden layer, got dict"),
    (Net([[1.0, np.nan]], (2,)), (), ValueError, "first.W holds 1 values that are NaN"),
    (SMALL, ({"second": [1.0]},), ValueError, 'scores expects a dict with the layer "first"'),
    (SMALL, ([1.0, 2.0],), ValueError, 'scores expects a dict with the layer "first"'),
    (SMALL, ({"first": [1.0]},), ValueError, r'scores of layer "first" .* shape \(2,\)'),
    (SMALL, (None, {"first": [1, 0]}), ValueError, r'keep of layer "first" expects booleans'),
])
def test_filters_refuses(net, arguments, error, message):
    with pytest.raises(error, match=message):
        plots.filters(net, *arguments)


# scan

def a_scan(layers, accuracy=True, fractions=(0.0, 0.25, 0.5)):
    values = {layer: np.array([0.9, 0.8, 0.1 + n / 100]) for n, layer in enumerate(layers)}
    return Scan(np.array(fractions), {layer: 1 - v for layer, v in values.items()}, values if accuracy else None, 0.1,
                0.9 if accuracy else None, dict.fromkeys(layers, 16))


def test_scan_draws_a_line_a_layer_and_the_whole_network():
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


def test_scan_draws_the_loss_where_there_is_no_accuracy():
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


# frontier

def tried(score, scope, size, accuracy, loss=0.5):
    return Candidate(score, scope, 0.5, {"a": np.array([True])}, size, 3 * size, 2 * size, 8 * size, loss, accuracy)


TRIED = [tried("taylor", "global", 1000, 0.8), tried("taylor", "layer", 1200, 0.7), tried("random", "global", 500, 0.2)]


def test_the_frontier_joins_what_is_best_and_marks_every_score_and_scope():
    figure = plots.frontier(Frontier(TRIED, tried("unpruned", "", 2000, 0.9)), "digits, seed 0")
    (ax,) = figure.axes
    best = line(ax, "best at this size")
    assert best.get_xydata().tolist() == [[1000, 0.2], [2000, 0.8]] and best.get_drawstyle() == "steps-post"
    taylor, hollow, random = (line(ax, label) for label in ("taylor, global", "taylor, layer", "random, global"))
    assert taylor.get_xydata().tolist() == [[2000, 0.8]] and hollow.get_xydata().tolist() == [[2400, 0.7]]
    assert taylor.get_marker() == hollow.get_marker() != random.get_marker()
    assert taylor.get_markerfacecolor() == taylor.get_color() and hollow.get_markerfacecolor() == "white"
    assert line(ax, "unpruned").get_xydata().tolist() == [[4000, 0.9]]
    assert len(ax.lines) == 5 and ax.get_xlim()[0] == 0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("multiply-adds", "accuracy on the validation data")
    assert ax.xaxis.get_major_formatter()(12000) == "12,000" and ax.yaxis.get_major_formatter()(0.5) == "50%"
    assert figure.get_suptitle() == "Which strategy keeps the most at each size?\ndigits, seed 0"


@pytest.mark.parametrize("size, factor, label", [("parameters", 3, "parameters"), ("neurons", 1, "neurons"),
                                                 ("bytes", 8, "bytes on disk")])
def test_the_frontier_by_another_size(size, factor, label):
    figure = plots.frontier(Frontier(TRIED, tried("unpruned", "", 2000, 0.9)), size=size)
    assert line(figure.axes[0], "taylor, global").get_xydata().tolist() == [[1000 * factor, 0.8]]
    assert figure.axes[0].get_xlabel() == label


def test_the_frontier_of_losses():
    points = [tried("a", "layer", 5, None, 0.3), tried("a", "layer", 3, None, 0.6)]
    found = Frontier(points, tried("u", "", 9, None, 0.1))
    (ax,) = plots.frontier(found, size="neurons").axes
    assert line(ax, "best at this size").get_xydata().tolist() == [[3, 0.6], [5, 0.3]]
    assert ax.get_ylabel() == "loss on the validation data" and ax.yaxis.get_major_formatter()(0.5) != "50%"


@pytest.mark.parametrize("make, error, message", [
    (lambda: plots.scan({"a": [1]}), TypeError, "scan expects what mp.scan returns, got dict"),
    (lambda: plots.frontier(TRIED), TypeError, "frontier expects what mp.search_strategies returns, got list"),
    (lambda: plots.frontier(Frontier(TRIED, TRIED[0]), size="latency"), ValueError, 'unknown size "latency"'),
])
def test_scan_and_frontier_refuse(make, error, message):
    with pytest.raises(error, match=message):
        make()


# Everywhere

@pytest.mark.parametrize("arguments, error, message", [
    (({},), ValueError, "scores expects a dict .* got an empty dict"),
    (([1.0],), ValueError, "scores expects a dict .* got list"),
    (({"a": [1.0, np.nan]},), ValueError, 'scores of layer "a" holds 1 NaN, of 2'),
    (({"a": [[1.0]]},), ValueError, r'scores of layer "a" expects .* shape \(K,\), got float64 \(1, 1\)'),
    (({"a": []},), ValueError, 'scores of layer "a" expects'),
    (({"a": ["x"]},), ValueError, 'scores of layer "a" expects real numbers'),
    ((SCORES, {"conv1": KEEP["conv1"]}), ValueError, "keep expects the layers conv1, dense1, got conv1"),
    ((SCORES, KEEP | {"conv1": [1, 0, 1]}), ValueError, r'keep of layer "conv1" expects booleans .*int'),
    ((SCORES, KEEP | {"conv1": [True]}), ValueError, r'shape \(3,\), got bool \(1,\)'),
    ((SCORES, None, "", {"conv1": [1.0]}), ValueError, "reference expects the layers conv1, dense1"),
    ((SCORES, None, "", SCORES | {"conv1": [1.0]}), ValueError, r'reference of layer "conv1" .* \(3,\)'),
    ((SCORES, None, "", [1.0, 2.0]), TypeError, "reference expects .* or one number, got list"),
    ((SCORES, None, "", np.nan), ValueError, "reference holds 1 values"),
    ((SCORES, None, "", "x"), TypeError, "reference expects real numbers"),
])
def test_scores_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        plots.scores(*arguments)


@pytest.mark.parametrize("make", [
    lambda: plots.scores({"conv1": np.linspace(0, 1, 16), "dense1": np.linspace(-1, 1, 300)},
                         {"conv1": np.arange(16) % 2 == 0, "dense1": np.arange(300) % 3 == 0}, "taylor", 0.3),
    lambda: plots.scores({f"dense{n}": np.linspace(0, 1, 20) for n in range(5)}, reference=0.5),
    lambda: plots.removal_curve([0, 0.5, 0.9], [1, 0.8, 0.3], [1, 0.97, 0.8], 0.98),
    lambda: plots.comparison({"before": BEFORE, "after": AFTER}),
    lambda: plots.comparison({"before": dict(BEFORE, neurons={f"conv{n}": 512 for n in range(13)}),
                              "after": dict(AFTER, neurons={f"conv{n}": 500 for n in range(13)})}),
    lambda: plots.history(run([3, 2, 1], [0.1, 0.5, 0.9], [4, 3, 2], [0.2, 0.4, 0.6])),
    lambda: plots.filters(Net(np.ones((17, 3, 3, 1)), (8, 8, 1)), {"first": np.full(17, -1.23e-5)},
                          {"first": np.arange(17) < 14}),
    lambda: plots.filters(Net(np.ones((9, 13)), (13,)), {"first": np.full(9, -1.23e-5)}),
    lambda: plots.scan(a_scan(["conv1", "dense1"]), "digits, mlp, seed 0"),
    lambda: plots.scan(a_scan([f"conv{n}" for n in range(13)]), "digits, cnn, seed 0"),
    lambda: plots.frontier(Frontier(TRIED, tried("unpruned", "", 2000, 0.9)), "digits, mlp, seed 0"),
    lambda: plots.frontier(Frontier([tried(f"score{n}", scope, 10**7, 0.5) for n in range(8) for scope in
                                     ("global", "layer")], tried("unpruned", "", 2 * 10**7, 0.9)), "digits"),
], ids=["scores", "grid", "curve", "comparison", "many layers", "history", "filters", "stripes", "scan",
        "scan of many layers", "frontier", "frontier of many"])
def test_no_text_lies_over_another(make, monkeypatch):
    assert overlapping_texts(make(), monkeypatch) == []


def test_texts_that_overlap_would_be_found(monkeypatch):
    figure = plots.removal_curve([0, 1], [1, 0])
    for place in (0.5, 0.51):
        figure.text(place, 0.5, "over another")
    assert overlapping_texts(figure, monkeypatch) == [("over another", "over another")]


def test_inputs_are_not_modified():
    scores = {layer: s.copy() for layer, s in SCORES.items()}
    keep = {layer: k.copy() for layer, k in KEEP.items()}
    plots.scores(scores, keep, sorted=True)
    for layer in SCORES:
        np.testing.assert_array_equal(scores[layer], SCORES[layer])
        np.testing.assert_array_equal(keep[layer], KEEP[layer])
    net = Net(np.ones((2, 2, 2, 1)), (4, 4, 1))
    plots.filters(net)
    np.testing.assert_array_equal(net["first"].W, 1)
