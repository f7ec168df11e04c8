"""Search: which strategy? Scores × scopes × fractions, each tried on validation data."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import numpy as np

from ..datasets.splits import shuffled_split, stratified_split
from ..decisions.rules import decide
from ..engine.checks import (check_dataset, check_known, check_list, check_protect, check_prunable, check_real,
                             check_seed)
from ..engine.losses import prepare_pair, prepare_samples
from ..pruning.surgery import check_keep, prune
from ..retraining.recipe import Cut, check_retraining
from ..scoring.scoring import score as score_neurons
from ..training.quality import loss_and_accuracy
from .budgets import COUNTS, check_budget, decide_within
from .candidates import Candidate
from .frontier import Frontier
from .scans import FRACTIONS, check_fractions


def search_strategies(net, data, scores=("taylor", "weight_norm", "activation_mean_abs", "random"),
                      scopes=("global", "layer"), fractions=FRACTIONS[1:], budget=None, retrain=None, validation=0.2,
                      loss="cross_entropy", seed=0, executor=None, min_keep=1, protect=(), max_remove=None, multiple=1):
    """Return the Frontier of each score × scope × fraction: all pruned for real and judged on validation data.

    data        a Dataset; only its x_train and t_train are read, never the test data
    scores      names or functions, as `mp.score` takes them, or {name: scores {layer: (K,)}}; each is computed once,
                on the training part, and cut at every fraction
    scopes, fractions   as for `decide`; so are min_keep, protect, max_remove, multiple. A fraction that these do not
                allow, or by which no neuron goes, is left out.
    budget      {"parameters" | "multiply_adds" | "bytes" | "latency": as for `decide_within`}. Then each score × scope
                starts with the candidate that just meets it, and of the fractions only those that remove more are tried
    retrain     retrain(net, cut) trains each pruned network in place, as for `prune_iteratively`: a recipe such as
                `FineTune(epochs=5)`, or a function of yours; `cut.x` and `cut.t` are the training part. By default
                nothing is retrained
    validation  (x, t), or the fraction of the training data that is held out for it, by `seed` (the same fraction of
                each class). If the network was trained on all training data it has seen these samples, and its
                accuracies are optimistic: hold them out before training and give them here.
    executor    any concurrent.futures.Executor: candidates are tried in parallel, with the same result. A process pool
                needs a `retrain` that can be pickled (a function of a module).

    Equal decisions are tried once. Raises ValueError or TypeError for arguments that do not fit, before anything is
    tried. The network is not changed.
    """
    check_prunable(net)
    check_executor(executor)
    if retrain is not None:
        check_retraining(retrain, net, loss)
    train, held_out = check_data(net, data, validation, loss, seed)
    scopes, fractions = check_scopes(scopes), check_fractions(fractions)
    budget = check_budget({} if budget is None else budget, [*COUNTS, "latency"])
    options = dict(min_keep=min_keep, protect=check_protect(protect), max_remove=max_remove, multiple=multiple)

    # All decisions, by all scores.
    decisions = [(name, *cut) for name, values in all_scores(net, scores, *train, loss).items()
                 for cut in cuts(net, values, scopes, fractions, budget, options)]
    if not decisions:
        raise ValueError(f"nothing to try: no neuron goes at any of the fractions {fractions} with {options}")

    # Different decisions are tried, each of them once.
    different = {key_of(keep): keep for *_, keep in decisions}
    retrained = None if retrain is None else partial(retrain_pruned, net, *train, loss, retrain)
    task = partial(measure, net, held_out, retrained)
    results = dict(zip(different, (map if executor is None else executor.map)(task, different.values())))

    whole = check_keep(net, {})
    unpruned = Candidate("unpruned", "", 0.0, whole, **measure(net, held_out, None, whole))
    return Frontier([Candidate(name, scope, fraction, keep, **results[key_of(keep)])
                     for name, scope, fraction, keep in decisions], unpruned)


def all_scores(net, scores, x, t, loss):
    """{name: scores {layer: (K,)}}: computed, by passes that they share, unless the user gives them."""
    if isinstance(scores, Mapping):
        return dict(scores)
    scores = check_list("scores", scores, 'such as ["taylor", "random"]')
    names = [score if isinstance(score, str) else getattr(score, "__name__", repr(score)) for score in scores]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"scores expects at least one, and each name once, got {names}")
    return dict(zip(names, score_neurons(net, scores, x, t, loss).values()))


def cuts(net, scores, scopes, fractions, budget, options):
    """Yield (scope, fraction, keep) of all cuts by one score."""
    for scope in scopes:
        decide(scores, remove=0.0, scope=scope, **options)          # an error here is a wrong argument
        least = 0
        if budget:
            keep = decide_within(net, scores, scope=scope, **budget, **options)
            least = removed(keep)
            if least:
                yield scope, least / sum(map(len, keep.values())), keep
        for fraction in fractions:
            with suppress(ValueError):                              # here it is a fraction that cannot go
                keep = decide(scores, remove=fraction, scope=scope, **options)
                if removed(keep) > least:
                    yield scope, fraction, keep


def retrain_pruned(net, x, t, loss, retrain, small, keep):
    """Retrain `small`, which `keep` left of `net`, in place."""
    retrain(small, Cut(net, check_keep(net, keep), x, t, loss))


def measure(net, held_out, retrained, keep):
    """Sizes, loss and accuracy of the network that is left, after `retrained(small, keep)` unless that is None."""
    small = prune(net, keep)
    if retrained is not None:
        retrained(small, keep)
    loss, accuracy = loss_and_accuracy(small, *held_out)
    return {"neurons": sum(small[name].K for name in small.hidden_layers), "loss": loss, "accuracy": accuracy,
            **{name: count(small) for name, count in COUNTS.items()}}


def removed(keep):
    """How many neurons go."""
    return sum(int((~stays).sum()) for stays in keep.values())


def key_of(keep):
    """The decision as a key of a dict: equal for equal decisions."""
    return tuple((layer, keep[layer].tobytes()) for layer in sorted(keep))


def check_data(net, data, validation, loss, seed):
    """Return the training part (x, t) and the prepared validation samples."""
    check_dataset(data, ("x_train", "t_train"))
    x, t = np.asarray(data.x_train), np.asarray(data.t_train)
    prepare_samples(net, x, t, loss)
    if isinstance(validation, (tuple, list)):
        return (x, t), prepare_pair(net, "validation", validation, loss)
    share = check_real("validation (a pair (x, t), or a fraction of the training data)", validation, above=0, below=1)
    if not 0 < round(share * len(x)) < len(x):
        raise ValueError(f"validation={share} of {len(x)} training samples leaves a part empty")

    # Hold the validation part out of the training data.
    classes = t.ndim == 1 and t.dtype.kind in "iu"
    rng = check_seed(seed)
    train, held_out = stratified_split(t, share, rng) if classes else shuffled_split(len(x), share, rng)
    return (x[train], t[train]), prepare_samples(net, x[held_out], t[held_out], loss)


def check_scopes(scopes):
    """Return the scopes as a list; local regions, which `decide` takes too, are not among them."""
    scopes = check_list("scopes", scopes, 'such as ["global", "layer"]')
    for scope in scopes or [None]:
        check_known("scope", scope, ["global", "layer"])
    return scopes


def check_executor(executor):
    """Raise TypeError unless tasks can be handed to it."""
    if executor is not None and not (hasattr(executor, "map") and hasattr(executor, "submit")):
        raise TypeError("executor expects one of concurrent.futures, such as ProcessPoolExecutor(4), "
                        f"got {executor!r}")
