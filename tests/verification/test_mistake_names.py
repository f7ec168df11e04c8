"""A sample of the mistakes that tests/benchmarks/mistake_names.py makes in the true formulas: each has its name."""

import importlib
import itertools

import pytest
from mistake_names import KINDS, compiled, true_formulas

from minprune.verification.verify import verify

FORMULAS = true_formulas()
# (the kind of mistake, the true formula, in which of the places where it can be made)
SAMPLE = [("1 − o", "dz of tanh by o", 0), ("1 − o", "curvature in z", 1), ("1 − o", "curvature in W", 1),
          ("plus t", "output delta", 0), ("plus t", "curvature in o below tanh", 0),
          ("without bias", "z of batch norm", 0), ("minus f″", "curvature in z", 0),
          ("var for σ", "dW below batch norm", 0), ("no square", "dz from x and W", 0),
          ("no square", "curvature in o of mse", 0), ("no square", "curvature in z", 1),
          ("no square", "curvature in W", 1), ("no square", "curvature in o below tanh", 0)]


@pytest.mark.parametrize("kind, name, place", SAMPLE)
def test_a_planted_mistake_gets_its_name(kind, name, place, monkeypatch):
    monkeypatch.setattr(importlib.import_module("minprune.verification.verify"), "find_counterexample",
                        lambda *anything: None)
    (make, names), (tree, claim) = KINDS[kind], FORMULAS[name]
    wrong = next(itertools.islice(make(tree), place, None))
    verdict = verify(compiled(wrong), **claim, trials=12)
    assert not verdict and verdict.mistake and verdict.mistake.name.startswith(names), str(verdict)
