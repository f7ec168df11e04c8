"""NNI 3.0: its pruners have these metrics."""

import pytest

import minprune as mp

tool = mp.scores.tools.nni


@pytest.mark.parametrize("kind", ["dense", "conv"])
@pytest.mark.parametrize("name", ["l1_norm", "l2_norm", "fpgm", "taylor"])
def test_scores_are_those_that_it_printed(recorded, kind, name):
    assert recorded[kind].agrees(getattr(tool, name), "nni", name)


def test_it_rounds_down():
    seen = {0.05: 0, 0.1: 1, 0.25: 2, 0.3: 3, 0.45: 4, 0.55: 5, 0.75: 7, 0.8: 8, 0.95: 9}
    assert {ratio: tool.removed(10, ratio) for ratio in seen} == seen
