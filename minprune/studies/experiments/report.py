"""The files of an experiment: results.json, results.txt, and a figure for each measure of size."""

from ..common import write_json, write_text
from .results import about


def write(results, out):
    """Write the files into the folder `out` and print their names."""
    from ... import plots                   # here, so that only who draws waits for matplotlib

    write_json(out / "results.json", results.to_dict())
    write_text(out / "results.txt", results)
    names = ["results.json", "results.txt"]
    for size in ("compression", "speedup"):
        figure = plots.trade_off(results.rows(), size, results.kind, results.whole, about(results))
        plots.save(figure, out / f"{size}.png")
        names.append(f"{size}.png")
    print(f"\nwritten to {out}/: {', '.join(names)}")
