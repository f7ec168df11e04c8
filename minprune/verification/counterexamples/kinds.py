"""Kinds of cases: what a case is an example of, and what random trials say of where a claim fails."""

import collections
import math

from ...engine.conv2d import Conv2D
from .small_networks import neuron_layers

ENOUGH = 8                      # trials of one kind that must all hold before that kind is left out of the search,
EXPECTED = 3                    # and how many of them would have failed if that kind failed as often as all do
MANY = 20                       # trials without a depth: the claim does not fit networks of that depth
FEW = 4                         # of samples, inputs, neurons: more are drawn now and then


def kinds_of_case(case):
    """What a case is an example of: (property, value)."""
    layers = case.net.all_layers.values()
    return {("depth", len(case.net.neuron_layers)), ("samples", len(case.x)), ("neurons", case.net[case.layer].K),
            ("outputs", case.net.output_shape[0]), ("inputs", math.prod(case.net.input_shape)),
            ("padded", any(map(is_padded, layers))), ("strided", any(map(is_strided, layers)))}


def kinds_of_structure(structure):
    """The same of all cases of a structure, as far as it is known."""
    return {("depth", len(neuron_layers(structure.layers))), ("samples", structure.samples),
            ("outputs", structure.outputs), ("inputs", math.prod(structure.input_shape)),
            ("padded", structure.padded), ("strided", structure.strided)}


def is_padded(layer):
    """Whether it is a Conv2D that sees zeros around its image."""
    return isinstance(layer, Conv2D) and any(map(any, layer.zeros))


def is_strided(layer):
    """Whether it is a Conv2D that leaves out pixels."""
    return isinstance(layer, Conv2D) and layer.stride > 1


# ----------------------------------------------------------------------------- of the random trials


def comparable(trials, failing):
    """The trials; if others failed by their numbers, those that gave numbers: the others say nothing of their kind."""
    return [trial for trial in trials if trial.problem is None] if failing[0].problem is None else trials


def hopeless_kinds(where, trials, failing):
    """The kinds of cases of which many were tried and none failed, where several would have if they failed as others.

    And the depths at which the claim fits no network.
    """
    depths = {len(trial.case.net.neuron_layers) for trial in trials}
    unfit = {("depth", depth) for depth in where.depths if len(trials) >= MANY and depth not in depths}

    # of those that failed by numbers, or by problems
    trials = comparable(trials, failing)
    tried = collections.Counter(kind for trial in trials for kind in kinds_of_case(trial.case))
    failed = {kind for trial in failing for kind in kinds_of_case(trial.case)}
    enough = max(ENOUGH, EXPECTED * len(trials) / len(failing))
    return unfit | {kind for kind, count in tried.items() if count >= enough and kind not in failed}


def least_sizes(failing):
    """{property: its least value} of the cases that failed."""
    kinds = sorted(kind for trial in failing for kind in kinds_of_case(trial.case))
    return {key: value for key, value in reversed(kinds)}


def is_larger_than_needed(kinds, least):
    """Whether something is more than a few where few are enough for the claim to fail; `least` as in `least_sizes`."""
    return any(size > FEW >= least.get(key, size) for key, size in kinds)
