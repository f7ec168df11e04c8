"""Shards: one score computed by many workers, each from a part of the samples."""

from dataclasses import replace

import numpy as np

from ..engine.checks import check_count
from ..engine.losses import prepare_samples
from .arrays import FROM_SAMPLES, needs
from .catalogue import facts_of
from .passes import compute, data_for

MOST_SHARDS = 16


def score_in_shards(net, function, samples, executor):
    """Compute each shard's scores by a worker; return their mean, weighted by the shards' sizes and in their order."""
    check_shardable(net, function, samples, executor)
    parts = shards(net, function, samples)
    futures = [executor.submit(score_shard, net, function, of_shard(samples, part)) for part in parts]
    results = [shard_result(future, part, place, len(parts))
               for place, (future, part) in enumerate(zip(futures, parts), start=1)]
    if len(results) == 1:
        return results[0]
    sizes = [part.stop - part.start for part in parts]
    return {name: sum(size * scores[name] for size, scores in zip(sizes, results)) / sum(sizes)
            for name in net.hidden_layers}


def check_shardable(net, function, samples, executor):
    """Raise what the serial run would raise for these data, before anything is submitted."""
    if not hasattr(executor, "submit"):
        raise TypeError(f"executor expects a concurrent.futures.Executor, got {type(executor).__name__}")
    if "t" in data_for(needs(function)):
        prepare_samples(net, samples.x, samples.t, samples.loss)
    if any(isinstance(value, np.random.Generator) for value in getattr(function, "keywords", {}).values()):
        raise TypeError("with an executor a seed is a whole number: each worker would draw from a Generator of its own")


def shards(net, function, samples):
    """Slices of the samples, or [None] if the score is not a mean over samples and must see all of them at once."""
    if samples.x is None or not is_mean_over_samples(function):
        return [None]
    count = len(net.check_input(samples.x))
    batch_size = check_count("batch_size", samples.batch_size)
    size = batch_size * -(-count // (batch_size * MOST_SHARDS))
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def is_mean_over_samples(function):
    """A formula of arrays of samples is; any other score only if the catalogue says so."""
    names = needs(function)
    if "net" not in names and not set(FROM_SAMPLES).isdisjoint(names):
        return True
    return facts_of(function).mean_over_samples


def of_shard(samples, part):
    """The samples of one shard: all of them if they are not split."""
    if part is None:
        return samples
    return replace(samples, x=np.asarray(samples.x)[part],
                   t=None if samples.t is None else np.asarray(samples.t)[part])


def score_shard(net, function, samples):
    """What a worker does."""
    return compute(net, [function], samples)[0]


def shard_result(future, part, place, count):
    """A shard's scores; if its worker failed, a RuntimeError that says which shard it was."""
    try:
        return future.result()
    except Exception as error:
        samples = "all samples" if part is None else f"samples {part.start} … {part.stop - 1}"
        raise RuntimeError(f"shard {place} of {count} ({samples}) failed: {error}") from error
