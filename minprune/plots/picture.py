"""Pictures in a notebook: a figure shows itself as the last line of a cell."""

import io

from matplotlib.figure import Figure


class Picture(Figure):
    """A matplotlib Figure that says how it looks when a notebook asks; `%matplotlib inline` is not needed."""

    def _repr_png_(self):
        file = io.BytesIO()
        self.savefig(file, format="png", dpi="figure")
        return file.getvalue()
