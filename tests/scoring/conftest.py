"""Settings with which scores that repeat something are asked in the tests of all scores."""

import inspect

import pytest

from minprune.scoring.catalogue import CATALOGUE

FEW = {"steps": 3, "permutations": 3, "draws": 3}       # what is true of any number of them is true of few, and sooner


def few_of(name):
    """{setting: few} of those that the score of this name has."""
    known = inspect.signature(CATALOGUE[name]).parameters
    return {setting: count for setting, count in FEW.items() if setting in known}


@pytest.fixture(scope="session")
def few():
    return few_of
