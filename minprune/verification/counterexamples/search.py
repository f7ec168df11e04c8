"""The search for the smallest counterexample: fewest layers, then neurons, then samples, then round small numbers."""

import collections

import numpy as np

from ...engine.activations import ACTIVATIONS
from ...engine.losses import LOSSES
from ..sampling.random_networks import Case, is_clear
from .counterexample import Counterexample
from .small_networks import build, fill, inputs, neuron_layers, structures

DRAWS = 12                      # round numbers tried for each structure, pair of activations, and loss
MOST_BUILT, MOST_TRIED = 3000, 1000     # networks in one search: what holds on all of these fails on larger ones only
ENOUGH = 8                      # trials of one kind that must all hold before that kind is left out of the search
SIMPLE = {0.0: 0, 1.0: 0, 2.0: 1, -1.0: 1, 0.5: 2, -2.0: 2, 3.0: 2, -0.5: 3}       # how hard a number is on paper
OTHER = 4                       # the same of all other numbers


def find_counterexample(claim, where, trials, seed):
    """The smallest Counterexample to a claim that failed on some of `trials`; None if it fails clearly on none.

    `where` is the Where of the networks that are searched.
    """
    failing = [trial for trial in trials if trial.error > claim.tolerance]
    if not failing:
        return None
    failing = [trial for trial in failing if trial.problem is None] or failing      # problems if there is nothing else
    *better, enough = claim.ways_to_show(failing)
    for shows in better:
        trial = smallest(claim, where, trials, failing, shows, seed)
        if trial is not None:
            return counterexample_of(trial, claim)
    trial = smallest(claim, where, trials, failing, enough, seed) or smallest_drawn(claim, failing, enough)
    return None if trial is None else counterexample_of(trial, claim)


def counterexample_of(trial, claim):
    case = trial.case
    claimed, measured = (None if array is None else array + 0.0 for array in (trial.claimed, trial.measured))
    return Counterexample(case.net, case.layer, case.x, case.t, case.loss, claimed, measured, claim.measured,
                          trial.problem, claim, trial)


def smallest(claim, where, trials, failing, shows, seed):
    """The trial of the smallest and roundest case that `shows` the failure, or None."""
    tried = 0
    for cases in small_cases(claim, where, trials, failing, np.random.default_rng(seed)):
        for case in sorted(cases, key=roughness):
            trial = failing_trial(claim, failing, shows, case)
            if trial is not None:
                return trial
        tried += len(cases)
        if tried > MOST_TRIED:
            return None
    return None


def smallest_drawn(claim, failing, shows):
    """The trial of the smallest of the random cases that `shows` the failure, or None."""
    by_size = sorted(failing, key=lambda trial: trial.case.sizes())
    shown = (failing_trial(claim, failing, shows, trial.case) for trial in by_size)
    return next((trial for trial in shown if trial is not None), None)


def failing_trial(claim, failing, shows, case):
    """The trial of a case if it fails as the others do, by numbers or by a problem, and shows it; else None."""
    trial = claim.trial(case)
    return trial if (trial.problem is None) == (failing[0].problem is None) and shows(trial) else None


# ----------------------------------------------------------------------------------------- small cases


def small_cases(claim, where, trials, failing, rng):
    """Yield lists of cases, those of the smallest structure first. Kinds that never failed in many trials are left out.
    """
    hopeless = hopeless_kinds(trials, failing)
    combinations = sorted({(trial.case.activations()[0], trial.case.activations()[-1], trial.case.loss)
                           for trial in failing}, key=ease)
    built = 0
    for structure in structures(where):
        if built > MOST_BUILT:
            return
        if not hopeless.isdisjoint(kinds_of_structure(structure)):
            continue
        cases, refused = [], 0
        for draw, (hidden, output, loss) in draws(combinations):
            # one network of this structure, with round numbers
            if structure.outputs not in where.output_sizes(loss):
                continue
            if refused == DRAWS:
                break                               # the claim is not about networks of this structure
            built += 1
            net = build(structure, hidden, output)
            case = small_case(where, net, structure.samples, loss, rng, plain=draw == 0)
            fits = hopeless.isdisjoint(kinds_of_case(case)) and where.accepts(case.net) and claim.fits(case)
            refused += not fits
            if fits and is_clear(case.net, case.x).all():
                cases.append(case)
        if cases:
            yield cases


def small_case(where, net, N, loss, rng, plain):
    """The network with round numbers, and N samples of them; `plain`: ones wherever possible."""
    fill(net, rng, plain)
    where.shape(net)
    x, t = inputs(rng, (N, *net.input_shape), plain), loss.targets(rng, (N, *net.output_shape), simple=True)
    layer = (where.possible_layers(net) or net.neuron_layers)[0]        # without a possible one, `accepts` refuses it
    return Case(net, layer, x, t, loss, where.asks_for_pooling_or_blocks())


def draws(combinations):
    """(draw, combination): the three combinations that are easiest on paper are drawn more often than the others."""
    for place, combination in enumerate(combinations):
        for draw in range(DRAWS if place < 3 else DRAWS // 3):
            yield draw, combination


def hopeless_kinds(trials, failing):
    """The kinds of cases of which many were tried and none failed."""
    tried = collections.Counter(kind for trial in trials for kind in kinds_of_case(trial.case))
    failed = {kind for trial in failing for kind in kinds_of_case(trial.case)}
    return {kind for kind, count in tried.items() if count >= ENOUGH and kind not in failed}


def kinds_of_case(case):
    """What a case is an example of: (property, value)."""
    return {("depth", len(case.net.neuron_layers)), ("samples", len(case.x)), ("neurons", case.net[case.layer].K),
            ("outputs", case.net.output_shape[0]), ("inputs", int(np.prod(case.net.input_shape)))}


def kinds_of_structure(structure):
    """The same of all cases of a structure, as far as it is known."""
    return {("depth", len(neuron_layers(structure.layers))), ("samples", structure.samples),
            ("outputs", structure.outputs), ("inputs", int(np.prod(structure.input_shape)))}


# ------------------------------------------------------------------------------------------ by hand


def rank(value, known):
    """The place of an activation or a loss in the engine's table, the plainest first; those of one's own come last."""
    return [*known, value.name].index(value.name)


def ease(combination):
    """How easy the activations and the loss are on paper, for sorting."""
    hidden, output, loss = combination
    return rank(hidden, ACTIVATIONS), rank(output, ACTIVATIONS), loss_rank(loss)


def loss_rank(loss):
    """mse before the binary cross entropy, which needs an exponential, before the cross entropy, which needs several."""
    return ["mse", "binary_cross_entropy", "cross_entropy", loss.name].index(loss.name)


def roughness(case):
    """How hard a case is on paper: its activations and loss, and each number that is neither 0 nor 1."""
    arrays = [*case.net.arrays().values(), case.x, case.t]
    return (sum(rank(f, ACTIVATIONS) ** 2 for f in case.activations()) * 2 + loss_rank(case.loss) * 3
            + sum(SIMPLE.get(float(value), OTHER) for array in arrays for value in np.ravel(array)))
