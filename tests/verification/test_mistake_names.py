"""A sample of the mistakes that tests/benchmarks/mistake_names.py makes in the true formulas: each has its name."""

import importlib

import pytest
from mistake_names import compiled, mistakes

from minprune.verification.verify import verify

KINDS = ("1 − o", "plus t", "without bias", "minus f″", "var for σ", "no square")
SAMPLE = [row for row in mistakes(KINDS) if "removal" not in row[1] and "softmax" not in row[1]]


@pytest.mark.parametrize("kind, name, wrong, claim, names", SAMPLE[::2], ids=lambda value: value
                         if isinstance(value, str) else "")
def test_a_planted_mistake_gets_its_name(kind, name, wrong, claim, names, monkeypatch):
    monkeypatch.setattr(importlib.import_module("minprune.verification.verify"), "find_counterexample",
                        lambda *anything: None)
    verdict = verify(compiled(wrong), **claim, trials=12)
    assert not verdict and verdict.mistake and verdict.mistake.name.startswith(names), str(verdict)
