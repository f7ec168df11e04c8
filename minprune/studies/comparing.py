"""Every score against the exact answer: what `minprune compare` does and says."""

import pathlib
import statistics
import time
import warnings

import numpy as np

from .. import datasets
from ..decisions.rules import decide
from ..engine.checks import check_count
from ..engine.dense import Dense
from ..engine.layer import Flatten
from ..engine.losses import prepare_samples
from ..engine.network import Network
from ..engine.storage import atomic
from .walkthrough import build, optimizer, plain, prepare_folder
from ..pruning.surgery import prune
from ..scoring.catalogue import CATALOGUE
from ..scoring.normalisation import reverse
from ..scoring.scoring import score as score_neurons
from ..scores.gathered import GATHERED
from ..scores.surgeon import LARGEST
from ..training.loop import fit, loss_and_accuracy

FRACTIONS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def spearman(one, other):
    """Spearman's ρ: the correlation of the ranks, tied values sharing the mean of their ranks; NaN if all are tied."""
    one, other = (ranks(np.asarray(values, float)) for values in (one, other))
    one, other = one - one.mean(), other - other.mean()
    size = np.sqrt((one ** 2).sum() * (other ** 2).sum())
    return float((one * other).sum() / size) if size > 0 else float("nan")


def ranks(values):
    """1 for the lowest …; tied values share the mean of the ranks that they take up."""
    ordered = np.sort(values)
    first, last = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    return (first + last + 1) / 2


def agreement(scores, truth):
    """{layer: ρ, …, "overall": ρ of all neurons together} of scores with the exact removal."""
    found = {name: spearman(scores[name], truth[name]) for name in truth}
    every = [np.concatenate([one[name] for name in truth]) for one in (scores, truth)]
    return {**found, "overall": spearman(*every)}


def compare_scores(data="digits", model=None, seeds=5, samples=500, epochs=20, rate=2e-3, out="minprune-compare",
                   leave_out=()):
    """Train `seeds` networks; score each by every score; measure ρ with removal, cost, and accuracy without retraining.

    Scores and removal are of the first `samples` training samples. Scores that are only for small networks (`obs`) are
    measured, with all others once more, on networks of 16 and 12 hidden neurons. Writes compare.json, compare.txt and
    two figures to `out`, and returns what is in compare.json. Raises ValueError or OSError if an argument does not fit.
    """
    seeds, samples = check_count("seeds", seeds), check_count("samples", samples)
    names = [name for name in CATALOGUE if name not in leave_out]
    nets = [build(datasets.load(data, seed=seed), model, seed, "float64") for seed in range(seeds)]
    out = prepare_folder(out)
    report = {"settings": {"data": str(data), "model": model, "seeds": seeds, "samples": samples, "epochs": epochs,
                           "rate": rate},
              "fractions": FRACTIONS, "scores": measure_networks(nets, names, data, samples, epochs, rate)}
    missing = [name for name in names if name not in report["scores"]]
    small = small_networks(nets) if missing else None
    if small:
        shape = shape_of(small[0][0])
        print(f"\nonce more on small networks, {shape}, where {' and '.join(missing)} can be measured too")
        report["small"] = {"network": shape, "scores": measure_networks(small, names, data, samples, epochs, rate)}
    print(f"\n{table(report)}")
    write(out, report)
    return report


def measure_networks(nets, names, data, samples, epochs, rate):
    """{score: mean and deviation of what was measured}, network number s being trained and measured on split s."""
    rows = {}
    for seed, (net, loss) in enumerate(nets):
        part, gathered = datasets.load(data, seed=seed), [one() for one in GATHERED]
        fit(net, part.x_train, part.t_train, loss, optimizer(rate, epochs), epochs, seed=seed, progress=False,
            on_batch=lambda net, trace: [one(net, trace) for one in gathered])
        test = prepare_samples(net, part.x_test, part.t_test, loss)
        quality = told(loss_and_accuracy(net, *test))
        print(f"network {seed + 1} of {len(nets)}: test loss and accuracy {quality}", flush=True)
        measured = measure_all(net, names, part.x_train[:samples], part.t_train[:samples], loss, test, gathered)
        names = [name for name in names if name in measured]            # what is only for small networks has said so
        for name, row in measured.items():
            rows.setdefault(name, []).append(row)
    return {name: summary(found) for name, found in rows.items()}


def small_networks(nets):
    """Networks of 16 and 12 hidden neurons beside these, or None if even they have too many weights for `obs`."""
    small = []
    for seed, (net, loss) in enumerate(nets):
        flat = [Flatten()] if len(net.input_shape) > 1 else []
        layers = [*flat, Dense(16, "relu"), Dense(12, "relu"), Dense(int(np.prod(net.output_shape)))]
        small.append((Network(net.input_shape, layers, seed=seed), loss))
    return small if sum(array.size for array in small[0][0].parameters().values()) <= LARGEST else None


def shape_of(net):
    """64-16-12-10: the number of inputs, and of the neurons of each layer."""
    return "-".join(map(str, [int(np.prod(net.input_shape)), *(net[name].K for name in net.neuron_layers)]))


def told(quality):
    loss, accuracy = quality
    return f"{loss:.4f}" + (f", {accuracy:.2%}" if accuracy is not None else "")


def measure_all(net, names, x, t, loss, test, gathered):
    """{score: what was measured on one network}, those gathered while training included, which cost no pass afterwards;
    the reversed control goes with the exact removal."""
    forward = seconds(lambda: net.predict(x))
    truth, rows, refused = score_neurons(net, "removal", x, t, loss), {}, {}
    for name in names:
        start = time.perf_counter()
        try:
            scores = quietly(score_neurons, net, name, x, t, loss)
        except ValueError as error:                         # a score that is only for small networks says so
            refused.setdefault(str(error).replace(f'score "{name}"', "it"), []).append(name)
            continue
        rows[name] = measure(net, scores, truth, (time.perf_counter() - start) / forward, test)
    for reason, left_out in refused.items():
        print(f"left out: {', '.join(left_out)} ({reason})", flush=True)
    for one in gathered:
        rows[type(one).__name__] = measure(net, one.scores(), truth, 0.0, test)
    rows["removal, reversed"] = measure(net, reverse(truth), truth, rows.get("removal", {"cost": 0.0})["cost"], test)
    return rows


def quietly(function, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments)


def seconds(function, rounds=5):
    """The median time of a function."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def measure(net, scores, truth, cost, test):
    """ρ by layer and overall, the cost in forward passes, and the quality after each fraction removed."""
    cuts = [loss_and_accuracy(prune(net, decide(scores, remove=fraction)), *test) for fraction in FRACTIONS]
    return {"rho": agreement(scores, truth), "cost": cost, "loss": [loss for loss, _ in cuts],
            "accuracy": [accuracy for _, accuracy in cuts]}


def summary(found):
    """Mean and standard deviation over the networks, of each number measured."""
    return {"rho": {layer: mean_sd([one["rho"][layer] for one in found]) for layer in found[0]["rho"]},
            "cost": statistics.median(one["cost"] for one in found),
            **{kind: None if found[0][kind][0] is None else
               [mean_sd(values) for values in zip(*(one[kind] for one in found))] for kind in ("loss", "accuracy")}}


def mean_sd(values):
    """(mean, standard deviation with n − 1; NaN for one value); NaN, where all neurons tie, is left out."""
    values = [value for value in values if np.isfinite(value)]
    if not values:
        return (float("nan"), float("nan"))
    return (statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else float("nan"))


def table(report):
    """The lines of all scores; below, those on small networks where there are any; what ρ is."""
    lines = lines_of(report["scores"])
    if "small" in report:
        lines += ["", f"on small networks, {report['small']['network']}:", *lines_of(report["small"]["scores"])]
    return "\n".join([*lines, "", *NOTES])


def lines_of(rows):
    """One line a score, best first: ρ overall and by layer, cost, accuracy after some fractions."""
    layers = list(next(iter(rows.values()))["rho"])
    kind = "accuracy" if next(iter(rows.values()))["accuracy"] else "loss"
    shown = [place for place, fraction in enumerate(FRACTIONS) if fraction in (0.1, 0.3, 0.5)]
    head = f"{'score':<26}" + "".join(f"{'ρ ' + layer:>16}" for layer in layers) + f"{'forward passes':>16}"
    lines = [head + "".join(f"{f'{kind}, −{FRACTIONS[place]:.0%}':>20}" for place in shown)]
    for name in sorted(rows, key=lambda name: -np.nan_to_num(rows[name]["rho"]["overall"][0], nan=-2)):
        row = rows[name]
        line = f"{name:<26}" + "".join(f"{pm(row['rho'][layer], '{:.2f}'):>16}" for layer in layers)
        line += f"{row['cost']:>16.1f}"
        lines.append(line + "".join(f"{pm(row[kind][place], '{:.1%}' if kind == 'accuracy' else '{:.3f}'):>20}"
                                    for place in shown))
    return lines


NOTES = ["ρ is Spearman's rank correlation with exact removal, which is signed: negative where the network is better",
         "off without a neuron. ρ overall and quality after removal rank all layers together: a score that does not",
         "compare between layers loses there, and may still rank well within each (see scores.normalise).",
         "GatheredGradient and Movement are gathered while training: they cost no pass afterwards."]


def pm(value, form):
    """mean ± s.d., or a dash where there is none."""
    mean, sd = value
    if not np.isfinite(mean):
        return "-"
    return form.format(mean) + (f" ± {form.format(sd)}" if np.isfinite(sd) else "")


def write(out, report):
    """compare.json, compare.txt and the two figures."""
    from ..plots import pictures as plots                         # here, so that only who draws waits for matplotlib
    import json

    with atomic(pathlib.Path(out) / "compare.json", "t") as file:
        json.dump(plain(report), file, indent=1, allow_nan=False)
    with atomic(pathlib.Path(out) / "compare.txt", "t") as file:
        file.write(table(report) + "\n")
    names = ["compare.json", "compare.txt", "compare_rho.png"]
    settings = report["settings"]
    about = f"{settings['data']}, networks: {settings['seeds']}, samples: {settings['samples']}"
    rho = {name: row["rho"] for name, row in report["scores"].items()}
    plots.save(plots.agreement(rho, about), out / "compare_rho.png")
    if next(iter(report["scores"].values()))["accuracy"]:
        curves = {name: row["accuracy"] for name, row in report["scores"].items()}
        plots.save(plots.accuracy_curves(FRACTIONS, curves, about), out / "compare_accuracy.png")
        names.append("compare_accuracy.png")
    print(f"\nwritten to {out}/: {', '.join(names)}")
