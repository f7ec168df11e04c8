"""Jobs: the networks of an experiment, first the unpruned ones, then each of them pruned by each method."""

import dataclasses
import functools
import itertools
import time
from contextlib import closing
from dataclasses import dataclass

from ...engine.losses import prepare_samples
from ...engine.network import Network
from ...engine.origin import built_alike
from ...engine.size import count_parameters, multiply_adds
from ...pruning.surgery import check_keep
from ...retraining.descriptions import describe
from ...retraining.iteration import prune_iteratively
from ...retraining.recipe import Recipe
from ...retraining.recipes import FromScratch, Reinitialise
from ...retraining.text import architecture, as_text
from ...scoring.catalogue import find_score
from ...training.loop import fit
from ...training.quality import loss_and_accuracy
from ..common import default_loss
from ..log import name_of
from .execution import completed
from .method import Method

NEW_WEIGHTS = (FromScratch, Reinitialise)       # recipes that forget the network that was cut


@dataclass(frozen=True)
class Start:
    """An unpruned network. `name` is a hash of all that its record depends on; its text is what errors call it."""

    name: str
    seed: int

    def __str__(self):
        return f"training with seed {self.seed}"


@dataclass(frozen=True)
class Job:
    """The unpruned network `start`, pruned by a method to a fraction. Jobs that do the same have the same name."""

    name: str
    start: str
    method: Method
    retrain: object
    fraction: float
    seed: int

    def __str__(self):
        return f"{self.method.name}, {self.fraction:.0%} removed, seed {self.seed},"


def plan(training, methods, retrain, fractions, seeds):
    """All Starts and all Jobs. TypeError names what has no lasting description, so that it cannot be in a log."""
    described = {seed: describe_training(training, seed) for seed in seeds}
    starts = {seed: Start(name_of(described[seed], None, None), seed) for seed in seeds}
    jobs = []
    for method, fraction, seed in itertools.product(methods, fractions, seeds):
        recipe = seeded(method.retraining(retrain), seed)
        how = describe("method", {**vars(method), "name": "", "retrain": recipe})
        name = name_of(described[seed], how, fraction)
        jobs.append(Job(name, starts[seed].name, method, recipe, fraction, seed))
    return list(starts.values()), jobs


def describe_training(training, seed):
    """{name: description} of all that the unpruned network of a seed depends on."""
    return {name: describe(name, value) for name, value in training.settings(seed).items()}


def seeded(retrain, seed):
    """The recipe drawing from a stream of its own for each seed."""
    return dataclasses.replace(retrain, seed=retrain.seed + seed) if isinstance(retrain, Recipe) else retrain


# ---------------------------------------------------------------------------- a single network


def train_one(training, start):
    """(record, network) of an unpruned network."""
    started = time.perf_counter()
    data = training.load(start.seed)
    net, loss = training.build(start.seed)
    if not training.trained:
        fit(net, data.x_train, data.t_train, loss, training.optimizer(training.epochs), training.epochs,
            training.batch_size, seed=start.seed, progress=False)
    value, accuracy = loss_and_accuracy(net, *prepare_samples(net, data.x_test, data.t_test, loss))
    return {"seed": start.seed, **sizes(net), "loss": value, "accuracy": accuracy,
            "seconds": time.perf_counter() - started}, net


def prune_one(training, net, job):
    """The record of a network pruned by a method."""
    started = time.perf_counter()
    data = training.load(job.seed)
    method = job.method
    net = net if method.before is None else prepared(net, data, job)
    score, schedule = how_to_cut(net, data, job)
    *_, step = prune_iteratively(net, data, score, schedule, "global" if method.function else method.scope,
                                 default_loss(data), job.retrain, compensate=method.compensate)
    forgotten = isinstance(job.retrain, NEW_WEIGHTS)
    return {"method": method.name, "fraction": job.fraction, "seed": job.seed, **sizes(step.net),
            "loss": step.loss_after, "accuracy": step.accuracy_after,
            "cut_loss": None if forgotten else step.loss_before,
            "cut_accuracy": None if forgotten else step.accuracy_before, "seconds": time.perf_counter() - started}


def prepared(net, data, job):
    """The network that the method's `before` trained; raises ValueError unless it is built as the unpruned one."""
    trained = job.method.before(net.copy(), data, job.fraction)
    if not isinstance(trained, Network) or not built_alike(trained, net):
        raise ValueError(f"{job.method.name}: before expects to return a network built as the one that it gets, "
                         f"{architecture(net)}, got {as_text(trained)}")
    return trained


def how_to_cut(net, data, job):
    """(score, schedule) of a Job, as `prune_iteratively` takes them."""
    method = job.method
    if method.function is not None:
        keep = check_keep(net, method.function(net.copy(), data, job.fraction))
        return functools.partial(chosen, keep=keep), [{name: int((~stays).sum()) for name, stays in keep.items()}]
    score = functools.partial(find_score("random"), seed=job.seed) if method.score == "random" else method.score
    return score, method.schedule(job.fraction)


def chosen(net, keep=None):
    """Scores that put those who go before those who stay."""
    return {name: stays.astype(float) for name, stays in keep.items()}


def sizes(net):
    return {"neurons": {name: net[name].K for name in net.hidden_layers}, "parameters": count_parameters(net),
            "multiply_adds": multiply_adds(net)}


# ----------------------------------------------------------------------------- all that is left


def train_all(training, starts, out, log, executor, progress):
    """{name: network} of all Starts: those that an earlier call left in the folder `out`, and the rest trained."""
    nets = saved_networks(starts, out, log)
    left = {start.name: (training, start) for start in starts if start.name not in nets}
    with closing(completed(train_one, left, executor)) as results:
        for name, (record, net) in results:
            net.save(network_path(out, name))       # before the log says that it is done
            log.add(name, record)
            progress.done(name, describe_record(record))
            nets[name] = net
    return {start.name: nets[start.name] for start in starts}


def saved_networks(starts, out, log):
    """{name: network} of the Starts that an earlier call finished."""
    nets = {}
    for start in starts:
        try:
            if start.name in log.records:
                nets[start.name] = Network.load(network_path(out, start.name))
        except (OSError, ValueError):
            continue                                # gone or damaged: it is trained again, to the same bits
    return nets


def network_path(out, name):
    return out / f"unpruned-{name}.npz"


def prune_all(training, nets, jobs, log, executor, progress):
    """Do the Jobs that are not in the log, and add them to it."""
    left = {job.name: (training, nets[job.start], job) for job in jobs if job.name not in log.records}
    with closing(completed(prune_one, left, executor)) as results:
        for name, record in results:
            log.add(name, record)
            progress.done(name, describe_record(record))


def describe_record(record):
    """The line that is printed for a finished network."""
    quality = f"{record['accuracy']:.2%}" if record["accuracy"] is not None else f"loss {record['loss']:.4f}"
    what = f"{record['method']}, {record['fraction']:.0%} removed" if "method" in record else "unpruned"
    return f"seed {record['seed']}: {what}: {quality} ({record['seconds']:.1f} s)"
