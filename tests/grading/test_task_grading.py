"""A task is graded alike in this process and in the sandbox, whatever the student's code does."""

import sys

import pytest

from minprune.grading.grading import grade
from minprune.grading.task_grading import is_used


def test_a_missing_and_an_unwritten_function(marks_of, solution):
    marks = marks_of('def gradient(w):\n    raise NotImplementedError("gradient")\n')
    assert marks["gradient"].feedback == "not written yet: it raises NotImplementedError('gradient')"
    assert marks["both"].feedback == "there is no function both"


def test_a_renamed_function_is_found(marks_of, solution):
    feedback = marks_of(solution().replace("gradient", "gradients"))["gradient"].feedback
    assert feedback == "there is no function gradient; should gradients be it?"


def test_prints_of_a_student_go_nowhere(marks_of, solution, capfd):
    assert marks_of("print('hello')\n" + solution("print(w); return 2 * w"))["gradient"].points == 2
    assert marks_of("print('hello')\n" + solution("print(w); return 2 * w"), limit=20)["gradient"].points == 2
    assert capfd.readouterr() == ("", "")


def test_a_dataclass_in_a_students_file(marks_of, solution):
    text = ("from __future__ import annotations\nimport dataclasses\n\n@dataclasses.dataclass\nclass Pair:\n"
            "    one: float = 1\n" + solution())
    assert marks_of(text)["gradient"].points == 2 and "submission" not in sys.modules


def test_what_would_take_this_process_along_is_survived(marks_of, solution, time_for):
    """An endless loop and an end of Python itself cost their own task; the next ones go on in a new process."""
    marks = marks_of("import os\n" + solution("os._exit(0)"), limit=100)
    assert marks["gradient"].feedback == "it ended Python itself" and marks["both"].points == 3
    text = "import time\n" + solution("time.sleep(600); return 2 * w").replace("gradient(w) > 0", "w > 0")
    time_for("gradient", 0.5)
    marks = marks_of(text, limit=100)
    assert marks["gradient"].feedback == ("not done after 0.5 seconds: an endless loop?\n"
                                          "(line 4: time.sleep(600); return 2 * w)")
    assert marks["both"].points == 3


def test_a_file_that_takes_too_long_or_ends_python(sheet_of):
    for text, problem in (("while True: pass", "not done after 0.3 seconds"), ("1 / 0", "ZeroDivisionError"),
                          ("import os; os._exit(0)", "it ended Python")):
        assert problem in sheet_of(text, limit=0.3 if "while" in text else 60).problem


@pytest.mark.usefixtures("shared_server")
def test_the_sandbox_and_this_process_grade_alike(folder, solution):
    (folder / "mine.py").write_text(solution("return w"))
    assert grade(folder, seed=3) == grade(folder, seed=3, limit=None)


@pytest.mark.usefixtures("shared_server")
def test_a_file_runs_in_a_copy_of_its_folder(folder, solution):
    """What it writes there, or removes, is gone with the copy; what it reads is there, but for the teacher's tasks."""
    (folder / "mine.py").write_text("import os\nfrom data import rate\nopen('new.txt', 'w').write('x')\n"
                                    "os.remove('old.txt'); assert not os.path.exists('tasks.py')\n"
                                    + solution("open('data.py', 'w').close(); return rate * w"))
    (folder / "data.py").write_text("rate = 2\n")
    (folder / "old.txt").write_text("x")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for limit in (None, 20):
        assert grade(folder / "mine.py", limit=limit).points == 5
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_function_is_tried_again_only_if_it_may_call_another_that_is_wrong():
    text = "def f(w):\n    return g(w)\n\ndef g(w):\n    return 1\n"
    assert is_used("g", text) and not is_used("f", text) and not is_used("w2", text)


def test_a_long_text_of_an_exception_is_cut(sheet_of, marks_of, solution):
    for code in ("raise ValueError('x' * 100_000)", "return {'x' * 100_000: 1}",
                 "raise NotImplementedError('x' * 9999)"):
        feedback = marks_of(solution(code))["gradient"].feedback
        assert len(feedback) < 1500 and ("xxx… (" in feedback or "expected numbers" in feedback or "dict" in feedback)
    assert len(sheet_of("raise ValueError('x' * 100_000)", limit=60).problem) < 1500


@pytest.mark.parametrize("code, points, note", [
    ("return (2 * w).astype(np.float32)", 2, "it is computed in float32: compared to about four digits only"),
    ("return 2 * w.astype(np.float32).astype(float)", 2, "it is computed in float32"),
    ("return (2.001 * w).astype(np.float32)", 0, "it is computed in float32"),
    ("return (2 * w).astype(np.float16)", 0, "is float16, which has 3 digits: compute in float64"),
    ("return 2 * w", 2, None),
])
def test_float32_is_accepted_with_a_note_and_float16_is_not(marks_of, solution, code, points, note):
    for seed in range(3):
        mark = marks_of("import numpy as np\n" + solution(code), seed=seed)["gradient"]
        assert mark.points == points and (note or "right") in mark.feedback and ("float" in mark.feedback) == bool(note)
