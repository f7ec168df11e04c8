"""The files of a walkthrough: a report with every number, both networks, the figures."""

import json
import platform
from dataclasses import dataclass

import numpy as np

from ...evaluation.comparison import Comparison
from ...scoring.catalogue import CATALOGUE
from ...scoring.entries import entry
from ...training.history import History
from ..common import default_model, write_json


NETWORKS = ("original.npz", "pruned.npz")
FIGURES = ("scores", "history", "comparison", "damage", "filters", "removal")


@dataclass(frozen=True)
class Outcome:
    """What the six steps came to.

    `difference` is the largest one between the outputs of the pruned and of the masked network, `curve` the test
    quality by the share removed, or None.
    """

    history: History
    scores: dict
    difference: float
    steps: list
    comparison: Comparison
    curve: dict | None


def report_of(setup, outcome, seconds):
    """Every number of a walkthrough, as a dict of values that `write_json` takes."""
    settings, data = setup.settings, setup.data
    model = settings.model or default_model(data)
    return {
        "settings": {**vars(settings), "data": str(settings.data), "model": model, "out": str(settings.out)},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "data": data_to_dict(data),
        "training": outcome.history.to_dict(), "score": entry(CATALOGUE[settings.score]), "scores": outcome.scores,
        "keep": outcome.steps[-1].keep, "prune_equals_mask_to": outcome.difference,
        "steps": [step_to_dict(step) for step in outcome.steps], "curve": outcome.curve,
        "comparison": outcome.comparison.to_dict(), "seconds": seconds}


def data_to_dict(data):
    """What the data are; how new ones are scaled, (x − mean) / sd; and what the classes are called."""
    scaling = None if data.mean is None else {"mean": data.mean, "sd": data.sd}
    return {"name": data.name, "train": len(data.x_train), "test": len(data.x_test), "classes": data.classes,
            "class_names": data.class_names, "scaling": scaling, "notes": data.notes}


def step_to_dict(step):
    return {"fraction": step.fraction, "removed": step.removed,
            "neurons": {name: int(stays.sum()) for name, stays in step.keep.items()},
            "loss_before": step.loss_before, "accuracy_before": step.accuracy_before, "loss_after": step.loss_after,
            "accuracy_after": step.accuracy_after, "history": None if step.history is None else step.history.to_dict()}


def write(out, report, net, outcome):
    """Replace the files of an earlier run by report.json, the two networks and the figures; return their names.

    The report is written last: a folder that has one has all the other files of the same run.
    """
    from ... import plots                    # here, so that only who draws waits for matplotlib

    pictures = draw(report, net, outcome)
    # the files of an earlier run go, its report first
    for name in ("report.json", *NETWORKS, *(f"{name}.png" for name in FIGURES)):
        (out / name).unlink(missing_ok=True)
    # those of this one, its report last
    net.save(out / NETWORKS[0])
    outcome.steps[-1].net.save(out / NETWORKS[1])
    for name, figure in pictures.items():
        plots.save(figure, out / f"{name}.png")
    write_json(out / "report.json", report)
    return ["report.json", *NETWORKS, *(f"{name}.png" for name in pictures)]


def earlier_run(out):
    """The line about a folder that has files of another run; an empty text if it has none."""
    if not (out / "report.json").exists():
        return ""
    try:
        settings = json.loads((out / "report.json").read_text(encoding="utf-8"))["settings"]
        which = f" (data {settings['data']}, score {settings['score']}, seed {settings['seed']})"
    except (ValueError, KeyError, TypeError, OSError):
        which = ""
    return f"{out} has the files of an earlier run{which}: they are replaced when this one is done"


def draw(report, net, outcome):
    """{name: figure}; the curve of shares removed only where there is one, of accuracies."""
    from ... import plots

    scores, keep, curve = outcome.scores, outcome.steps[-1].keep, outcome.curve
    about = f"{report['data']['name']}, {report['settings']['score']}"
    figures = {"scores": plots.scores(scores, keep, name=report["settings"]["score"]),
               "history": plots.history(outcome.history, held_out="test data"),
               "comparison": plots.comparison(outcome.comparison),
               "damage": plots.damage(outcome.comparison.damage, about),
               "filters": plots.filters(net, scores, keep)}
    if curve and curve["accuracy_before"][0] is not None:
        after = curve["accuracy_after"] if report["settings"]["retrain"] else None
        figures["removal"] = plots.removal_curve(curve["removed"], curve["accuracy_before"], after,
                                                 baseline=outcome.comparison.before.test_accuracy)
    return figures
