"""A history is drawn as it is: its numbers, its gaps, and nothing that it has not."""

from types import SimpleNamespace

import numpy as np
import pytest

from cases import each
from minprune import plots


def run(loss, accuracy=(), validation_loss=(), validation_accuracy=()):
    return SimpleNamespace(loss=list(loss), accuracy=list(accuracy), validation_loss=list(validation_loss),
                           validation_accuracy=list(validation_accuracy))


def test_history_shows_loss_and_accuracy_after_each_epoch(line, legend):
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
def test_regression_has_a_loss_only(accuracy, legend):
    figure = plots.history(run([2, 1], accuracy, validation_accuracy=accuracy))
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss"] and legend(figure) == ["training data"]


def test_gaps_in_a_history_stay_gaps(tmp_path, line):
    figure = plots.history(run([2, None, 1], [None, 0.5, 0.6]))
    np.testing.assert_array_equal(line(figure.axes[0], "training data").get_ydata(), [2, np.nan, 1])
    np.testing.assert_array_equal(line(figure.axes[1], "training data").get_ydata(), [np.nan, 0.5, 0.6])
    plots.save(plots.history(run([np.nan])), tmp_path / "diverged.png")


@pytest.mark.parametrize("epochs, most", [(1, 1), (20, 20), (400, 20)])
def test_long_histories_do_not_drown_in_markers(epochs, most, line):
    training = line(plots.history(run(np.ones(epochs))).axes[0], "training data")
    assert len(range(0, epochs, training.get_markevery())) == most


@each("training, error, message", [
    (run([]), ValueError, "at least one epoch"),
    (run([1, 2], [0.5]), ValueError, "training.accuracy expects 2 epochs, like the loss, got 1"),
    (run([1, 2], validation_loss=[1]), ValueError, "training.validation_loss expects 2"),
    (run(["x"]), ValueError, "training.loss expects one number an epoch"),
    (run([[1, 2]]), ValueError, "training.loss expects one number an epoch"),
    (SimpleNamespace(loss=[1]), TypeError, "training expects an object with the list accuracy, got SimpleN"),
])
def test_history_refuses(training, error, message):
    with pytest.raises(error, match=message):
        plots.history(training)


@pytest.mark.parametrize("make", [
    lambda: plots.history(run([3, 2, 1], [0.1, 0.5, 0.9], [4, 3, 2], [0.2, 0.4, 0.6])),
])
def test_no_text_lies_over_another(make, overlaps):
    assert overlaps(make()) == []
