"""What the tests of counterexamples share."""

import sys

import pytest

import minprune.verification.verify  # noqa: F401  (the module, which the package hides behind the function)


@pytest.fixture
def search_only(monkeypatch):
    """A failing verdict looks for its counterexample and for nothing else; `undo` of what this returns ends it."""
    module = sys.modules["minprune.verification.verify"]
    monkeypatch.setattr(module, "find_mistake", lambda claim, trials: None)
    monkeypatch.setattr(module, "check_repeated", lambda claim, trials: None)
    return monkeypatch
