"""score: the second step of the method, from a network and data to a number a neuron."""

import functools

from ..engine.checks import check_known, check_network
from .arrays import (ARRAYS, FROM_SAMPLES, MEANS, WITH_NETWORK, WITH_TRACES, called, needs, parameters, takes_network,
                     takes_traces)
from .catalogue import SCORES, facts_of, find_score, takes_blocks, takes_series
from .passes import Samples, compute, data_for
from .shards import score_in_shards

PARAMETERS = dict.fromkeys([*ARRAYS, *WITH_NETWORK, *WITH_TRACES])      # that a score may have, without settings


def score(net, score, x=None, t=None, loss="cross_entropy", batch_size=256, executor=None, **settings):
    """Return the importance of each neuron, {hidden layer: (K,) array}; high = keep.

    `score` is a name in the catalogue (`minprune scores` lists them), or a function of your own. The names of its
    parameters say what it needs:

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

    N is the number of samples in a batch. P is 1 for Dense, and the number of output positions H′·W′ for Conv2D. All
    arrays are read-only and have the network's dtype; the two means are float64.

    Such a formula returns (N, K), which is averaged over all samples, or (K,) if it needs only weights and means. The
    means do not go together with arrays of samples. A parameter with a default is a setting: it is never filled from
    this table, and `settings` go to it, as in score(net, "random", seed=3).

    Neurons that are coupled by Residual blocks, "conv1+conv3", get one score. A formula gets the arrays of their layers
    side by side, along P and F; gamma is the ℓ2 norm of the layers' scales. They have no b (nor x, if their layers
    differ in P): ValueError. So do neurons that several layers in a row make, "conv1+batchnorm1": there o and z are
    those of the last layer. A score that takes the network and does not know them gets `net.merged()`, which has the
    same neurons; if that has some as well, behind a sum or a depthwise convolution for instance, it raises ValueError.

    A score that is no such average is a function of recorded traces. Its parameter `traces` gets the batches' traces
    one after the other, as from `mp.stream`, to loop over (without dx). `slope_traces` may lack `grads`, the gradients
    of the weights, and `forward_traces` may lack all gradients. The function may also have the parameters net and loss,
    and returns the whole dict. With a `yield` at the end of its loop it shares the passes with other scores; without
    the `yield` it gets passes of its own:

        def largest(net, forward_traces):
            top = {name: -np.inf for name in net.hidden_layers}
            for trace in forward_traces:
                for name in top:
                    top[name] = np.maximum(top[name], trace[name].o.reshape(-1, net[name].K).max(axis=0))
                yield
            return top

    A function with the parameter `net` and no traces makes passes of its own. It is called once, with those of net, x,
    t, loss, batch_size that it names, and returns the whole dict.

    A list of scores gives {score: its dict}; all that can share one pass do (without an executor). Every score of the
    catalogue knows Residual blocks, Concat and coupled neurons; what one refuses, its docstring says with the reason
    (NotSaid, a ValueError). A masked neuron is scored like any other, by what its weights and its gradient say: mostly
    above 0.

    x and t may be left out where the score needs none. Batches only bound the memory: no score depends on their size,
    and the network is not changed. With an `executor` (any `concurrent.futures.Executor`) workers share the samples if
    the score is a mean over samples: a formula that returns (N, K), or a score that the catalogue knows to be one. Any
    other score is computed in one piece by one worker. The result is the same. A process pool needs a score that can be
    pickled: a name, or a function of a module.

    Raises ValueError or TypeError for an unknown name (naming the nearest), data that do not fit, a parameter or
    setting that does not exist, parameters that do not go together, a `yield` too many or too few, a wrong result, a
    layer of which the score says the same of all neurons by its definition (`batch_norm_scale` without batch norm), or
    a fact that a layer, activation or loss does not say and the score needs (NotSaid, a ValueError); and RuntimeError
    for samples whose worker failed.
    """
    check_network(net)
    samples = Samples(x, t, loss, batch_size)
    if isinstance(score, (list, tuple)):
        return score_several(net, score, samples, executor, settings)
    function = with_settings(find_score(score), settings)
    return score_alone(net, function, samples, executor)


def score_several(net, scores, samples, executor, settings):
    """{score: its scores} of several."""
    if settings:
        raise TypeError(f"settings such as {next(iter(settings))!r} go to one score; score these one at a time")
    functions = [find_score(score) for score in scores]
    if executor is not None or not all(knows(function, net) for function in functions):
        results = [score_alone(net, function, samples, executor) for function in functions]
    else:
        for function in functions:
            check_score(function, net, samples)
        results = compute(net, functions, samples)
    return dict(zip(scores, results))


def score_alone(net, function, samples, executor):
    """The scores of one function, for a network that it knows."""
    known = net if knows(function, net) else net.merged()
    check_score(function, known, samples)
    if executor is not None:
        scores = score_in_shards(known, function, samples, executor)
    else:
        scores = compute(known, [function], samples)[0]
    return scores if known is net else dict(zip(net.hidden_layers, scores.values()))


def knows(function, net):
    """Whether the score copes with all neurons of the network, also with those that several layers in a row make."""
    return takes_series(function) or net.is_plain


def with_settings(function, settings):
    """The function with its settings filled in; TypeError unless each is a parameter with a default."""
    known = [parameter.name for parameter in parameters(function) if parameter.default is not parameter.empty] \
        if settings else ()
    for name in settings:
        if name not in known:
            raise TypeError(f"{called(function)} has no setting {name!r}; it has {', '.join(known) or 'none'}")
    return functools.partial(function, **settings) if settings else function


def check_score(function, net, samples):
    """Raise unless the network is of a kind that the function takes, its parameters are known and go together, and
    the data that they come from are there."""
    if not takes_blocks(function):
        net.check_chain(called(function), '. Formulas of arrays, such as "taylor", know blocks, and '
                                          f'{", ".join(score.name for score in SCORES if score.blocks)}')
    if not knows(function, net):
        together = [name for name in net.hidden_layers if not net.is_alone(name)]
        raise ValueError(f"{called(function)} does not know neurons that several layers in a row make, and these do: "
                         f'{", ".join(together)}. Formulas of arrays, such as "taylor", know them, and '
                         f'{", ".join(score.name for score in SCORES if score.series)}')
    check_evidence(function, net)
    names = needs(function)
    check_parameters(called(function), names)
    data = data_for(names)
    for name in data:
        if getattr(samples, name) is None:
            raise ValueError(f"{called(function)} needs {' and '.join(data)}; {name} is missing")


def check_evidence(function, net):
    """Raise ValueError, naming the layers, if there are some of which the score says the same of all neurons."""
    silent = [f'"{name}" ({reason})' for name, reason in without_evidence(function, net).items()]
    if silent:
        raise ValueError(f"{called(function)} says nothing of the neurons of {', '.join(silent)}; choose another "
                         "score, or give a formula of your own, and protect these layers in `decide`")


def without_evidence(function, net):
    """{hidden layer: why the score says the same of all its neurons}, of the layers where it does."""
    nothing_of = facts_of(function).nothing_of
    reasons = {} if nothing_of is None else {name: nothing_of(net[name]) for name in net.hidden_layers}
    return {name: reason for name, reason in reasons.items() if reason}


def check_parameters(score, names):
    """Raise ValueError unless parameters of these names can be filled, and together."""
    if not names:
        raise ValueError(f"{score} names no parameter that says what it needs, such as o or W")
    for name in names:
        check_known(f"parameter of {score}:", name, PARAMETERS)
    together = WITH_TRACES if takes_traces(names) else WITH_NETWORK if takes_network(names) else ARRAYS
    if not set(names) <= set(together):
        raise ValueError(f"{score} asks for {' and '.join(names)}, which do not go together: it gets arrays "
                         f"({', '.join(ARRAYS)}), or {', '.join(WITH_TRACES)}, or {', '.join(WITH_NETWORK)}")
    if set(names) & set(MEANS) and set(names) & set(FROM_SAMPLES):
        raise ValueError(f"{score} asks for {' and '.join(names)}: a mean over all samples is known after "
                         "the last of them only, so that it goes with weights and other means")
