"""A bar for all neurons, a dot for each layer, the best score on top."""

import numpy as np
import pytest

from minprune import plots

RHO = {"taylor": {"conv1": (0.9, 0.1), "dense1": (0.5, 0.2), "overall": (0.8, 0.05)},
       "constant": {"conv1": (np.nan, np.nan), "dense1": (np.nan, np.nan), "overall": (np.nan, np.nan)},
       "random": {"conv1": (0.1, 0.1), "dense1": (-0.1, 0.2), "overall": (-0.7, 0.05)}}


def test_scores_are_ordered_by_the_correlation_of_all_neurons(line, legend):
    figure = plots.agreement(RHO, "digits")
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["constant", "random", "taylor"]
    assert [bar.get_width() for bar in ax.patches] == [0, -0.7, 0.8]
    np.testing.assert_array_equal(line(ax, "conv1").get_xdata(), [np.nan, 0.1, 0.9])
    np.testing.assert_array_equal(line(ax, "dense1").get_xdata(), [np.nan, -0.1, 0.5])
    assert line(ax, "conv1").get_marker() != line(ax, "dense1").get_marker()
    assert set(legend(figure)) == {"all neurons (± s.d.)", "conv1", "dense1"}
    assert figure.get_suptitle() == "How well each score ranks the neurons\ndigits"


@pytest.mark.parametrize("count", [1, 20])
def test_no_text_lies_over_another(count, overlaps):
    assert overlaps(plots.agreement({f"score {n}": RHO["taylor"] for n in range(count)}, "digits")) == []
