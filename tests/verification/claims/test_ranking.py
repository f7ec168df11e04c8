"""The claim that a formula ranks neurons as a measured quantity does: one network by hand, and verdicts."""

import numpy as np
import pytest

import minprune as mp
from cases import each
from minprune.evaluation.rank_correlation import ranks, spearman
from minprune.verification.claims import ranking
from minprune.verification.claims.claim import Request, Trial
from minprune.verification.claims.ranking import RANKING_QUANTITIES, Ranking, by_neuron, check_least, differences
from minprune.verification.formulas import Formula
from minprune.verification.sampling.random_networks import Case
from minprune.verification.sampling.where import Where
from minprune.verification.verify import verify

NET = mp.Network(1, [mp.Dense(3), mp.Dense(1)])
NET["dense1"].W[...], NET["dense2"].W[...] = [[1], [2], [-1]], [[1, 1, 1]]
# o = (x, 2x, −x), y = 2x, t = 0: dy = 2x, do = 2x for each, for x = 1, −2: do = (2, 2, 2), (−4, −4, −4)
# removal of o: ½ (y − o)² − ½ y² = ½ o² − y o: x² (½ − 2, 2 − 4, ½ + 2) = x² (−1.5, −2, 2.5)
CASE = Case(NET, "dense1", np.array([[1.0], [-2.0]]), np.zeros((2, 1)), "mse")
REMOVAL = np.array([[-1.5, -2, 2.5], [-6, -8, 10]])


def taylor(o, do):
    return np.abs((o * do).sum(axis=1))


def claim(formula, name="removal", least=0.5):
    return Ranking(Formula(formula), name, least)


def trial(claimed=None, measured=None, error=0.0, problem=None):
    arrays = [None if array is None else np.array(array, float) for array in (claimed, measured)]
    return Trial(CASE, *arrays, error, problem=problem)


# ------------------------------------------------------------------------------------ one network by hand


def test_the_error_of_a_trial_is_what_the_correlation_lacks():
    """Means over the samples. |o do| = (2, 4, 2), (8, 16, 8): of ranks (1.5, 3, 1.5); of the removal's (2, 1, 3)."""
    result = claim(taylor).trial(CASE)
    np.testing.assert_allclose(result.claimed, [5, 10, 5])
    np.testing.assert_allclose(result.measured, REMOVAL.mean(axis=0))
    # a = (−½, 1, −½), b = (0, −1, 1): a·b = −1.5, a·a = 1.5, b·b = 2
    assert result.error == pytest.approx(1 + 1.5 / np.sqrt(1.5 * 2)) and result.problem is None
    assert result.case is CASE and result.form == "" and result.slopes is None
    assert claim(taylor, "|removal|").trial(CASE).error == pytest.approx(1)             # |removal| has ranks (1, 2, 3)
    np.testing.assert_allclose(claim(taylor, "|removal|").trial(CASE).measured, np.abs(REMOVAL).mean(axis=0))


@pytest.mark.parametrize("formula", [
    lambda o, do, W_next: (-o * do)[:, 0] + o[:, 0] ** 2 / 2, lambda o, do: (-o * do)[:, :] + o[:, :] ** 2 / 2,
    lambda o, do: ((-o * do)[:, 0] + o[:, 0] ** 2 / 2).mean(axis=0)])
def test_a_formula_may_return_each_sample_or_the_mean(formula):
    result = claim(formula).trial(CASE)
    np.testing.assert_allclose(result.claimed, REMOVAL.mean(axis=0))
    assert result.error == pytest.approx(0)


def test_a_number_for_each_neuron_is_never_taken_for_samples():
    """Even where there are as many samples as neurons, and whatever shapes the quantity has."""
    three = Case(NET, "dense1", np.array([[1.0], [-2.0], [1.0]]), np.zeros((3, 1)), "mse")
    for name in RANKING_QUANTITIES:
        assert claim(lambda W: W[:, 0], name).trial(three).claimed.tolist() == [1, 2, -1]


def test_means_over_samples_and_sums_over_positions():
    array = np.arange(12.0).reshape(2, 3, 2)
    assert by_neuron(array).tolist() == [(6 + 24) / 2, (9 + 27) / 2]
    assert by_neuron(array[:, 0]).tolist() == [3, 4] and by_neuron(array[0, 0]).tolist() == [0, 1]


def test_what_cannot_be_ranked_is_a_problem():
    raised, shape = claim(lambda o: o[9]).trial(CASE), claim(lambda o: o[0, 0, 0]).trial(CASE)
    assert raised.error == shape.error == np.inf and raised.claimed is raised.measured is shape.claimed is None
    assert "raised IndexError" in raised.problem and "returned the shape ()" in shape.problem


def test_a_rank_needs_two_neurons_and_a_layer_that_is_read():
    one = Case(mp.Network(1, [mp.Dense(1), mp.Dense(1)]), "dense1", CASE.x, CASE.t, "mse")
    block = mp.Network(2, [mp.Dense(2), mp.Residual([mp.Dense(2)]), mp.Dense(1)])
    coupled = Case(block, "dense2", np.ones((1, 2)), np.ones((1, 1)), "mse")
    assert [claim(lambda o: o).fits(case) for case in (CASE, one, coupled)] == [True, False, False]
    assert not claim(lambda W_next: W_next).fits(Case(NET, "dense2", CASE.x, CASE.t, "mse"))


def test_ranks_and_spearman_by_hand():
    np.testing.assert_array_equal(ranks(np.array([10.0, 30, 20, 20])), [1, 4, 2.5, 2.5])
    assert spearman(np.array([1.0, 2, 3]), np.array([10.0, 20, 500])) == 1
    assert spearman(np.array([1.0, 2, 3, 4]), np.array([2.0, 1, 4, 3])) == pytest.approx(0.6)
    assert spearman(np.ones(3), np.arange(3.0)) == 0


# ------------------------------------------------------------------------------------ all networks


def test_the_median_decides():
    made = claim(taylor, "|removal|", least=0.5)
    assert made.tolerance == 0.5 and str(made) == "taylor ranks neurons like |removal|"
    holds, text, found = made.judge([trial(error=error) for error in (0, 0.5, 1.9)])
    assert holds and found == {"median": 0.5, "quartiles": [pytest.approx(-0.2), 0.75]}
    assert text == ("Spearman's rank correlation with |removal|: median 0.50, on half of the networks between -0.20 "
                    "and 0.75; the claim asks for a median of 0.5 or more.")
    assert not made.judge([trial(error=error) for error in (0, 0.51, 1.9)]).holds
    assert made.judge([trial(error=0), trial(problem="raised")]) == (False, "", {})


@each("errors, least, upside_down", [
    ([1.5], 0.5, True), ([1.49], 0.5, False), ([2, 2, 0], 0.9, True), ([1], 0, False), ([0.4], -0.5, False)])
def test_a_ranking_may_be_upside_down(errors, least, upside_down):
    text = claim(taylor, least=least).judge([trial(error=error) for error in errors]).summary
    assert text.endswith(" The ranking is upside down.") == upside_down


def test_the_spread_is_of_all_correlations():
    spread = claim(taylor, least=0.7).spread([trial(error=0.25), trial(problem="raised"), trial(error=2)])
    assert spread.values.tolist() == [0.75, -1] and spread.least == 0.7
    assert spread.text == "Spearman's rank correlation with removal"


# ------------------------------------------------------------------------------------ counterexamples


@each("claimed, measured, error, shown", [
    ([1, 2], [2, 1], 2, True), ([1, 1.2], [2, 1], 2, False), ([1, 2], [1.2, 1], 2, False),      # both clearly apart
    ([1, 2], [2, 1], 1, False),                                 # and the ranking as a whole is wrong
    ([1, 2, 1.9], [1, 1, 1.1], 1.5, False), ([-1, -2], [1, 2], 2, True), ([0, 1], [1, 0], 2, True)])
def test_what_everyone_can_see(claimed, measured, error, shown):
    assert claim(taylor).shows(trial(claimed, measured, error)) == shown


def test_what_shows_nothing():
    """The formula gives all neurons the same number where they are clearly apart."""
    made = claim(taylor)
    assert made.shows_nothing(trial([1, 1], [1, 2])) and not made.shows_nothing(trial([1, 1], [1, 1.1]))
    assert not made.shows_nothing(trial([1, 2], [1, 2])) and not made.shows_nothing(trial(problem="raised"))
    assert made.shows(trial(problem="raised")) is True
    first, last = made.ways_to_show([])
    assert first == made.shows and last(trial([1, 1], [1, 2])) and last(trial([1, 2], [2, 1], 2))
    assert not last(trial([1, 2], [1, 2]))


def test_differences_are_shares_of_the_largest_number():
    np.testing.assert_allclose(differences(np.array([1.0, -4, 2])), np.array([[0, 5, -1], [-5, 0, -6], [1, 6, 0]]) / 4)
    assert not differences(np.zeros(2)).any()


def test_orders_as_text():
    assert ranking.in_order(np.array([3.0, 1, 3])) == "1 < 0 = 2" and ranking.in_order(np.array([1.0])) == "0"


def test_the_story_of_a_ranking():
    made = claim(taylor)
    assert made.story(made.trial(CASE)) == [
        "  For the neurons of dense1 taylor gives [5, 10, 5], "
        "removal, the mean over the samples, is [-3.75, -5, 6.25].",
        "  From the least important to the most, by their index: 1 < 0 < 2 by removal, 0 = 2 < 1 by taylor."]
    constant = claim(lambda o: 0 * o)
    alone = CASE.of(samples=slice(0, 1))
    assert constant.story(constant.trial(alone)) == [
        "  For the neurons of dense1 formula gives [0, 0, 0], removal is [-1.5, -2, 2.5].",
        "  From the least important to the most, by their index: 1 < 0 < 2 by removal, "
        "none before the other by formula."]


# ------------------------------------------------------------------------------------ as verify makes it


def request(value, least=0.5):
    return Request(value, 1e-6, 1, least, Where(), seed=0)


def test_ranking_as_verify_makes_it():
    made = Ranking.from_request(Formula(taylor), request("|removal|", least=0.25))
    assert (made.measured, made.least, made.tolerance) == ("|removal|", 0.25, 0.75)
    assert not Ranking.goes_with_the_output_layer("dL/do")
    with pytest.raises(ValueError, match='unknown quantity "removals"; did you mean "removal"'):
        Ranking.from_request(Formula(taylor), request("removals"))
    with pytest.raises(ValueError, match='unknown quantity that ranks neurons: "dL/dW"'):
        Ranking.from_request(Formula(taylor), request("|dL/dW|"))
    with pytest.raises(ValueError, match="least expects a correlation, at most 1, got 1.5"):
        Ranking.from_request(Formula(taylor), request("removal", least=1.5))


def test_ranks_are_of_several_neurons_and_means_of_several_samples():
    assert Ranking.where_settings("removal") == {"neurons": (6, 7, 8), "samples": (12,)}


def test_counterexamples_of_rankings_are_smaller():
    assert Ranking.smaller == {"neurons": (2, 3), "samples": (1, 2)}


def test_correlations_lie_between_minus_one_and_one():
    assert [check_least(least) for least in (-1, 0, 0.5, 1)] == [-1, 0, 0.5, 1]
    for least in (-1.5, 1.001, float("nan")):
        with pytest.raises(ValueError, match="least expects"):
            check_least(least)


def test_points_are_called_claimed_and_measured():
    assert claim(taylor).labels == ("claimed", "measured removal")


# ------------------------------------------------------------------------------------ verdicts


def test_the_summary_has_the_spread():
    verdict = verify(taylor, ranks_like="|removal|", trials=40)
    low, high = verdict.found["quartiles"]
    assert verdict and -1 <= low <= verdict.found["median"] <= high <= 1 and verdict.found["median"] > 0.5
    assert f"Spearman's rank correlation with |removal|: median {verdict.found['median']:.2f}" in str(verdict)
    assert not verify(taylor, ranks_like="|removal|", trials=40, least=0.9999, where={"neurons": 16})


def test_the_removal_ranks_like_itself():
    exact = verify(lambda o, do, W_next: (-o * do)[:, 0] + o[:, 0] ** 2 * (W_next ** 2).sum(axis=0) / 2,
                   ranks_like="removal", where={"layer": "last hidden", "loss": "mse"}, trials=20, least=1)
    assert exact and exact.found["median"] == 1


def test_upside_down():
    verdict = verify(lambda do: -np.abs(do), ranks_like="|dL/do|", where={"samples": 1}, trials=20)
    assert verdict.found["median"] == -1 and "upside down" in str(verdict) and verdict.mistake is None


def test_weights_alone_can_rank():
    for quantity in ("removal", "|dL/do|", "dL/db"):
        assert verify(lambda W: np.abs(W).sum(axis=1), ranks_like=quantity, trials=10).problem is None


def test_a_median_of_minus_one_may_be_claimed():
    assert verify(lambda o, do: -taylor(o, do), ranks_like="|removal|", trials=5, least=-1)


def test_a_correlation_is_at_most_1():
    with pytest.raises(ValueError, match="least expects a correlation, at most 1, got 1.5"):
        verify(lambda do: do, ranks_like="removal", least=1.5)
