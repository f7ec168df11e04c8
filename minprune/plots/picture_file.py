"""A figure as a file."""

from matplotlib.figure import Figure

from ..engine.checks import check_known, check_path
from ..engine.storage import atomic


def save(figure, path):
    """Write a figure to `path`, in the format of its suffix; if that fails, an older file stays as it was.

    A figure made anew in the same way gives the same png, byte for byte; so does the same one saved again, from
    Matplotlib 3.11 on (in 3.10 its layout moves a little once more). Raises ValueError for a suffix that is no picture
    format, FileNotFoundError for a missing folder, TypeError for anything but a Figure or a path.
    """
    if not isinstance(figure, Figure):
        raise TypeError(f"figure expects a matplotlib Figure, got {type(figure).__name__}")
    path = check_path("path", path)
    suffix = path.suffix.lower().lstrip(".")
    check_known("picture format", suffix, figure.canvas.get_supported_filetypes())
    # Matplotlib writes its version into a png, and the same figure would differ from one version to the next.
    metadata = {"Software": None} if suffix == "png" else None
    with atomic(path) as file:
        figure.savefig(file, format=suffix, dpi="figure", metadata=metadata)
