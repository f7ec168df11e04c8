"""The experiment: networks are trained, pruned by all methods at all sizes, and judged on the test data."""

from ...engine.checks import check_count
from ...retraining.text import as_text as describe_settings
from ...strategies.search import check_executor
from ..common import prepare_folder
from ..log import Log
from .checks import check_fit, check_fractions, check_seeds
from .jobs import plan, prune_all, train_all
from .latency import speedups
from .method import check_methods, with_controls
from .progress import Progress, announcement, work_of
from .report import write
from .results import Results
from .training import check_training

METHODS = ("taylor", "removal", "weight_norm")
FRACTIONS = (0.3, 0.5, 0.7, 0.9)


def experiment(methods=METHODS, data="digits", model=None, fractions=FRACTIONS, seeds=None, epochs=20, rate=2e-3,
               batch_size=32, retrain=10, dtype="float64", controls=True, out="minprune-experiment", executor=None,
               networks=None):
    """Train a network for each seed, prune it by each method at each fraction, judge all on the test data.

    methods    names of scores, formulas of yours, or `Method`s; a name or formula is that score, layer by layer, in one
               shot. A way of your own to choose neurons is Method("mine", function=…)
    data       what `datasets.load` takes (split by the seed), or a Dataset
    model      a name (mp.models.MODELS) or model(input_shape, outputs, seed, dtype); default: cnn for images, else mlp
    fractions  of the hidden neurons that are gone; seeds: how many (0, 1, …; 5 by default), or a list
    epochs, rate, batch_size   of the training: Adam, its rate falling to 0 along a cosine
    retrain    epochs of fine-tuning after each cut, trained in the same way, or a recipe for all methods (`FineTune`)
    controls   adds "random" (scores that say nothing, in as many steps as the method that takes most) and "from
               scratch" (the pruned size with new random weights, trained as long as training and the longest
               retraining took together), both layer by layer. A method of yours of that name takes its place
    out        a folder: log.jsonl, the unpruned networks, results.json, results.txt and the figures
    executor   any concurrent.futures.Executor: the networks are trained and pruned in parallel, with the same result. A
               process pool needs methods and a model that can be pickled: functions of a module, no lambdas
    networks   networks that are trained already, of one architecture, in place of those that would be trained; `data`
               is then the Dataset that they were trained on, and `epochs` tells the control from scratch for how long

    All that is random differs from seed to seed: the split (if `data` is a name or path), the first weights, the
    shuffling, and what a recipe draws (its own seed is added); a `retrain` function of yours is the same for all. Layer
    by layer all methods leave the same sizes, so that they are compared at equal size. Both numbers of size are
    reported, as Blalock, Gonzalez Ortiz, Frankle & Guttag, MLSys 2020, arXiv:2003.03033, ask; and the time beside its
    prediction, measured by one process alone.

    Prints how much work it is, a line for each network, and the table; returns the Results. Each finished network is a
    line of log.jsonl at once: the same call goes on where one that was killed ended, and a call with more methods,
    fractions or seeds takes over what is there.

    Raises ValueError, TypeError or OSError for arguments that do not fit, before anything is trained, and RuntimeError
    for a network that failed, when the others are done.
    """
    # what is to be done; all that does not fit is refused here
    training = check_training(data, model, epochs, rate, batch_size, dtype, networks)
    retrain = retrain if callable(retrain) else training.fine_tuning(check_count("retrain", retrain, least=0))
    fractions, seeds = check_fractions(fractions), check_seeds(seeds, networks)
    methods = check_methods(methods)
    methods = with_controls(methods, training, retrain, fractions[0]) if controls else methods
    if not methods:
        raise ValueError("methods expects at least one, got none, and no controls")
    check_executor(executor)
    check_fit(training, methods, retrain, fractions, seeds)
    starts, jobs = plan(training, methods, retrain, fractions, seeds)

    # the networks: each is trained, then pruned
    out = prepare_folder(out)
    log = Log(out / "log.jsonl")
    left = work_of(training, starts, jobs, log)
    print(announcement(training, starts, jobs, left), flush=True)
    progress = Progress(left)
    nets = train_all(training, starts, out, log, executor, progress)
    prune_all(training, nets, jobs, log, executor, progress)

    # what came of it
    first = next(iter(nets.values()))
    settings = describe_all(training, methods, retrain, fractions, seeds, first)
    unpruned = [log.records[start.name] for start in starts]
    records = [{**log.records[job.name], "method": job.method.name} for job in jobs]
    measured = speedups([record for record in records if record["seed"] == seeds[0]], first)
    results = Results(settings, unpruned, records, measured)
    print(f"\n{results}", flush=True)
    write(results, out)
    return results


def describe_all(training, methods, retrain, fractions, seeds, net):
    """The settings of the experiment as plain values and text, `net` being the first seed's network."""
    sizes = " - ".join(str(net[name].K) for name in net.neuron_layers)
    return {"data": training.load(seeds[0]).name, "model": f"{training.model_name(seeds[0])} {sizes}", "seeds": seeds,
            "epochs": training.epochs, "rate": training.rate, "batch_size": training.batch_size,
            "dtype": training.dtype, "retrain": describe_settings(retrain), "fractions": fractions,
            "methods": [method.name for method in methods],
            "how": {method.name: describe_settings(method) for method in methods}}
