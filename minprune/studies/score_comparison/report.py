"""The files of a comparison: compare.json, compare.txt, and two figures."""

from ..common import write_json, write_text
from .ranking import ranking
from .table import table


def write(out, report):
    """Write the files into the folder `out` and print their names."""
    from ... import plots                   # here, so that only who draws waits for matplotlib

    write_json(out / "compare.json", {**report, "ranking": ranking(report["scores"])})
    write_text(out / "compare.txt", table(report))
    names = ["compare.json", "compare.txt", "compare_rho.png", "compare_cost.png"]
    settings, rows = report["settings"], report["scores"]
    about = f"{settings['data']}, networks: {settings['seeds']}, samples: {settings['samples']}"
    rho = {name: row["rho"] for name, row in rows.items()}
    plots.save(plots.agreement(rho, about), out / "compare_rho.png")
    plots.save(plots.cost_quality(rows, ranking(rows), about), out / "compare_cost.png")
    if next(iter(rows.values()))["accuracy"]:
        curves = {name: row["accuracy"] for name, row in rows.items()}
        plots.save(plots.accuracy_curves(report["fractions"], curves, about), out / "compare_accuracy.png")
        names.append("compare_accuracy.png")
    print(f"\nwritten to {out}/: {', '.join(names)}")
