"""Only what is worth its size is efficient, and the best is the best of all that was tried."""

import json

import numpy as np
import pytest

from cases import each
from minprune.strategies.candidates import Candidate
from minprune.strategies.frontier import Frontier


def candidate(size, accuracy, score="taylor", loss=0.0, **changes):
    plain = dict(score=score, scope="global", fraction=0.5, keep={"a": np.array([True, False])}, neurons=size,
                parameters=2 * size, multiply_adds=size, bytes=8 * size, loss=loss, accuracy=accuracy)
    return Candidate(**{**plain, **changes})


UNPRUNED = candidate(100, 0.9, "unpruned")
TRIED = [candidate(50, 0.8, "a"), candidate(40, 0.8, "b"), candidate(40, 0.8, "c"), candidate(60, 0.7, "d"),
         candidate(20, 0.5, "e"), candidate(20, 0.6, "f"), candidate(90, 0.85, "g", parameters=10)]
FRONTIER = Frontier(TRIED, UNPRUNED)


def names(candidates):
    return "".join(one.score for one in candidates)


def dominates(one, other, size):
    """The definition: nowhere worse and somewhere better."""
    pairs = [(one.accuracy, other.accuracy), (-getattr(one, size), -getattr(other, size))]
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def test_efficient_is_what_nothing_dominates():
    assert names(FRONTIER.efficient()) == "fbg" and names(FRONTIER.efficient("parameters")) == "g"
    rng = np.random.default_rng(0)
    for _ in range(50):
        tried = [candidate(int(size), accuracy) for size, accuracy in
                 zip(rng.integers(1, 9, 12), rng.integers(0, 6, 12) / 6)]
        expected = {(one.neurons, one.accuracy) for one in tried
                    if not any(dominates(other, one, "neurons") for other in tried)}
        found = Frontier(tried, UNPRUNED).efficient("neurons")
        assert [(one.neurons, one.accuracy) for one in found] == sorted(expected)


@each("told, name", [
    (dict(min_accuracy=0.8), "b"), (dict(min_accuracy=0.55), "f"), (dict(min_accuracy=0.81), "g"),
    (dict(min_accuracy=0.55, size="parameters"), "g"), (dict(max_loss=0), "f"),
    (dict(budget={"multiply_adds": 55}), "b"), (dict(budget={"multiply_adds": 40}), "b"),
    (dict(budget={"multiply_adds": 0.2}), "f"),
    (dict(budget={"neurons": 1.0}), "g"), (dict(budget={"neurons": 95, "parameters": 100}), "g"),
    (dict(budget={"neurons": 89, "parameters": 0.5}), "b"), (dict(budget={"bytes": 399}), "b"),
])
def test_best(told, name):
    assert FRONTIER.best(**told).score == name


def test_by_loss_the_smallest_that_is_good_enough():
    tried = [candidate(3, 0.5, "a", loss=0.1), candidate(2, 0.5, "b", loss=0.2), candidate(1, 0.5, "c", loss=0.3)]
    assert Frontier(tried, UNPRUNED).best(max_loss=0.2).score == "b"
    with pytest.raises(ValueError, match="max_loss=0.05: none of 3 is as good; the best has 0.1"):
        Frontier(tried, UNPRUNED).best(max_loss=0.05)


@each("told, error, message", [
    (dict(), ValueError, "give exactly one of min_accuracy, max_loss and budget"),
    (dict(min_accuracy=0.5, budget={}), ValueError, "give exactly one of min_accuracy, max_loss and budget"),
    (dict(min_accuracy="x"), TypeError, "min_accuracy expects a number"),
    (dict(min_accuracy=0.95), ValueError, "min_accuracy=0.95: none of 7 is as good; the best has 0.85"),
    (dict(budget={"multiply_adds": 10, "parameters": 11}), ValueError,
     r"budget=.*: none of 7 candidates is as small; the least that was tried: multiply_adds 20, parameters 10$"),
    (dict(budget={"latency": 0.5}), ValueError, 'unknown budget "latency"'),
    (dict(budget=0.5), TypeError, "budget expects {name: number or fraction}, got 0.5"),
    (dict(budget={"neurons": 0}), ValueError, "neurons expects at least 1"),
    (dict(max_loss=1, size="weight"), ValueError, 'unknown size "weight"'),
])
def test_best_refuses(told, error, message):
    with pytest.raises(error, match=message):
        FRONTIER.best(**told)


def test_the_table_holds_the_unpruned_network_and_the_efficient_ones():
    lines = str(FRONTIER).splitlines()
    assert [line.split()[0] for line in lines] == ["score", "unpruned", "g", "b", "f", "The"]
    assert lines[2].split() == ["g", "global", "50%", "90", "10", "(", "5%)", "90", "(", "90%)", "85.00%"]
    assert lines[-1] == ("The 3 of 7 candidates that no other equals in both multiply-adds and accuracy on the "
                         "validation data.")
    assert len({len(line) for line in lines[:-1]}) == 1
    assert "parameters and accuracy" in FRONTIER.table("parameters")
    back = json.loads(json.dumps(FRONTIER.to_dict()))
    assert back["unpruned"]["accuracy"] == 0.9 and back["candidates"][4]["keep"] == {"a": [True, False]}
    assert "keep" not in repr(TRIED[0])


def test_at_the_prompt_it_reads_as_it_prints():
    assert repr(FRONTIER) == str(FRONTIER) == FRONTIER.table()
    html = FRONTIER._repr_html_()
    assert html.count("<tr>") == 2 + len(FRONTIER.efficient()) and "<caption>The 3 of 7 candidates" in html
