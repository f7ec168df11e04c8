"""Files and folders are graded; what cannot be graded is refused, or said on its sheet."""

import subprocess
import sys

import pytest

from minprune.grading import assignments
from minprune.grading.grading import grade
from minprune.grading.starters import start


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


def test_a_seed_draws_the_same_cases_again_and_none_draws_new_ones(folder, solution):
    (folder / "mine.py").write_text(solution("return w + w ** 2"))
    one, other = grade(folder, limit=None), grade(folder, limit=None)
    assert one.seed != other.seed and one != other
    assert grade(folder, seed=one.seed, limit=None) == one
    assert f"--seed {one.seed}" in str(one)


def test_a_folder_of_many_files(tmp_path):
    for name, number in (("an", 1), ("bo", 2)):
        (tmp_path / name).mkdir()
        start(number, tmp_path / name)
    (tmp_path / "notes.py").write_text("1 / 0")
    (tmp_path / "cy.py").write_text('ASSIGNMENT = "03"')
    grades = grade(tmp_path, seed=0, limit=None)
    assert [sheet.assignment for sheet in grades.sheets] == ["01_the_neuron", "02_convolution_and_pooling"]
    assert "0 of 24 points in 2 files; not counted: 1 left out, see below" in str(grades) and not grades.ran
    assert 'cy.py: unknown assignment "03"' in str(grades)
    with pytest.raises(ValueError, match="there are 2 files"):
        grades.marks


def test_refused(tmp_path, folder, solution):
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        grade(tmp_path / "none.py")
    with pytest.raises(ValueError, match="no file in .* has a line ASSIGNMENT"):
        grade(tmp_path / "squares")
    with pytest.raises(TypeError, match="path expects a list of files and folders, got 3"):
        grade(3)
    with pytest.raises(ValueError, match="path expects a path without the character NUL"):
        grade("a\0.py")
    (folder / "mine.py").write_text(solution())
    for wrong in ({"seed": -1}, {"seed": 0.5}, {"limit": 0}, {"limit": "1"}):
        with pytest.raises((ValueError, TypeError), match=next(iter(wrong))):
            grade(folder, **wrong)


def test_the_students_process_finds_minprune_wherever_it_is(tmp_path):
    """The parent's sys.path counts, and files that stand around do not: numpy.py beside the student's file, say."""
    (tmp_path / "numpy.py").write_text("1 / 0")
    text = (assignments.shipped() / "solutions" / "06_obd_and_orders.py").read_text(encoding="utf-8")
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    code = f"from minprune.grading.grading import grade; print(grade({str(tmp_path / 'mine.py')!r}).points)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "13\n", done.stderr
