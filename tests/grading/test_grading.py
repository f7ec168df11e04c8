"""Grading: what a student is told, what is survived, and that a teacher's own assignment takes a few lines."""

import argparse
import json
import subprocess
import sys

import numpy as np
import pytest

from minprune.cli.main import add_command, number
from minprune.grading import assignments, grading
from minprune.grading.marking import difference, judge
from minprune.grading.assignments import Task
from minprune.grading.grading import grade, start
from minprune.grading.starters import make_starters, starter

TASKS = '''
import numpy as np
from minprune import finite_difference
from minprune.grading.assignments import Task

def squares(rng):
    return {"w": rng.normal(size=rng.integers(1, 5))}

def measured(w):
    return finite_difference(lambda w: (w ** 2).sum(), w)

def parts(rng):
    return {"w": rng.normal(size=3), "scale": 2.0}

TASKS = [Task("gradient", points=2, case=squares, answer=measured,
              mistakes={"the factor 2 of the square is missing": lambda w: w}),
         Task("both", points=3, case=parts, answer=lambda w, scale: {"sum": w.sum() * scale, "high": w > 0})]
'''
RIGHT = '''
def gradient(w):
    return 2 * w

def both(w, scale):
    return {"sum": w.sum() * scale, "high": gradient(w) > 0}
'''


@pytest.fixture
def folder(tmp_path):
    """A teacher's own assignment."""
    place = tmp_path / "squares"
    place.mkdir()
    (place / "tasks.py").write_text(TASKS)
    return place


@pytest.fixture
def told(folder):
    """told(the file's text, limit=…) -> {task: Mark}."""
    def graded(text, limit=None, seed=0):
        (folder / "mine.py").write_text(text)
        return grade(folder / "mine.py", seed=seed, limit=limit).marks
    return graded


def body(code):
    """RIGHT with another body of `gradient`."""
    return RIGHT.replace("return 2 * w", code)


def test_a_teachers_assignment(told):
    assert [(mark.points, mark.of) for mark in told(RIGHT).values()] == [(2, 2), (3, 3)]
    assert told(RIGHT)["gradient"].feedback == "right in 20 of 20 random cases"


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
def test_what_a_wrong_function_is_told(told, code, feedback):
    marks = told(body(code))
    assert marks["gradient"].points == 0 and feedback in marks["gradient"].feedback, marks["gradient"].feedback
    assert marks["gradient"].feedback.startswith("wrong in 20 of 20 random cases; the smallest of them:\ngiven w (1,)")
    assert marks["both"].points == 3                # its call of `gradient` is answered rightly


def test_the_smallest_case_is_told_with_its_numbers(told):
    lines = told(body("return 2 * w + (w.size == 2)"))["gradient"].feedback.split("\n")
    assert lines[0].endswith("of 20 random cases; the smallest of them:") and lines[1] == "given w (2,)"
    w, expected, returned = (np.fromstring(line.split("[")[1].rstrip("]"), sep=",") for line in lines[3:6])
    np.testing.assert_allclose(expected, 2 * w, atol=2e-4)
    np.testing.assert_allclose(returned, expected + 1, atol=2e-4)
    assert "Most likely" not in told(body("return 2 * w + (w.size == 2)"))["gradient"].feedback


def test_a_case_for_paper_is_shown_rather_than_one_of_large_numbers():
    task = Task("f", 1, lambda rng: {"w": rng.choice([1.0, 1000.0]) * np.ones(rng.integers(1, 5)), "of": {"a": (2,)}},
                lambda w, of: w, trials=40)
    assert "given w (1,), of {'a': [2]}\n" in judge(lambda w, of: 2 * w, task, 0)[1]
    shown = judge(lambda w, of: w * (1 if len(w) == 1 and w[0] < 100 else 2), task, 0)[1]
    assert "\nw = [1., 1.]\n" in shown, shown
    assert "\nw = [1000.]\n" in judge(lambda w, of: w * (1 + (w > 100)), task, 0)[1]


def test_arguments_in_another_order_are_told(told):
    text = RIGHT.replace("def both(w, scale)", "def both(scale, w)")
    assert "it is called with w, scale, in this order; its parameters are scale, w" in told(text)["both"].feedback
    assert "in this order" not in told(RIGHT.replace("(w, scale)", "(w, size)"))["both"].feedback
    task = Task("f", 1, lambda rng: {"x": rng.normal(size=2)}, lambda x: 2 * x)
    assert "in this order" not in judge(max, task, 0)[1]            # it does not tell its parameters


def test_parts_of_an_answer(told):
    def both(code):
        return told(RIGHT.replace('{"sum": w.sum() * scale, "high": gradient(w) > 0}', code))["both"].feedback
    assert "given w (3,), scale 2.0\n['sum'] expected " in both('{"sum": w.sum(), "high": w > 0}')
    assert "expected the keys sum, high, got sum" in both('{"sum": w.sum()}')
    assert "expected a dict with the keys sum, high, got float" in both("w.sum()")
    assert "['high'] expected booleans, got float64" in both('{"sum": w.sum() * scale, "high": 1.0 * (w > 0)}')
    assert "['high'] is None" in both('{"sum": w.sum() * scale, "high": None}')


def test_how_many_numbers_differ_is_told():
    assert difference(np.zeros(3), np.array([0.0, 1.0, 2.0]), 1e-6) == "at [1] expected 0, got 1 (2 of 3 differ)"
    assert difference(np.zeros(()), np.ones(()), 1e-6) == "expected 0, got 1"
    assert difference(np.zeros(1), np.ones(1), 1e-6) == "at [0] expected 0, got 1"
    assert difference((np.zeros(1), np.zeros(2)), (np.zeros(1), np.zeros(1)), 1e-6) == \
        "returned value 2: expected shape (2,), got (1,)"


@pytest.mark.parametrize("code", ["scores['a'][0] = 9", "scores['b'] = scores.pop('a')", "scores.pop('a')",
                                  "pair[1][0] = 9", "names.append(1)"])
def test_changes_inside_of_dicts_and_lists_are_seen(code):
    task = Task("f", 1, lambda rng: {"scores": {"a": rng.normal(size=2)}, "pair": (1, rng.normal(size=1)), "names": []},
                lambda scores, pair, names: 1.0)
    function = {}
    exec(f"def f(scores, pair, names):\n    {code}\n    return 1.0", function)
    changed = code.split("[")[0].split(".")[0]
    assert f"it changed its input {changed};" in judge(function["f"], task, 0)[1]
    assert judge(lambda scores, pair, names: 1.0, task, 0)[0]


def test_general_mistakes_are_not_looked_for_in_tuples_and_words():
    for answer, wrong in ((lambda w: (w, w), lambda w: (-w, -w)), (lambda w: w > 0, lambda w: ~(w > 0)),
                          (lambda w: {"a": w}, lambda w: {"a": -w}), (lambda w: w, lambda w: list(-w))):
        task = Task("f", 1, lambda rng: {"w": rng.normal(size=2)}, answer)
        right, feedback = judge(wrong, task, 0)
        assert not right and "Most likely" not in feedback


def test_a_missing_and_an_unwritten_function(told):
    marks = told('def gradient(w):\n    raise NotImplementedError("gradient")\n')
    assert marks["gradient"].feedback == "not written yet: it raises NotImplementedError('gradient')"
    assert marks["both"].feedback == "there is no function both"


def test_a_renamed_function_is_found(told):
    feedback = told(RIGHT.replace("gradient", "gradients"))["gradient"].feedback
    assert feedback == "there is no function gradient; should gradients be it?"


def test_tolerance_is_relative_to_the_largest_number(told):
    assert told(body("return 2 * w * (1 + 1e-8)"))["gradient"].points == 2
    assert told(body("return 2 * w * (1 + 1e-5)"))["gradient"].points == 0
    assert difference(np.array([1e6, 0.0]), np.array([1e6, 0.5]), 1e-6) is None
    assert difference(np.array([1.0, np.inf]), np.array([1.0, np.inf]), 1e-6) is None
    assert difference(np.array([1.0, np.inf]), np.array([1.0, -np.inf]), 1e-6) is not None


def test_prints_of_a_student_go_nowhere(told, capfd):
    assert told("print('hello')\n" + body("print(w); return 2 * w"))["gradient"].points == 2
    assert told("print('hello')\n" + body("print(w); return 2 * w"), limit=20)["gradient"].points == 2
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text, problem", [
    ("def gradient(w:\n", "SyntaxError: '(' was never closed (line 1)"),
    ("import numpy\n\nx = numpy.zeros(2) @ numpy.zeros(3)\n", "(line 3: x = numpy.zeros(2) @ numpy.zeros(3))"),
    ("exit(1)", "SystemExit: 1"),
    ("import nothing_like_this", "ModuleNotFoundError: No module named 'nothing_like_this'"),
])
def test_a_file_that_cannot_be_run(folder, text, problem):
    (folder / "mine.py").write_text(text)
    grades = grade(folder, seed=0, limit=None)
    assert not grades.ran and grades.points == 0 and grades.of == 5
    assert problem in grades.sheets[0].problem and f"could not run: {grades.sheets[0].problem}" in str(grades)


def test_what_would_take_this_process_along_is_survived(told):
    """An endless loop and an end of Python itself cost their own task; the next ones go on in a new process."""
    text = "import os\nimport time\n" + body("time.sleep(60 if w.size > 1 else 0); return 2 * w")
    marks = told(text, limit=2.0)
    assert marks["gradient"].feedback == ("not done after 2 seconds: an endless loop?\n"
                                          "(line 5: time.sleep(60 if w.size > 1 else 0); return 2 * w)")
    assert marks["both"].points == 3
    marks = told("import os\n" + body("os._exit(0)"), limit=20)
    assert marks["gradient"].feedback == "it ended Python itself" and marks["both"].points == 3


def test_a_file_that_takes_too_long_or_ends_python(folder):
    for text, problem in (("while True: pass", "not done after 0.5 seconds"), ("1 / 0", "ZeroDivisionError"),
                          ("import os; os._exit(0)", "it ended Python")):
        (folder / "mine.py").write_text(text)
        assert problem in grade(folder / "mine.py", limit=0.5 if "while" in text else 20).sheets[0].problem


def test_apart_and_here_are_graded_alike(folder):
    (folder / "mine.py").write_text(body("return w"))
    assert grade(folder, seed=3) == grade(folder, seed=3, limit=None)


def test_a_seed_draws_the_same_cases_again_and_none_draws_new_ones(folder):
    (folder / "mine.py").write_text(body("return w + w ** 2"))
    one, other = grade(folder, limit=None), grade(folder, limit=None)
    assert one.seed != other.seed and one != other
    assert grade(folder, seed=one.seed, limit=None) == one
    assert f"--seed {one.seed}" in str(one)


def test_a_mistake_is_only_named_if_it_explains_every_case():
    task = Task("f", 1, lambda rng: {"w": rng.normal(size=2)}, lambda w: 2 * w, {"half": lambda w: w})
    calls = iter(range(100))
    assert "Most likely: half" in judge(lambda w: w, task, 0)[1]
    assert "Most likely" not in judge(lambda w: w if next(calls) else 3 * w, task, 0)[1]
    raising = Task("f", 1, lambda rng: {"w": rng.normal(size=2)}, lambda w: 2 * w, {"none": lambda w: 1 / 0})
    assert "Most likely: it is half" in judge(lambda w: w, raising, 0)[1]


def test_changed_arguments_are_no_mistake_of_the_answer():
    task = Task("f", 1, lambda rng: {"w": rng.uniform(size=2)}, lambda w: 1.0 * w)

    def f(w):
        w += 0
        w[0] += 1
        return w - np.array([1, 0])

    assert "it changed its input w" in judge(f, task, 0)[1] and "Most likely" not in judge(f, task, 0)[1]


def test_general_mistakes():
    def named(wrong):
        task = Task("f", 1, lambda rng: {"w": rng.normal(size=(2, 3))}, lambda w: np.abs(w))
        return judge(wrong, task, 0)[1].rpartition("Most likely: ")[2]
    assert named(lambda w: w) == "the absolute value is missing"
    assert named(lambda w: np.abs(w).T) == "it is the transpose of the answer"
    assert named(lambda w: np.abs(w) / 2) == "it is half the answer"
    assert named(lambda w: np.abs(w) * len(w)) == "it is twice the answer"       # two samples in all cases
    assert named(lambda w: np.abs(w) / len(w)) == "it is half the answer"
    assert named(lambda w: -np.abs(w)) == "the sign is wrong"


def test_means_for_sums_and_sums_for_means(told):
    for wrong, name in (("2 * w / len(w)", "it is divided by the number of samples"),
                        ("2 * w * len(w)", "it should be divided by the number of samples")):
        feedback = told(body(f"return {wrong}"))["gradient"].feedback
        assert f"Most likely: {name}" in feedback and not feedback.startswith("wrong in 20 of 20")


def test_a_verdict_is_added_where_a_task_claims_something(monkeypatch):
    given = []

    class Found:
        problem = None

        def __init__(self, holds):
            self.holds = holds

        def __str__(self):
            return f"it {'holds' if self.holds else 'fails'}"

        def to_dict(self):
            return {"holds": self.holds, "slope": np.inf}

    def verify(function, equals, seed):
        given.append((equals, seed))
        return Found(function(1) == 2)

    monkeypatch.setattr(sys.modules["minprune.verification.verify"], "verify", verify)
    task = Task("f", 1, lambda rng: {"w": rng.normal(size=2)}, lambda w: 2 * w, claim={"equals": "dL/dW"})
    module, assignment = argparse.Namespace(f=lambda w: w), assignments.Assignment("a", None, (task,))
    right, feedback, verdict = grading.grade_task(module, task, assignment, 5)
    assert not right and feedback.endswith("\nit fails") and given == [("dL/dW", 5)]
    assert verdict == {"holds": False, "slope": None}
    module.f = lambda w: 2 * w
    assert grading.grade_task(module, task, assignment, 5) == (True, "right in 20 of 20 random cases\nit holds",
                                                               {"holds": True, "slope": None})
    module.f = lambda w: 2 * w if np.ndim(w) else 1                 # verify asked something else: it says nothing
    assert grading.grade_task(module, task, assignment, 5) == (True, "right in 20 of 20 random cases", None)
    Found.problem = "it returned the wrong shape"
    module.f = lambda w: w
    right, feedback, verdict = grading.grade_task(module, task, assignment, 5)
    assert not right and "it fails" not in feedback and verdict is None


def test_a_verdict_of_a_shipped_task(tmp_path):
    text = (assignments.shipped() / "solutions" / "01_the_neuron.py").read_text(encoding="utf-8")
    (tmp_path / "mine.py").write_text(text.replace("return dz @ W\n", "return -dz @ W\n"), encoding="utf-8")
    marks = grade(tmp_path / "mine.py", seed=0, limit=None).marks
    assert "activation_gradient equals dL/dz: it holds" in marks["activation_gradient"].feedback
    assert "Most likely: the sign is wrong\ninput_gradient equals dL/dx: it fails" in marks["input_gradient"].feedback
    assert "The smallest counterexample" in marks["input_gradient"].feedback
    apart = grade(tmp_path / "mine.py", seed=0, limit=20)
    assert apart.marks == marks
    tasks = json.loads(json.dumps(apart.to_dict(), allow_nan=False))["sheets"][0]["tasks"]
    verdicts = {one["task"]: one["verdict"] for one in tasks}
    assert verdicts["activation_gradient"]["holds"] is True and verdicts["input_gradient"]["holds"] is False
    assert verdicts["input_gradient"]["mistake"]["name"] == "wrong sign"
    assert verdicts["input_gradient"]["counterexample"]["t"] and None in verdicts.values()


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


def test_a_dataclass_in_a_students_file(told):
    text = ("from __future__ import annotations\nimport dataclasses\n\n@dataclasses.dataclass\nclass Pair:\n"
            "    one: float = 1\n" + RIGHT)
    assert told(text)["gradient"].points == 2 and "submission" not in sys.modules


# ------------------------------------------------------------------------------ finding files


def test_the_assignment_is_named_by_the_file_or_by_hand(tmp_path, folder):
    named = tmp_path / "chen.py"
    named.write_text('ASSIGNMENT = "01_the_neuron"\n')
    assert grade(named, limit=None).sheets[0].assignment == "01_the_neuron"
    assert grade(named, assignment=1, limit=None).sheets[0].assignment == "01_the_neuron"
    assert grade(named, assignment=folder, limit=None).sheets[0].assignment == "squares"
    assert grade(tmp_path, assignment=folder, limit=None).sheets[0].assignment == "squares"
    with pytest.raises(ValueError, match="unknown assignment"):
        grade(tmp_path, assignment="none")
    named.write_text("def f(): pass\n")
    with pytest.raises(ValueError, match="does not say which assignment it is: .* one of 01_the_neuron, "):
        grade(named, limit=None)
    named.write_text('ASSIGNMENT = "01_the_neurone"\n')
    with pytest.raises(ValueError, match='unknown assignment "01_the_neurone"; did you mean "01_the_neuron"'):
        grade(named, limit=None)


def test_a_folder_of_many_files(tmp_path):
    for name, number in (("an", 1), ("bo", 2)):
        (tmp_path / name).mkdir()
        start(number, tmp_path / name)
    (tmp_path / "notes.py").write_text("1 / 0")
    (tmp_path / "cy.py").write_text('ASSIGNMENT = "03"')
    grades = grade(tmp_path, seed=0, limit=None)
    assert [sheet.assignment for sheet in grades.sheets] == ["01_the_neuron", "02_convolution_and_pooling", "unknown"]
    assert "0 of 24 points in 3 files" in str(grades) and not grades.ran
    assert 'cy.py: 0 of 0 points (unknown)\ncould not run: unknown assignment "03"' in str(grades)
    with pytest.raises(ValueError, match="there are 3 files"):
        grades.marks


def test_hidden_files_are_not_graded_and_those_left_out_are_named(tmp_path, folder):
    (folder / "mine.py").write_text(RIGHT)
    (folder / "._mine.py").write_bytes(b"\0\5")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "mine-checkpoint.py").write_text(RIGHT)
    assert [sheet.file for sheet in grade(folder, limit=None).sheets] == [str(folder / "mine.py")]
    (tmp_path / "an.py").write_text(RIGHT)
    grades = grade(tmp_path, limit=None)
    assert grades.points == grades.of == 5 and grades.left_out == (str(tmp_path / "an.py"),)
    assert f'left out, for want of a line ASSIGNMENT = "…": {tmp_path / "an.py"}' in str(grades)
    assert grades.to_dict()["left_out"] == [str(tmp_path / "an.py")]
    both = grade(tmp_path, assignment=folder, limit=None)
    assert len(both.sheets) == 2 and both.left_out == () and "left out" not in str(both)


def test_a_hidden_folder_may_be_asked_for(tmp_path):
    (tmp_path / ".work").mkdir()
    (tmp_path / ".work" / "an.py").write_text('ASSIGNMENT = "01_the_neuron"')
    assert len(grade(tmp_path / ".work", limit=None).sheets) == 1


def test_refused(tmp_path, folder):
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        grade(tmp_path / "none.py")
    with pytest.raises(ValueError, match="no file in .* has a line ASSIGNMENT"):
        grade(tmp_path / "squares")
    (folder / "mine.py").write_text(RIGHT)
    for wrong in ({"seed": -1}, {"seed": 0.5}, {"limit": 0}, {"limit": "1"}):
        with pytest.raises((ValueError, TypeError), match=next(iter(wrong))):
            grade(folder, **wrong)


@pytest.mark.parametrize("text, told", [
    ("1 / 0", "ZeroDivisionError"),
    ("x = 1", "AttributeError: .*TASKS"),
    ("TASKS = []", "at least one Task"),
    ("TASKS = [1]", "at least one Task"),
    (TASKS + "TASKS *= 2", "two tasks have the same name"),
    (TASKS + 'Task("no name", 1, squares, measured)', "name of a function, got 'no name'"),
    (TASKS + 'Task("f", 0, squares, measured)', "points of f expects at least 1"),
    (TASKS + 'Task("f", 1, squares, 3)', "answer of f expects a function, got 3"),
    (TASKS + 'Task("f", 1, squares, measured, {"a": 3})', "a of f expects a function, got 3"),
    (TASKS + 'Task("f", 1, squares, measured, trials=0)', "trials of f expects at least 1"),
    (TASKS + 'Task("f", 1, squares, measured, tolerance=0)', "tolerance of f expects"),
])
def test_a_malformed_assignment_is_told(folder, text, told):
    (folder / "tasks.py").write_text(text)
    (folder / "mine.py").write_text(RIGHT)
    with pytest.raises(ValueError, match=f"cannot read .*tasks.py: .*{told}"):
        grade(folder / "mine.py", limit=None)
    assert "cannot read" in grade(folder, limit=None).sheets[0].problem


@pytest.mark.parametrize("limit", [None, 20])
def test_a_teachers_own_error_is_not_the_students(folder, limit):
    (folder / "tasks.py").write_text(TASKS.replace("rng.integers(1, 5)", "1 / 0"))
    (folder / "mine.py").write_text(RIGHT)
    with pytest.raises(ValueError, match="task gradient of .* cannot be graded: ZeroDivisionError"):
        grade(folder, limit=limit)


@pytest.mark.parametrize("answer, told", [("None", "its answer should give numbers, .*; it gives None"),
                                          ("'much'", "its answer should give numbers, .*; it gives 'much'")])
def test_an_answer_that_is_no_number_is_the_teachers_error(folder, answer, told):
    (folder / "tasks.py").write_text(TASKS.replace("answer=measured", f"answer=lambda w: {answer}"))
    (folder / "mine.py").write_text(RIGHT)
    with pytest.raises(ValueError, match=f"task gradient of .* cannot be graded: TypeError: {told}"):
        grade(folder, limit=None)


@pytest.mark.parametrize("claim, told", [({"equals": "dL/dq"}, 'unknown quantity "dL/dq"'),
                                         ({"equal": "dL/do"}, "unexpected keyword argument 'equal'")])
def test_a_claim_that_cannot_be_made_is_the_teachers_error(folder, claim, told):
    (folder / "tasks.py").write_text(f"""
from minprune.grading.assignments import Task
TASKS = [Task("slope", 1, lambda rng: {{"do": rng.normal(size=(1, 1, 1))}}, lambda do: do, claim={claim})]
""")
    (folder / "mine.py").write_text("def slope(do):\n    return do")
    with pytest.raises(ValueError, match=f"task slope of .* cannot be graded: .*{told}"):
        grade(folder, limit=None)
    (folder / "tasks.py").write_text((folder / "tasks.py").read_text().replace(str(claim), "{'equals': 'dL/do'}"))
    (folder / "mine.py").write_text("def slope(d):\n    return d")         # verify cannot know what d is: no verdict
    mark = grade(folder, limit=None).marks["slope"]
    assert mark.points == 1 and mark.verdict is None


# -------------------------------------------------------------------------------- the starters


def test_a_solution_is_cut_out():
    source = '''import numpy as np


# solution begins
def helper():
    return 1
# solution ends


def one(x):
    """What it is."""
    y = x
    # solution begins
    y = y + helper()
    return y
    # solution ends


def two():
    if True:
        # solution begins
        return 2
        # solution ends
'''
    assert starter(source) == '''import numpy as np


def one(x):
    """What it is."""
    y = x
    raise NotImplementedError("one")


def two():
    if True:
        raise NotImplementedError("two")
'''


@pytest.mark.parametrize("source, told", [
    ("def f():\n    # solution begins\n    return 1\n", 'has no "# solution ends"'),
    ("def f():\n    # solution ends\n", "line 2: expected \"# solution begins\", got"),
    ("def f():\n    # solution begins\n    # solution begins\n", "line 3: expected \"# solution ends\", got"),
    ("if True:\n    # solution begins\n    # solution ends\n", "line 2: .* stands in no function"),
])
def test_fences_that_do_not_match(source, told, tmp_path):
    with pytest.raises(ValueError, match=told):
        starter(source)
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01_right.py").write_text("def f():\n    # solution begins\n    # solution ends\n")
    (tmp_path / "solutions" / "02_wrong.py").write_text(source)
    with pytest.raises(ValueError, match=f"02_wrong.py: .*{told}"):
        make_starters(tmp_path)
    assert not (tmp_path / "01_right").exists()


def test_starters_are_written_beside_their_tasks(tmp_path):
    with pytest.raises(ValueError, match="no solved source"):
        make_starters(tmp_path)
    (tmp_path / "solutions").mkdir()
    solved = "def f():\n    # solution begins\n    return 1\n    # solution ends\n"
    (tmp_path / "solutions" / "01_one.py").write_text(solved)
    assert make_starters(tmp_path) == [tmp_path / "01_one" / "starter.py"]
    assert (tmp_path / "01_one" / "starter.py").read_text() == 'def f():\n    raise NotImplementedError("f")\n'


# -------------------------------------------------------------------------------- the command


def command(*arguments):
    """Run `minprune grade`; return its exit code."""
    top = argparse.ArgumentParser()
    grading.add_grade(top.add_subparsers(dest="command"), add_command, number)
    asked = top.parse_args(["grade", *arguments])
    return asked.run(asked)


@pytest.mark.parametrize("text, code", [(RIGHT, 0), (body("return w"), 1), ("1 / 0", 2)])
def test_exit_codes(folder, capsys, text, code):
    (folder / "mine.py").write_text(text)
    assert command(str(folder / "mine.py"), "--seed", "0", "--limit", "20") == code
    assert f"{folder / 'mine.py'}: {[5, 3, 0][code]} of 5 points (squares)" in capsys.readouterr().out


def test_the_report(folder):
    (folder / "mine.py").write_text(body("return w[:, None]"))
    lines = str(grade(folder, seed=7, limit=None)).split("\n")
    assert lines[:5] == [f"{folder / 'mine.py'}: 3 of 5 points (squares)",
                         "  0/2  gradient  wrong in 20 of 20 random cases; the smallest of them:",
                         "                 given w (1,)",
                         "                 expected shape (1,), got (1, 1)",
                         lines[4]]
    assert lines[-3:] == ["  3/3  both      right in 20 of 20 random cases", "", "(the same cases again: --seed 7)"]
    (folder / "mine.py").write_text("1 / 0")
    assert "random cases" not in str(grade(folder, seed=7, limit=None))


def test_words_of_the_report_are_wrapped_and_numbers_are_not():
    row = "expected " + str([[1.25, 2.5]] * 16)
    words = "it raised ValueError: " + "many words " * 20
    sheet = grading.Sheet("mine.py", "squares", (grading.Mark("gradient", 0, 2, f"{words}\n{row}"),))
    lines = str(sheet).split("\n")
    assert len(row) > 110 and lines[-1] == " " * 17 + row and all(len(line) <= 100 for line in lines[:-1])
    assert " ".join(" ".join(lines[1:-1]).split()) == f"0/2 gradient {words}".rstrip()


def test_json(folder, capsys):
    (folder / "mine.py").write_text(body("return w"))
    assert command(str(folder), "--json", "--seed", "7") == 1
    found = json.loads(capsys.readouterr().out)
    assert found == grade(folder, seed=7, limit=None).to_dict()
    assert (found["seed"], found["points"], found["of"]) == (7, 3, 5)
    assert [(one["task"], one["points"], one["of"]) for one in found["sheets"][0]["tasks"]] == [
        ("gradient", 0, 2), ("both", 3, 3)]


def test_list_and_start(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command() == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(assignments.names()) and lines[0].split() == [
        "01_the_neuron", "11", "points", "The", "neuron", "and", "its", "gradients"]
    assert command("--start", "1") == 0
    assert sorted(path.name for path in (tmp_path / "01_the_neuron").iterdir()) == ["brief.md", "starter.py"]
    with pytest.raises(FileExistsError, match="exists already"):
        start("01_the_neuron")
    with pytest.raises(ValueError, match="unknown assignment"):
        start(77)


def test_make_starters_command(tmp_path, capsys):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01_one.py").write_text("def f():\n    # solution begins\n    # solution ends\n")
    assert command("--make-starters", str(tmp_path)) == 0
    assert capsys.readouterr().out == f"{tmp_path / '01_one' / 'starter.py'}\n"


def test_the_students_process_finds_minprune_wherever_it_is(tmp_path):
    """The parent's sys.path counts, and files that stand around do not: numpy.py beside the student's file, say."""
    (tmp_path / "numpy.py").write_text("1 / 0")
    text = (assignments.shipped() / "solutions" / "01_the_neuron.py").read_text(encoding="utf-8")
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    code = f"from minprune.grading.grading import grade; print(grade({str(tmp_path / 'mine.py')!r}).points)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "11\n", done.stderr
