"""`minprune compare`: its options become settings. (A small comparison is run in tests/studies/score_comparison.)"""

import pytest

from minprune.datasets import Source
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


def test_the_options_of_data_are_one_setting_and_what_is_concluded_is_printed(call, settings, tmp_path):
    (tmp_path / "t.csv").write_text("".join(f"{n}.5,{n % 2}\n" for n in range(20)))
    _, printed, _ = call("compare", "--data", str(tmp_path / "t.csv"), "--scale", "--target", "-1")
    data = Source(str(tmp_path / "t.csv"), target=["-1"], scale=True)
    assert settings == [score_comparison.Settings(data=data, leave_out=[])]
    assert printed.startswith("data: 2 classes in the last column: 0, 1\ndata: x is standardised")
