"""Which mistake explains what a wrong function returned."""

import numpy as np
import pytest

from cases import each
from minprune.grading.assignments import Task
from minprune.grading.comparison import difference
from minprune.grading.mistakes import GENERAL_MISTAKES


def test_a_mistake_is_only_named_if_it_explains_every_case(judge):
    task = Task("f", 1, lambda rng: {"w": rng.normal(size=2)}, lambda w: 2 * w, {"half": lambda w: w})
    calls = iter(range(100))
    assert "Most likely: half" in judge(lambda w: w, task, 0)[1]
    assert "Most likely" not in judge(lambda w: w if next(calls) else 3 * w, task, 0)[1]
    raising = Task("f", 1, lambda rng: {"w": rng.normal(size=2)}, lambda w: 2 * w, {"none": lambda w: 1 / 0})
    assert "Most likely: it is half" in judge(lambda w: w, raising, 0)[1]


def test_changed_arguments_are_no_mistake_of_the_answer(judge):
    task = Task("f", 1, lambda rng: {"w": rng.uniform(size=2)}, lambda w: 1.0 * w)

    def f(w):
        w += 0
        w[0] += 1
        return w - np.array([1, 0])

    assert "it changed its input w" in judge(f, task, 0)[1] and "Most likely" not in judge(f, task, 0)[1]


def test_general_mistakes(judge):
    def named(wrong):
        task = Task("f", 1, lambda rng: {"w": rng.normal(size=(2, 3))}, lambda w: np.abs(w))
        return judge(wrong, task, 0)[1].rpartition("Most likely: ")[2]
    assert named(lambda w: w) == "the absolute value is missing"
    assert named(lambda w: np.abs(w).T) == "it is the transpose of the answer"
    assert named(lambda w: np.abs(w) / 2) == "it is half the answer"
    assert named(lambda w: np.abs(w) * len(w)) == "it is twice the answer"       # two samples in all cases
    assert named(lambda w: np.abs(w) / len(w)) == "it is half the answer"
    assert named(lambda w: -np.abs(w)) == "the sign is wrong"
    assert named(lambda w: w ** 2) == "the square root is missing"
    assert named(lambda w: np.abs(w) ** 0.5) == "it is the square root of the answer"
    assert named(lambda w: np.abs(w)[::-1, ::-1]) == "it is in the reverse order"


def test_means_for_sums_and_sums_for_means(marks_of, solution):
    for wrong, name in (("2 * w / len(w)", "it is divided by the number of samples"),
                        ("2 * w * len(w)", "it should be divided by the number of samples")):
        feedback = marks_of(solution(f"return {wrong}"))["gradient"].feedback
        assert f"Most likely: {name}" in feedback and not feedback.startswith("wrong in 20 of 20")


@pytest.mark.parametrize("answer, wrong, name", [
    (lambda w: (w, w[:1]), lambda w: (-w, -w[:1]), "the sign is wrong"),
    (lambda w: (w, w[:1]), lambda w: (w, -w[:1]), "in value 2, the sign is wrong"),
    (lambda w: (w, w[:1]), lambda w: [-w, w[:1]], "in value 1, the sign is wrong"),
    (lambda w: [w, w[:1]], lambda w: (2 * w, 2 * w[:1]), "it is twice the answer"),
    (lambda w: {"a": w, "b": (w, 1.0)}, lambda w: {"a": w / 2, "b": (w, 0.5)},
     "in ['a'] and ['b'] value 2, it is half the answer"),
    (lambda w: w, lambda w: list(-w), "the sign is wrong"),
    (lambda w: (w, w[:1]), lambda w: (-w, 2 * w[:1]), None),        # two mistakes
    (lambda w: (w, w[:1]), lambda w: -w, None),
    (lambda w: {"a": w}, lambda w: {"b": -w}, None),
    (lambda w: w > 0, lambda w: ~(w > 0), None),
])
def test_general_mistakes_are_named_with_the_parts_that_are_wrong(judge, answer, wrong, name):
    task = Task("f", 1, lambda rng: {"w": rng.normal(size=(2, 3))}, answer)
    right, feedback = judge(wrong, task, 0)
    assert not right
    assert feedback.rpartition("Most likely: ")[2].startswith(name) if name else "Most likely" not in feedback


@each("mistake", GENERAL_MISTAKES)
def test_no_correction_leaves_a_right_answer_as_it_is(mistake):
    """Otherwise the row would name a mistake where there is none."""
    rng = np.random.default_rng(0)
    answers = [rng.normal(size=(n, n + 1)) for n in (2, 3, 4)]
    assert not all(difference(answer, mistake.corrected(answer, len(answer)), 1e-6) is None for answer in answers)
