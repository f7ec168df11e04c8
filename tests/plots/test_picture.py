"""Every picture is one that a notebook shows, which calls `_repr_png_` of the last line of a cell."""

import numpy as np

from minprune import plots
from minprune.plots.picture import Picture


def test_a_picture_is_a_png_when_a_notebook_asks():
    figure = plots.scores({"dense1": np.array([3.0, 1.0])}, {"dense1": np.array([True, False])})
    assert isinstance(figure, Picture)
    png = figure._repr_png_()
    width, height = (int.from_bytes(png[start:start + 4], "big") for start in (16, 20))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert (width, height) == tuple((figure.get_size_inches() * figure.dpi).astype(int))
