"""What is measured of a score on a trained network: rank correlation with exact removal, cost, quality after cuts."""

import functools
import time
import warnings
from dataclasses import dataclass

import numpy as np

from ...decisions.rules import decide
from ...engine.network import Network
from ...evaluation.rank_correlation import spearman
from ...evaluation.timing import Ratio, ratio_of_pairs, take_turns
from ...pruning.surgery import prune
from ...scoring.normalisation import reverse
from ...scoring.scoring import score as score_neurons
from ...training.quality import loss_and_accuracy
from ..common import mean_sd

SECONDS = 0.05                  # for so long a score that is quick is computed again and again beside a forward pass
PASSES = 5                      # forward passes beside each computation of a score
FRACTIONS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


@dataclass(frozen=True)
class Subject:
    """A trained network, the samples that it is scored by, and what it is judged by.

    `test` are the arguments of `loss_and_accuracy` after the network, `gathered` the scores that were gathered while it
    was trained.
    """

    net: Network
    x: np.ndarray
    t: np.ndarray
    loss: str
    test: tuple
    gathered: list


def measure_scores(subject, names):
    """{score: what was measured} of these scores, of the gathered ones, and of the exact removal reversed, a control.

    A score that refuses the network is left out, and its reason printed.
    """
    truth = compute(subject, "removal")
    rows, refusals = {}, {}
    for name in names:
        started = time.process_time()
        try:
            scores, cost = compute_and_time(subject, name)
        except ValueError as error:                         # a score that is only for small networks says so
            refusals.setdefault(str(error).replace(f'score "{name}"', "it"), []).append(name)
            continue
        rows[name] = measure(subject, scores, truth, cost) | {"seconds": time.process_time() - started}
    for reason, refused in refusals.items():
        print(f"left out: {', '.join(refused)} ({reason})", flush=True)
    # scores that cost no pass after the training, and the control, which costs what the removal costs
    for score in subject.gathered:
        rows[type(score).__name__] = measure(subject, score.scores(), truth, NO_PASS)
    cost = rows["removal"]["cost"] if "removal" in rows else NO_PASS
    rows["removal, reversed"] = measure(subject, reverse(truth), truth, cost)
    return rows


def compute(subject, name):
    """The scores of the network; their warnings are for users of a single score."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return score_neurons(subject.net, name, subject.x, subject.t, subject.loss)


def compute_and_time(subject, name):
    """(the scores, what they cost in forward passes of the same samples: a Ratio).

    They are computed in turns with forward passes, and each is set against the passes beside it: what slows the machine
    down slows both. A score that takes long is computed once.
    """
    results = []
    passes = [functools.partial(subject.net.predict, subject.x)] * PASSES
    turns = take_turns([lambda: results.append(compute(subject, name)), *passes], SECONDS, least=1, warm=False)
    ratios, good = turns.seconds[:, :1] / turns.seconds[:, 1:], turns.running[:, :1] & turns.running[:, 1:]
    return results[0], ratio_of_pairs(ratios.ravel(), good.ravel())


NO_PASS = Ratio(0.0, 0.0, 0.0, 1, 1)        # of what was gathered in the training


def measure(subject, scores, truth, cost):
    """ρ by layer and overall, the cost in forward passes (a Ratio), and the quality after each fraction removed."""
    cuts = [loss_and_accuracy(prune(subject.net, decide(scores, remove=fraction)), *subject.test)
            for fraction in FRACTIONS]
    return {"rho": agreement(scores, truth), "cost": cost, "loss": [loss for loss, _ in cuts],
            "accuracy": [accuracy for _, accuracy in cuts]}


def agreement(scores, truth):
    """{layer: ρ, …, "overall": ρ of all neurons together} of scores with the exact removal."""
    by_layer = {name: spearman(scores[name], truth[name]) for name in truth}
    overall = spearman(*(np.concatenate([values[name] for name in truth]) for values in (scores, truth)))
    return {**by_layer, "overall": overall}


def summary(measurements):
    """Mean and standard deviation over the networks, of each number measured; of the cost see `cost_of`.

    "by_network" has what scores are ranked by, network by network: the mean quality after all cuts (accuracy, or −loss)
    and ρ overall; "seconds" all CPU time, that of the measurements included.
    """
    first = measurements[0]
    rho = {layer: mean_sd([row["rho"][layer] for row in measurements]) for layer in first["rho"]}
    by_fraction = {kind: None if first[kind][0] is None else
                   [mean_sd(values) for values in zip(*(row[kind] for row in measurements))]
                   for kind in ("loss", "accuracy")}
    by_network = {"quality": [quality(row) for row in measurements],
                  "rho": [row["rho"]["overall"] for row in measurements]}
    return {"rho": rho, **cost_of([row["cost"] for row in measurements]), **by_fraction, "by_network": by_network,
            "seconds": sum(row.get("seconds", 0.0) for row in measurements)}


def quality(row):
    """The mean accuracy after all cuts; −the mean loss where there is no accuracy."""
    return float(-np.mean(row["loss"]) if row["accuracy"][0] is None else np.mean(row["accuracy"]))


def cost_of(costs):
    """The cost and its interval on the median network of those where it was measurable; None, and why, if on none."""
    measurable = sorted((cost for cost in costs if not cost.problem), key=lambda cost: cost.median)
    if not measurable:
        return {"cost": None, "cost_interval": None, "cost_problem": costs[0].problem}
    middle = measurable[(len(measurable) - 1) // 2]
    return {"cost": middle.median, "cost_interval": (middle.low, middle.high), "cost_problem": ""}
