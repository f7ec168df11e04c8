"""The walkthrough: the whole method in one run."""

import time

from ..common import prepare_folder
from .report import Outcome, earlier_run, report_of, write
from .setup import Settings, prepare
from .steps import (show_curve, show_decision, show_evaluation, show_pruning, show_retraining, show_scores,
                    show_training)


def run(settings=Settings()):
    """Train, score, decide, prune, retrain, evaluate; print each step, write report, networks and figures.

    Returns the report, a dict of plain values. Raises ValueError, TypeError or OSError before anything is written if a
    setting does not fit.
    """
    started = time.perf_counter()
    setup = prepare(settings)
    out = prepare_folder(settings.out)
    if earlier_run(out):
        print(earlier_run(out))
    # the six steps
    history = show_training(setup)
    scores = show_scores(setup)
    keep = show_decision(setup, scores)
    difference = show_pruning(setup, keep)
    steps = show_retraining(setup)
    comparison = show_evaluation(setup, steps[-1].net)
    # the same at other shares, and the files
    curve = show_curve(setup, scores) if settings.curve else None
    outcome = Outcome(history, scores, difference, steps, comparison, curve)
    report = report_of(setup, outcome, seconds=time.perf_counter() - started)
    files = write(out, report, setup.net, outcome)
    print(f"\nwritten to {out}/: {', '.join(files)}")
    return report
