"""Before and after: sizes in percent, accuracy or loss, and neurons."""

from types import SimpleNamespace

import pytest

from cases import each
from minprune import plots


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


def test_sizes_are_percent_of_the_original_with_the_numbers_written(legend, texts, lightness):
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
    evaluations = SimpleNamespace(to_dict=lambda: {"before": BEFORE, "after": AFTER})
    assert widths(plots.comparison(evaluations).axes[0]) == widths(plots.comparison(evaluations.to_dict()).axes[0])


def test_layers_are_paired_by_name():
    after = dict(AFTER, neurons={"dense1": 8, "conv1": 12})
    assert heights(plots.comparison({"before": BEFORE, "after": after}).axes[2]) == [[16, 64], [12, 8]]


def test_what_was_not_measured_is_left_out():
    without = {key: value for key, value in BEFORE.items() if key != "latency"}
    size, quality, _ = plots.comparison({"before": without, "after": dict(AFTER, train_accuracy=None)}).axes
    assert len(widths(size)[0]) == 4 and heights(quality) == [[0.978], [0.97]]
    assert [label.get_text() for label in quality.get_xticklabels()] == ["test data"]


def test_regression_shows_the_loss(texts):
    evaluations = {"before": dict(BEFORE, test_accuracy=None), "after": AFTER}
    quality = plots.comparison(evaluations).axes[1]
    assert heights(quality) == [[0.07, 0.002], [0.1, 0.01]] and quality.get_ylabel() == "loss"
    assert [label.get_text() for label in quality.get_xticklabels()] == ["test data", "training data"]
    assert texts(quality) == ["0.07", "0.002", "0.1", "0.01"]
    assert quality.yaxis.get_major_formatter()(0.05) != "5%" and quality.get_ylim()[1] < 0.15


def test_nothing_but_neurons_is_enough():
    figure = plots.comparison({"before": {"neurons": {"a": 4}}, "after": {"neurons": {"a": 1}}})
    assert widths(figure.axes[0]) == [[100], [25]]
    figure.draw_without_rendering()


def test_a_second_is_not_written_in_milliseconds(texts):
    evaluations = {"before": dict(BEFORE, latency=1.5), "after": dict(AFTER, latency=0.75)}
    assert [text for text in texts(plots.comparison(evaluations).axes[0]) if text.split()[1:2] in (["s"], ["ms"])] \
        == ["1.50 s", "750 ms  (50%)"]


@each("evaluations, message", [
    ({"before": BEFORE}, 'no "after"'),
    ({"after": AFTER}, 'no "before"'),
    ([BEFORE, AFTER], 'no "before"'),
    ({"before": BEFORE, "after": {"parameters": 3}}, r'evaluations\["after"\] expects "neurons"'),
    ({"before": BEFORE, "after": {"neurons": {}}}, 'expects "neurons"'),
    ({"before": BEFORE, "after": {"neurons": {"conv1": 3}}}, "the same layers before and after"),
])
def test_comparison_refuses(evaluations, message):
    with pytest.raises(ValueError, match=message):
        plots.comparison(evaluations)


@pytest.mark.parametrize("make", [
    lambda: plots.comparison({"before": BEFORE, "after": AFTER}),
    lambda: plots.comparison({"before": dict(BEFORE, neurons={f"conv{n}": 512 for n in range(13)}),
                              "after": dict(AFTER, neurons={f"conv{n}": 500 for n in range(13)})}),
])
def test_no_text_lies_over_another(make, overlaps):
    assert overlaps(make()) == []
