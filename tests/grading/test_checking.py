"""An assignment is tried before it is handed out: each fault has its sentence, and one without faults has none."""

import argparse
import contextlib

import pytest

from minprune.grading import assignments, plain_wrong
from minprune.grading.checking import check

GOOD = '''
from minprune.grading.assignments import Task
import numpy as np

def layer(rng):
    N, K = rng.permutation([1, 2, 3, 4])[:2]
    return {"x": rng.normal(size=(N, K)), "rate": float(rng.normal())}

def scaled(x, rate):
    return rate * x.sum(axis=1)

TASKS = [Task("scaled", 2, layer, scaled, mistakes={"the rate is missing": lambda x, rate: x.sum(axis=1)})]
'''
SOLUTION = "def scaled(x, rate):\n    return x.sum(axis=1) * rate\n"
STARTER = "def scaled(x, rate):\n    raise NotImplementedError('scaled')\n"


@pytest.fixture
def tried(folder):
    """tried(replaced text, its replacement, …) -> the Check of an assignment with this fault."""
    def checked(*replaced, starter=STARTER, solution=SOLUTION):
        text = GOOD
        for old, new in zip(replaced[::2], replaced[1::2]):
            assert old in text
            text = text.replace(old, new)
        (folder / "tasks.py").write_text(text)
        for name, content in (("starter.py", starter), ("solution.py", solution)):
            if content is not None:
                (folder / name).write_text(content)
        return check(assignments.find(folder), seeds=3, limit=None, cores=1)
    return checked


def test_an_assignment_without_faults(tried):
    found = tried()
    assert found.faults == () and found.facts[:4] == (
        "squares: 1 tasks, 2 points", "solution: 2 of 2 points", "starter: 0 of 2 points", "mistakes: 1 named")
    assert found.facts[4].startswith("scaled: 20 cases, ") and "tried on 3 seeds" in str(found)


@pytest.mark.parametrize("replaced, sentence", [
    (["x.sum(axis=1)}", "1 / 0}"], 'the mistake "the rate is missing" raises ZeroDivisionError'),
    (["x.sum(axis=1)}", "scaled(x, rate)}"], "equals the answer in all 20 random cases"),
    (["x.sum(axis=1)}", "x.sum(axis=1), 'other': lambda x, rate: x.sum(axis=1)}"],
     'the mistakes "the rate is missing" and "other" return the same in all cases: the second is never named'),
    (["rng.permutation([1, 2, 3, 4])[:2]", "2, rng.integers(1, 5)"], "axis 0 of x has the size 2 in all cases"),
    (["float(rng.normal())", "0.5"], "rate is 0.5 in all cases"),
    (["sum(axis=1)\n", "sum()\n"], "the axes 0 and 1 of x can be swapped, and the answer is the same"),
    (["return rate * x.sum(axis=1)", "return (rate > 9) * x[:, 0]"], "scaled: zeros gets the points on 3 of 3 seeds"),
    (["return rate * x.sum(axis=1)", "return abs(rate) * x.sum(axis=1)",
      "(axis=1)}", "(axis=1) * (rate if rate > -9 else 0)}", "float(rng.normal())", "float(abs(rng.normal()))"],
     '"the rate is missing" gets the points on 3 of 3 seeds'),
])
def test_a_fault_has_its_sentence(tried, replaced, sentence):
    found = tried(*replaced, solution=None)
    assert any(sentence in fault for fault in found.faults), found
    assert f"{len(found.faults)} things to be looked at:" in str(found)       # that there is no solution is one


def test_a_solution_without_points_and_a_starter_with_some(tried):
    found = tried(starter=SOLUTION, solution=STARTER)
    assert found.faults == ("the solution gets 0 of 2 points, and should get 2: scaled",
                            "the starter gets 2 of 2 points, and should get 0: scaled")


def test_a_starter_that_is_not_there_and_a_solution_that_does_not_run(tried, folder):
    first, second = tried(starter=None, solution="1 / 0").faults
    assert "the solution gets 0 of 2 points, and should get 2: ZeroDivisionError" in first
    assert second == f"there is no {folder.resolve() / 'starter.py'}"


def test_wrong_solutions_lose_on_all_seeds_on_several_cores(monkeypatch):
    """Here the processes are none: each does its seeds at once."""
    tried, done = [], []

    @contextlib.contextmanager
    def at_once(job, request):
        sent = []
        tried.append(list(range(*request["seeds"])))
        job(request, lambda *message: sent.append(list(message)))
        yield argparse.Namespace(receive=lambda seconds: sent.pop(0))

    monkeypatch.setattr(plain_wrong, "child_process", at_once)
    assignment = assignments.find("06_obd_and_orders")
    assert plain_wrong.wrong_on_all(assignment, 3, 2, lambda *counts: done.append(counts)) == {}
    assert tried == [[0, 2], [1]] and done == [(1, 3), (2, 3), (3, 3)]


def test_arguments_may_have_any_number_of_axes(tried):
    found = tried('"x": rng.normal(size=(N, K))', '"x": rng.normal(size=(N, K, 2)[:2 + N % 2])', solution=None)
    assert len(found.faults) == 1 and "no solution in" in found.faults[0]
