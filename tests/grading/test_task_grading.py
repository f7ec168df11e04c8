"""A task is graded alike in this process and in the sandbox, whatever the student's code does."""

import sys

import pytest

from minprune.grading.grading import grade


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


def test_what_would_take_this_process_along_is_survived(marks_of, solution):
    """An endless loop and an end of Python itself cost their own task; the next ones go on in a new process."""
    text = "import os\nimport time\n" + solution("time.sleep(60 if w.size > 1 else 0); return 2 * w")
    marks = marks_of(text, limit=2.0)
    assert marks["gradient"].feedback == ("not done after 2 seconds: an endless loop?\n"
                                          "(line 5: time.sleep(60 if w.size > 1 else 0); return 2 * w)")
    assert marks["both"].points == 3
    marks = marks_of("import os\n" + solution("os._exit(0)"), limit=20)
    assert marks["gradient"].feedback == "it ended Python itself" and marks["both"].points == 3


def test_a_file_that_takes_too_long_or_ends_python(folder):
    for text, problem in (("while True: pass", "not done after 0.5 seconds"), ("1 / 0", "ZeroDivisionError"),
                          ("import os; os._exit(0)", "it ended Python")):
        (folder / "mine.py").write_text(text)
        assert problem in grade(folder / "mine.py", limit=0.5 if "while" in text else 20).sheets[0].problem


def test_the_sandbox_and_this_process_grade_alike(folder, solution):
    (folder / "mine.py").write_text(solution("return w"))
    assert grade(folder, seed=3) == grade(folder, seed=3, limit=None)


def change_tasks(folder, code, other):
    """Replace some code of the folder's tasks.py."""
    tasks = folder / "tasks.py"
    tasks.write_text(tasks.read_text().replace(code, other))


@pytest.mark.parametrize("limit", [None, 20])
def test_a_teachers_own_error_is_not_the_students(folder, solution, limit):
    change_tasks(folder, "rng.integers(1, 5)", "1 / 0")
    (folder / "mine.py").write_text(solution())
    with pytest.raises(ValueError, match="task gradient of .* cannot be graded: ZeroDivisionError"):
        grade(folder, limit=limit)


@pytest.mark.parametrize("answer, message", [("None", "its answer should give numbers, .*; it gives None"),
                                          ("'much'", "its answer should give numbers, .*; it gives 'much'")])
def test_an_answer_that_is_no_number_is_the_teachers_error(folder, solution, answer, message):
    change_tasks(folder, "answer=measured", f"answer=lambda w: {answer}")
    (folder / "mine.py").write_text(solution())
    with pytest.raises(ValueError, match=f"task gradient of .* cannot be graded: TypeError: {message}"):
        grade(folder, limit=None)
