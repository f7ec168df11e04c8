"""The table of a comparison: a line a score, the best first."""

import textwrap

import numpy as np

from ..common import plus_minus
from .measurement import FRACTIONS
from .ranking import lines_of as ranking_lines

SHOWN = (0.1, 0.3, 0.5)         # the fractions whose quality has a column
NOTES = ["ρ is Spearman's rank correlation with exact removal, which is signed: negative where the network is better",
         "off without a neuron; it is 0 where a score is the same for all neurons. ρ overall and quality after removal",
         "rank all layers together: a score that does not compare between layers loses there, and may still rank well",
         "within each (see scores.normalise).",
         "forward passes: the median of pairs, the score's time over that of a forward pass beside it (the middle half",
         "of the pairs); not measurable where passes waited for a core or the pairs disagree.",
         "GatheredGradient and Movement are gathered while training: they cost no pass afterwards."]


def table(report):
    """The lines of all scores; below, those on small networks where there are any; what ρ is; who is best at which
    cost, and what computing all this has cost."""
    lines, rows = lines_of(report["scores"]), report["scores"]
    if "small" in report:
        lines += ["", f"on small networks, {report['small']['network']}:", *lines_of(report["small"]["scores"])]
    kind = "accuracy" if next(iter(rows.values()))["accuracy"] else "loss"
    if report.get("left_out"):
        lines += ["", *textwrap.wrap(f"not measured: {', '.join(report['left_out'])}", 110)]
    return "\n".join([*lines, "", *NOTES, "", *ranking_lines(rows, kind), "", seconds_text(rows)])


def seconds_text(rows, most=4):
    """What the measurements took, and which scores took most of it."""
    total = sum(row["seconds"] for row in rows.values())
    longest = sorted(rows, key=lambda name: -rows[name]["seconds"])[:most]
    shares = ", ".join(f"{name} {rows[name]['seconds'] / total:.0%}" for name in longest) if total else ""
    return f"Scoring and cutting took {total:.0f} s of CPU time" + (f", of which {shares}." if shares else ".")


def lines_of(rows):
    """A head, and a line for each score: ρ by layer and overall, cost, accuracy (or loss) after some fractions."""
    first = next(iter(rows.values()))
    kind = "accuracy" if first["accuracy"] else "loss"
    head = f"{'score':<26}" + "".join(f"{'ρ ' + layer:>16}" for layer in first["rho"]) + f"{'forward passes':>26}"
    head += "".join(f"{f'{kind}, −{fraction:.0%}':>20}" for fraction in SHOWN)
    ranked = sorted(rows, key=lambda name: -np.nan_to_num(rows[name]["rho"]["overall"][0], nan=-2))
    return [head, *(line(name, rows[name], kind) for name in ranked)]


def line(name, row, kind):
    form = "{:.1%}" if kind == "accuracy" else "{:.3f}"
    rho = "".join(f"{plus_minus(value, '{:.2f}'):>16}" for value in row["rho"].values())
    quality = "".join(f"{plus_minus(row[kind][FRACTIONS.index(fraction)], form):>20}" for fraction in SHOWN)
    return f"{name:<26}{rho}{cost_text(row):>26}{quality}"


def cost_text(row):
    """The cost in forward passes with its interval, 12.3 (11.9 … 12.8)."""
    if row["cost"] is None:
        return "not measurable"
    low, high = row["cost_interval"]
    return f"{row['cost']:.1f}" + (f" ({low:.1f} … {high:.1f})" if high > 0 else "")
