"""Assignments are found and read, and those that come with minprune are sound: full points for the solved sources, none
for the starters, and wrong solutions lose exactly the points that they should."""

import dataclasses
import functools
import inspect
import re

import pytest

from cases import each
from minprune.grading import assignments
from minprune.grading.assignments import Assignment
from minprune.grading.calls import Call, calls_of
from minprune.grading.cases import draw_exam
from minprune.grading.grading import grade
from minprune.grading.marking import is_right, judge
from minprune.grading.mistakes import returned_in_case
from minprune.grading.sheets import grade_file
from minprune.grading.starters import cut_starter, solved_sources
from minprune.grading.user_file import run_file
from minprune.grading.values import decode
from minprune.grading.verdicts import verdict_on_mistake
from minprune.grading.working import How
from wrong_solutions import failures, in_float32

NAMES = assignments.names()
FEW = 3                         # cases of the tasks whose functions call a wrong one
TRIALS = 5                      # networks on which a claim of a solved source has to hold
SOLVED = {solved.stem: solved for solved, _ in solved_sources()}
WRONG = {file.stem: run_file(file).WRONG for file in sorted(assignments.shipped().glob("solutions/wrong/*.py"))}


# --------------------------------------------------------------------------- finding and reading


def test_an_assignment_is_found_by_name_number_or_folder(folder):
    for name in (1, "1", "01_the_neuron"):
        assignment = assignments.find(name)
        assert (assignment.name, assignment.title) == (NAMES[0], "The neuron and its gradients")
    own = assignments.find(folder)
    assert (own.name, own.folder, own.points, own.title) == ("squares", folder.resolve(), 5, "squares")
    with pytest.raises(ValueError, match='unknown assignment "01_the_neurone"; did you mean "01_the_neuron"'):
        assignments.find("01_the_neurone")


@pytest.mark.parametrize("text, message", [
    ("1 / 0", "ZeroDivisionError"),
    ("x = 1", "AttributeError: .*TASKS"),
    ("TASKS = []", "at least one Task"),
    ("TASKS = [1]", "at least one Task"),
])
def test_a_malformed_assignment(folder, solution, text, message):
    (folder / "tasks.py").write_text(text)
    assert_refused(folder, solution(), message)


@pytest.mark.parametrize("line, message", [
    ("TASKS *= 2", "two tasks have the same name"),
    ('Task("no name", 1, squares, measured)', "name of a function, got 'no name'"),
    ('Task("f", 0, squares, measured)', "points of f expects at least 1"),
    ('Task("f", 1, squares, 3)', "answer of f expects a function, got 3"),
    ('Task("f", 1, squares, measured, {"a": 3})', "a of f expects a function, got 3"),
    ('Task("f", 1, squares, measured, trials=0)', "trials of f expects at least 1"),
    ('Task("f", 1, squares, measured, tolerance=0)', "tolerance of f expects"),
])
def test_a_malformed_task(folder, solution, line, message):
    with (folder / "tasks.py").open("a") as file:
        file.write(line)
    assert_refused(folder, solution(), message)


def assert_refused(folder, text, message):
    """A file's grading is refused; in a folder the file is left out, with this reason."""
    (folder / "mine.py").write_text(text)
    with pytest.raises(ValueError, match=f"cannot read .*tasks.py: .*{message}"):
        grade(folder / "mine.py", limit=None)
    assert "cannot read" in grade(folder, limit=None).missing[0].reason


def test_the_tutorials_hold_the_chapters_and_the_assignments():
    folder = assignments.tutorials_folder()
    assert (folder / "00_the_method.md").is_file() and (folder / "assignments" / "README.md").is_file()


def test_the_tutorials_are_beside_or_inside_the_package(tmp_path, monkeypatch):
    package = tmp_path / "minprune"
    monkeypatch.setattr(assignments, "__file__", str(package / "grading" / "assignments.py"))
    (tmp_path / "tutorials").mkdir()
    with pytest.raises(FileNotFoundError, match="no chapters beside or inside .*minprune"):
        assignments.tutorials_folder()
    (tmp_path / "tutorials" / "01_one.md").touch()
    assert assignments.tutorials_folder() == tmp_path / "tutorials"
    (package / "tutorials").mkdir(parents=True)
    assert assignments.tutorials_folder() == tmp_path / "tutorials"
    (package / "tutorials" / "01_one.md").touch()
    assert assignments.tutorials_folder() == package / "tutorials"


# ------------------------------------------------------------ the assignments that come with minprune


def assignment_with(name, claim_of):
    """A shipped assignment with another claim of each task."""
    assignment = assignments.find(name)
    return assignment._replace(tasks=tuple(dataclasses.replace(task, claim=claim_of(task)) for task in assignment.tasks))


@functools.cache
def exam_of(name):
    """The cases of seed 0, measured once for a hundred solutions. Nothing is claimed: no verdict takes points or gives
    any, so where the points are looked at it need not be found each time."""
    return draw_exam(assignment_with(name, lambda task: None), 0)


@functools.cache
def exam_about(name, looked_at):
    """All cases of one task, and the first ones of those whose functions call it: whether they keep their points is
    soon seen."""
    exam, touched = exam_of(name), touched_by(name, looked_at)
    tasks = tuple(task for task in exam.assignment.tasks if task.name in touched)
    cases = {task: exam.cases[task] if task == looked_at else exam.cases[task][:FEW] for task in touched}
    return exam._replace(assignment=exam.assignment._replace(tasks=tasks), cases=cases, kept={})


def touched_by(name, lost):
    """The tasks that a mistake in one of them can reach: itself and those that call it, or one that does."""
    functions, touched = functions_in(SOLVED[name].read_text(encoding="utf-8")), {lost}
    tasks = [task.name for task in assignments.find(name).tasks]
    for task in 2 * tasks:                      # twice: one that is called may stand below the one that calls it
        if any(re.search(rf"\b{one}\b", functions[task]) for one in touched):
            touched.add(task)
    return touched


def functions_in(text):
    """{name: source} of a text's functions, each with all that stands below it until the next one."""
    _, *parts = re.split(r"^def (\w+)", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_the_solved_source_gets_full_points(name):
    claiming = assignment_with(name, lambda task: task.claim and {**task.claim, "trials": TRIALS})
    sheet = grade_file(SOLVED[name], exam_of(name)._replace(assignment=claiming, kept={}), How(None))
    assert sheet.points == sheet.of > 0, sheet
    claims = [task.name for task in claiming.tasks if task.claim is not None]
    assert claims == [mark.task for mark in sheet.marks if mark.verdict and mark.verdict["holds"]], sheet


@pytest.mark.parametrize("name", NAMES)
def test_the_bare_starter_gets_zero_and_a_message_for_each_task(name):
    assignment = assignments.find(name)
    sheet = grade_file(assignment.folder / "starter.py", exam_of(name), How(None))
    assert sheet.points == 0 and sheet.of == assignment.points
    for mark in sheet.marks:
        assert mark.feedback == f"not written yet: it raises NotImplementedError('{mark.task}')"


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_solution_loses_just_the_points_of_its_task(name, tmp_path):
    text = SOLVED[name].read_text(encoding="utf-8")
    for lost, right, wrong, message in WRONG[name]:
        assert text.count(right) == 1 and re.findall(r"^def (\w+)", text[:text.index(right)], re.M)[-1] == lost, right
        (tmp_path / "mine.py").write_text(text.replace(right, wrong), encoding="utf-8")
        sheet = grade_file(tmp_path / "mine.py", exam_about(name, lost), How(None))
        marks = [mark for mark in sheet.marks if mark.points < mark.of]
        assert [mark.task for mark in marks] == [lost], (wrong, sheet)
        assert re.search(message, marks[0].feedback, re.DOTALL), (wrong, marks[0].feedback)


@each("name", NAMES)
def test_the_solved_source_computed_in_float32_is_right(name):
    functions, exam = in_float32(vars(run_file(SOLVED[name]))), exam_of(name)
    for task in exam.assignment.tasks:
        cases = exam.cases[task.name]
        calls = [Call(decode(returned), *rest) for returned, *rest in
                 calls_of(functions[task.name], [case.encoded for case in cases])]
        assert is_right(task, cases, calls), task.name


def test_no_wrong_solution_is_right_by_luck_and_no_right_one_wrong():
    """On another seed. (The benchmark tries 200 seeds of all assignments.)"""
    assert list(failures(assignments.find(NAMES[0]), 1)) == []


def test_all_assignments_have_a_solved_source_and_wrong_solutions():
    folders = [folder.name for folder in sorted(assignments.shipped().glob("[0-9]*"))]
    assert folders and folders == NAMES == list(SOLVED) == list(WRONG)
    assert [int(name[:2]) for name in NAMES] == list(range(1, len(NAMES) + 1))
    for name in NAMES:
        assert len(WRONG[name]) >= 5
        assert {lost for lost, *_ in WRONG[name]} == {task.name for task in assignments.find(name).tasks}


def test_the_starters_are_in_step_with_the_solved_sources():
    for solved, path in solved_sources():
        assert path.read_text(encoding="utf-8") == cut_starter(solved.read_text(encoding="utf-8")), \
            f"{path}: run 'minprune grade --make-starters'"


@each("name", NAMES)
def test_starter_brief_and_tasks_agree(name):
    assignment = assignments.find(name)
    module = run_file(assignment.folder / "starter.py")
    written = {value.__name__: value for value in vars(module).values() if inspect.isfunction(value)}
    assert module.ASSIGNMENT == name and list(written) == [task.name for task in assignment.tasks]
    for task in assignment.tasks:
        arguments = list(inspect.signature(written[task.name]).parameters)
        assert arguments == list(inspect.signature(task.answer).parameters)
        assert row_of_brief(assignment, task) == (", ".join(arguments), task.points)


def row_of_brief(assignment, task):
    """(arguments, points) that a task's row in the table of brief.md says; the test fails if there is no row."""
    path = assignment.folder / "brief.md"
    row = re.search(rf"^\| `{task.name}\((.*?)\)` .* \| (\d+) \|$", path.read_text(encoding="utf-8"), re.MULTILINE)
    if row is None:
        pytest.fail(f"{path} has no row | `{task.name}(…)` | … | {task.points} | in its table of functions")
    return row[1], int(row[2])


def test_a_brief_without_a_row_for_a_task_fails_with_a_sentence(tmp_path):
    (tmp_path / "brief.md").write_text("| function | points |\n|---|---|\n| `softmax(y)` | 2 points |\n")
    task = assignments.find("03_losses_and_training").tasks[0]
    with pytest.raises(pytest.fail.Exception, match=r"brief.md has no row \| `softmax\(…\)` \| … \| 2 \| in its table"):
        row_of_brief(Assignment("own", tmp_path, (task,)), task)


@each("name", NAMES)
def test_starters_need_nothing_but_numpy(name):
    text = (assignments.find(name).folder / "starter.py").read_text(encoding="utf-8")
    assert re.findall(r"^(?:import|from) .*", text, re.MULTILINE) == ["import numpy as np"]


@pytest.mark.parametrize("name", NAMES)
def test_all_named_mistakes_can_be_named(name):
    """A wrong function that is right now and then is fine; one that always is would name nothing."""
    exam = exam_of(name)
    for task in exam.assignment.tasks:
        cases = exam.cases[task.name]
        for text, wrong in task.mistakes.items():
            calls = [Call(returned_in_case(case, text, wrong)) for case in cases]
            right, feedback = judge(task, cases, calls)
            assert not right and "Most likely: " in feedback, (task.name, text, feedback)


def test_what_a_claim_compares_with_is_called_the_solution():
    task, *_ = assignments.find("04_three_scores").tasks
    task = dataclasses.replace(task, claim={**task.claim, "trials": TRIALS})
    holds, text, _ = verdict_on_mistake(task, "the square root is missing", 0)
    assert not holds and text.startswith("weight_norm equals the solution: it fails")
