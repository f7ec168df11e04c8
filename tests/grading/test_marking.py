"""What the feedback on a wrong function says."""

import numpy as np
import pytest

from minprune.grading.assignments import Task


def test_a_teachers_assignment(marks_of, solution):
    marks = marks_of(solution())
    assert [(mark.points, mark.of) for mark in marks.values()] == [(2, 2), (3, 3)]
    assert marks["gradient"].feedback == "right in 8 of 8 random cases"


@pytest.mark.parametrize("code, feedback", [
    ("return w", "Most likely: the factor 2 of the square is missing"),
    ("return -2 * w", "Most likely: the sign is wrong"),
    ("return 4 * w", "Most likely: it is twice the answer"),
    ("return (2 * w).sum()", "expected shape (1,), got ()"),
    ("return 2 * w[:, None]", "expected shape (1,), got (1, 1)"),
    ("pass", "it returned None: is a return missing?"),
    ("return 2 * w / 0", "holds 0 NaN and 1 infinite values, of 1"),
    ("return w - w + float('nan')", "holds 1 NaN and 0 infinite values, of 1"),
    ("return 'much'", "expected numbers, got str"),
    ("return [[1], [1, 2]]", "expected an array of shape (1,), got rows of different lengths"),
    ("w *= 2\n    return w", "it changed its input w"),
    ("return w @ w.T @ w", "it raised ValueError: matmul"),
    ("return w @ w.T @ w", "(line 3: return w @ w.T @ w)"),
    ("return v", "NameError: name 'v' is not defined"),
    ("exit()", "it raised SystemExit"),
    ("return gradient(w)", "RecursionError"),
    ("raise KeyError", "it raised KeyError\n"),
])
def test_the_feedback_on_a_wrong_function(marks_of, solution, code, feedback):
    marks = marks_of(solution(code))
    assert marks["gradient"].points == 0 and feedback in marks["gradient"].feedback, marks["gradient"].feedback
    assert marks["gradient"].feedback.startswith("wrong in 8 of 8 random cases; the smallest of them:\ngiven w (1,)")
    assert marks["both"].points == 3                # its call of `gradient` gets the right answer


def test_the_smallest_case_is_shown_with_its_numbers(marks_of, solution):
    feedback = marks_of(solution("return 2 * w + (w.size == 2)"))["gradient"].feedback
    lines = feedback.split("\n")
    assert lines[0].endswith("of 8 random cases; the smallest of them:") and lines[1] == "given w (2,)"
    w, expected, returned = (np.fromstring(line.split("[")[1].rstrip("]"), sep=",") for line in lines[3:6])
    np.testing.assert_allclose(expected, 2 * w, atol=2e-4)
    np.testing.assert_allclose(returned, expected + 1, atol=2e-4)
    assert "Most likely" not in feedback


def test_a_case_for_paper_is_shown_rather_than_one_of_large_numbers(judge):
    task = Task("f", 1, lambda rng: {"w": rng.choice([1.0, 1000.0]) * np.ones(rng.integers(1, 5)), "of": {"a": (2,)}},
                lambda w, of: w, trials=40)
    assert "given w (1,), of {'a': [2]}\n" in judge(lambda w, of: 2 * w, task, 0)[1]
    shown = judge(lambda w, of: w * (1 if len(w) == 1 and w[0] < 100 else 2), task, 0)[1]
    assert "\nw = [1., 1.]\n" in shown, shown
    assert "\nw = [1000.]\n" in judge(lambda w, of: w * (1 + (w > 100)), task, 0)[1]


def test_arguments_in_another_order_are_noticed(marks_of, solution, judge):
    text = solution().replace("def both(w, scale)", "def both(scale, w)")
    assert "it is called with w, scale, in this order; its parameters are scale, w" in marks_of(text)["both"].feedback
    assert "in this order" not in marks_of(solution().replace("(w, scale)", "(w, size)"))["both"].feedback
    task = Task("f", 1, lambda rng: {"x": rng.normal(size=2)}, lambda x: 2 * x)
    assert "in this order" not in judge(max, task, 0)[1]            # it has no signature


def test_parts_of_an_answer(marks_of, solution):
    def both(code):
        return marks_of(solution().replace('{"sum": w.sum() * scale, "high": gradient(w) > 0}', code))["both"].feedback
    assert "given w (3,), scale 2.0\n['sum'] expected " in both('{"sum": w.sum(), "high": w > 0}')
    assert "expected the keys sum, high, got sum" in both('{"sum": w.sum()}')
    assert "expected a dict with the keys sum, high, got float" in both("w.sum()")
    assert "['high'] expected booleans, got float64" in both('{"sum": w.sum() * scale, "high": 1.0 * (w > 0)}')
    assert "['high'] is None" in both('{"sum": w.sum() * scale, "high": None}')


@pytest.mark.parametrize("code", ["scores['a'][0] = 9", "scores['b'] = scores.pop('a')", "scores.pop('a')",
                                  "pair[1][0] = 9", "names.append(1)"])
def test_changes_inside_of_dicts_and_lists_are_seen(judge, code):
    task = Task("f", 1, lambda rng: {"scores": {"a": rng.normal(size=2)}, "pair": (1, rng.normal(size=1)), "names": []},
                lambda scores, pair, names: 1.0)
    function = {}
    exec(f"def f(scores, pair, names):\n    {code}\n    return 1.0", function)
    changed = code.split("[")[0].split(".")[0]
    assert f"it changed its input {changed};" in judge(function["f"], task, 0)[1]
    assert judge(lambda scores, pair, names: 1.0, task, 0)[0]


def test_the_tolerance_of_a_task_decides(marks_of, solution):
    assert marks_of(solution("return 2 * w * (1 + 1e-8)"))["gradient"].points == 2
    assert marks_of(solution("return 2 * w * (1 + 1e-5)"))["gradient"].points == 0
