"""The line joins the best candidates, and each score and scope has its mark."""

import numpy as np
import pytest

from minprune import plots
from minprune.strategies.candidates import Candidate
from minprune.strategies.frontier import Frontier


def tried(score, scope, size, accuracy, loss=0.5):
    return Candidate(score, scope, 0.5, {"a": np.array([True])}, size, 3 * size, 2 * size, 8 * size, loss, accuracy)


TRIED = [tried("taylor", "global", 1000, 0.8), tried("taylor", "layer", 1200, 0.7), tried("random", "global", 500, 0.2)]


def test_the_frontier_joins_what_is_best_and_marks_every_score_and_scope(line):
    figure = plots.frontier(Frontier(TRIED, tried("unpruned", "", 2000, 0.9)), "digits, seed 0")
    (ax,) = figure.axes
    best = line(ax, "best at this size")
    assert best.get_xydata().tolist() == [[1000, 0.2], [2000, 0.8]] and best.get_drawstyle() == "steps-post"
    taylor, hollow, random = (line(ax, label) for label in ("taylor, global", "taylor, layer", "random, global"))
    assert taylor.get_xydata().tolist() == [[2000, 0.8]] and hollow.get_xydata().tolist() == [[2400, 0.7]]
    assert taylor.get_marker() == hollow.get_marker() != random.get_marker()
    assert taylor.get_markerfacecolor() == taylor.get_color() and hollow.get_markerfacecolor() == "white"
    assert line(ax, "unpruned").get_xydata().tolist() == [[4000, 0.9]]
    assert len(ax.lines) == 5 and ax.get_xlim()[0] == 0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("multiply-adds", "accuracy on the validation data")
    assert ax.xaxis.get_major_formatter()(12000) == "12,000" and ax.yaxis.get_major_formatter()(0.5) == "50%"
    assert figure.get_suptitle() == "Which strategy keeps the most at each size?\ndigits, seed 0"


@pytest.mark.parametrize("size, factor, label", [("parameters", 3, "parameters"), ("neurons", 1, "neurons"),
                                                 ("bytes", 8, "bytes on disk")])
def test_the_frontier_by_another_size(size, factor, label, line):
    figure = plots.frontier(Frontier(TRIED, tried("unpruned", "", 2000, 0.9)), size=size)
    assert line(figure.axes[0], "taylor, global").get_xydata().tolist() == [[1000 * factor, 0.8]]
    assert figure.axes[0].get_xlabel() == label


def test_the_frontier_of_losses(line):
    points = [tried("a", "layer", 5, None, 0.3), tried("a", "layer", 3, None, 0.6)]
    search = Frontier(points, tried("u", "", 9, None, 0.1))
    (ax,) = plots.frontier(search, size="neurons").axes
    assert line(ax, "best at this size").get_xydata().tolist() == [[3, 0.6], [5, 0.3]]
    assert ax.get_ylabel() == "loss on the validation data" and ax.yaxis.get_major_formatter()(0.5) != "50%"


@pytest.mark.parametrize("make, error, message", [
    (lambda: plots.frontier(TRIED), TypeError, "search expects what mp.search_strategies returns, got list"),
    (lambda: plots.frontier(Frontier(TRIED, TRIED[0]), size="latency"), ValueError, 'unknown size "latency"'),
])
def test_the_frontier_refuses(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("make", [
    lambda: plots.frontier(Frontier(TRIED, tried("unpruned", "", 2000, 0.9)), "digits, mlp, seed 0"),
    lambda: plots.frontier(Frontier([tried(f"score{n}", scope, 10**7, 0.5) for n in range(8) for scope in
                                     ("global", "layer")], tried("unpruned", "", 2 * 10**7, 0.9)), "digits"),
])
def test_no_text_lies_over_another(make, overlaps):
    assert overlaps(make()) == []
