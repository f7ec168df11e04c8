"""Drafts: the activations, the loss and the round numbers of the small cases that are tried, the roundest first."""

import collections
import math
from typing import NamedTuple

import numpy as np

from ...engine.activations import ACTIVATIONS, Activation
from ...engine.losses import Loss
from .kinds import comparable
from .round_numbers import near_targets, plain_targets
from .roughness import ZERO, ease, loss_rank, rank, roughness_of_kinds, roughness_of_numbers

DRAWS = (48, 12, 12)            # rows of round numbers for each structure and combination, the easiest first,
DRAWS_OF_OTHERS = 4             # and for all combinations after these
HARDLY = 2                      # failures, expected among the trials of an activation, are too few to leave it out
MISSED = 1e-3                   # how probable it may be that a structure is given up after draws that all hold


class Combination(NamedTuple):
    """The Activations of the hidden layers and of the output layer, and the Loss."""

    hidden: Activation
    output: Activation
    loss: Loss


def combinations_of(where, trials, failing):
    """The Combinations of the cases that failed, and what is easier and was hardly tried: the easiest comes first."""
    found = {combination_of(trial.case) for trial in failing}
    loss, easiest = min(where.losses_that_fit(), key=loss_rank), min(found, key=ease)
    found |= {each._replace(loss=loss) for each in found if each.output in where.output_activations(loss)}

    # easier activations
    share = len(failing) / len(trials)
    tried = collections.Counter(combination_of(trial.case).hidden for trial in trials)
    easier = [f for f in where.activations
              if tried[f] * share < HARDLY and rank(f, ACTIVATIONS) < rank(easiest.hidden, ACTIVATIONS)]
    if where.layer != "output" and easiest.output in where.output_activations(loss):
        found |= {Combination(f, easiest.output, loss) for f in easier}
    return sorted(found, key=lambda each: (*roughness_of_kinds(each[:2], each.loss)[:2], ease(each)))


def combination_of(case):
    activations = case.activations()
    return Combination(activations[0], activations[-1], case.loss)


class Draft(NamedTuple):
    """A case that can be written on a page: its numbers and targets, and what it is made of.

    Drafts are sorted by `order`, their roughness and how many numbers are not the plain ones. `layer` is the only layer
    that a draft is good for, or None if it is good for any.
    """

    order: tuple
    row: np.ndarray
    t: np.ndarray
    combination: Combination
    layer: str | None = None


def drafts_of(page, where, combination, targets, count, rng, near):
    """The Drafts with one combination: `count` of which the first is plain, and those with a round norm.

    `near`: also all that differ from the plain one in one number.
    """
    # rows of numbers, which of the targets go with them, and for which layer they are
    N = len(page.x)
    parts = [(page.plain()[np.newaxis], plain_targets(N), None),
             (page.drawn(rng, count - 1), rng.integers(len(targets), size=(count - 1, N)), None),
             *(near_plain(page, targets) if near else ()), *with_round_norms(page)]
    rows = page.shaped(np.concatenate([part for part, _, _ in parts]), where)
    places = np.concatenate([part for _, part, _ in parts])
    layers = [layer for part, _, layer in parts for _ in part]

    # how rough they are
    t, neurons = targets[places], len(page.net.neuron_layers)
    *kinds, start = roughness_of_kinds([*[combination.hidden] * (neurons - 1), combination.output], combination.loss)
    numbers = start + sum_of_rows(roughness_of_numbers(rows)) + sum_of_rows(roughness_of_numbers(t)) \
        + ZERO * sum_of_rows(rows[:, -page.x.size:] == 0)
    changed = sum_of_rows(rows != page.plain()) + sum_of_rows(places != 0)
    return [Draft((*kinds, *order), row, target, combination, layer)
            for *order, row, target, layer in zip(numbers.tolist(), changed.tolist(), rows, t, layers)]


def near_plain(page, targets):
    """(rows, places of targets, None): all that differ from the plain case in one number, or in one sample's target."""
    N, rows = len(page.x), page.neighbours()
    places = near_targets(targets, N)
    return [(rows, np.repeat(plain_targets(N), len(rows), axis=0), None),
            (np.repeat(page.plain()[np.newaxis], len(places), axis=0), places, None)]


def with_round_norms(page):
    """(rows, places of targets, layer) of each layer that can have a round norm."""
    rows = {layer: page.with_round_norm(layer) for layer in page.weights}
    return [(row[np.newaxis], plain_targets(len(page.x)), layer) for layer, row in rows.items() if row is not None]


def sum_of_rows(array):
    return array.reshape(len(array), -1).sum(axis=1)


def draws(place, share):
    """How many rows are drawn for a combination: the easier it is on paper, the more."""
    most = DRAWS[place] if place < len(DRAWS) else DRAWS_OF_OTHERS
    return math.ceil(most * share)


def share_needed(trials, failing):
    """The share of the usual draws of a structure that must hold before it is given up.

    Round networks are taken to fail a third as often as the random ones did.
    """
    share = len(failing) / len(comparable(trials, failing)) / 3
    return min(1, math.log(MISSED) / math.log(1 - share) / DRAWS[0])
