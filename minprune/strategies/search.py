"""Which strategy? Scores × scopes × fractions, each tried on validation data, and what is worth its size."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from .budgets import COUNTS, decide_within, limit_of
from ..datasets.splits import shuffled_split, stratified_split
from ..decisions.rules import check_protect, decide
from ..engine.checks import check_known, check_network, check_real, check_seed
from ..engine.losses import prepare_pair, prepare_samples
from ..pruning.surgery import check_keep, prune
from ..retraining.recipes import Cut, check_retraining
from .scans import FRACTIONS, check_fractions
from ..scoring.scoring import score as score_neurons
from ..training.loop import loss_and_accuracy

SIZES = ("parameters", "multiply_adds", "bytes", "neurons")


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way to prune that was tried, the size of what it left, and how well that does on the validation data.

    `fraction` is what was asked of `decide` (for the candidate that just meets a budget, the share of the neurons that
    went); `keep` is the decision itself, for `prune`; `neurons` are the hidden ones that are left. `accuracy` is None
    where the targets are no classes.
    """

    score: str
    scope: str
    fraction: float
    keep: dict = field(repr=False)
    neurons: int
    parameters: int
    multiply_adds: int
    bytes: int
    loss: float
    accuracy: float | None

    @property
    def quality(self):
        """What is compared, high = good: the accuracy, or −loss if there is none."""
        return -self.loss if self.accuracy is None else self.accuracy

    def to_dict(self):
        """All of it as plain values, for JSON."""
        return {**vars(self), "keep": {layer: stays.tolist() for layer, stays in self.keep.items()}}


@dataclass(frozen=True, eq=False)
class Frontier:
    """All that was tried, in order; `efficient` and `best` choose among it. `print` it for the efficient ones.

    `unpruned` is the network as it was given, as a Candidate of which nothing went.
    """

    candidates: list
    unpruned: Candidate

    def efficient(self, size="multiply_adds"):
        """Return the Pareto-efficient candidates, smallest first: none other is at least as good and as small.

        "Good" is the validation accuracy (−loss where there is none), small is the `size`: parameters, multiply_adds,
        bytes or neurons. Of equal ones the first tried is returned.
        """
        check_known("size", size, SIZES)
        found = []
        for one in sorted(self.candidates, key=lambda one: (getattr(one, size), -one.quality)):
            if not found or one.quality > found[-1].quality:
                found.append(one)
        return found

    def best(self, min_accuracy=None, max_loss=None, budget=None, size="multiply_adds"):
        """Return one candidate (give exactly one of the first three).

        min_accuracy  the smallest one (by `size`) with at least this accuracy on the validation data
        max_loss      the smallest one with at most this loss
        budget        {size: a number, or a fraction (a float in (0, 1]) of the unpruned network}: the best one that
                      meets all of them

        It is chosen because it did well on the validation data, so what it reached there is on the bright side: judge
        it on the test data, once. Raises ValueError if nothing that was tried will do, and says what comes nearest.
        """
        if sum(one is not None for one in (min_accuracy, max_loss, budget)) != 1:
            raise ValueError("give exactly one of min_accuracy, max_loss and budget, got "
                             f"min_accuracy={min_accuracy!r}, max_loss={max_loss!r} and budget={budget!r}")
        check_known("size", size, SIZES)
        if budget is not None:
            return self._best_within(check_budget(budget, SIZES), size)
        if min_accuracy is not None and self.unpruned.accuracy is None:
            raise ValueError("the targets are no classes, so there is no accuracy: give max_loss")
        if min_accuracy is not None:
            told, enough = f"min_accuracy={min_accuracy!r}", check_real("min_accuracy", min_accuracy)
            fits = self._where(lambda one: one.accuracy >= enough)
            nearest = max(one.accuracy for one in self.candidates)
        else:
            told, enough = f"max_loss={max_loss!r}", check_real("max_loss", max_loss)
            fits = self._where(lambda one: one.loss <= enough)
            nearest = min(one.loss for one in self.candidates)
        if not fits:
            raise ValueError(f"{told}: none of {len(self.candidates)} is as good; the best has {nearest:.4g}")
        return min(fits, key=lambda one: (getattr(one, size), -one.quality))

    def _best_within(self, budget, size):
        limits = {name: limit_of(name, asked, getattr(self.unpruned, name)) for name, asked in budget.items()}
        fits = self._where(lambda one: all(getattr(one, name) <= limit for name, limit in limits.items()))
        if not fits:
            least = ", ".join(f"{name} {min(getattr(one, name) for one in self.candidates):,}" for name in limits)
            raise ValueError(f"budget={budget}: none of {len(self.candidates)} candidates is as small; "
                             f"the least that was tried: {least}")
        return min(fits, key=lambda one: (-one.quality, getattr(one, size)))

    def _where(self, fits):
        return [one for one in self.candidates if fits(one)]

    def table(self, size="multiply_adds"):
        """The efficient candidates as aligned plain text, the unpruned network on top."""
        kind = "loss" if self.unpruned.accuracy is None else "accuracy"
        rows = [self.unpruned, *reversed(self.efficient(size))]
        wide = max(len(one.score) for one in rows) + 2
        lines = [f"{'score':<{wide}}{'scope':<8}{'removed':>8}{'neurons':>9}{'parameters':>18}{'multiply-adds':>20}"
                 f"{kind:>10}"]
        for one in rows:
            shares = [f"{getattr(one, name):,} ({getattr(one, name) / getattr(self.unpruned, name):4.0%})"
                      for name in ("parameters", "multiply_adds")]
            good = f"{one.loss:.4f}" if kind == "loss" else f"{one.accuracy:.2%}"
            lines.append(f"{one.score:<{wide}}{one.scope:<8}{f'{100 * one.fraction:.3g}%':>8}{one.neurons:>9,}"
                         f"{shares[0]:>18}{shares[1]:>20}{good:>10}")
        lines.append(f"The {len(rows) - 1} of {len(self.candidates)} candidates that no other equals in both "
                     f"{size.replace('_', '-')} and {kind} on the validation data.")
        return "\n".join(lines)

    def __str__(self):
        return self.table()

    def to_dict(self):
        """All of it as plain values, for JSON."""
        return {"unpruned": self.unpruned.to_dict(), "candidates": [one.to_dict() for one in self.candidates]}


def search_strategies(net, data, scores=("taylor", "weight_norm", "activation_mean_abs", "random"),
                      scopes=("global", "layer"), fractions=FRACTIONS[1:], budget=None, retrain=None, validation=0.2,
                      loss="cross_entropy", seed=0, executor=None, min_keep=1, protect=(), max_remove=None, multiple=1):
    """Return the Frontier of each score × scope × fraction: all pruned for real and judged on validation data.

    data        a Dataset; only its x_train and t_train are read, never the test data
    scores      names or functions, as `mp.score` takes them, or {name: scores {layer: (K,)}}; each is computed once,
                on the training part, and cut at every fraction
    scopes, fractions   as for `decide`; so are min_keep, protect, max_remove, multiple. A fraction that these do not
                allow, or of which no neuron goes, is left out.
    budget      {"parameters" | "multiply_adds" | "bytes" | "latency": as for `decide_within`}. Then each score × scope
                starts with the candidate that just meets it, and of the fractions only those that remove more are tried
    retrain     retrain(net, cut) trains each pruned network in place, as for `prune_iteratively`: a recipe such as
                `FineTune(epochs=5)`, or a function of yours; `cut.x` and `cut.t` are the training part. None by default
    validation  (x, t), or the fraction of the training data that is held out as such, by `seed` (classes in equal
                shares). If the network was trained on all training data it has seen these, and its accuracies are on
                the bright side: hold them out before training and give them here.
    executor    any concurrent.futures.Executor: candidates are tried in parallel, with the same result. A process pool
                needs a `retrain` that can be pickled (a function of a module).

    Decisions that come out equal are tried once. Raises ValueError or TypeError for what does not fit, before anything
    is tried. The network is not changed.
    """
    check_network(net)
    check_executor(executor)
    if retrain is not None:
        check_retraining(retrain, net, loss)
    train, judge = check_data(net, data, validation, loss, seed)
    scopes, fractions = check_scopes(scopes), check_fractions(fractions)
    budget = check_budget({} if budget is None else budget, [*COUNTS, "latency"])
    options = dict(min_keep=min_keep, protect=check_protect(protect), max_remove=max_remove, multiple=multiple)
    tried = [(name, *cut) for name, found in all_scores(net, scores, *train, loss).items()
             for cut in cuts(net, found, scopes, fractions, budget, options)]
    if not tried:
        raise ValueError(f"nothing to try: no neuron goes at any of the fractions {fractions} with {options}")
    different = {bits(keep): keep for *_, keep in tried}
    learn = None if retrain is None else partial(relearn, net, *train, loss, retrain)
    task = partial(measure, net, judge, learn)
    results = dict(zip(different, (map if executor is None else executor.map)(task, different.values())))
    whole = check_keep(net, {})
    unpruned = Candidate("unpruned", "", 0.0, whole, **measure(net, judge, None, whole))
    return Frontier([Candidate(*one, **results[bits(one[-1])]) for one in tried], unpruned)


def all_scores(net, scores, x, t, loss):
    """{name: scores {layer: (K,)}}, computed together, or as they were given."""
    if isinstance(scores, Mapping):
        return dict(scores)
    if isinstance(scores, str) or not np.iterable(scores):
        raise TypeError(f'scores expects a list such as ["taylor", "random"], got {scores!r}')
    scores = list(scores)
    names = [one if isinstance(one, str) else getattr(one, "__name__", repr(one)) for one in scores]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"scores expects at least one, and each name once, got {names}")
    return dict(zip(names, score_neurons(net, scores, x, t, loss).values()))


def cuts(net, scores, scopes, fractions, budget, options):
    """Yield (scope, fraction, keep) of all that one score's cuts are."""
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


def relearn(net, x, t, loss, retrain, small, keep):
    """Retrain what `keep` left of `net`, in place."""
    retrain(small, Cut(net, check_keep(net, keep), x, t, loss))


def measure(net, judge, learn, keep):
    """What a Candidate holds of the network that is left, retrained if asked."""
    small = prune(net, keep)
    if learn is not None:
        learn(small, keep)
    value, accuracy = loss_and_accuracy(small, *judge)
    return {"neurons": sum(small[name].K for name in small.hidden_layers), "loss": value, "accuracy": accuracy,
            **{name: count(small) for name, count in COUNTS.items()}}


def removed(keep):
    return sum(int((~stays).sum()) for stays in keep.values())


def bits(keep):
    """The decision as something to look up by."""
    return tuple((layer, keep[layer].tobytes()) for layer in sorted(keep))


def check_data(net, data, validation, loss, seed):
    """Return the training part (x, t) and the prepared validation samples."""
    if not (hasattr(data, "x_train") and hasattr(data, "t_train")):
        raise TypeError(f"data expects a Dataset with x_train and t_train, got {type(data).__name__}")
    x, t = np.asarray(data.x_train), np.asarray(data.t_train)
    prepare_samples(net, x, t, loss)
    if isinstance(validation, (tuple, list)):
        return (x, t), prepare_pair(net, "validation", validation, loss)
    share = check_real("validation (a pair (x, t), or a fraction of the training data)", validation, above=0, below=1)
    if not 0 < round(share * len(x)) < len(x):
        raise ValueError(f"validation={share} of {len(x)} training samples leaves a part empty")
    classes = t.ndim == 1 and t.dtype.kind in "iu"
    rng = check_seed(seed)
    train, held_out = stratified_split(t, share, rng) if classes else shuffled_split(len(x), share, rng)
    return (x[train], t[train]), prepare_samples(net, x[held_out], t[held_out], loss)


def check_scopes(scopes):
    """Return the scopes as a list; the local regions of `decide` are no strategy to compare."""
    if isinstance(scopes, str) or not np.iterable(scopes):
        raise TypeError(f'scopes expects a list such as ["global", "layer"], got {scopes!r}')
    scopes = list(scopes)
    for scope in scopes or [None]:
        check_known("scope", scope, ["global", "layer"])
    return scopes


def check_executor(executor):
    if executor is not None and not (hasattr(executor, "map") and hasattr(executor, "submit")):
        raise TypeError("executor expects one of concurrent.futures, such as ProcessPoolExecutor(4), "
                        f"got {executor!r}")


def check_budget(budget, known):
    """Return {name: what is asked}; raise unless each name is known."""
    if not isinstance(budget, Mapping):
        raise TypeError(f"budget expects {{name: number or fraction}}, got {budget!r}")
    for name in budget:
        check_known("budget", name, known)
    return dict(budget)
