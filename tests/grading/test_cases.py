"""Cases are drawn where a student's code cannot reach them, and a teacher's own errors are told to the teacher."""

import pathlib

import numpy as np
import pytest

from minprune.grading import assignments
from minprune.grading.assignments import Task
from minprune.grading.cases import check_assignment, draw_cases
from minprune.grading.grading import grade

PATCHES = {
    "errors of NumPy": "import numpy as np; np.seterr(all='raise')",
    # hardly more than the depth of the stack, which is another one in each way of running the tests
    "the recursion limit": "import sys, traceback; sys.setrecursionlimit(len(traceback.extract_stack()) + 16)",
    "a function of minprune": "import minprune as mp; mp.finite_difference = None",
    "a function of a module": "import minprune.engine.finite_differences as module; module.slope = None",
    "functions of NumPy": "import numpy as np; np.asarray = np.array_equal = np.isclose = None",
    "what is built in": "import builtins; builtins.isinstance = builtins.sorted = None",
    "how messages are sent": "import json; json.dumps = None",
    "how numbers are printed": "import numpy as np; np.set_printoptions(precision=1, threshold=1)",
    "the current folder": "import os, tempfile; os.chdir(tempfile.gettempdir())",
}


@pytest.mark.usefixtures("shared_server")
@pytest.mark.parametrize("limit", [None, 100])
def test_a_file_that_patches_what_is_shared_costs_only_itself(folder, solution, limit):
    """One after the other: in this process, and in the sandbox, where each has a process of its own."""
    patched = {f"an {what}": f"{patch}\n{solution()}" for what, patch in PATCHES.items()}
    for name, text in {**patched, "bo": solution(), "cy": solution("return w")}.items():
        (folder / f"{name}.py").write_text(text)
    sheets = {pathlib.Path(sheet.file).stem: sheet for sheet in grade(folder, seed=0, limit=limit, cores=1).sheets}
    assert {name: sheet.points for name, sheet in sheets.items()} == {**dict.fromkeys(patched, 5), "bo": 5, "cy": 3}
    assert list(sheets)[-2:] == ["bo", "cy"]
    assert "Most likely: the factor 2 of the square is missing" in sheets["cy"].marks[0].feedback


@pytest.mark.usefixtures("shared_server")
def test_a_patch_inside_of_a_function_costs_only_itself(folder, solution):
    (folder / "an.py").write_text(solution("import numpy, sys; sys.setrecursionlimit(80); numpy.seterr(all='raise')\n"
                                           "    numpy.isclose = numpy.abs = None; return 2 * w"))
    (folder / "bo.py").write_text(solution())
    for limit in (None, 100):
        assert [sheet.points for sheet in grade(folder, seed=0, limit=limit).sheets] == [5, 5]


def test_the_same_seed_draws_the_same_cases():
    task = Task("f", 1, lambda rng: {"w": rng.normal(size=2)}, lambda w: 2 * w)
    one, other, third = draw_cases(task, 3), draw_cases(task, 3), draw_cases(task, 4)
    assert len(one) == 20 and str(one) == str(other) != str(third)
    assert all((case.expected == 2 * case.arguments["w"]).all() for case in one)


# ------------------------------------------------------------------------------ a teacher's own errors


@pytest.fixture
def refused(folder, solution):
    """refused(code, other) -> the error of grading after this replacement in the folder's tasks.py."""
    def refused(code, other, limit=None):
        tasks = folder / "tasks.py"
        tasks.write_text(tasks.read_text().replace(code, other))
        (folder / "mine.py").write_text(solution())
        with pytest.raises(ValueError) as error:
            grade(folder, limit=limit)
        return str(error.value)
    return refused


@pytest.mark.parametrize("limit", [None, 20])
def test_a_teachers_own_error_is_not_the_students(refused, folder, limit):
    message = refused("rng.integers(1, 5)", "1 / 0", limit)
    assert message == f"task gradient of {folder.resolve()} cannot be graded: ZeroDivisionError: division by zero"


@pytest.mark.parametrize("answer, message", [
    ("None", "TypeError: its answer should give numbers, arrays, or a dict or tuple of them; it gives None"),
    ("'much'", "TypeError: its answer should give numbers, arrays, or a dict or tuple of them; it gives 'much'"),
    ("np.log(-w ** 2)", "ValueError: its answer should give numbers; it gives NaN: array([nan"),
    ("(w, {'a': [1.0, float('nan')]})", "ValueError: its answer should give numbers; it gives NaN: (array("),
])
def test_an_answer_that_is_no_number_is_the_teachers_error(refused, answer, message):
    assert message in refused("answer=measured", f"answer=lambda w: {answer}")


def test_arguments_that_cannot_be_sent_are_the_teachers_error(refused):
    message = refused('"scale": 2.0', '"scale": print')
    assert "task both of " in message and "scale is <built-in function print>" in message


def test_infinite_answers_are_numbers():
    task = Task("f", 1, lambda rng: {"w": rng.normal(size=2)}, lambda w: w / 0)
    assert np.isinf(draw_cases(task, 0)[0].expected).all()


@pytest.mark.parametrize("mistake, problem", [
    ("lambda w: 1 / 0", "raises ZeroDivisionError: division by zero"),
    ("lambda w: 2 * w", "equals the answer in all 8 random cases"),
])
def test_a_mistake_that_names_nothing_is_told_to_the_teacher(folder, solution, mistake, problem):
    tasks = folder / "tasks.py"
    tasks.write_text(tasks.read_text().replace("lambda w: w}", f"lambda w: w, 'odd': {mistake}}}"))
    (folder / "mine.py").write_text(solution())
    sentence = f'task gradient of squares: the mistake "odd" {problem}'
    assert check_assignment(folder) == [sentence]
    with pytest.warns(UserWarning) as warned:
        assert grade(folder, limit=None).points == 5
    assert [str(warning.message) for warning in warned] == [sentence]


def test_an_assignment_without_faults(folder, recwarn, solution):
    (folder / "mine.py").write_text(solution())
    grade(folder, limit=None)
    assert check_assignment(folder) == [] and not recwarn.list and assignments.find(folder).points == 5
