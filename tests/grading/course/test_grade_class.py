"""A class is graded: every mark is right, a run that was stopped goes on, and only what has changed is graded again."""

import argparse
import contextlib
import json
import queue

import pytest

import course
from minprune.grading import assignments
from minprune.grading.course import workers
from minprune.grading.course.grade_class import grade_class
from minprune.grading.course.records import plain_name
from minprune.grading.grades import Sheet

NAME = "06_obd_and_orders"
LOOPING = ("an endless loop", "a loop at once", "many processes", "a flood", "too much output", "too large a file")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """(the folder, OUT, expected, how many files were graded, table) of a class that was graded by two workers."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out") / "deep"
    expected = course.write_class(folder, 16, 1, [NAME])
    for (student, name), work in list(expected.items()):
        if any(word in work.kind for word in LOOPING):      # they take the time that they are given
            for file in (folder / student / name).iterdir():
                file.unlink()
            del expected[student, name]
    done = []
    table = grade_class(folder, out, seed=3, limit=100, cores=2, progress=lambda *counts: done.append(counts))
    return folder, out, expected, done, table


def test_every_mark_is_right(graded):
    folder, out, expected, done, table = graded
    assert list(course.wrong_marks(table, expected)) == []
    assert len(expected) > 10 and done[-1] == (len(expected), len(expected))
    assert {work.kind.split(":")[0] for work in expected.values()} >= {"right", "wrong", "broken", "frames"}


@pytest.mark.usefixtures("shared_server")
def test_it_goes_on_and_only_what_has_changed_is_graded_again(graded):
    """On one core, where the marks are those of the workers."""
    folder, out, expected, _, table = graded
    before = {path.relative_to(out): path.read_bytes() for path in out.rglob("*.*")}
    assert grade_class(folder, out, limit=100) == table                  # the seed is that of the run before
    assert {path.relative_to(out): path.read_bytes() for path in out.rglob("*.*")} == before
    marks = sorted(out.glob("marks/*/*.json"))
    assert len(marks) == len(expected)
    marks[0].unlink()
    marks[1].write_text("{half of a fi")
    file = next(path for path in (folder / "student 008" / NAME).iterdir() if path.suffix == ".PY")
    file.write_text(file.read_text() + "\n")
    again = []
    assert grade_class(folder, out, limit=100, cores=1, progress=lambda done, of: again.append((done, of))) == table
    assert again == [(len(marks) + more, len(marks)) for more in (-2, -1, 0)]


def test_what_is_written(graded):
    folder, out, expected, _, table = graded
    assert {path.name for path in out.iterdir()} == {"course.json", "feedback", "index.html", "marks", "points.csv"}
    lines = (out / "points.csv").read_text().split("\n")
    assert len(list(out.glob("feedback/*.html"))) == len(table.rows) == len(lines) - 2
    record = json.loads(next(out.glob("marks/student 000/*.json")).read_text())
    assert Sheet.from_dict(record["sheet"]) == table.rows[0].sheets[NAME] and record["student"] == "student 000"


def test_a_worker_that_ends_costs_one_file(folder, solution, tmp_path, monkeypatch):
    @contextlib.contextmanager
    def ends_at_once(job, request):
        messages = queue.Queue()
        messages.put(["ended"])
        yield argparse.Namespace(messages=messages, send=lambda *message: None)

    monkeypatch.setattr(workers, "child_process", ends_at_once)
    for name in ("an", "bo", "cy"):
        (tmp_path / f"{name}.py").write_text(solution())
    table = grade_class([tmp_path], tmp_path / "out", assignment=folder, cores=2)
    assert [row.points for row in table.rows] == [0, 0, 0]
    assert table.rows[0].sheets["squares"].problem == "the process that graded it has ended"


def test_that_no_process_can_be_started_is_an_error(folder, solution, tmp_path, monkeypatch):
    def refuse(job, request):
        raise OSError("no process is left")

    monkeypatch.setattr(workers, "child_process", refuse)
    for name in ("an", "bo"):
        (tmp_path / f"{name}.py").write_text(solution())
    with pytest.raises(OSError, match="no process is left"):
        grade_class([tmp_path], tmp_path / "out", assignment=folder, cores=2)


def test_names_of_files():
    assert plain_name("student 3") == "student 3" and plain_name("Ö. Chén") == "Ö. Chén"
    names = [plain_name(name) for name in ("a/b", "a\\b", "..", "", "a:b")]
    assert len(set(names)) == 5 and not any(set(name) & set("/\\:") or name.startswith(".") for name in names)


@pytest.mark.usefixtures("shared_server")
def test_tasks_among_the_files_count_for_nothing(folder, solution, tmp_path):
    (folder / "mine.py").write_text(solution())
    with pytest.raises(ValueError, match="has a line ASSIGNMENT"):
        grade_class([folder], tmp_path / "out")
    assert grade_class([folder], tmp_path / "out", assignment=folder).rows[0].points == 5
    assert assignments.find(folder).points == 5
