"""The ranking: which scores are best at equal cost, and which of them cannot be told apart."""

import numpy as np

from ...evaluation.paired_test import holm, paired_p
from ..common import mean_sd, plus_minus

LEVEL = 0.05
EDGES = (2.0, 5.0, 25.0)            # forward passes: within these bounds costs count as equal
CONTROLS = ("random", "removal, reversed")
METHOD = ["Best is the highest mean over the networks. A score counts as told apart from it if a two-sided t test of",
          "the paired differences, network by network, says so at the level of 5 % after Holm's correction for the",
          "number of scores of that cost. The other way round nothing is shown: with few networks much cannot be told",
          "apart. The classes of cost are in forward passes, as measured; within a class costs count as equal."]


def ranking(rows):
    """[{"cost", "measure", "best", "mean", "even", "behind"}, …]: a row for each class of costs and each measure.

    rows {score: a summary of `measurement`, with "by_network"}; the measures are the mean quality after all cuts
    (accuracy, or −loss) and ρ overall. `even` {score: corrected p} cannot be told apart from the best, `behind` can.
    """
    result = []
    for cost, names in classes_of_cost(rows).items():
        for measure in ("quality", "rho"):
            values = {name: np.array(rows[name]["by_network"][measure]) for name in names}
            best = max(values, key=lambda name: values[name].mean())
            others = [name for name in names if name != best]
            p = dict(zip(others, holm([paired_p(values[best] - values[name]) for name in others])))
            ordered = sorted(others, key=lambda name: -values[name].mean())
            result.append({"cost": cost, "measure": measure, "best": best, "mean": mean_sd(values[best].tolist()),
                           "even": {name: float(p[name]) for name in ordered if p[name] > LEVEL},
                           "behind": {name: float(p[name]) for name in ordered if p[name] <= LEVEL}})
    return result


def classes_of_cost(rows):
    """{"up to 2 forward passes": [score, …], …} of the scores that are no controls."""
    classes = {name_of_class(place): [] for place in range(len(EDGES) + 1)} | {"a cost that was not measurable": []}
    for name, row in rows.items():
        if name not in CONTROLS:
            place = None if row["cost"] is None else int(np.searchsorted(EDGES, row["cost"]))
            classes["a cost that was not measurable" if place is None else name_of_class(place)].append(name)
    return {cost: names for cost, names in classes.items() if names}


def name_of_class(place):
    if place == len(EDGES):
        return f"more than {EDGES[-1]:g} forward passes"
    return f"{f'{EDGES[place - 1]:g}' if place else 'up'} to {EDGES[place]:g} forward passes"


def lines_of(rows, kind):
    """The ranking as text; `kind` is "accuracy" or "loss"."""
    networks = len(next(iter(rows.values()))["by_network"]["rho"])
    lines = [f"Best at equal cost, over {networks} network{'s' * (networks > 1)}:"]
    if networks == 1:
        lines.append("(one network: nothing can be told apart)")
    for row in ranking(rows):
        lines += ["", f"{row['cost']}, {title_of(row['measure'], kind)}: {row['best']}, {mean_text(row, kind)}"]
        lines += told("cannot be told apart from it", row["even"]) + told("behind", row["behind"])
    return [*lines, "", *METHOD]


def title_of(measure, kind):
    return "ρ with exact removal" if measure == "rho" else f"mean {kind} after 10 … 90 %"


def mean_text(row, kind):
    """mean ± s.d.; the quality of losses is −loss."""
    if row["measure"] == "rho":
        return plus_minus(row["mean"], "{:.2f}")
    mean, sd = row["mean"]
    return plus_minus((mean, sd), "{:.1%}") if kind == "accuracy" else plus_minus((-mean, sd), "{:.3f}")


def told(how, scores, width=116):
    """"  cannot be told apart from it: a, b, c", broken into lines of at most so many letters."""
    if not scores:
        return []
    lines = [f"  {how}:"]
    for place, name in enumerate(scores):
        word = f" {name}" + ("," if place < len(scores) - 1 else "")
        if len(lines[-1]) + len(word) > width:
            lines.append("   ")
        lines[-1] += word
    return lines
