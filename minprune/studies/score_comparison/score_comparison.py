"""The comparison of all scores: networks are trained, and each is scored by every score and measured."""

from dataclasses import dataclass

import numpy as np

from ... import datasets
from ...engine.checks import check_count
from ...engine.dense import Dense
from ...engine.losses import prepare_samples
from ...engine.network import Network
from ...engine.pooling import Flatten
from ...scores.gathered import GATHERED
from ...scores.hessian import LARGEST
from ...scoring.catalogue import CATALOGUE
from ...scoring.scoring import without_evidence
from ...training.loop import fit
from ...training.quality import loss_and_accuracy
from ..common import build, make_optimizer, prepare_folder
from ..log import Log
from .measurement import FRACTIONS, Subject, compute, measure_scores, summary
from .records import from_record, name_of, to_record
from .report import write
from .table import table


@dataclass(frozen=True)
class Settings:
    """The choices of a comparison.

    data, model    what `datasets.load` takes, and a name (mp.models.MODELS), by default cnn for images, else mlp
    seeds          how many networks; samples: of the training data, that the scores and the removal are computed from
    epochs, rate   of the training: Adam's rate at the start, which falls to 0
    leave_out      names of scores that are not measured; out: the folder for the results
    """

    data: str = "digits"
    model: str | None = None
    seeds: int = 5
    samples: int = 500
    epochs: int = 20
    rate: float = 2e-3
    leave_out: tuple = ()
    out: str = "minprune-compare"


def compare_scores(settings=Settings()):
    """Measure every score on each network: ρ with the exact removal, the cost, the quality without retraining.

    Scores that are only for small networks (`obs`) are measured, with all others once more, on networks of 16 and 12
    hidden neurons. Writes compare.json, compare.txt and two figures, and returns what is in compare.json. Each network
    that is finished is a line of log.jsonl at once: the same call goes on where one that was killed ended. Raises
    ValueError or OSError if a setting does not fit.
    """
    check_count("seeds", settings.seeds)
    check_count("samples", settings.samples)
    names = [name for name in CATALOGUE if name not in settings.leave_out]
    nets = [build(datasets.load(settings.data, seed=seed), settings.model, seed) for seed in range(settings.seeds)]
    out = prepare_folder(settings.out)
    log = Log(out / "log.jsonl")
    # the networks as they are
    report = {"settings": {"data": str(settings.data), "model": settings.model, "seeds": settings.seeds,
                           "samples": settings.samples, "epochs": settings.epochs, "rate": settings.rate},
              "fractions": FRACTIONS, "scores": measure_networks(nets, names, settings, log)}
    # small networks, if there are scores that need them
    missing = [name for name in names if name not in report["scores"]
               and not without_evidence(CATALOGUE[name], nets[0][0])]
    small = small_networks(nets) if missing else None
    missing = [name for name in missing if small and takes(*small[0], name, settings)]
    if missing:
        shape = shape_of(small[0][0])
        print(f"\nonce more on small networks, {shape}, where {' and '.join(missing)} can be measured too")
        report["small"] = {"network": shape, "scores": measure_networks(
            small, [name for name in names if name in missing or name in report["scores"]], settings, log)}
    measured = {*report["scores"], *report.get("small", {}).get("scores", {})}
    report["left_out"] = [name for name in CATALOGUE if name not in measured]
    print(f"\n{table(report)}\n\ndrawing the figures", flush=True)
    write(out, report)
    return report


def measure_networks(nets, names, settings, log):
    """{score: mean and deviation of what was measured}; network number s is trained and measured on split s, unless the
    log has it."""
    rows = {}
    for seed, (net, loss) in enumerate(nets):
        name, begin = name_of(net, loss, seed, names, settings), f"network {seed + 1} of {len(nets)}: "
        if name in log.records:
            quality, measured = from_record(log.records[name])
            print(f"{begin}test loss and accuracy {quality_text(*quality)}, measured before", flush=True)
            missing = [one for one in names if one not in measured]
            if missing:
                print(f"left out: {', '.join(missing)}", flush=True)
        else:
            quality, measured = measure_network(net, loss, seed, names, settings, begin)
            log.add(name, to_record(quality, measured))
        names = [name for name in names if name in measured]        # those refused once are not tried again
        for name, row in measured.items():
            rows.setdefault(name, []).append(row)
    return {name: summary(measurements) for name, measurements in rows.items()}


def measure_network(net, loss, seed, names, settings, begin):
    """Train a network; return its (loss, accuracy) on the test data and {score: what was measured}."""
    subject = train(net, loss, seed, settings)
    quality = loss_and_accuracy(net, *subject.test)
    print(f"{begin}test loss and accuracy {quality_text(*quality)}", flush=True)
    return quality, measure_scores(subject, names)


def train(net, loss, seed, settings):
    """Train a network on its split of the data, gathering scores meanwhile; return the Subject to be measured."""
    data = datasets.load(settings.data, seed=seed)
    gathered = [make() for make in GATHERED]

    def gather(net, trace):
        for score in gathered:
            score(net, trace)

    fit(net, data.x_train, data.t_train, loss, make_optimizer(settings.rate, settings.epochs), settings.epochs,
        seed=seed, progress=False, on_batch=gather)
    count = settings.samples
    return Subject(net, data.x_train[:count], data.t_train[:count], loss,
                   prepare_samples(net, data.x_test, data.t_test, loss), gathered)


def takes(net, loss, name, settings):
    """Whether the score can be computed on a network like this: a few samples show it, before it is trained."""
    data = datasets.load(settings.data, seed=0)
    try:
        compute(Subject(net, data.x_train[:4], data.t_train[:4], loss, (), []), name)
    except ValueError:
        return False
    return True


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


def quality_text(loss, accuracy):
    return f"{loss:.4f}" if accuracy is None else f"{loss:.4f}, {accuracy:.2%}"
