"""Kinds of cases: what never failed in many trials is left out, and what was hardly tried is not."""

import numpy as np

import minprune as mp
from minprune.verification.claims.claim import Trial
from minprune.verification.counterexamples.kinds import (comparable, hopeless_kinds, is_larger_than_needed,
                                                         kinds_of_case, kinds_of_structure, least_sizes)
from minprune.verification.counterexamples.small_networks import Structure, build
from minprune.verification.sampling.random_networks import Case
from minprune.verification.sampling.where import Where


def trial(neurons, error, problem=None, hidden=1):
    net = mp.Network(2, [*[mp.Dense(neurons)] * hidden, mp.Dense(1)])
    return Trial(Case(net, "dense1", np.ones((3, 2)), np.zeros((3, 1)), "mse"), None, None, error, problem=problem)


def hopeless(trials, **where):
    return hopeless_kinds(Where(where), trials, [each for each in trials if each.error and not each.problem])


def test_the_kinds_of_a_case_by_hand():
    assert kinds_of_case(trial(4, 0).case) == {("depth", 2), ("samples", 3), ("neurons", 4), ("outputs", 1),
                                               ("inputs", 2), ("padded", False), ("strided", False)}


def test_the_kinds_of_a_structure_are_those_of_its_cases():
    for conv in (mp.Conv2D(2, 1), mp.Conv2D(1, (1, 2), padding="same"), mp.Conv2D(1, 1, stride=2)):
        structure = Structure((1, 3, 1), [conv, mp.Flatten(), mp.Dense(1)], 2)
        net = build(structure, "identity", "identity")
        case = Case(net, "conv1", np.ones((2, 1, 3, 1)), np.zeros((2, 1)), "mse")
        assert kinds_of_structure(structure) == kinds_of_case(case) - {("neurons", conv.K)}


def test_what_never_failed_in_many_trials_is_hopeless():
    trials = 10 * [trial(1, 0)] + 10 * [trial(2, 1)]
    assert hopeless(trials) & {("neurons", 1), ("neurons", 2)} == {("neurons", 1)}
    assert ("neurons", 1) not in hopeless(3 * [trial(1, 0)] + 10 * [trial(2, 1)])


def test_what_fails_rarely_needs_more_trials_to_be_hopeless():
    """One of 40 fails: of 20 networks with one neuron it would have been half a one."""
    assert ("neurons", 1) not in hopeless(20 * [trial(1, 0)] + 19 * [trial(2, 0)] + [trial(2, 1)])


def test_trials_without_numbers_say_nothing_of_their_kind():
    trials = 10 * [trial(1, np.inf, problem="no numbers")] + 10 * [trial(2, 1)]
    assert ("neurons", 1) not in hopeless(trials)
    assert comparable(trials, trials[10:]) == trials[10:] and comparable(trials, trials[:10]) == trials


def test_a_depth_that_the_claim_fits_nowhere_is_hopeless():
    assert hopeless(20 * [trial(1, 1, hidden=2)]) == {("depth", 2), ("depth", 4)}
    assert hopeless(5 * [trial(1, 1, hidden=2)]) == set()


def test_many_only_where_a_few_do_not_fail():
    few, many = least_sizes([trial(3, 1), trial(5, 1)]), least_sizes([trial(6, 1), trial(5, 1)])
    assert (few["neurons"], many["neurons"], few["samples"]) == (3, 5, 3)
    assert is_larger_than_needed({("neurons", 5)}, few) and not is_larger_than_needed({("neurons", 5)}, many)
    assert not is_larger_than_needed({("neurons", 4), ("padded", True)}, few)
