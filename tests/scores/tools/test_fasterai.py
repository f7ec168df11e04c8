"""fasterai 0.4.1: its criteria print these numbers."""


import minprune as mp
from cases import each

tool = mp.scores.tools.fasterai


@each("kind", ["dense", "conv_bn"])
@each("name", ["large_final", "squared_final", "small_final", "grad_crit", "wanda"])
def test_scores_are_those_that_it_printed(recorded, kind, name):
    assert recorded[kind].agrees(getattr(tool, name), "fasterai", name)


def test_one_less_goes_than_is_asked_for():
    seen = {0.05: 0, 0.1: 0, 0.2: 1, 0.25: 1, 0.3: 2, 0.45: 3, 0.5: 4, 0.75: 6, 0.8: 7, 0.9: 8, 0.99: 8}
    assert {ratio: tool.removed(10, ratio) for ratio in seen} == seen
