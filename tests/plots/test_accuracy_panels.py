"""A panel for each score, best on average first, each with removal and random for comparison."""

import numpy as np
import pytest

from minprune import plots

FRACTIONS = [0, 0.5, 0.9]
CURVES = {"random": [(0.9, 0), (0.3, 0.1), (0.1, 0)], "taylor": [(0.9, 0), (0.6, 0.05), (0.4, 0)],
          "removal": [(0.9, 0), (0.8, 0.1), (0.5, 0)]}


def test_each_score_has_its_panel_with_the_controls(line, legend):
    figure = plots.accuracy_curves(FRACTIONS, CURVES, "digits", columns=2)
    assert [ax.get_title() for ax in figure.axes] == ["removal", "taylor", "random"]
    removal, taylor, random = figure.axes
    np.testing.assert_allclose(line(taylor, "this score (mean ± s.d.)").get_xydata(), [[0, 90], [50, 60], [90, 40]])
    np.testing.assert_allclose(line(taylor, "removal, for comparison").get_ydata(), [90, 80, 50])
    np.testing.assert_allclose(line(taylor, "random, for comparison").get_ydata(), [90, 30, 10])
    assert len(removal.lines) == len(random.lines) == 2                     # no score is compared with itself
    (band,) = taylor.collections
    np.testing.assert_allclose([band.get_datalim(taylor.transData).ymin, band.get_datalim(taylor.transData).ymax],
                               [40, 90])
    assert len(legend(figure)) == 3
    assert [ax.get_xlabel() for ax in figure.axes] == ["", "removed, %", "removed, %"]


def test_without_controls_there_is_the_score_alone():
    (ax,) = plots.accuracy_curves(FRACTIONS, {"taylor": CURVES["taylor"]}).axes
    assert len(ax.lines) == 1


@pytest.mark.parametrize("count, columns", [(3, 5), (4, 3)])
def test_no_text_lies_over_another(count, columns, overlaps):
    """In one row, and in two of which one is not full."""
    curves = CURVES | {f"score {n}": CURVES["taylor"] for n in range(count - len(CURVES))}
    assert overlaps(plots.accuracy_curves(FRACTIONS, curves, "digits", columns)) == []
