"""Retraining: cut, train again, and cut again if you like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from .checkpoints import describe, open_checkpoint
from ..decisions.rules import check_protect, decide
from ..engine.checks import check_count, check_known, check_network, check_real
from ..engine.losses import Loss, find_loss, prepare_samples
from ..engine.network import Network
from ..pruning.surgery import check_keep, prune
from .recipes import Cut, FineTune, check_retraining, prune_state, shape_of, told
from ..scoring.scoring import score as score_neurons
from ..training.loop import History, check_callables, loss_and_accuracy


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """One cut and the training after it.

    `fraction` is what the schedule asked to be gone by now (the share that is gone, where it asked for numbers of
    neurons or layer by layer), `removed` the neurons that are gone since the start; `scores` and `keep` have the
    original network's neurons as their axis (a neuron that was gone already scores −∞). `cut` is the smaller network
    right after the cut, `net` the same after retraining; losses and accuracies are on the test data. `state` is the
    optimizer state that the recipe left for the next step, {} if none.
    """

    fraction: float
    removed: int
    scores: dict
    keep: dict
    cut: Network
    net: Network
    loss_before: float
    accuracy_before: float | None
    loss_after: float
    accuracy_after: float | None
    history: History | None
    state: dict = field(default_factory=dict)

    def __repr__(self):
        return told(self)


# ------------------------------------------------------------------- schedules: s_1 ≤ … ≤ s_n, gone after each step


def one_shot(remove):
    """All at once: [remove]."""
    return [check_real("remove", remove, least=0, below=1)]


def linear(remove, steps):
    """The same number each time: s_k = remove · k / n, fractions of the original network.

    Like all schedules here it ends at exactly `remove`. A network of K neurons has lost ⌊s_k K⌋ after step k, counted
    on the original, so that no step's rounding adds up with another's.
    """
    remove, steps = check_real("remove", remove, least=0, below=1), check_count("steps", steps)
    return [remove * step / steps for step in range(1, steps)] + [remove]


def exponential(remove, steps):
    """The same share of what is left each time: s_k = 1 − (1 − remove)^(k / n).

    Each step leaves (1 − remove)^(1 / n) of the neurons it found. Frankle & Carbin, ICLR 2019, arXiv:1803.03635,
    prune single weights so (iterative magnitude pruning).
    """
    remove, steps = check_real("remove", remove, least=0, below=1), check_count("steps", steps)
    return [1 - (1 - remove) ** (step / steps) for step in range(1, steps)] + [remove]


def cubic(remove, steps, initial=0.0):
    """Many at first, fewer and fewer: s_k = s_f + (s_i − s_f)(1 − k / n)³, k = 1 … n, s_f = remove, s_i = initial.

    Zhu & Gupta, "To prune, or not to prune", 2017, arXiv:1710.01878: "the sparsity is increased from an initial
    sparsity value s_i (usually 0) to a final sparsity value s_f over a span of n pruning steps". There k / n is
    (t − t_0) / (n Δt), t counting training steps; k = 0, where s_i is reached, has no step of its own here.
    """
    remove, steps = check_real("remove", remove, least=0, below=1), check_count("steps", steps)
    initial = check_real("initial", initial, least=0, below=1)
    if initial > remove:
        raise ValueError(f"initial expects at most remove={remove}, got {initial}: a schedule never goes backwards")
    return [remove + (initial - remove) * (1 - step / steps) ** 3 for step in range(1, steps)] + [remove]


def layer_by_layer(net, remove, layers=None):
    """One layer a step: [{first: f}, {first: f, second: f}, …], so that each layer's cut is retrained by itself.

    remove: a fraction (or number) for each layer, or {layer: fraction or number}. layers: their order; by default
    that of the network, from the input on (of those that `remove` names).
    """
    check_network(net)
    shares = dict(remove) if isinstance(remove, Mapping) else dict.fromkeys(net.hidden_layers, remove)
    order = [name for name in net.hidden_layers if name in shares] if layers is None else list(layers)
    for name in [*shares, *order]:
        check_known("hidden layer", name, net.hidden_layers)
    if not order or len(set(order)) < len(order) or not set(order) <= set(shares):
        raise ValueError(f"layers expects some of {list(shares)}, each once, got {order}")
    for name, share in shares.items():
        check_rising(f'remove["{name}"]', [share])
    return [{name: shares[name] for name in order[:step]} for step in range(1, len(order) + 1)]


def check_schedule(schedule, names):
    """Return the schedule as a list: all fractions, all numbers of neurons, or all {layer: either}, never falling."""
    if isinstance(schedule, (str, Mapping)) or not np.iterable(schedule):
        raise TypeError(f"schedule expects a list of fractions such as [0.2, 0.4], got {schedule!r}")
    entries = list(schedule)
    by_layer = [isinstance(entry, Mapping) for entry in entries]
    if not entries or any(by_layer) != all(by_layer):
        raise ValueError("schedule expects steps of one kind, fractions or {layer: fraction}, at least one, "
                         f"got {entries}")
    if not any(by_layer):
        return check_rising("schedule", entries)
    named = {name: None for entry in entries for name in entry}
    for name in named:
        check_known("layer in schedule", name, names)
    shares = {name: check_rising(f'schedule of layer "{name}"', [entry.get(name, 0) for entry in entries])
              for name in named}
    return [{name: shares[name][step] for name in entry} for step, entry in enumerate(entries)]


def check_reachable(last, decision, whole):
    """Raise what `decide` would raise in the last step, before the first is trained; all but how regions that share a
    layer divide what it can spare depends on no score."""
    if not isinstance(decision["scope"], Mapping):
        decide({name: np.zeros(len(stays)) for name, stays in whole.items()}, remove=last, **decision)


def check_rising(name, shares):
    """Return what is to be gone after each step, as `decide` takes it; raise ValueError if it falls."""
    if all(isinstance(share, (int, np.integer)) for share in shares):
        shares = [check_count(name, share, least=0) for share in shares]        # numbers of neurons
    else:
        shares = [check_real(f"{name} (as fractions)", share, least=0, below=1) for share in shares]
    for step, (earlier, later) in enumerate(zip(shares, shares[1:])):
        if later < earlier:
            raise ValueError(f"{name} expects what is gone to rise from step to step, but it goes back from "
                             f"{earlier} to {later} in step {step + 2}: {shares}")
    return shares


# ------------------------------------------------------------------------------- the loop


def prune_iteratively(net, data, score="taylor", schedule=(0.5,), scope="global", loss="cross_entropy", retrain=None,
                      min_keep=1, protect=(), batch_size=256, max_remove=None, multiple=1, compensate=None, state=None,
                      checkpoint=None):
    """Cut and retrain, once for each entry of the schedule; yield a Step each time. `net` is not changed.

    Each step scores the network as it is now on the training data, removes neurons until so many of the original
    ones are gone (`decide` with this scope, min_keep, protect, max_remove and multiple, all counted on the original
    network: exact numbers however many steps), and retrains what is left.

    data        a Dataset (x_train, t_train, x_test, t_test)
    score       a name or function, as `score` takes it
    schedule    what is gone after each step, never falling: fractions of all neurons such as `linear(0.5, 5)`,
                `exponential`, `cubic` (all in `mp.retraining`) or a list of yours; whole numbers of neurons; or
                {layer: fraction or number}, such as `layer_by_layer` gives
    retrain     retrain(net, cut) trains the network in place and may return a History; `cut` (see `Cut`) tells the
                rest. A recipe (`FineTune`, `RewindRate`, `Rewind`, `FromScratch`, `Reinitialise`, `Distil`) or a
                function of yours; by default `FineTune()`, five epochs
    compensate  compensate(net, keep, x) cuts in place of `prune(net, keep)`, such as `fold_means`
    state       the optimizer state of the training so far, for a recipe that goes on with it (it is copied)
    checkpoint  a folder that keeps each finished step. Called again with the same arguments, after it was killed at
                any moment, the run yields the finished steps as they were and goes on after them, to the same bits
                (by the same version of NumPy on the same kind of machine). It takes arguments that can be told from
                others: names, numbers, recipes, functions (by their code, defaults and closures), no random
                Generators; what a function of yours draws or reads elsewhere is up to you. A training is not kept
                in the middle: to lose less, take more steps

    Raises ValueError for a schedule that goes backwards, and as `score` and `decide` do; with a checkpoint ValueError
    if it is of other arguments or damaged (nothing in it is changed), and OSError if it cannot be written.
    """
    check_network(net)
    check_callables(compensate=compensate)
    if not all(hasattr(data, part) for part in ("x_train", "t_train", "x_test", "t_test")):
        raise TypeError(f"data expects a Dataset with x_train, t_train, x_test, t_test, got {type(data).__name__}")
    prepare_samples(net, data.x_train, data.t_train, loss)
    prepare_samples(net, data.x_test, data.t_test, loss)
    retrain = FineTune() if retrain is None else retrain
    check_retraining(retrain, net, loss)
    schedule = check_schedule(schedule, net.hidden_layers)
    decision = dict(scope=scope, min_keep=min_keep, protect=check_protect(protect), max_remove=max_remove,
                    multiple=multiple)
    whole = check_keep(net, {})
    check_reachable(schedule[-1], decision, whole)
    state = prune_state({} if state is None else state, net, whole)             # a copy
    run = Run(net.copy(), data, score, schedule, decision, find_loss(loss), retrain, batch_size, compensate, state)
    if checkpoint is not None:
        settings = {name: describe(name, value) for name, value in vars(run).items()}
        checkpoint = open_checkpoint(checkpoint, settings, len(schedule))
    return steps_of(run, whole, checkpoint)


@dataclass(frozen=True, eq=False)
class Run:
    """What `prune_iteratively` was given, all of it checked: it decides every bit of every step."""

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
    """Yield each step: the one that the checkpoint has, or else the one that is taken from where the last one ended."""
    net, state = run.net, run.state
    for number in range(len(run.schedule)):
        if checkpoint is not None and checkpoint.has(number):
            step = unpacked(*checkpoint.load(number))
        else:
            step = take_step(run, number, net, alive, state)
            if checkpoint is not None:
                checkpoint.save(number, *packed(step))
        net, alive, state = step.net, step.keep, step.state
        yield step


def take_step(run, number, net, alive, state):
    """Score, decide, prune, retrain, measure: from the network, neurons and state that the last step left."""
    data, asked = run.data, run.schedule[number]
    scores = spread(score_neurons(net, run.score, data.x_train, data.t_train, run.loss, run.batch_size), alive)
    keep = decide(scores, remove=asked, **run.decision)
    cut, state = cut_down(run, net, {name: keep[name][alive[name]] for name in keep}, state)
    trained = cut.copy()
    history = run.retrain(trained, Cut(run.net, keep, data.x_train, data.t_train, run.loss, number, state))
    test = prepare_samples(run.net, data.x_test, data.t_test, run.loss)
    removed, neurons = (sum(int(count(one)) for one in keep.values()) for count in (lambda one: (~one).sum(), len))
    return Step(asked if isinstance(asked, float) else removed / neurons, removed, scores, keep, cut, trained,
                *loss_and_accuracy(cut, *test), *loss_and_accuracy(trained, *test),
                history if isinstance(history, History) else None, state)


def cut_down(run, net, stays, state):
    """(the smaller network, the optimizer state of who is left)."""
    cut, state = prune(net, stays), prune_state(state, net, stays)
    if run.compensate is None:
        return cut, state
    compensated = run.compensate(net, stays, run.data.x_train)
    if not isinstance(compensated, Network) or compensated.settings() != cut.settings():
        raise ValueError(f"compensate expects to return a network like prune(net, keep), {shape_of(cut)}, "
                         f"got {told(compensated)}")
    return compensated, state


def spread(scores, alive):
    """Scores of the neurons that are left, on the axis of all that there were; −∞ for the others, who thereby go
    first. A score of −∞ of one who is left becomes the lowest finite number, so that it does not go before them."""
    full = {name: np.full(len(stays), -np.inf) for name, stays in alive.items()}
    for name, stays in alive.items():
        full[name][stays] = np.maximum(scores[name], -np.finfo(float).max)
    return full


# ------------------------------------------------------------------------------- a step as a file

NUMBERS = ("fraction", "removed", "loss_before", "accuracy_before", "loss_after", "accuracy_after")


def packed(step):
    """The step as (plain values, arrays named "net/conv1.W")."""
    groups = {"scores": step.scores, "keep": step.keep, "cut": step.cut.arrays(), "net": step.net.arrays(),
              **{f"state {key}": value for key, value in step.state.items() if isinstance(value, Mapping)}}
    values = {name: getattr(step, name) for name in NUMBERS} | {
        "groups": list(groups), "architecture": step.net.settings(),
        "state": {key: value for key, value in step.state.items() if not isinstance(value, Mapping)},
        "history": None if step.history is None else step.history.to_dict()}
    return values, {f"{group}/{name}": array for group, arrays in groups.items() for name, array in arrays.items()}


def unpacked(values, arrays):
    """The step that `packed` packed."""
    groups = {group: {} for group in values["groups"]}
    for place, array in arrays.items():
        group, name = place.split("/", 1)
        groups[group][name] = array
    cut, net = (Network.from_settings(values["architecture"], groups[name]) for name in ("cut", "net"))
    state = {group.removeprefix("state "): one for group, one in groups.items() if group.startswith("state ")}
    history = None if values["history"] is None else History(**values["history"])
    return Step(**{name: values[name] for name in NUMBERS}, scores=groups["scores"], keep=groups["keep"], cut=cut,
                net=net, history=history, state={**state, **values["state"]})
