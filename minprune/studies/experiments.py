"""Experiments: several ways to prune, at several sizes, over several networks; what came of it, how far it spread."""

import dataclasses
import functools
import hashlib
import itertools
import json
import pathlib
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing, nullcontext
from dataclasses import dataclass

import numpy as np

from .. import datasets
from ..retraining.checkpoints import describe
from .comparing import mean_sd, pm
from ..engine import storage
from ..engine.checks import check_count, check_known, check_real
from ..engine.losses import prepare_samples
from ..engine.network import Network
from ..engine.size import count_parameters, multiply_adds
from ..evaluation.measurement import LATENCY_BATCH, latencies
from ..engine.models import MODELS
from ..pruning.surgery import check_keep, prune
from ..retraining.recipes import (FineTune, FromScratch, Recipe, Reinitialise, Rewind, check_retraining, told as told_settings)
from ..retraining.iteration import (check_reachable, check_schedule, cubic, exponential, linear, one_shot, prune_iteratively)
from ..scoring.catalogue import find_score
from ..strategies.search import check_executor
from ..training.loop import check_callables, fit, loss_and_accuracy
from .walkthrough import build, default_model, optimizer, plain, prepare_folder

ANEW = (FromScratch, Reinitialise)      # what these retrain has forgotten the network that was cut
FRACTIONS = (0.3, 0.5, 0.7, 0.9)
SCHEDULES = {"linear": linear, "exponential": exponential, "cubic": cubic}
METHODS = ("taylor", "removal", "weight_norm")


@dataclass(frozen=True)
class Method:
    """One way to prune: who goes (score, scope), in which steps, and how what is left is trained (or compensated).

    `schedule(fraction)` gives what is gone after each step, as for `prune_iteratively`, the last being the fraction:
    `one_shot`, or for example `functools.partial(mp.retraining.cubic, steps=5)`. `retrain` None is what the experiment
    gives all methods.
    """

    name: str
    score: str | Callable = "taylor"
    scope: str = "layer"
    schedule: Callable = one_shot
    retrain: Callable | None = None
    compensate: Callable | None = None


@dataclass(frozen=True)
class Results:
    """What an experiment came to. `print` it for the table; `to_dict()` gives the same for JSON.

    `records` hold one network each: method, fraction, seed, loss and accuracy on the test data (and `cut_` ones, after
    the last cut and before its retraining; None where new weights are drawn), neurons, parameters, multiply_adds,
    seconds. `unpruned` are those of the networks as they were.
    `measured` {(method, fraction): how many times as fast} is the latency of the first seed's networks.
    """

    settings: dict
    unpruned: list
    records: list
    measured: dict

    @property
    def kind(self):
        """What is compared: accuracy, or the loss where the targets are no classes."""
        return "loss" if self.unpruned[0]["accuracy"] is None else "accuracy"

    def rows(self):
        """One dict for each method and fraction, in order; numbers are (mean, standard deviation) over the seeds.

        compression = parameters before / after; speedup = multiply-adds before / after; measured, the same of the
        time of a forward pass.
        """
        whole = {one["seed"]: one for one in self.unpruned}
        groups = {}
        for one in self.records:
            groups.setdefault((one["method"], one["fraction"]), []).append(one)
        cut = f"cut_{self.kind}"
        return [{"method": method, "fraction": fraction, "networks": len(found),
                 self.kind: mean_sd([float(one[self.kind]) for one in found]),        # "inf" in a log is text
                 "cut": mean_sd([float(one[cut]) for one in found if one[cut] is not None]),
                 "compression": mean_sd([whole[one["seed"]]["parameters"] / one["parameters"] for one in found]),
                 "speedup": mean_sd([whole[one["seed"]]["multiply_adds"] / one["multiply_adds"] for one in found]),
                 "measured": self.measured.get((method, fraction))} for (method, fraction), found in groups.items()]

    def to_dict(self):
        measured = [{"method": name, "fraction": fraction, "times": times}
                    for (name, fraction), times in self.measured.items()]
        return plain({"settings": self.settings, "unpruned": self.unpruned, "records": self.records,
                      "measured": measured, "rows": self.rows()})

    def __str__(self):
        return table(self)


def experiment(methods=METHODS, data="digits", model=None, fractions=FRACTIONS, seeds=5, epochs=20, rate=2e-3,
               batch_size=32, retrain=10, dtype="float64", controls=True, out="minprune-experiment", executor=None):
    """Train a network for each seed, prune it by each method at each fraction, judge all on the test data: the Results.

    methods    names of scores, or `Method`s; a name is that score, layer by layer, in one shot
    data       what `datasets.load` takes (split by the seed), or a Dataset
    model      a name (mp.models.MODELS) or model(input_shape, outputs, seed, dtype); default: cnn for images, else mlp
    fractions  of the hidden neurons that are gone; seeds: how many (0, 1, …), or a list of them
    epochs, rate, batch_size   of the training: Adam, its rate falling to 0 along a cosine
    retrain    epochs of fine-tuning after each cut, trained in the same way, or a recipe (`mp.recipes`) for all methods
    controls   adds "random" (scores that say nothing, in as many steps as the method that takes most) and "from
               scratch" (the pruned size with new random weights, trained as long as training and the longest
               retraining took together), both layer by layer. A method of yours of that name takes its place
    out        a folder: log.jsonl, the unpruned networks, results.json, results.txt and the figures
    executor   any concurrent.futures.Executor: the networks are trained and pruned in parallel, with the same result. A
               process pool needs methods and a model that can be pickled: functions of a module, no lambdas

    All that is random differs from seed to seed: the split (if `data` is a name or path), the first weights, the
    shuffling, and what a recipe draws (its own seed is added); a `retrain` function of yours is the same for all. Layer
    by layer all methods leave the same sizes, so that they are compared at equal size. A line is printed for each
    network, and the table. Each finished network is a line of log.jsonl at once: the same call goes on where one that
    was killed ended, and one with more methods, fractions or seeds takes over what it can. Both numbers of size are
    reported, as Blalock, Gonzalez Ortiz, Frankle & Guttag, MLSys 2020, arXiv:2003.03033, ask; and the time beside its
    prediction, measured by one process alone.

    Raises ValueError, TypeError or OSError for arguments that do not fit, before anything is trained, and RuntimeError
    for a network that failed, when the others are done.
    """
    training = dict(data=data, model=check_model(model), epochs=check_count("epochs", epochs), dtype=dtype,
                    rate=check_real("rate", rate, above=0), batch_size=check_count("batch_size", batch_size))
    retrain = retrain if callable(retrain) else fine_tuning(training, check_count("retrain", retrain, least=0))
    fractions, seeds = check_fractions(fractions), check_seeds(seeds)
    methods = check_methods(methods)
    methods += missing(methods, random_and_scratch(methods, training, retrain, fractions) if controls else [])
    check_executor(executor)
    check_fit(training, methods, retrain, fractions, seeds)
    starts, jobs = named_jobs(training, methods, retrain, fractions, seeds)
    out = prepare_folder(out)
    log = Log(out / "log.jsonl")

    nets = train_all(starts, out, log, executor)
    run_all(prune_one, {name: (training, nets[start], *job) for name, start, job in jobs}, log, executor)

    records = [{**log.found[name], "method": method.name} for name, _, (method, *_) in jobs]
    told = {"data": told_data(data, seeds), "model": told_model(training, nets, seeds), "seeds": seeds,
            **{name: training[name] for name in ("epochs", "rate", "batch_size", "dtype")},
            "retrain": told_settings(retrain), "fractions": fractions, "methods": [method.name for method in methods],
            "how": {method.name: told_settings(method) for method in methods}}
    results = Results(told, [log.found[name] for name in starts], records, {})
    results.measured.update(measure(results, next(iter(nets.values()))))
    print(f"\n{results}", flush=True)
    write(results, out)
    return results


def run(methods, scope, schedule, steps, jobs, out, **settings):
    """What `minprune experiment` does."""
    schedule = functools.partial(SCHEDULES[schedule], steps=steps)
    methods = [Method(name, name, scope, schedule) for name in methods]
    with ProcessPoolExecutor(jobs) if jobs > 1 else nullcontext() as executor:
        return experiment(methods, out=out, executor=executor, **settings)


# --------------------------------------------------------------------------------- one network


def load(data, seed):
    return data if hasattr(data, "x_train") else datasets.load(data, seed=seed)


def new_network(training, data, seed):
    """(network, loss) of a seed."""
    if isinstance(training["model"], str) or training["model"] is None:
        return build(data, training["model"], seed, training["dtype"])
    outputs = data.classes or int(np.prod(data.t_train.shape[1:]))
    net = training["model"](data.x_train.shape[1:], outputs, seed, training["dtype"])
    return net, "cross_entropy" if data.classes else "mse"


def train_one(training, seed):
    """(record, network) of an unpruned network."""
    started, data = time.perf_counter(), load(training["data"], seed)
    net, loss = new_network(training, data, seed)
    fit(net, data.x_train, data.t_train, loss, optimizer(training["rate"], training["epochs"]), training["epochs"],
        training["batch_size"], seed=seed, progress=False)
    quality = loss_and_accuracy(net, *prepare_samples(net, data.x_test, data.t_test, loss))
    return {"seed": seed, **sizes(net), **dict(zip(("loss", "accuracy"), quality)),
            "seconds": time.perf_counter() - started}, net


def prune_one(training, net, method, retrain, fraction, seed):
    """(record, nothing else) of a network pruned by one method."""
    started, data = time.perf_counter(), load(training["data"], seed)
    loss = "cross_entropy" if data.classes else "mse"
    score = functools.partial(find_score("random"), seed=seed) if method.score == "random" else method.score
    *_, step = prune_iteratively(net, data, score, method.schedule(fraction), method.scope, loss, retrain,
                                 compensate=method.compensate)
    cut = (None, None) if isinstance(retrain, ANEW) else (step.loss_before, step.accuracy_before)
    return {"method": method.name, "fraction": fraction, "seed": seed, **sizes(step.net), "loss": step.loss_after,
            "accuracy": step.accuracy_after, **dict(zip(("cut_loss", "cut_accuracy"), cut)),
            "seconds": time.perf_counter() - started}, None


def sizes(net):
    return {"neurons": {name: net[name].K for name in net.hidden_layers}, "parameters": count_parameters(net),
            "multiply_adds": multiply_adds(net)}


# --------------------------------------------------------------------------------- all of them


def named_jobs(training, methods, retrain, fractions, seeds):
    """{name: job} of the unpruned networks, and [(name, name of the unpruned network, job), …] of the pruned ones.

    Methods that do the same by another name have jobs of the same name, which is done once.
    """
    common = {seed: {**training, "data": load(training["data"], seed), "seed": seed} for seed in seeds}
    common = {seed: {key: describe(key, value) for key, value in one.items()} for seed, one in common.items()}
    starts = {seed: job_name(common[seed]) for seed in seeds}
    jobs = []
    for method, fraction, seed in itertools.product(methods, fractions, seeds):
        recipe = seeded(method.retrain or retrain, seed)
        how = describe("method", {**vars(method), "name": "", "retrain": recipe})
        jobs.append((job_name(common[seed], how, fraction), starts[seed], (method, recipe, fraction, seed)))
    return {starts[seed]: (training, seed) for seed in seeds}, jobs


def job_name(training, method=None, fraction=None):
    """A hash of all that the record depends on: equal for the same job in another call, and only then."""
    text = json.dumps([training, method, fraction], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def seeded(retrain, seed):
    """The recipe drawing from a stream of its own for each seed."""
    return dataclasses.replace(retrain, seed=retrain.seed + seed) if isinstance(retrain, Recipe) else retrain


def train_all(starts, out, log, executor):
    """{job: network}: those that an earlier call left in the folder, and the rest trained."""
    nets = {}
    for name in starts:
        try:
            if name in log.found:
                nets[name] = Network.load(out / f"unpruned-{name}.npz")
        except (OSError, ValueError):           # gone or damaged: it is trained again, to the same bits
            del log.found[name]

    def keep(name, net):
        net.save(out / f"unpruned-{name}.npz")
        nets[name] = net

    run_all(train_one, starts, log, executor, keep)
    return {name: nets[name] for name in starts}


def run_all(function, jobs, log, executor, keep=lambda name, net: None):
    """Do the jobs that are not in the log; log each when it is done. RuntimeError names those that failed."""
    left = {name: job for name, job in jobs.items() if name not in log.found}
    failed = []
    with closing(finished(function, left, executor)) as results:
        for name, result in results:
            try:
                record, net = result()
            except Exception as error:
                failed.append((f"{told_job(left[name])} failed: {str(error) or type(error).__name__}", error))
                continue
            keep(name, net)                         # before the log says that it is done
            log.add(name, record)
            print(told_record(record), flush=True)
    if failed:
        more = f"; and {len(failed) - 3} more" * (len(failed) > 3)
        raise RuntimeError("; ".join(told for told, _ in failed[:3]) + more) from failed[0][1]


def finished(function, jobs, executor):
    """Yield (name, a function that returns the job's result or raises) as they are done."""
    if executor is None:
        yield from ((name, functools.partial(function, *job)) for name, job in jobs.items())
        return
    futures = {executor.submit(function, *job): name for name, job in jobs.items()}
    try:
        yield from ((futures[future], future.result) for future in as_completed(futures))
    finally:
        for future in futures:                  # whoever stops it does not wait for those that have not begun
            future.cancel()


class Log:
    """A file of one JSON object a line. `found` {job: record} is what it holds; a line cut short is left out."""

    def __init__(self, path):
        self.path, self.found = pathlib.Path(path), {}
        lines = self.path.read_text(encoding="utf-8", errors="replace").split("\n") if self.path.exists() else [""]
        for line in lines:
            try:
                record = json.loads(line)
                self.found[record.pop("job")] = record
            except (ValueError, KeyError, AttributeError, TypeError):
                continue                        # what was being written when the run was killed
        self.torn = lines[-1] != ""

    def add(self, name, record):
        record, torn = plain(record), self.torn
        self.torn = True                        # until the line is there
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write("\n" * torn + json.dumps({"job": name, **record}, allow_nan=False) + "\n")
        except OSError as error:
            told = f"cannot write to the log ({error.strerror or error}); what it holds is safe"
            raise OSError(error.errno, told, str(self.path)) from error
        self.torn, self.found[name] = False, record


def measure(results, net):
    """{(method, fraction): how many times as fast as the unpruned network} of the first seed's networks."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(LATENCY_BATCH, *net.input_shape)).astype(net.dtype)
    measured, found = {}, {}
    for one in results.records:
        if one["seed"] == results.unpruned[0]["seed"]:
            shape = tuple(one["neurons"].values())
            if shape not in measured:
                keep = {name: np.arange(net[name].K) < left for name, left in one["neurons"].items()}
                before, after = latencies([net, prune(net, keep)], x)
                measured[shape] = before / after
            found[one["method"], one["fraction"]] = measured[shape]
    return found


# --------------------------------------------------------------------------------- checking


def fine_tuning(training, epochs):
    """FineTune for so many epochs, trained as the unpruned networks are."""
    return FineTune(epochs=epochs, optimizer=optimizer(training["rate"], epochs), batch_size=training["batch_size"])


def check_methods(methods):
    """The methods as `Method`s."""
    if isinstance(methods, (str, Method)) or not np.iterable(methods):
        raise TypeError(f'methods expects a list of names or Methods such as ["taylor"], got {methods!r}')
    found = [one if isinstance(one, Method) else Method(check_score(one), one) for one in methods]
    for one in found:
        find_score(one.score)
        check_known("scope", one.scope, ["global", "layer"])
        check_callables(schedule=one.schedule, retrain=one.retrain, compensate=one.compensate)
    names = [one.name for one in found]
    if len(set(names)) < len(names):
        raise ValueError(f"methods expects each name once, got {names}")
    return found


def random_and_scratch(methods, training, retrain, fractions):
    """The controls: cut in as many steps, and trained as long, as the method that takes most."""
    random = Method("random", "random")
    steps = {one.name: len(one.schedule(fractions[0])) for one in [random, *methods]}
    epochs = training["epochs"] + max(steps[one.name] * getattr(one.retrain or retrain, "epochs", 0)
                                      for one in [random, *methods])
    scratch = FromScratch(epochs=epochs, optimizer=optimizer(training["rate"], epochs),
                          batch_size=training["batch_size"])
    most = max([random, *methods], key=lambda one: steps[one.name])
    return [dataclasses.replace(random, schedule=most.schedule), Method("from scratch", "random", retrain=scratch)]


def missing(methods, controls):
    """The controls that no method has the name of; ValueError if there is nothing to do."""
    names = [one.name for one in methods]
    found = [one for one in controls if one.name not in names]
    if not methods and not found:
        raise ValueError("methods expects at least one, got none, and no controls")
    return found


def check_fit(training, methods, retrain, fractions, seeds):
    """Raise what would fail, as far as the first seed's network can tell without being trained."""
    net, loss = new_network(training, load(training["data"], seeds[0]), seeds[0])
    for method in methods:
        recipe = method.retrain or retrain
        check_retraining(recipe, net, loss)
        if isinstance(recipe, Rewind) and len(seeds) > 1:
            raise ValueError(f"{method.name}: Rewind holds one network's snapshot, and there are {len(seeds)} networks")
        for fraction in fractions:
            *_, last = check_schedule(method.schedule(fraction), net.hidden_layers)
            if isinstance(last, float) and last != fraction:
                raise ValueError(f"{method.name}: schedule({fraction}) expects to end at {fraction}, got {last}")
            check_reachable(last, {"scope": method.scope}, check_keep(net, {}))


def check_fractions(fractions):
    """Different fractions in [0, 1), at least one."""
    if isinstance(fractions, str) or not np.iterable(fractions):
        raise TypeError(f"fractions expects a list such as [0.3, 0.5], got {fractions!r}")
    fractions = [check_real("fractions", one, least=0, below=1) for one in fractions]
    if not fractions or len(set(fractions)) < len(fractions):
        raise ValueError(f"fractions expects different numbers, at least one, got {fractions}")
    return fractions


def check_score(score):
    if not isinstance(score, str):
        raise TypeError(f"methods expects names of scores or Methods, got {score!r}")
    find_score(score)
    return score


def check_model(model):
    if model is not None and not callable(model):
        check_known("model", model, MODELS)
    return model


def check_seeds(seeds):
    """A number of seeds from 0 on, or a list of different ones."""
    if not np.iterable(seeds):
        return list(range(check_count("seeds", seeds)))
    seeds = [check_count("seeds", seed, least=0) for seed in seeds]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds expects different whole numbers, at least one, got {seeds}")
    return seeds


# --------------------------------------------------------------------------------- telling


def told_job(job):
    if len(job) == 2:
        return f"training with seed {job[1]}"
    return f"{job[2].name}, {job[4]:.0%} removed, seed {job[5]},"


def told_record(record):
    quality = f"{record['accuracy']:.2%}" if record["accuracy"] is not None else f"loss {record['loss']:.4f}"
    what = f"{record['method']}, {record['fraction']:.0%} removed" if "method" in record else "unpruned"
    return f"seed {record['seed']}: {what}: {quality} ({record['seconds']:.1f} s)"


def told_data(data, seeds):
    return load(data, seeds[0]).name


def told_model(training, nets, seeds):
    model, sizes = training["model"], next(iter(nets.values()))
    if model is None:
        model = default_model(load(training["data"], seeds[0]))
    name = model if isinstance(model, str) else getattr(model, "__name__", type(model).__name__)
    return f"{name} {' - '.join(str(sizes[one].K) for one in sizes.neuron_layers)}"


def about(results):
    """What every figure says: data, network, seeds."""
    told = results.settings
    count = len(told["seeds"])
    return f"{told['data']}, {told['model']}, {count} seed{'s' * (count != 1)}"


def table(results):
    """Aligned plain text: at each fraction the methods, best first."""
    kind, rows = results.kind, results.rows()
    form = "{:.2%}" if kind == "accuracy" else "{:.4f}"
    wide = max(len("method"), *(len(one["method"]) for one in rows)) + 2
    whole = mean_sd([one[kind] for one in results.unpruned])
    lines = [f"{about(results)}; test {kind}, mean ± standard deviation",
             f"unpruned: {pm(whole, form)}",
             f"{'removed':<9}{'method':<{wide}}{kind:>18}{'before retraining':>20}{'parameters ÷':>14}"
             f"{'multiply-adds ÷':>17}{'time ÷':>9}"]
    for fraction in results.settings["fractions"]:
        here = [one for one in rows if one["fraction"] == fraction]
        for one in sorted(here, key=lambda one: one[kind][0] * (1 if kind == "loss" else -1)):
            measured = f"{one['measured']:.2f}" if one["measured"] else "-"
            lines.append(f"{fraction:<9.0%}{one['method']:<{wide}}{pm(one[kind], form):>18}{pm(one['cut'], form):>20}"
                         f"{one['compression'][0]:>14.2f}{one['speedup'][0]:>17.2f}{measured:>9}")
    return "\n".join(lines)


def write(results, out):
    """results.json, results.txt and the figures."""
    from ..plots import pictures as plots                         # here, so that only who draws waits for matplotlib

    with storage.atomic(out / "results.json", "t") as file:
        json.dump(results.to_dict(), file, indent=1, allow_nan=False)
    with storage.atomic(out / "results.txt", "t") as file:
        file.write(f"{results}\n")
    names = ["results.json", "results.txt"]
    whole = mean_sd([one[results.kind] for one in results.unpruned])
    for size in ("compression", "speedup"):
        figure = plots.trade_off(results.rows(), size, results.kind, whole, about(results))
        plots.save(figure, out / f"{size}.png")
        names.append(f"{size}.png")
    print(f"\nwritten to {out}/: {', '.join(names)}")
