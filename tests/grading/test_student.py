"""A student's file at work: its functions are called beside its neighbours, with others standing in, and `verify` is
asked about what a task claims."""

import dataclasses
import json
import sys

import numpy as np
import pytest

from minprune.grading import assignments, cases, verdicts
from minprune.grading.assignments import Task
from minprune.grading.grades import Grades
from minprune.grading.grading import grade
from minprune.grading.sheets import grade_file
from minprune.grading.stand_ins import answer_of
from minprune.grading.student import stand_in
from minprune.grading.working import How

TASKS = """
from minprune.grading.assignments import Task
TASKS = [Task("f", 1, lambda rng: {"w": rng.normal(size=2)}, lambda w: 2 * w, claim={"equals": "dL/dW", "trials": 5})]
"""


# ------------------------------------------------------------------------------ calls and stand-ins


def test_an_answer_stands_in_where_it_can_take_the_arguments():
    """The student's own function may be more general than the answer."""
    def own(w, axis=0):
        return axis

    answer = answer_of(Task("f", 1, lambda rng: {}, lambda w: 2 * w))
    call = stand_in(answer, own)
    assert call(3) == 6 and call(3, axis=1) == 1
    with pytest.raises(TypeError):
        stand_in(answer, None)(3, axis=1)


def test_an_answer_that_changes_its_arguments_does_not_change_the_students():
    def doubled(w):
        w *= 2
        return w

    w = np.ones(2)
    call = stand_in(answer_of(Task("f", 1, lambda rng: {}, doubled)), None)
    assert call(w).tolist() == [2, 2] and w.tolist() == [1, 1]


HELPERS = {
    "01_the_neuron": ("return x @ W.T + b", "return (W @ x if x.ndim == 1 else x @ W.T) + b",
                      "o1 = 1 / (1 + np.exp(-pre_activation(x, W1, b1)))",
                      "o1 = 1 / (1 + np.exp(-np.array([pre_activation(sample, W1, b1) for sample in x])))"),
    "03_losses_and_training": ("def softmax(y):", "def softmax(y, axis=1):",
                               "dy = softmax(y)", "dy = softmax(y, axis=1)"),
}


@pytest.mark.parametrize("name", HELPERS)
def test_a_students_own_helper_may_be_more_general(tmp_path, name):
    text = (assignments.shipped() / "solutions" / f"{name}.py").read_text(encoding="utf-8")
    for right, general in zip(HELPERS[name][::2], HELPERS[name][1::2]):
        assert text.count(right) == 1
        text = text.replace(right, general)
    exam = exam_without_claims(name)
    assert lost_by(tmp_path, text, exam) == []
    # Another function is wrong: the right one stands in for it alone.
    wrong = text.replace("rate * v, v", "rate, v").replace("do * o * (1 - o)", "do")
    assert len(lost_by(tmp_path, wrong, exam)) == 1


def exam_without_claims(name):
    """Some cases of a shipped assignment; a verdict, which takes time, changes no points."""
    assignment = assignments.find(name)
    tasks = tuple(dataclasses.replace(task, claim=None, trials=5) for task in assignment.tasks)
    return cases.draw_exam(assignment._replace(tasks=tasks), 0)


def lost_by(folder, text, exam):
    """The tasks whose points a file with this text does not get."""
    (folder / "mine.py").write_text(text, encoding="utf-8")
    sheet = grade_file(folder / "mine.py", exam, How(None))
    return [mark.task for mark in sheet.marks if mark.points < mark.of]


def test_a_wrong_helper_costs_points_once(tmp_path):
    text = (assignments.shipped() / "solutions" / "03_losses_and_training.py").read_text(encoding="utf-8")
    wrong = text.replace("return e / e.sum(axis=1, keepdims=True)", "return e")
    assert lost_by(tmp_path, wrong, exam_without_claims("03_losses_and_training")) == ["softmax"]


def test_a_file_beside_it_is_imported_and_another_ones_is_not(tmp_path, folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    (folder / "helping.py").write_text("1 / 0\n")
    for name, factor in (("an", 2), ("bo", 3)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "helping.py").write_text(f"def times(w): return {factor} * w\n")
        (tmp_path / name / "mine.py").write_text("from helping import times\ndef gradient(w): return times(w)\n")
    for limit in (None, 20):
        sheets = grade([tmp_path / "an", tmp_path / "bo"], assignment=folder, limit=limit).sheets
        assert [sheet.points for sheet in sheets] == [2, 0] and "helping" not in sys.modules


# --------------------------------------------------------------------------------------- verdicts


def test_a_verdict_is_asked_for_on_what_a_task_claims(folder, monkeypatch):
    claims = []

    class FakeVerdict:
        problem = None

        def __init__(self, holds):
            self.holds = holds

        def explain(self):
            return self

        def __str__(self):
            return f"it {'holds' if self.holds else 'fails'}"

        def to_dict(self):
            return {"holds": self.holds, "slope": np.inf}

    def verify(function, equals, seed, trials=None):
        claims.append((equals, seed, trials))
        return FakeVerdict(function(w=1) == 2)

    def mark(code):
        (folder / "mine.py").write_text(f"def f(w): {code}\n")
        return grade(folder, seed=5, limit=None).marks["f"]

    monkeypatch.setattr(verdicts, "verify", verify)
    monkeypatch.setattr(cases, "verify", verify)
    (folder / "tasks.py").write_text(TASKS)
    wrong = mark("return w")
    assert wrong.points == 0 and wrong.feedback.endswith("\nit fails")
    assert wrong.verdict == {"holds": False, "slope": None} and claims == [("dL/dW", 5, 1), ("dL/dW", 5, 5)]
    right = mark("return 2 * w")
    assert right[1:5] == (1, 1, "right in 20 of 20 random cases\nit holds", {"holds": True, "slope": None})
    contradicted = mark("return 2 * w if hasattr(w, 'shape') else 1")
    assert contradicted[1:5] == (1, 1, "right in 20 of 20 random cases", None)
    monkeypatch.setattr(FakeVerdict, "problem", "it returned the wrong shape")
    assert "it fails" not in mark("return w").feedback and mark("return w").verdict is None


@pytest.mark.usefixtures("shared_server")
def test_a_verdict_that_cannot_be_had_takes_no_points(folder):
    (folder / "tasks.py").write_text(TASKS.replace("w", "do").replace("dL/dW", "dL/do").replace("2 * do", "do"))
    (folder / "mine.py").write_text("import numpy as np\nnp.linalg.norm = None\ndef f(do): return do\n")
    for limit in (None, 20):
        mark = grade(folder, seed=0, limit=limit).marks["f"]
        assert mark.points == 1 and mark.verdict["holds"]


def test_a_verdict_of_a_shipped_task(tmp_path, fork_server):
    text = (assignments.shipped() / "solutions" / "01_the_neuron.py").read_text(encoding="utf-8")
    (tmp_path / "mine.py").write_text(text.replace("return dz @ W\n", "return -dz @ W\n"), encoding="utf-8")
    exam = exam_with_short_claims("01_the_neuron", "pre_activation", "activation_gradient", "input_gradient")
    marks = {mark.task: mark for mark in grade_file(tmp_path / "mine.py", exam, How(None)).marks}
    assert "activation_gradient equals dL/dz: it holds" in marks["activation_gradient"].feedback
    assert "Most likely: the sign is wrong\ninput_gradient equals dL/dx: it fails" in marks["input_gradient"].feedback
    assert "The smallest counterexample" in marks["input_gradient"].feedback
    sandboxed = Grades(0, (grade_file(tmp_path / "mine.py", exam, How(100, fork_server)),))
    assert sandboxed.marks == marks
    tasks = json.loads(json.dumps(sandboxed.to_dict(), allow_nan=False))["sheets"][0]["tasks"]
    by_task = {row["task"]: row["verdict"] for row in tasks}
    assert by_task["activation_gradient"]["holds"] is True and by_task["input_gradient"]["holds"] is False
    assert by_task["input_gradient"]["mistake"]["name"] == "wrong sign"
    assert by_task["input_gradient"]["counterexample"]["t"] and None in by_task.values()


def exam_with_short_claims(name, *names):
    """The cases of some tasks of a shipped assignment, whose claims are tried on few networks."""
    assignment = assignments.find(name)
    tasks = [dataclasses.replace(task, claim=task.claim and {**task.claim, "trials": 10})
             for task in assignment.tasks if task.name in names]
    return cases.draw_exam(assignment._replace(tasks=tuple(tasks)), 0)


def test_a_verdict_survives_prints_and_exit(folder, capfd):
    (folder / "tasks.py").write_text("""
from minprune.grading.assignments import Task
TASKS = [Task("slope", 1, lambda rng: {"do": rng.normal(size=(1, 1, 1))}, lambda do: do,
              claim={"equals": "dL/do", "trials": 5})]
""")
    (folder / "mine.py").write_text("def slope(do):\n    print(do)\n    return do")
    mark = grade(folder, limit=None).marks["slope"]
    assert mark.points == 1 and mark.verdict["holds"] and capfd.readouterr() == ("", "")
    (folder / "mine.py").write_text("def slope(do):\n    exit()")
    mark = grade(folder, limit=None).marks["slope"]
    assert mark.points == 0 and mark.verdict is None and "SystemExit" in mark.feedback


@pytest.mark.parametrize("claim, message", [({"equals": "dL/dq"}, 'unknown quantity "dL/dq"'),
                                         ({"equal": "dL/do"}, "unexpected keyword argument 'equal'")])
def test_a_claim_that_cannot_be_made_is_the_teachers_error(folder, claim, message):
    (folder / "tasks.py").write_text(f"""
from minprune.grading.assignments import Task
TASKS = [Task("slope", 1, lambda rng: {{"do": rng.normal(size=(1, 1, 1))}}, lambda do: do, claim={claim})]
""")
    (folder / "mine.py").write_text("def slope(do):\n    return do")
    with pytest.raises(ValueError, match=f"task slope of .* cannot be graded: .*{message}"):
        grade(folder, limit=None)
    (folder / "tasks.py").write_text((folder / "tasks.py").read_text().replace(str(claim), "{'equals': 'dL/do'}"))
    (folder / "mine.py").write_text("def slope(d):\n    return d")         # verify cannot know what d is: no verdict
    mark = grade(folder, limit=None).marks["slope"]
    assert mark.points == 1 and mark.verdict is None
