"""The search for the smallest counterexample: fewest layers, then neurons, then samples, then round small numbers."""

import collections
import itertools

import numpy as np

from ...engine.activations import ACTIVATIONS
from ...engine.conv2d import Conv2D
from ..sampling.random_networks import Case, is_clear
from .counterexample import Counterexample
from .small_networks import build, neuron_layers, small_case, structures, with_round_norm

DRAWS = 12                      # round numbers tried for each structure, pair of activations, and loss
MOST_BUILT, MOST_TRIED = 6000, 2500     # networks in one search: what holds on all of these fails on larger ones only
ENOUGH = 8                      # trials of one kind that must all hold before that kind is left out of the search
ROUNDER = 8                     # how much rougher a case may be for results that are round
SIMPLE = {0.0: 0, 1.0: 0, 2.0: 1, -1.0: 1, 0.5: 2, -2.0: 2, 3.0: 2, 4.0: 2, -0.5: 3, 0.25: 3}     # of each number
OTHER = 4                       # the same of all other numbers
DIGITS = 4                      # of a round number at most


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
        shown = (failing_trial(claim, failing, shows, case) for case in sorted(cases, key=roughness))
        trial = roundest(trial for trial in shown if trial is not None)
        tried += len(cases)
        if trial is not None or tried > MOST_TRIED:
            return trial
    return None


def roundest(trials):
    """The first of the trials; if its results could be round and are not, the first with round results, if one is near.

    The trials come in the order of their roughness. None if there are none.
    """
    first = next(trials, None)
    if first is None or roughness(first.case)[0] or has_round_results(first):
        return first
    *kinds, numbers = roughness(first.case)
    most = (*kinds, numbers + ROUNDER)
    near = itertools.takewhile(lambda trial: roughness(trial.case) <= most, trials)
    return next(filter(has_round_results, near), first)


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
    """Yield lists of cases, those of the smallest structure first, and of these the cases about its first layer first.

    Kinds that never failed in many trials are left out.
    """
    hopeless, combinations = hopeless_kinds(trials, failing), combinations_of(where, failing)
    built = 0
    for structure in structures(where):
        if built > MOST_BUILT:
            return
        if not hopeless.isdisjoint(kinds_of_structure(structure)):
            continue
        by_layer, refused = collections.defaultdict(list), 0
        for draw, (hidden, output, loss) in draws(combinations):
            # one network of this structure, with round numbers
            if structure.outputs not in where.output_sizes(loss):
                continue
            if refused == DRAWS:
                break                               # the claim is not about networks of this structure
            built += 1
            net = build(structure, hidden, output)
            case = small_case(where, net, structure.samples, loss, rng, plain=draw == 0)
            # the cases with it that the claim is about
            fitting = [variant for variant in variants(where, case, plain=draw == 0)
                       if hopeless.isdisjoint(kinds_of_case(variant)) and claim.fits(variant)]
            refused += not fitting
            for variant in fitting:
                if is_clear(variant.net, variant.x).all():
                    by_layer[variant.layer].append(variant)
        yield from by_layer.values()


def combinations_of(where, failing):
    """(hidden activation, output activation, loss) of the cases that failed, and with the easiest loss.

    The easiest combination comes first.
    """
    found = {(trial.case.activations()[0], trial.case.activations()[-1], trial.case.loss) for trial in failing}
    loss = min(where.losses_that_fit(), key=loss_rank)
    found |= {(hidden, output, loss) for hidden, output, _ in found if output in where.output_activations(loss)}
    return sorted(found, key=ease)


def variants(where, case, plain):
    """The case about each of the layers that `where` allows; of plain numbers also those with a round norm."""
    layers = where.possible_layers(case.net) if where.accepts(case.net) else []
    cases = [Case(case.net, layer, case.x, case.t, case.loss, case.any_next) for layer in layers]
    with_norms = [with_round_norm(case) for case in cases] if plain else []
    return cases + [case for case in with_norms if case not in cases and where.accepts(case.net)]


def draws(combinations):
    """(draw, combination): the easier a combination is on paper, the more often it is drawn."""
    often = (4 * DRAWS, DRAWS, DRAWS)
    for place, combination in enumerate(combinations):
        for draw in range(often[place] if place < len(often) else DRAWS // 3):
            yield draw, combination


def hopeless_kinds(trials, failing):
    """The kinds of cases of which many were tried and none failed.

    If others failed by their numbers, a trial that gave no numbers says nothing of its kind.
    """
    if failing[0].problem is None:
        trials = [trial for trial in trials if trial.problem is None]
    tried = collections.Counter(kind for trial in trials for kind in kinds_of_case(trial.case))
    failed = {kind for trial in failing for kind in kinds_of_case(trial.case)}
    return {kind for kind, count in tried.items() if count >= ENOUGH and kind not in failed}


def kinds_of_case(case):
    """What a case is an example of: (property, value)."""
    return {("depth", len(case.net.neuron_layers)), ("samples", len(case.x)), ("neurons", case.net[case.layer].K),
            ("outputs", case.net.output_shape[0]), ("inputs", int(np.prod(case.net.input_shape))),
            ("padded", any(map(is_padded, case.net.all_layers.values())))}


def kinds_of_structure(structure):
    """The same of all cases of a structure, as far as it is known."""
    return {("depth", len(neuron_layers(structure.layers))), ("samples", structure.samples),
            ("outputs", structure.outputs), ("inputs", int(np.prod(structure.input_shape))),
            ("padded", structure.padded)}


def is_padded(layer):
    """Whether it is a Conv2D that sees zeros around its image."""
    return isinstance(layer, Conv2D) and any(
        sum(layer.zeros_along(size, kernel)) for size, kernel in zip(layer.input_shape, layer.kernel))


# ------------------------------------------------------------------ how hard a case is on paper


def roughness(case):
    """How hard a case is on paper, for sorting: how many exponentials it needs, how many kinks, then its loss and numbers.

    A number counts the more the farther it is from 0 and 1.
    """
    arrays = [*case.net.arrays().values(), case.x, case.t]
    return (exponentials(case.activations(), case.loss), sum(bool(f.kinks) for f in case.activations()),
            sum(rank(f, ACTIVATIONS) ** 2 for f in case.activations()) * 2 + loss_rank(case.loss) * 3
            + sum(SIMPLE.get(float(value), OTHER) for array in arrays for value in np.ravel(array)))


def exponentials(activations, loss):
    """How many exponentials these activations and the loss need, at least."""
    piecewise_linear = rank(ACTIVATIONS["leaky_relu"], ACTIVATIONS)
    return sum(rank(f, ACTIVATIONS) > piecewise_linear for f in activations) + loss_rank(loss)


def ease(combination):
    """How easy the activations and the loss are on paper, for sorting."""
    hidden, output, loss = combination
    return rank(hidden, ACTIVATIONS), rank(output, ACTIVATIONS), loss_rank(loss)


def rank(value, known):
    """The place of an activation in the engine's table, the plainest first; those of one's own come last."""
    return [*known, value.name].index(value.name)


def loss_rank(loss):
    """mse, then the binary cross entropy, which needs an exponential, then the cross entropy, which needs several."""
    return ["mse", "binary_cross_entropy", "cross_entropy", loss.name].index(loss.name)


def has_round_results(trial):
    """Whether all numbers that were compared have few digits."""
    arrays = [array for array in (trial.claimed, trial.measured) if array is not None]
    return all(is_round(float(value)) for array in arrays for value in np.ravel(array))


def is_round(value):
    """Whether a number has few digits, but for the rounding of central differences."""
    return abs(value - float(f"{value:.{DIGITS}g}")) <= 1e-7 * max(abs(value), 1e-2)
