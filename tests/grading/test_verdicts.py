"""The verdict of `verify` on what a task claims."""

import argparse
import json

import numpy as np
import pytest

from minprune.grading import assignments, verdicts
from minprune.grading.assignments import Task
from minprune.grading.grading import grade
from minprune.grading.task_grading import grade_task


def test_a_verdict_is_added_where_a_task_claims_something(monkeypatch):
    claims = []

    class FakeVerdict:
        problem = None

        def __init__(self, holds):
            self.holds = holds

        def __str__(self):
            return f"it {'holds' if self.holds else 'fails'}"

        def to_dict(self):
            return {"holds": self.holds, "slope": np.inf}

    def verify(function, equals, seed):
        claims.append((equals, seed))
        return FakeVerdict(function(1) == 2)

    monkeypatch.setattr(verdicts, "verify", verify)
    task = Task("f", 1, lambda rng: {"w": rng.normal(size=2)}, lambda w: 2 * w, claim={"equals": "dL/dW"})
    module, assignment = argparse.Namespace(f=lambda w: w), assignments.Assignment("a", None, (task,))
    right, feedback, verdict = grade_task(module, task, assignment, 5)
    assert not right and feedback.endswith("\nit fails") and claims == [("dL/dW", 5)]
    assert verdict == {"holds": False, "slope": None}
    module.f = lambda w: 2 * w
    assert grade_task(module, task, assignment, 5) == (True, "right in 20 of 20 random cases\nit holds",
                                                       {"holds": True, "slope": None})
    module.f = lambda w: 2 * w if np.ndim(w) else 1                 # the verdict contradicts the cases: it is left out
    assert grade_task(module, task, assignment, 5) == (True, "right in 20 of 20 random cases", None)
    FakeVerdict.problem = "it returned the wrong shape"
    module.f = lambda w: w
    right, feedback, verdict = grade_task(module, task, assignment, 5)
    assert not right and "it fails" not in feedback and verdict is None


def test_a_verdict_of_a_shipped_task(tmp_path):
    text = (assignments.shipped() / "solutions" / "01_the_neuron.py").read_text(encoding="utf-8")
    (tmp_path / "mine.py").write_text(text.replace("return dz @ W\n", "return -dz @ W\n"), encoding="utf-8")
    marks = grade(tmp_path / "mine.py", seed=0, limit=None).marks
    assert "activation_gradient equals dL/dz: it holds" in marks["activation_gradient"].feedback
    assert "Most likely: the sign is wrong\ninput_gradient equals dL/dx: it fails" in marks["input_gradient"].feedback
    assert "The smallest counterexample" in marks["input_gradient"].feedback
    sandboxed = grade(tmp_path / "mine.py", seed=0, limit=20)
    assert sandboxed.marks == marks
    tasks = json.loads(json.dumps(sandboxed.to_dict(), allow_nan=False))["sheets"][0]["tasks"]
    by_task = {row["task"]: row["verdict"] for row in tasks}
    assert by_task["activation_gradient"]["holds"] is True and by_task["input_gradient"]["holds"] is False
    assert by_task["input_gradient"]["mistake"]["name"] == "wrong sign"
    assert by_task["input_gradient"]["counterexample"]["t"] and None in by_task.values()


def test_a_verdict_survives_prints_and_exit(folder, capfd):
    (folder / "tasks.py").write_text("""
from minprune.grading.assignments import Task
TASKS = [Task("slope", 1, lambda rng: {"do": rng.normal(size=(1, 1, 1))}, lambda do: do, claim={"equals": "dL/do"})]
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
