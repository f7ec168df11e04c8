"""Whose file it is, its place says."""

import pathlib

import pytest

from minprune.grading.assignments import find
from minprune.grading.course.students import student_of


@pytest.mark.parametrize("path, student", [
    ("an/mine.py", "an"), ("an/01_the_neuron/deep/mine.py", "an"), ("an.py", "an"),
    ("an_01_the_neuron.py", "an"), ("01_the_neuron-an.ipynb", "an"), ("01_the_neuron.py", "01_the_neuron"),
    ("an 01_the_neuron (2).py", "an(2)"), ("Chen An_12345_assignsubmission_file/mine.py", "Chen An"),
])
def test_the_student_of_a_file(tmp_path, path, student):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    assert student_of(file, [pathlib.Path("elsewhere"), tmp_path], find(1)) == student
    assert student_of(tmp_path / "an.py", [tmp_path / "an.py"], find(1)) == "an"
