"""zennit 1.0.0: the relevance that its composites give to a layer."""


import minprune as mp
from cases import each

tool = mp.scores.tools.zennit


@each("kind", ["dense", "conv"])
@each("name", ["epsilon", "epsilon_plus"])
def test_scores_are_those_that_it_printed(recorded, kind, name):
    assert recorded[kind].agrees(getattr(tool, name), "zennit", name)
