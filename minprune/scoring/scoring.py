"""score: the second step of the method, from a network and data to a number a neuron."""

import functools

import numpy as np

from ..engine.checks import check_count, check_known, check_network
from ..engine.losses import prepare_samples
from .catalogue import WITH_BLOCKS, claims, find_score, takes_blocks
from .arrays import FROM_SAMPLES
from .parameters import needs, parameters, told
from .gradient_sums import KNOWN, SUMMED
from .passes import TRACES, by_network, data_for, score_together, takes_traces


def score(net, score, x=None, t=None, loss="cross_entropy", batch_size=256, executor=None, **settings):
    """Return {hidden layer: (K,) array} of importances; high = keep.

    `score` is a name in the catalogue (`minprune scores` lists them), or a function of your own whose parameter
    names say what it needs:

        W                  incoming weights, row i being neuron i                                (K, F)
        b  gamma           bias; batch-norm scale, ones without batch norm                       (K,)
        W_out              every weight that reads the neuron, in the next layer or layers       (K, M)
        o  z               outputs; pre-activations, after batch norm                            (N, P, K)
        x                  what the neuron read: the Dense input, or its patch of the image      (N, P, F)
        do  dz             ∂ℓ_n/∂o and ∂ℓ_n/∂z, the gradients of each sample's own loss          (N, P, K)
        dW                 ∂ℓ_n/∂W, each sample's gradient of each incoming weight               (N, K, F)
        o_do  w_dW         Σ_p o · do and Σ_j w · dW: ℓ_n's slopes in a factor on the output
                           and on the incoming weights, without forming dW                       (N, K)
        mean_dW  mean_dW2  the means over all samples of dW and of dW², without forming dW       (K, F)

    N are the samples of a batch. P is 1 for Dense, the H′·W′ output positions for Conv2D. All arrays are read-only,
    in the network's dtype (the means in float64). The function returns (N, K), which is averaged over all samples, or
    (K,) if it asks for weights and means only; the two means do not go with arrays of samples. Neurons that are coupled
    by Residual blocks, "conv1+conv3", have their layers' arrays side by side, along P and F; their gamma is the ℓ2 norm
    of their layers', and there is no b (nor x, if their layers differ in P): ValueError. `settings` go to the
    function's parameters with defaults, which are never filled from this table: score(net, "random", seed=3).

    A score that is no such average is a function with a parameter `traces`, the recorded batches one after the other
    (as from `mp.stream`, without dx), `slope_traces`, which may lack `grads`, those of the weights, or
    `forward_traces`, which may have no gradients, to loop over; it gets net and loss if it names them, and returns
    the whole dict. With a `yield` at the end of the loop it takes turns with others
    at the same passes; without it the passes are its own:

        def largest(net, forward_traces):
            top = {name: -np.inf for name in net.hidden_layers}
            for trace in forward_traces:
                for name in top:
                    top[name] = np.maximum(top[name], trace[name].o.reshape(-1, net[name].K).max(axis=0))
                yield
            return top

    A function with a parameter `net` and no traces is called once with those of net, x, t, loss, batch_size that it
    names, makes passes of its own, and returns the whole dict. Of the catalogue's not all know Residual blocks; the
    others raise ValueError for a network that has some.

    A list of scores gives {score: that dict}; all that need one pass share it (without an executor).
    A masked neuron is scored like any other, by what its weights and its gradient say: mostly above 0.

    x and t may be left out where the score needs none. Batches only bound the memory: no score depends on
    their size, and the network is not changed. With an `executor` (any `concurrent.futures.Executor`) the
    samples are scored in shards by its workers, if the score is a mean over samples, and in one piece by one worker
    if not; the result is the same. A process pool needs a score that can be pickled: a name, or a function of a module.

    Raises ValueError or TypeError for an unknown name (naming the nearest), data that do not fit, a parameter or
    setting that does not exist, parameters that do not go together, a `yield` too many or too few, or a wrong result,
    and RuntimeError for a shard whose worker failed.
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
OF_TRACES = (*TRACES, "net", "loss")


def check_score(function, net, x, t):
    """Raise unless the function names parameters that are known and go together, the data that these come from are
    given, and the network is of a kind that it takes."""
    if not takes_blocks(function):
        net.check_chain(told(function), '. Formulas of arrays, such as "taylor", know blocks, and '
                                        f'{", ".join(WITH_BLOCKS)}')
    check_parameters(told(function), needs(function))
    given = {"x": x, "t": t}
    check_given(told(function), {name: given[name] for name in data_for(needs(function))})


def check_parameters(told, wanted):
    """Raise ValueError unless these are names that can be given, and together."""
    if not wanted:
        raise ValueError(f"{told} names no parameter that says what it needs, such as o or W")
    for name in wanted:
        check_known(f"parameter of {told}:", name, dict.fromkeys([*KNOWN, *OF_NETWORK, *OF_TRACES]))
    together = OF_TRACES if takes_traces(wanted) else OF_NETWORK if by_network(wanted) else KNOWN
    if not set(wanted) <= set(together):
        raise ValueError(f"{told} asks for {' and '.join(wanted)}, which do not go together: it gets arrays "
                         f"({', '.join(KNOWN)}), or {', '.join(OF_TRACES)}, or {', '.join(OF_NETWORK)}")
    if set(wanted) & set(SUMMED) and set(wanted) & set(FROM_SAMPLES):
        raise ValueError(f"{told} asks for {' and '.join(wanted)}: a mean over all samples is known after "
                         "the last of them only, so that it goes with weights and other means")


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
    function = find_score(score)
    check_shardable(net, function, x, t, loss, settings, executor)
    parts = shards(net, function, x, batch_size)
    futures = [executor.submit(score_shard, net, score, *(of_shard(data, part) for data in (x, t)), loss, batch_size,
                               settings) for part in parts]
    results = [shard_result(future, part, place, len(parts))
               for place, (future, part) in enumerate(zip(futures, parts), start=1)]
    if len(results) == 1:
        return results[0]
    sizes = [part.stop - part.start for part in parts]
    return {name: sum(size * one[name] for size, one in zip(sizes, results)) / sum(sizes) for name in net.hidden_layers}


def check_shardable(net, function, x, t, loss, settings, executor):
    """Raise what the serial run would raise for these data, before anything is submitted."""
    if not hasattr(executor, "submit"):
        raise TypeError(f"executor expects a concurrent.futures.Executor, got {type(executor).__name__}")
    if "t" in data_for(needs(function)):
        prepare_samples(net, x, t, loss)
    if any(isinstance(value, np.random.Generator) for value in settings.values()):
        raise TypeError("with an executor a seed is a whole number: each worker would draw from a Generator of its own")


def of_shard(array, part):
    """A shard's samples; all if the data are not cut, or not given."""
    return array if part is None or array is None else np.asarray(array)[part]


def score_shard(net, score_of, x, t, loss, batch_size, settings):
    """What a worker does."""
    return score(net, score_of, x, t, loss, batch_size, **settings)


def shards(net, function, x, batch_size):
    """Slices of the samples, or [None] if the score is not a mean over samples and must see them all."""
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
