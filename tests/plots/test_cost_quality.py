"""Cost against quality: each score stands where its numbers say, the best stand out."""

import pytest

from minprune import plots


def test_points_and_names():
    row = {"accuracy": [(0.5, 0.1)]}
    scores = {"removal": {**row, "cost": 40.0, "by_network": {"quality": [0.8, 0.9]}},
              "cheap": {**row, "cost": 0.0, "by_network": {"quality": [0.6, 0.8]}},
              "even": {**row, "cost": 1.0, "by_network": {"quality": [0.6]}},
              "random": {**row, "cost": 0.5, "by_network": {"quality": [0.2]}},
              "unknown": {**row, "cost": None, "by_network": {"quality": [0.9]}}}
    ranking = [{"measure": "quality", "best": "cheap", "even": {"even": 0.4}},
               {"measure": "rho", "best": "random", "even": {}},
               {"measure": "quality", "best": "removal", "even": {}}]
    figure = plots.cost_quality(scores, ranking, "digits")
    (ax,) = figure.axes
    others, even, best = (points.get_offsets().tolist() for points in ax.collections)
    assert others == [[0.5, 0.2]] and even == [[1.0, 0.6]]
    assert best == [pytest.approx([0.02, 0.7]), pytest.approx([40.0, 0.85])]
    assert [text.get_text() for text in ax.texts] == ["cheap", "random", "removal"] and ax.get_xscale() == "log"
    assert figure.get_suptitle().endswith("\ndigits") and ax.get_ylabel() == "mean accuracy after all cuts"
    losses = plots.cost_quality({"a": {**scores["even"], "accuracy": None}}, [])
    assert losses.axes[0].get_ylabel().startswith("mean −loss")
    with pytest.raises(ValueError, match="scores expects a dict"):
        plots.cost_quality({}, [])
