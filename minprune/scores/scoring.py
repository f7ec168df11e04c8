"""score: the second step of the method, from a network and data to a number a neuron."""

import functools

import numpy as np

from ..engine.checks import check_count, check_known, check_network
from ..engine.losses import prepare_samples
from .catalogue import CATALOGUE, claims, find_score
from .gathering import FROM_SAMPLES, KNOWN, SUMMED, needs, parameters, told
from .sharing import BACKWARD, NO_PASS, TRACES, by_network, passes, score_together, takes_traces


def score(net, score, x=None, t=None, loss="cross_entropy", batch_size=256, executor=None, **settings):
    """Return {hidden layer: (K,) array} of importances; high = keep.

    `score` is a name in the catalogue (`minprune scores` lists them), or a function of your own whose parameter
    names say what it needs:

        o  z  do  dz     outputs, pre-activations, and the gradients of each sample's loss     (N, P, K)
        x                what the neuron read: the Dense input, or its patch of the image      (N, P, F)
        W  b  gamma      incoming weights, a row a neuron; bias; batch-norm scale (or ones)    (K, F) (K,) (K,)
        W_out            every weight that reads the neuron in the next layer                  (K, M)
        dW               each sample's gradient of each incoming weight                        (N, K, F)
        o_do  w_dW       Σ_p o do and Σ_j w dW: slopes in a factor on the output, on the weights (N, K)
        mean_dW          its mean over all samples; mean_dW2: the mean of its square           (K, F)

    P is 1 for Dense, the H′·W′ output positions for Conv2D. Neurons that are coupled, "conv1+conv3", have their layers'
    arrays side by side, along P and F (gamma is their norm; there is no b). It returns (N, K), which is averaged over
    all samples, or (K,) if it asks for weights and means only. `settings` go to the function's parameters with
    defaults: score(net, "random", seed=3).

    A score that is no such average is a function with a parameter `traces`, the recorded batches one after the other
    (as from `mp.stream`, without dx), or `forward_traces`, which may have no gradients, to loop over; it gets net and
    loss if it names them, and returns the whole dict. With a `yield` at the end of the loop it takes turns with others
    at the same passes; without it the passes are its own:

        def largest(net, forward_traces):
            top = {name: -np.inf for name in net.hidden_layers}
            for trace in forward_traces:
                for name in top:
                    top[name] = np.maximum(top[name], trace[name].o.reshape(-1, net[name].K).max(axis=0))
                yield
            return top

    A function with a parameter `net` and no traces is called once with those of net, x, t, loss, batch_size that it
    names, makes passes of its own, and returns the whole dict.

    A list of scores gives {score: that dict}; all that need one pass share it (without an executor).
    A masked neuron is scored like any other, by what its weights and its gradient say: mostly above 0.

    x and t may be left out where the score needs none. Batches only bound the memory: no score depends on
    their size, and the network is not changed. With an `executor` (any `concurrent.futures.Executor`) the
    samples are scored in shards by its workers, if the score is a mean over samples, and in one piece by one worker
    if not; the result is the same. A process pool needs a score that can be pickled: a name, or a function of a module.

    Raises ValueError or TypeError for an unknown name (naming the nearest), data that do not fit, a parameter or
    setting that does not exist, or a wrong result, and RuntimeError for a shard whose worker failed.
    """
    check_network(net)
    if isinstance(score, (list, tuple)):
        return score_many(net, score, x, t, loss, batch_size, executor, settings)
    function = settled(score, settings)
    check_score(function, net, x, t)
    if executor is not None:
        return score_in_shards(net, score, x, t, loss, batch_size, settings, executor)
    return score_checked(net, {told(function): function}, x, t, loss, batch_size)[told(function)]


def score_many(net, scores, x, t, loss, batch_size, executor, settings):
    """{score: its scores} of several."""
    if settings:
        raise TypeError(f"settings such as {next(iter(settings))!r} go to one score; score these one at a time")
    if executor is not None:
        return {one: score(net, one, x, t, loss, batch_size, executor) for one in scores}
    functions = {one: settled(one, {}) for one in scores}
    for function in functions.values():
        check_score(function, net, x, t)
    return score_checked(net, functions, x, t, loss, batch_size)


def score_checked(net, functions, x, t, loss, batch_size):
    """{score: its scores}: what makes passes of its own by itself, all others from the same passes."""
    shared = {one: function for one, function in functions.items() if not by_network(needs(function))}
    found = score_together(net, shared, x, t, loss, batch_size)
    for one, function in functions.items():
        if one not in shared:
            given = {"net": net, "x": x, "t": t, "loss": loss, "batch_size": batch_size}
            found[one] = score_by_network(function, given)
    return {one: check_result(found[one], net, told(function)) for one, function in functions.items()}


def settled(score, settings):
    """The score's function with its settings filled in."""
    function = find_score(score)
    return functools.partial(function, **check_settings(function, settings)) if settings else function


OF_NETWORK = ("net", "x", "t", "loss", "batch_size")      # what a function that makes passes of its own may name
OF_TRACES = ("net", "loss", *TRACES)


# The scores of the catalogue that take the network and know its blocks; all others take layers one after the other.
WITH_BLOCKS = ("random", "reciprocal_gradient", "activation_std", "activation_entropy", "mutual_information", "synflow",
               "removal", "greedy_removal")


def check_blocks(function, net):
    """Raise if the network has blocks and the score would take it as a chain of layers. One of your own is trusted."""
    if net.is_chain:
        return
    function = getattr(function, "func", function)
    name = getattr(function, "__name__", "")
    if "net" in needs(function) and name not in WITH_BLOCKS and CATALOGUE.get(name) is function:
        net.check_chain(told(function), '. Formulas of arrays, such as "taylor", know blocks, and '
                                        f'{", ".join(WITH_BLOCKS)}')


def check_score(function, net, x, t):
    """Raise unless the function names parameters that are known, the data that these come from are given, and the
    network is of a kind that it takes."""
    check_blocks(function, net)
    wanted = needs(function)
    known = OF_TRACES if takes_traces(wanted) else OF_NETWORK if by_network(wanted) else KNOWN
    for name in wanted or [""]:
        if name not in known:
            check_known(f"parameter of {told(function)}:", name, [*KNOWN, "net", *TRACES] if known is KNOWN else known)
    if set(wanted) & set(SUMMED) and set(wanted) & set(FROM_SAMPLES):
        raise ValueError(f"{told(function)} asks for {' and '.join(wanted)}: a mean over all samples is known after "
                         "the last of them only, so that it goes with weights and other means")
    if by_network(wanted):
        check_given(told(function), {name: data for name, data in (("x", x), ("t", t)) if name in wanted})
    elif passes(wanted) != NO_PASS:
        check_given(told(function), {"x": x, "t": t} if passes(wanted) == BACKWARD else {"x": x})


def check_settings(function, settings):
    """Return the settings; raise TypeError unless each is a parameter of the function with a default."""
    known = [one.name for one in parameters(function) if one.default is not one.empty]
    for name in settings:
        if name not in known:
            raise TypeError(f"{told(function)} has no setting {name!r}; it has {', '.join(known) or 'none'}")
    return settings


def score_by_network(function, given):
    """Call a score that makes passes of its own with what it names."""
    named = {one.name for one in parameters(function)} - set(getattr(function, "keywords", ()))
    return function(**{name: value for name, value in given.items() if name in named})


def check_result(scores, net, told):
    """Return {hidden layer: (K,)} in the network's order, as floats; raise unless the score returned that."""
    expected = {name: (net[name].K,) for name in net.hidden_layers}
    got = {name: np.shape(one) for name, one in scores.items()} if isinstance(scores, dict) else type(scores).__name__
    if got != expected:
        raise ValueError(f"{told} expects to return arrays of shapes {expected}, got {got}")
    scores = {name: np.asarray(scores[name]) for name in expected}
    for name, values in scores.items():
        if values.dtype.kind not in "buif" or np.isnan(values).any():
            raise ValueError(f'{told} returned NaN or what is not a number for layer "{name}"')
    return {name: values.astype(float) for name, values in scores.items()}


def check_given(told, data):
    for name, array in data.items():
        if array is None:
            raise ValueError(f"{told} needs {' and '.join(data)}; {name} is missing")


# ------------------------------------------------------------------------ many cores, many machines

MOST_SHARDS = 16


def score_in_shards(net, score, x, t, loss, batch_size, settings, executor):
    """Score each shard of the samples by a worker; their mean, weighted by their sizes, in the order of the shards."""
    check_shardable(net, x, t, loss, settings, executor)
    parts = shards(net, score, x, batch_size)
    futures = [executor.submit(score_shard, net, score, *(of_shard(data, part) for data in (x, t)), loss, batch_size,
                               settings) for part in parts]
    results = [shard_result(future, part, place, len(parts))
               for place, (future, part) in enumerate(zip(futures, parts), start=1)]
    if len(results) == 1:
        return results[0]
    sizes = [part.stop - part.start for part in parts]
    return {name: sum(size * one[name] for size, one in zip(sizes, results)) / sum(sizes) for name in net.hidden_layers}


def check_shardable(net, x, t, loss, settings, executor):
    """Raise what the serial run would raise for these data, before anything is submitted."""
    if not hasattr(executor, "submit"):
        raise TypeError(f"executor expects a concurrent.futures.Executor, got {type(executor).__name__}")
    if x is not None and t is not None:
        prepare_samples(net, x, t, loss)
    if any(isinstance(value, np.random.Generator) for value in settings.values()):
        raise TypeError("with an executor a seed is a whole number: each worker would draw from a Generator of its own")


def of_shard(array, part):
    """A shard's samples; all if the data are not cut, or not given."""
    return array if part is None or array is None else np.asarray(array)[part]


def score_shard(net, score_of, x, t, loss, batch_size, settings):
    """What a worker does."""
    return score(net, score_of, x, t, loss, batch_size, **settings)


def shards(net, score, x, batch_size):
    """Slices of the samples, or [None] if the score is not a mean over samples and must see them all."""
    function = find_score(score)
    if x is None or not is_mean_over_samples(function):
        return [None]
    count = len(net.check_input(x))
    size = check_count("batch_size", batch_size) * -(-count // (batch_size * MOST_SHARDS))
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def is_mean_over_samples(function):
    """A formula of each sample's arrays is; any other score with samples is if its docstring claims it."""
    wanted = needs(function)
    if set(wanted) & set(FROM_SAMPLES) and "net" not in wanted:
        return True
    return "mean over samples" in claims(function)


def shard_result(future, part, place, count):
    """A shard's scores; if its worker failed, a RuntimeError that says which shard it was."""
    try:
        return future.result()
    except Exception as error:
        samples = "all samples" if part is None else f"samples {part.start} … {part.stop - 1}"
        raise RuntimeError(f"shard {place} of {count} ({samples}) failed: {error}") from error
