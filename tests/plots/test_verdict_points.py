"""The picture of a verdict: its ends, its bars, and what its legend says, all by hand."""

from types import SimpleNamespace

import numpy as np
from matplotlib.figure import Figure

from minprune.plots.verdict_points import draw_points, draw_spread, verdict_figure


def verdict(**changed):
    return SimpleNamespace(**{"claim": "f equals dL/do", "holds": True, "trials": 30, "points": ((), ()),
                              "labels": ("claimed", "measured"), "spread": None, **changed})


def points(claimed, measured, **changed):
    ax = Figure().subplots()
    draw_points(ax, verdict(points=(claimed, measured), **changed))
    return ax


def bars(values, least):
    ax = Figure().subplots()
    draw_spread(ax, (np.array(values), "what it is", least))
    return ax, [(round(bar.get_x(), 9), round(bar.get_width(), 9), int(bar.get_height())) for bar in ax.patches]


def test_the_title_is_the_claim_and_whether_it_holds():
    (ax,) = verdict_figure(verdict(points=([1.0], [2.0]), holds=False)).axes
    assert ax.get_title() == "f equals dL/do: fails" and ax.get_ylabel() == "claimed"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["claimed = measured",
                                                                         "1 numbers of 30 networks"]
    (ax,) = verdict_figure(verdict(claim=" ".join(["word"] * 20), spread=(np.ones(3), "what it is", 0.5))).axes
    assert ax.get_title().count("\n") == 1 and ax.get_title().endswith("word: holds")
    assert ax.get_xlabel() == "what it is"


def test_the_ends_of_a_picture_of_points():
    line, marks = (ax := points(np.array([1.0, -3]), np.array([5.0, 2]), labels=("f", "g"))).lines
    np.testing.assert_allclose(line.get_xdata(), [-3.8, 5.8])                       # −3 … 5, and a tenth of that
    np.testing.assert_allclose([ax.get_xlim(), ax.get_ylim()], [[-3.8, 5.8]] * 2)
    assert (line.get_label(), marks.get_label()) == ("f = g", "2 numbers of 30 networks")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("g", "f")
    np.testing.assert_allclose(points([2.0], [3.0]).get_xlim(), [-0.3, 3.3])        # 0 as well
    np.testing.assert_allclose(points([], []).get_xlim(), [-1, 1])


def test_a_picture_of_many_points_leaves_out_a_hundredth_on_each_side():
    """Of 98 numbers and 0 all are shown; of 100 and 0 what lies from the first hundredth to the ninety-ninth."""
    few = np.append(np.zeros(48), [100.0]), np.append(np.zeros(48), [-100.0])
    np.testing.assert_allclose(points(*few).get_xlim(), [-120, 120])
    claimed, measured = np.arange(1.0, 51), np.arange(-50.0, 0)                     # with 0: −50 … 50, 101 numbers
    ax = points(claimed, measured)
    np.testing.assert_allclose(ax.get_xlim(), [-49 - 9.8, 49 + 9.8])
    assert ax.lines[1].get_label() == "50 numbers of 30 networks"                   # 50 is within that
    claimed[-1] = 1000
    assert points(claimed, measured).lines[1].get_label() == "50 numbers of 30 networks, 1 of them outside"
    measured[0] = -1000                                                             # another pair
    assert points(claimed, measured).lines[1].get_label().endswith(", 2 of them outside")


def test_the_bars_of_a_spread_are_tenths():
    ax, drawn = bars([0.12, 0.35, 0.37, np.inf], 0.5)
    assert drawn == [(0.1, 0.1, 1), (0.2, 0.1, 0), (0.3, 0.1, 2), (0.4, 0.1, 0)]
    assert sorted(ax.get_legend_handles_labels()[1]) == ["3 networks; 1 more have no error",
                                                         "claimed: median 0.5 or more", "median 0.36"]
    assert ax.get_xlabel() == "what it is"
    assert "2 networks" in bars([0.1, 0.2], 0.5)[0].get_legend_handles_labels()[1]


def test_a_spread_of_one_value_still_has_a_bar():
    assert bars([1.0, 1.0], 1)[1] == [(1.0, 0.1, 2)]
    assert sum(height for *_, height in bars([1.0, 0.9 - 1e-16, 0.9 - 1e-16], 0.9)[1]) == 3


def test_a_wide_spread_has_sixty_bars():
    drawn = bars([-10.0, 0, 20], 2)[1]
    assert len(drawn) == 60 and drawn[0] == (-10, 0.5, 1) and sum(height for *_, height in drawn) == 3
    assert len(bars([0.0, 5.9], 2)[1]) == 59 and len(bars([0.0, 6.1], 2)[1]) == 60
