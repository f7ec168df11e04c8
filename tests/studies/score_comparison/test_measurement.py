"""What is measured of a score, by hand."""

import numpy as np
import pytest

import minprune as mp
from minprune.evaluation.rank_correlation import spearman
from minprune.evaluation.timing import Ratio, Turns
from minprune.studies.score_comparison import measurement
from minprune.studies.score_comparison.measurement import Subject, agreement, compute_and_time, cost_of, summary


def test_agreement_is_by_layer_and_of_all_neurons_together():
    truth = {"a": np.array([0.0, 1.0, 2.0]), "b": np.array([3.0, 4.0])}
    rho = agreement({"a": np.array([5.0, 6.0, 7.0]), "b": np.array([1.0, 0.0])}, truth)
    assert rho["a"] == pytest.approx(1) and rho["b"] == pytest.approx(-1)
    assert rho["overall"] == pytest.approx(spearman([5, 6, 7, 1, 0], [0, 1, 2, 3, 4]))


def test_the_summary_is_mean_and_deviation_over_the_networks_and_the_median_cost():
    rows = [{"rho": {"a": rho, "overall": rho}, "cost": Ratio(cost, 0.9 * cost, 1.1 * cost, 9, 9), "loss": [1.0, cost],
             "accuracy": [None, None], "seconds": 2.0} for rho, cost in ((0.5, 1.0), (0.5, 2.0), (0.5, 9.0))]
    assert summary(rows) == {"rho": {"a": (0.5, 0), "overall": (0.5, 0)}, "cost": 2.0,
                             "cost_interval": (pytest.approx(1.8), pytest.approx(2.2)), "cost_problem": "",
                             "loss": [(1.0, 0), (4.0, pytest.approx(19 ** 0.5))], "accuracy": None,
                             "by_network": {"quality": [-1.0, -1.5, -5.0], "rho": [0.5] * 3}, "seconds": 6.0}


def test_costs_that_are_not_measurable_are_left_out_and_told_if_there_are_no_others():
    steady, waited = Ratio(3.0, 2.9, 3.1, 9, 9), Ratio(40.0, 2.0, 90.0, 9, 9)
    assert cost_of([waited, steady, waited])["cost"] == 3.0
    nothing = cost_of([waited, waited])
    assert nothing["cost"] is None and "pairs of passes disagree" in nothing["cost_problem"]


def test_a_cost_is_the_median_over_the_passes_beside_it(monkeypatch):
    """Two computations of 6 and 12 ms; passes of 2 and 4 ms, of which one waited for a core for 50 ms."""
    def turns(functions, seconds, least, warm):
        for function in functions:
            function()
        taken = np.array([[6.0] + [2.0] * 5, [12.0] + [4.0] * 4 + [50.0]])
        return Turns(taken, np.minimum(taken, [[12.0] + [4.0] * 5] * 2))

    monkeypatch.setattr(measurement, "take_turns", turns)
    net, x, t = mp.Network(3, [mp.Dense(4, "relu"), mp.Dense(2)]), np.ones((5, 3)), np.array([0, 1, 0, 1, 1])
    scores, cost = compute_and_time(Subject(net, x, t, "cross_entropy", (), []), "taylor")
    assert (cost.median, cost.low, cost.high, cost.pairs, cost.all_pairs) == (3, 3, 3, 9, 10)
    np.testing.assert_array_equal(scores["dense1"], mp.score(net, "taylor", x, t)["dense1"])
