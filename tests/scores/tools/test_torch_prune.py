"""PyTorch 2.13.0: torch.nn.utils.prune and torch.ao.pruning give these numbers."""

import pytest

import minprune as mp

tool = mp.scores.tools.torch_prune


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_scores_are_those_that_it_printed(recorded, kind):
    assert recorded[kind].agrees(tool.ln_structured, "torch_prune", "ln_structured:2")
    assert recorded[kind].agrees(tool.ln_structured, "torch_prune", "ln_structured:1", n=1)
    assert recorded[kind].agrees(tool.saliency_pruner, "torch_prune", "ln_structured:1")
    assert recorded[kind].agrees(tool.fpgm_pruner, "torch_prune", "fpgm_pruner")


def test_weight_norm_sparsifier_ranks_mean_squares(recorded):
    assert recorded["dense"].agrees(tool.weight_norm_sparsifier, "torch_prune", "weight_norm_sparsifier")


def test_a_half_is_rounded_to_the_even_number():
    assert [tool.removed(K, 0.5) for K in (1, 3, 5, 7)] == [0, 2, 2, 4]
    assert [tool.removed(10, ratio) for ratio in (0.15, 0.25, 0.35, 0.45, 0.95)] == [2, 2, 4, 4, 10]
