"""Which files of a folder are graded, and by which assignment."""

import pytest

from minprune.grading.grading import grade


def test_the_assignment_is_named_by_the_file_or_by_hand(tmp_path, folder):
    named = tmp_path / "chen.py"
    named.write_text('ASSIGNMENT = "06_obd_and_orders"\n')
    assert grade(named, limit=None).sheets[0].assignment == "06_obd_and_orders"
    assert grade(named, assignment=6, limit=None).sheets[0].assignment == "06_obd_and_orders"
    assert grade(named, assignment=folder, limit=None).sheets[0].assignment == "squares"
    assert grade(tmp_path, assignment=folder, limit=None).sheets[0].assignment == "squares"
    with pytest.raises(ValueError, match="unknown assignment"):
        grade(tmp_path, assignment="none")
    named.write_text("def f(): pass\n")
    with pytest.raises(ValueError, match="does not say which assignment it is: .* one of 01_the_neuron, "):
        grade(named, limit=None)
    named.write_text('ASSIGNMENT = "06_obd_and_order"\n')
    with pytest.raises(ValueError, match='unknown assignment "06_obd_and_order"; did you mean "06_obd_and_orders"'):
        grade(named, limit=None)


def test_hidden_files_are_not_graded_and_those_left_out_are_named(tmp_path, folder, solution):
    (folder / "mine.py").write_text(solution())
    (folder / "._mine.py").write_bytes(b"\0\5")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "mine-checkpoint.py").write_text(solution())
    assert [sheet.file for sheet in grade(folder, limit=None).sheets] == [str(folder / "mine.py")]
    (tmp_path / "an.py").write_text(solution())
    grades = grade([tmp_path, folder], limit=None)
    assert grades.points == grades.of == 5 and grades.ran
    assert [file.file for file in grades.left_out] == [str(tmp_path / "an.py")]
    assert f'left out:\n  {tmp_path / "an.py"}: it has no line ASSIGNMENT = "…"\n' in str(grades)
    assert grades.to_dict()["left_out"] == [
        {"file": str(tmp_path / "an.py"), "reason": 'it has no line ASSIGNMENT = "…"', "submitted": False}]
    both = grade(tmp_path, assignment=folder, limit=None)
    assert len(both.sheets) == 2 and both.left_out == () and "left out" not in str(both)


def test_a_hidden_folder_is_graded_if_it_is_named(tmp_path):
    (tmp_path / ".work").mkdir()
    (tmp_path / ".work" / "an.py").write_text('ASSIGNMENT = "06_obd_and_orders"')
    assert len(grade(tmp_path / ".work", limit=None).sheets) == 1


@pytest.fixture
def class_folder(tmp_path):
    """A folder with a file an.py of assignment 6, and what else the test writes there."""
    (tmp_path / "an.py").write_text('ASSIGNMENT = "06_obd_and_orders"\n')
    return tmp_path


@pytest.mark.parametrize("name, text, reason", [
    ("bo.py", 'ASSIGNMENT = "06_obd_and_order"\n',
     'unknown assignment "06_obd_and_order"; did you mean "06_obd_and_orders"?'),
    ("bo.py", 'ASIGNMENT = "06_obd_and_orders"\n', '(a line says ASIGNMENT = "06_obd_and_orders")'),
    ("bo.ipynb", "{}", "it cannot be read as a notebook"),
    ("bo.IPYNB", "PK", "it cannot be read as a notebook"),
    ("bo.zip", "PK", "it is an archive; unpack it"),
])
def test_what_should_be_graded_and_is_not_is_named_and_the_total_says_so(class_folder, name, text, reason):
    (class_folder / name).write_text(text)
    grades = grade(class_folder, limit=None)
    (left_out,) = grades.missing
    assert left_out.file == str(class_folder / name) and reason in left_out.reason and not grades.ran
    assert "0 of 13 points in 1 file; not counted: 1 left out, see below" in str(grades) and reason in str(grades)


def test_a_python_file_is_one_in_capitals_too(class_folder):
    (class_folder / "BO.PY").write_text('ASSIGNMENT: str = "09_honest_comparison"\n')
    assert [sheet.of for sheet in grade(class_folder, limit=None).sheets] == [17, 13]


def test_what_is_no_notebook_is_refused(class_folder):
    (class_folder / "bo.ipynb").write_text("{}")
    with pytest.raises(ValueError, match="cannot grade .*bo.ipynb: it cannot be read as a notebook"):
        grade(class_folder / "bo.ipynb")


def test_what_students_hand_in_brings_no_tasks_of_its_own(class_folder, folder, solution):
    """Neither a tasks.py in a folder of theirs, nor a line that names a folder with one."""
    (folder / "mine.py").write_text(f'ASSIGNMENT = "{folder}"\n' + solution())
    (file,) = grade(class_folder, limit=None).left_out
    assert file.submitted and "unknown assignment" in file.reason
    (folder / "mine.py").write_text('ASSIGNMENT = "06_obd_and_orders"\n' + solution())
    assert [sheet.assignment for sheet in grade(class_folder, limit=None).sheets] == ["06_obd_and_orders"] * 2


def test_several_files_and_folders(class_folder, folder, solution):
    (folder / "mine.py").write_text(solution())
    (class_folder / "notes.py").write_text("1 / 0\n")
    an = class_folder / "an.py"
    grades = grade([an, str(folder), an, class_folder / "notes.py"], limit=None)
    assert [sheet.file for sheet in grades.sheets] == [str(an), str(folder / "mine.py")] and grades.of == 18
    assert "does not say which assignment it is" in grades.missing[0].reason
    with pytest.raises(FileNotFoundError, match="no such file or folder: none.py"):
        grade([an, "none.py"])


def test_a_helper_that_a_submission_imports_is_no_submission(tmp_path, folder):
    (tmp_path / "an.py").write_text("from helping import twice\ndef gradient(w):\n    return twice(w)\n")
    (tmp_path / "helping.py").write_text("def twice(w):\n    return 2 * w\n")
    (tmp_path / "bo.py").write_text("print('nothing yet')\n")
    grades = grade(tmp_path, assignment=folder, limit=None)
    assert {sheet.file: sheet.points for sheet in grades.sheets} == {
        str(tmp_path / "an.py"): 2, str(tmp_path / "bo.py"): 0}
    assert [file.reason for file in grades.left_out] == [
        "a file beside it imports it, and it has none of the functions"]


@pytest.mark.parametrize("name", ["4", "04_three_scores"])
def test_an_assignment_in_the_place_of_a_file_leads_to_its_starter(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f"no such file or folder: {name}; .*minprune grade --start {name}$"):
        grade(name)
    with pytest.raises(FileNotFoundError, match="no such file or folder: 44$"):
        grade("44")
