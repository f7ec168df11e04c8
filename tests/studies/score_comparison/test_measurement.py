"""What is measured of a score, by hand."""

import numpy as np
import pytest

from minprune.evaluation.rank_correlation import spearman
from minprune.studies.score_comparison.measurement import agreement, summary


def test_agreement_is_by_layer_and_of_all_neurons_together():
    truth = {"a": np.array([0.0, 1.0, 2.0]), "b": np.array([3.0, 4.0])}
    rho = agreement({"a": np.array([5.0, 6.0, 7.0]), "b": np.array([1.0, 0.0])}, truth)
    assert rho["a"] == pytest.approx(1) and rho["b"] == pytest.approx(-1)
    assert rho["overall"] == pytest.approx(spearman([5, 6, 7, 1, 0], [0, 1, 2, 3, 4]))


def test_the_summary_is_mean_and_deviation_over_the_networks_and_the_median_cost():
    rows = [{"rho": {"a": rho, "overall": rho}, "cost": cost, "loss": [1.0, cost], "accuracy": [None, None]}
            for rho, cost in ((0.5, 1.0), (0.5, 2.0), (0.5, 9.0))]
    assert summary(rows) == {"rho": {"a": (0.5, 0), "overall": (0.5, 0)}, "cost": 2.0,
                             "loss": [(1.0, 0), (4.0, pytest.approx(19 ** 0.5))], "accuracy": None}
