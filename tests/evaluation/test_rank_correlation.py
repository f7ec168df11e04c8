"""Ranks and rank correlations, worked by hand."""

import numpy as np
import pytest

from minprune.evaluation.rank_correlation import ranks, spearman


def test_the_lowest_value_has_rank_one():
    assert ranks(np.array([10.0, 30.0, 20.0])).tolist() == [1, 3, 2]
    assert ranks([7]).tolist() == [1]


def test_equal_values_share_the_mean_of_their_ranks():
    assert ranks(np.array([5.0, 1.0, 5.0, 9.0, 5.0])).tolist() == [3, 1, 3, 5, 3]       # three take up 2, 3, 4
    assert ranks([4, 4, 1, 1]).tolist() == [3.5, 3.5, 1.5, 1.5]
    assert ranks([2, 2, 2]).tolist() == [2, 2, 2]


def test_infinities_have_ranks():
    assert ranks(np.array([np.inf, 0.0, -np.inf])).tolist() == [3, 2, 1]
    assert ranks([np.inf, np.inf, 0]).tolist() == [2.5, 2.5, 1]


def test_the_same_and_the_opposite_order():
    assert spearman([1, 2, 3], [10, 20, 30]) == pytest.approx(1)
    assert spearman([1, 2, 3], [30, 20, 10]) == pytest.approx(-1)


def test_without_equal_values_it_is_the_formula_of_the_differences():
    # ρ = 1 − 6 Σ d² / (K (K² − 1)); d = (−1, 1, 0, 0)
    assert spearman([1, 2, 3, 4], [2, 1, 3, 4]) == pytest.approx(1 - 6 * 2 / (4 * 15))
    # d = (−2, 1, 1)
    assert spearman([1, 2, 3], [3, 1, 2]) == pytest.approx(1 - 6 * 6 / (3 * 8)) == pytest.approx(-0.5)


def test_with_equal_values_it_is_the_correlation_of_the_ranks():
    # ranks (1, 2, 3) and (1.5, 1.5, 3): a = (−1, 0, 1), b = (−½, −½, 1), a·b = 1.5, a·a = 2, b·b = 1.5
    assert spearman([1, 2, 3], [5, 5, 9]) == pytest.approx(1.5 / np.sqrt(2 * 1.5))
    # ranks (1.5, 1.5, 3.5, 3.5) and (1, 2, 3, 4): a·b = 4, a·a = 4, b·b = 5
    assert spearman([0, 0, 1, 1], [1, 2, 3, 4]) == pytest.approx(4 / np.sqrt(20))


def test_it_is_zero_where_all_values_of_one_list_are_equal():
    assert spearman([1, 1, 1], [1, 2, 3]) == spearman([1, 2, 3], [0, 0, 0]) == spearman([4, 4], [4, 4]) == 0
    assert spearman([5], [7]) == 0


def test_only_the_order_counts_and_both_lists_count_alike():
    assert spearman([1, 2, 3], np.exp([1, 2, 3])) == pytest.approx(1)
    values = np.random.default_rng(0).normal(size=(2, 20))
    assert spearman(*values) == spearman(*values[::-1]) == pytest.approx(spearman(values[0], 3 * values[1] + 1))
