"""The curves are the numbers, in order."""

import numpy as np
import pytest

from cases import each
from minprune import plots


def test_the_curve_shows_both_series_in_order_and_the_baseline(line):
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


@each("arguments, error, message", [
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


@pytest.mark.parametrize("make", [
    lambda: plots.removal_curve([0, 0.5, 0.9], [1, 0.8, 0.3], [1, 0.97, 0.8], 0.98),
])
def test_no_text_lies_over_another(make, overlaps):
    assert overlaps(make()) == []
