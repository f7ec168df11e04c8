"""Iteration: cut, train again, and cut again, along a schedule."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..decisions.rules import decide
from ..engine.archives import LIMIT, NUMBER
from ..engine.checks import check_dataset, check_network, check_protect
from ..engine.losses import Loss, find_loss, prepare_samples
from ..engine.network import Network
from ..engine.origin import built_alike
from ..pruning.surgery import check_keep, prune
from ..scoring.catalogue import find_score
from ..scoring.scoring import score as score_neurons
from ..training.history import History
from ..training.loop import check_callables
from ..training.quality import loss_and_accuracy
from .checkpoints import open_checkpoint
from .descriptions import describe
from .optimizer_state import optimizer_of, prune_state
from .recipe import Cut, check_retraining
from .recipes import FineTune
from .schedules import check_schedule
from .step import Step, packed, unpacked
from .text import architecture, as_text


BY_DEFAULT = dict(scope="global", min_keep=1, protect=[], max_remove=None, multiple=1)       # of `decide`


def prune_iteratively(net, data, score="taylor", schedule=(0.5,), scope="global", loss="cross_entropy", retrain=None,
                      min_keep=1, protect=(), batch_size=256, max_remove=None, multiple=1, compensate=None, state=None,
                      checkpoint=None):
    """Cut and retrain, once for each entry of the schedule; yield a Step each time. `net` is not changed.

    Each step scores the network as it is now on the training data, removes neurons until as many of the original
    neurons are gone as the schedule says (`decide` with this scope, min_keep, protect, max_remove and multiple, all
    counted on the original network: the numbers are exact, however many steps there are), and retrains what is left.

    data        a Dataset (x_train, t_train, x_test, t_test)
    score       a name or function, as `score` takes it
    schedule    what is gone after each step, never falling: fractions of all neurons such as `linear(0.5, 5)`,
                `exponential`, `cubic` (all in `mp.retraining`) or a list of yours; whole numbers of neurons;
                {layer: fraction or number}, such as `layer_by_layer` gives; or rules that find the number (below)
    retrain     retrain(net, cut) trains the network in place and may return a History; `cut` (see `Cut`) has all else
                that it may need. A recipe (`FineTune`, `RewindRate`, `Rewind`, `FromScratch`, `Reinitialise`, `Distil`)
                or a function of yours; by default `FineTune()`, five epochs
    compensate  compensate(net, keep, x) cuts in place of `prune(net, keep)`, such as `fold_means`
    state       the TrainingState (or optimizer state) of the training so far, for a recipe that continues with what the
                optimizer remembers, `FineTune(keep_state=True)` (it is copied)
    checkpoint  a folder in which each finished step is saved. Called again with the same arguments, after it was killed
                at any moment, the run yields the finished steps as they were and continues after them, to the same bits
                (by the same version of NumPy on the same kind of machine). It takes arguments that can be compared
                with those of another run: names, numbers, recipes, functions (by their code, defaults and closures),
                no random Generators; what a function of yours draws or reads elsewhere is up to you. A training is not
                saved in the middle: to lose less, take more steps

    Where nobody knows the fraction, the schedule holds rules: functions rule(net, scores) of the network and its scores
    in this step, which return {layer: (K,) bool}, who of its neurons stays. Each finds its own number:

        lambda net, scores: mp.decide(scores, effective=1)                       # or cumulative=0.95
        lambda net, scores: mp.decide_tolerating(net, scores, validation, drop=0.01)

    `schedule=[rule] * 5` applies it five times, to what retraining made of the network in between. A rule that lets all
    stay is followed by retraining as any other. It decides by itself, so scope, min_keep, protect, max_remove and
    multiple must be left as they are.

    Raises ValueError for a schedule that goes backwards, and as `score` and `decide` do; with a checkpoint ValueError
    if it is of other arguments or damaged (nothing in it is changed), and OSError if it cannot be written.
    """
    # Everything is checked before the first step is trained.
    check_network(net)
    find_score(score)
    check_callables(compensate=compensate)
    check_dataset(data)
    prepare_samples(net, data.x_train, data.t_train, loss)
    prepare_samples(net, data.x_test, data.t_test, loss)
    retrain = FineTune() if retrain is None else retrain
    check_retraining(retrain, net, loss)
    decision = dict(scope=scope, min_keep=min_keep, protect=check_protect(protect), max_remove=max_remove,
                    multiple=multiple)
    whole = check_keep(net, {})
    schedule = check_wanted(schedule, decision, whole)

    state = prune_state(optimizer_of(state), net, whole)            # nothing goes: a copy
    run = Run(net.copy(), data, score, schedule, decision, find_loss(loss), retrain, batch_size, compensate, state)
    if checkpoint is not None:
        settings = {name: describe(name, value) for name, value in vars(run).items()}
        checkpoint = open_checkpoint(checkpoint, settings, len(schedule))
    return steps_of(run, whole, checkpoint)


@dataclass(frozen=True, eq=False)
class Run:
    """The arguments of `prune_iteratively`, checked: all bits of all steps follow from them."""

    net: Network
    data: object
    score: object
    schedule: list
    decision: dict
    loss: Loss
    retrain: Callable
    batch_size: int
    compensate: Callable | None
    state: dict


def steps_of(run, alive, checkpoint):
    """Yield each step, from the checkpoint if it is there; else it is taken, from where the last step ended."""
    net, state = run.net, run.state
    for number in range(len(run.schedule)):
        if checkpoint is not None and checkpoint.has(number):
            step = unpacked(*checkpoint.load(number, bytes_of_steps(run.net)), run.net)
        else:
            step = take_step(run, number, net, alive, state)
            if checkpoint is not None:
                checkpoint.save(number, *packed(step))
        net, alive, state = step.net, step.keep, step.state
        yield step


def bytes_of_steps(net):
    """More than a step's arrays take: two smaller networks and what an optimizer remembers of each weight."""
    return LIMIT + 10 * NUMBER * sum(array.size for array in net.arrays().values())


def take_step(run, number, net, alive, state):
    """Score, decide, prune, retrain, measure: from the network, neurons and state that the last step left."""
    data, wanted = run.data, run.schedule[number]

    # Score, decide, prune.
    now = score_neurons(net, run.score, data.x_train, data.t_train, run.loss, run.batch_size)
    scores = spread(now, alive)
    keep = by_rule(wanted, net, now, alive) if callable(wanted) else decide(scores, remove=wanted, **run.decision)
    cut, state = cut_down(run, net, {name: keep[name][alive[name]] for name in keep}, state)

    # Retrain.
    trained = cut.copy()
    history = run.retrain(trained, Cut(run.net, keep, data.x_train, data.t_train, run.loss, number, state))

    # Measure, before and after.
    test = prepare_samples(run.net, data.x_test, data.t_test, run.loss)
    loss_before, accuracy_before = loss_and_accuracy(cut, *test)
    loss_after, accuracy_after = loss_and_accuracy(trained, *test)
    removed = sum(int((~stays).sum()) for stays in keep.values())
    fraction = wanted if isinstance(wanted, float) else removed / sum(len(stays) for stays in keep.values())
    return Step(fraction, removed, scores, keep, cut, trained, loss_before, accuracy_before, loss_after,
                accuracy_after, history if isinstance(history, History) else None, state)


def by_rule(rule, net, scores, alive):
    """Who stays of all original neurons: of those that are left, those that the rule lets stay."""
    stays = check_keep(net, rule(net.copy(), {name: s.copy() for name, s in scores.items()}))
    keep = {name: row.copy() for name, row in alive.items()}
    for name, row in keep.items():
        row[alive[name]] = stays[name]
    return keep


def cut_down(run, net, stays, state):
    """(the smaller network, the optimizer state of the neurons that are left)."""
    cut, state = prune(net, stays), prune_state(state, net, stays)
    if run.compensate is None:
        return cut, state
    compensated = run.compensate(net, stays, run.data.x_train)
    trained = set(cut.parameters())
    if isinstance(compensated, Network) and compensated.neuron_layers == cut.neuron_layers:
        for name in cut.neuron_layers:              # a layer without a bias may have got one
            cut[name].bias |= compensated[name].bias
    if not isinstance(compensated, Network) or not built_alike(compensated, cut):
        raise ValueError(f"compensate expects to return a network like prune(net, keep), {architecture(cut)}, "
                         f"got {as_text(compensated)}")
    new = {name: np.zeros_like(array) for name, array in compensated.parameters().items() if name not in trained}
    return compensated, {key: {**value, **new} if isinstance(value, Mapping) else value for key, value in state.items()}


def spread(scores, alive):
    """Scores on the axis of all original neurons: −∞ for those that are gone, so that they go first again.

    A neuron that is left and scores −∞ gets the lowest finite number instead, so that it does not go before them.
    """
    full = {name: np.full(len(stays), -np.inf) for name, stays in alive.items()}
    for name, stays in alive.items():
        full[name][stays] = np.maximum(scores[name], -np.finfo(float).max)
    return full


def check_wanted(schedule, decision, whole):
    """The schedule as a list, of rules or as `check_schedule` returns it; raise where its end is out of reach."""
    rules = schedule if isinstance(schedule, (list, tuple)) else []
    if not any(callable(rule) for rule in rules):
        schedule = check_schedule(schedule, list(whole))
        check_reachable(schedule[-1], decision, whole)
        return schedule
    if not all(callable(rule) for rule in rules):
        raise ValueError(f"schedule expects steps of one kind, rules or fractions, got {list(rules)}")
    given = [f"{name}={value!r}" for name, value in decision.items() if value != BY_DEFAULT[name]]
    if given:
        raise ValueError(f"a rule in the schedule decides by itself: put {', '.join(given)} into the rule")
    return list(rules)


def check_reachable(last, decision, whole):
    """Raise what `decide` would raise in the last step, before the first is trained.

    Whether so many can go does not depend on the scores, with one exception, which is left to the last step: regions
    that share a layer also share what it can spare, lowest score first.
    """
    if not isinstance(decision["scope"], Mapping):
        decide({name: np.arange(float(len(stays))) for name, stays in whole.items()}, remove=last, **decision)
