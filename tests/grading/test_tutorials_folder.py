"""The tutorials are found, and a stranger's folder of that name is not taken for them."""

import pytest

from minprune.grading import tutorials_folder as module
from minprune.grading.tutorials_folder import tutorials_folder


def test_it_holds_the_chapters_and_the_assignments():
    folder = tutorials_folder()
    assert (folder / "01_the_method.md").is_file() and (folder / "assignments" / "README.md").is_file()


def test_beside_or_inside_the_package(tmp_path, monkeypatch):
    package = tmp_path / "minprune"
    monkeypatch.setattr(module, "__file__", str(package / "grading" / "tutorials_folder.py"))
    (tmp_path / "tutorials").mkdir()
    with pytest.raises(FileNotFoundError, match="no chapters beside or inside .*minprune"):
        tutorials_folder()
    (tmp_path / "tutorials" / "01_one.md").touch()
    assert tutorials_folder() == tmp_path / "tutorials"
    (package / "tutorials").mkdir(parents=True)
    assert tutorials_folder() == tmp_path / "tutorials"
    (package / "tutorials" / "01_one.md").touch()
    assert tutorials_folder() == package / "tutorials"
