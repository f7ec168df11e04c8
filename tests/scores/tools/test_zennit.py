"""zennit 1.0.0: the relevance that its composites give to a layer."""

import pytest

import minprune as mp

tool = mp.scores.tools.zennit


@pytest.mark.parametrize("kind", ["dense", "conv"])
@pytest.mark.parametrize("name", ["epsilon", "epsilon_plus"])
def test_scores_are_those_that_it_printed(recorded, kind, name):
    assert recorded[kind].agrees(getattr(tool, name), "zennit", name)
