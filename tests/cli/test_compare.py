"""`minprune compare`: its options become settings. (A small comparison is run in tests/studies/score_comparison.)"""

import pytest

from minprune.studies import score_comparison


@pytest.fixture
def settings(monkeypatch):
    """The Settings of the comparisons, which are not done."""
    settings = []
    monkeypatch.setattr(score_comparison, "compare_scores", settings.append)
    return settings


def test_the_defaults_are_those_of_the_settings(call, settings):
    assert call("compare")[0] == 0
    assert settings == [score_comparison.Settings(leave_out=[])]


def test_scores_are_left_out_by_name(call, refused, settings):
    call("compare", "--leave-out", "shapley", "chip", "--samples", "20")
    assert settings == [score_comparison.Settings(leave_out=["shapley", "chip"], samples=20)]
    assert 'did you mean "taylor"?' in refused("compare", "--leave-out", "tailor")
