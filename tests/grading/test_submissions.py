"""Which files of a folder are graded, and by which assignment."""

import pytest

from minprune.grading.grading import grade


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


def test_hidden_files_are_not_graded_and_those_left_out_are_named(tmp_path, folder, solution):
    (folder / "mine.py").write_text(solution())
    (folder / "._mine.py").write_bytes(b"\0\5")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "mine-checkpoint.py").write_text(solution())
    assert [sheet.file for sheet in grade(folder, limit=None).sheets] == [str(folder / "mine.py")]
    (tmp_path / "an.py").write_text(solution())
    grades = grade(tmp_path, limit=None)
    assert grades.points == grades.of == 5 and grades.left_out == (str(tmp_path / "an.py"),)
    assert f'left out, for want of a line ASSIGNMENT = "…": {tmp_path / "an.py"}' in str(grades)
    assert grades.to_dict()["left_out"] == [str(tmp_path / "an.py")]
    both = grade(tmp_path, assignment=folder, limit=None)
    assert len(both.sheets) == 2 and both.left_out == () and "left out" not in str(both)


def test_a_hidden_folder_is_graded_if_it_is_named(tmp_path):
    (tmp_path / ".work").mkdir()
    (tmp_path / ".work" / "an.py").write_text('ASSIGNMENT = "01_the_neuron"')
    assert len(grade(tmp_path / ".work", limit=None).sheets) == 1
