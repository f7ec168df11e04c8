"""Scores that know nothing, to compare the others with."""

from ..engine.checks import check_seed
from .score import Score


def random(net, seed=0):
    """A number drawn at random for each neuron: what any other score has to beat.

    Formula:  I_i ~ Uniform(0, 1)
    Point:    nothing
    Order:    none; the same seed gives the same scores
    Cost:     none
    Claims:   not permutation
    Source:   the usual control
    Differs:  nothing to differ in; the seed is an argument, where tools mostly use a global one
    """
    rng = check_seed(seed)
    return {name: rng.random(net[name].K) for name in net.hidden_layers}


SCORES = (Score(random, blocks=True, series=True),)
