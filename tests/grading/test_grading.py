"""Files and folders are graded; what cannot be graded is refused, or said on its sheet."""

import pytest

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
    for name, number in (("an", 8), ("bo", 9)):
        (tmp_path / name).mkdir()
        start(number, tmp_path / name)
    (tmp_path / "notes.py").write_text("1 / 0")
    (tmp_path / "cy.py").write_text('ASSIGNMENT = "03"')
    grades = grade(tmp_path, seed=0, limit=None)
    assert [sheet.assignment for sheet in grades.sheets] == ["08_connections", "09_honest_comparison"]
    assert "0 of 33 points in 2 files; not counted: 1 left out, see below" in str(grades) and not grades.ran
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


def test_the_students_process_finds_minprune_wherever_it_is(folder, solution, monkeypatch):
    """The parent's sys.path counts, and files that stand around do not: numpy.py beside the student's file, say."""
    (folder / "numpy.py").write_text("1 / 0")
    (folder / "mine.py").write_text("import numpy as np\n" + solution("return np.multiply(2, w)"))
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend("")
    assert grade(folder / "mine.py").points == 5
