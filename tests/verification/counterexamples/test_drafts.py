"""Drafts: which activations and losses are tried, and how many round numbers, the roundest first."""

import numpy as np
import pytest

import minprune as mp
from minprune.engine.activations import ACTIVATIONS
from minprune.engine.losses import LOSSES
from minprune.verification.claims.claim import Trial
from minprune.verification.counterexamples.drafts import (DRAWS, Combination, combinations_of, drafts_of, draws,
                                                          share_needed)
from minprune.verification.counterexamples.round_numbers import Page, round_targets
from minprune.verification.counterexamples.roughness import roughness
from minprune.verification.counterexamples.small_networks import Structure
from minprune.verification.sampling.random_networks import Case
from minprune.verification.sampling.where import Where

PLAINEST = Combination(ACTIVATIONS["identity"], ACTIVATIONS["identity"], LOSSES["mse"])


def trial(hidden, loss, error=1.0):
    net = mp.Network(1, [mp.Dense(1, hidden), mp.Dense(2)])
    t = LOSSES[loss].prepare(np.array([[1.0, 0.0]]), (2,))
    return Trial(Case(net, "dense1", np.ones((1, 1)), t, loss), None, None, error)


def names(combinations):
    return [(hidden.name, output.name, loss.name) for hidden, output, loss in combinations]


def test_the_combinations_that_failed_and_these_with_the_easiest_loss():
    where = Where({"activation": ["tanh", "relu"]})
    failing = [trial("tanh", "cross_entropy"), trial("relu", "mse")]
    trials = failing + 8 * [trial("relu", "mse", error=0)]
    assert names(combinations_of(where, trials, failing)) == [
        ("relu", "identity", "mse"), ("tanh", "identity", "mse"), ("tanh", "identity", "cross_entropy")]


def test_easier_activations_that_were_hardly_tried_come_first():
    failing = [trial("tanh", "mse")]
    assert names(combinations_of(Where(), failing, failing))[0] == ("identity", "identity", "mse")
    others = ("identity", "relu", "leaky_relu", "sigmoid")
    tried = 40 * failing + [trial(f, "mse", error=0) for f in others for _ in range(10)]
    assert names(combinations_of(Where(), tried, 40 * failing)) == [("tanh", "identity", "mse")]


def test_an_exponential_counts_more_than_a_kink():
    failing = [trial("identity", "cross_entropy"), trial("relu", "mse"), trial("tanh", "mse")]
    found = names(combinations_of(Where(), failing, failing))
    assert found == [("identity", "identity", "mse"), ("relu", "identity", "mse"), ("tanh", "identity", "mse"),
                     ("identity", "identity", "cross_entropy")]


def drafts(near, count=20, features=2):
    page = Page(Structure((features,), [mp.Dense(1), mp.Dense(1)], 1))
    targets = round_targets(LOSSES["mse"], np.random.default_rng(0), (1,))
    return page, drafts_of(page, Where(), PLAINEST, targets, count, np.random.default_rng(1), near)


def test_a_draft_is_as_rough_as_its_case():
    page, every = drafts(near=True)
    for draft in every:
        page.write(draft.row, draft.combination.hidden, draft.combination.output)
        assert roughness(Case(page.net, "dense1", page.x, draft.t, "mse")) == draft.order[:3]


def test_the_first_draft_is_plain_and_the_roundest():
    page, every = drafts(near=True)
    assert every[0].order == (0, 0, 0, 0) == min(draft.order for draft in every)
    np.testing.assert_array_equal(every[0].row, page.plain())
    assert not every[0].t.any()


def test_so_many_drafts():
    _, few = drafts(near=False)
    assert len(few) == 20 + 1 and [draft.layer for draft in few if draft.layer] == ["dense1"]      # 3 and 4 go in pairs
    assert len(drafts(near=False, features=1)[1]) == 20 and len(drafts(near=False, count=1, features=1)[1]) == 1
    page, many = drafts(near=True)
    others = sum(len(values) - 1 for values in page.choices)
    assert len(many) == len(few) + others + 3                                       # targets other than 0: 1, 2 and −1
    assert sum(draft.order[3] == 1 for draft in many) >= others + 3


def test_easy_combinations_are_drawn_more():
    assert [draws(place, 1) for place in range(5)] == [48, 12, 12, 4, 4]
    assert [draws(place, 1 / 6) for place in range(5)] == [8, 2, 2, 1, 1]


@pytest.mark.parametrize("failed, of, needed", [(10, 10, 18), (5, 10, 38), (1, 100, 48)])
def test_what_fails_often_needs_fewer_draws(failed, of, needed):
    """(2/3)^18 and (5/6)^38 are just below 10⁻³."""
    trials = failed * [trial("relu", "mse")] + (of - failed) * [trial("relu", "mse", error=0)]
    assert draws(0, share_needed(trials, trials[:failed])) == needed <= DRAWS[0]
