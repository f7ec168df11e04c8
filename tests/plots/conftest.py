"""How the tests read a figure: its bars, lines, legend and texts, and whether texts lie over each other."""

import numpy as np
import pytest
from matplotlib.container import BarContainer
from matplotlib.text import Text


def bars_of(ax):
    """{x: (height, hatched)} of a panel's bars."""
    return {round(bar.get_x() + bar.get_width() / 2, 6): (bar.get_height(), bool(bar.get_hatch()))
            for bars in ax.containers if isinstance(bars, BarContainer) for bar in bars}


def line_of(ax, label=None, marker=None):
    """The only line with this label or marker."""
    lines = [line for line in ax.lines if (label is None or line.get_label() == label)
             and (marker is None or line.get_marker() == marker)]
    assert len(lines) == 1
    return lines[0]


def legend_of(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def texts_of(ax):
    return [text.get_text() for text in ax.texts]


def lightness_of(artist):
    return float(np.dot(artist.get_facecolor()[:3], [0.299, 0.587, 0.114]))


@pytest.fixture
def bars():
    return bars_of


@pytest.fixture
def line():
    return line_of


@pytest.fixture
def legend():
    return legend_of


@pytest.fixture
def texts():
    return texts_of


@pytest.fixture
def lightness():
    return lightness_of


@pytest.fixture
def overlaps(monkeypatch):
    """overlaps(figure): pairs of texts that are drawn over each other."""
    def pairs(figure):
        boxes, draw = {}, Text.draw

        def note(text, renderer, *arguments):
            if text.get_text() and text.get_visible():
                boxes[text] = text.get_window_extent(renderer).padded(-1)
            draw(text, renderer, *arguments)

        monkeypatch.setattr(Text, "draw", note)
        figure.draw_without_rendering()                         # lays out and draws as save does, but no pixels
        drawn = [(text.get_text(), box) for text, box in boxes.items()]
        return [(a, b) for n, (a, box) in enumerate(drawn) for b, other in drawn[:n] if box.overlaps(other)]

    return pairs
