"""A line for each method, by rising size, with both standard deviations."""

import numpy as np
import pytest

from minprune import plots


def row(method, compression, accuracy, loss=(0.5, 0.1)):
    return {"method": method, "compression": compression, "speedup": (2 * compression[0], np.nan),
            "accuracy": accuracy, "loss": loss}


ROWS = [row("taylor", (4, 0.2), (0.7, 0.01)), row("taylor", (2, 0.1), (0.9, np.nan)),
        row("random", (2, 0.1), (0.5, 0.02))]


def lines(ax):
    return {bars.get_label(): bars.lines[0].get_xydata().tolist() for bars in ax.containers}


def ends(ax, method):
    """The ends of the method's bars: of x, then of y, a pair of points for each mark."""
    (bars,) = [bars for bars in ax.containers if bars.get_label() == method]
    return [np.array(segments.get_segments()) for segments in bars.lines[2]]


def test_each_method_has_a_line_by_rising_size(line):
    figure = plots.trade_off(ROWS, "compression", "accuracy", (0.95, 0.01), "digits")
    (ax,) = figure.axes
    assert lines(ax) == {"taylor": [[2, 0.9], [4, 0.7]], "random": [[2, 0.5]]}
    across, upright = ends(ax, "taylor")
    np.testing.assert_allclose(across[:, :, 0], [[1.9, 2.1], [3.8, 4.2]])
    np.testing.assert_allclose(upright[:, :, 1], [[0.9, 0.9], [0.69, 0.71]])        # an unknown deviation is 0
    assert set(line(ax, "unpruned").get_ydata()) == {0.95}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("parameters before / after", "test accuracy (mean ± s.d.)")
    assert ax.get_xscale() == "log" and ax.xaxis.get_major_formatter()(4) == "4×"
    assert ax.yaxis.get_major_formatter()(0.5) == "50%"
    assert figure.get_suptitle() == "What is kept with fewer parameters\ndigits"


def test_losses_by_the_multiply_adds_that_are_saved():
    (ax,) = plots.trade_off(ROWS, "speedup", "loss", (0.1, 0.0)).axes
    assert lines(ax)["taylor"] == [[4, 0.5], [8, 0.5]]
    assert ax.get_xlabel() == "speed-up in theory: multiply-adds before / after"
    assert ax.get_ylabel() == "test loss (mean ± s.d.)"
    assert ax.yaxis.get_major_formatter()(0.5) != "50%"


@pytest.mark.parametrize("size, kind, message", [
    ("compresion", "accuracy", 'unknown size "compresion"; did you mean "compression"'),
    ("speedup", "error", 'unknown kind "error"'),
])
def test_the_trade_off_refuses(size, kind, message):
    with pytest.raises(ValueError, match=message):
        plots.trade_off(ROWS, size, kind, (0.9, 0.0))


@pytest.mark.parametrize("count", [1, 12])
def test_no_text_lies_over_another(count, overlaps):
    rows = ROWS + [row(f"method {n}", (2 + n / 10, 0.1), (0.4, 0.1)) for n in range(count)]
    assert overlaps(plots.trade_off(rows, "compression", "accuracy", (0.95, 0.01), "digits")) == []
