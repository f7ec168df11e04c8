"""The command `minprune grade`."""

import json
import pathlib
import sys

import pytest

from minprune.cli.grade import Progress
from minprune.cli.main import main
from minprune.grading import assignments
from minprune.grading.grading import grade


def command(*arguments):
    """Run `minprune grade`; return its exit code."""
    return main(["grade", *arguments])


@pytest.mark.usefixtures("shared_server")
@pytest.mark.parametrize("body, code", [("return 2 * w", 0), ("return w", 1), ("return 2 * w\n1 / 0", 2)])
def test_exit_codes(folder, solution, capsys, body, code):
    (folder / "mine.py").write_text(solution(body))
    assert command(str(folder / "mine.py"), "--seed", "0", "--limit", "100") == code
    assert f"{folder / 'mine.py'}: {[5, 3, 0][code]} of 5 points (squares)" in capsys.readouterr().out


@pytest.mark.usefixtures("shared_server")
def test_several_files_are_graded_together(folder, solution, capsys):
    for name, body in (("an.py", "return 2 * w"), ("bo.py", "return w")):
        (folder / name).write_text(solution(body))
    assert command(str(folder / "an.py"), str(folder / "bo.py"), "--seed", "0", "--limit", "100") == 1
    assert "8 of 10 points in 2 files" in capsys.readouterr().out


@pytest.mark.usefixtures("shared_server")
def test_a_submission_that_is_left_out_could_not_run(folder, solution, capsys):
    (folder / "an.py").write_text(solution())
    (folder / "bo.ipynb").write_text("{}")
    assert command(str(folder), "--seed", "0", "--limit", "100") == 2
    assert "5 of 5 points in 1 file; not counted: 1 left out, see below" in capsys.readouterr().out


def test_a_helper_beside_a_submission_is_found_wherever_the_command_is_called(folder, solution, monkeypatch):
    """Also one whose name a file in the current folder has, which `python -m` and "" in sys.path look into first."""
    (folder / "work").mkdir()
    (folder / "work" / "mine.py").write_text("from helping import twice\n" + solution("return twice(w)"))
    (folder / "work" / "helping.py").write_text("def twice(w):\n    return 2 * w\n")
    (folder / "helping.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend("")
    monkeypatch.chdir(folder)
    assert command("work/mine.py", "--assignment", str(folder)) == 0
    monkeypatch.chdir(folder / "work")
    assert grade("mine.py", assignment=folder, limit=None).points == 5


@pytest.mark.usefixtures("shared_server")
def test_json(folder, solution, capsys):
    (folder / "mine.py").write_text(solution("return w"))
    assert command(str(folder), "--json", "--seed", "7") == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed == grade(folder, seed=7, limit=None).to_dict()
    assert (printed["seed"], printed["points"], printed["of"]) == (7, 3, 5)
    assert [(row["task"], row["points"], row["of"]) for row in printed["sheets"][0]["tasks"]] == [
        ("gradient", 0, 2), ("both", 3, 3)]


def test_list_and_start(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command() == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(assignments.names()) and lines[0].split() == [
        "01_the_neuron", "11", "points", "The", "neuron", "and", "its", "gradients"]
    assert command("--start", "1") == 0
    assert sorted(path.name for path in (tmp_path / "01_the_neuron").iterdir()) == ["brief.md", "starter.py"]
    told = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert told == [str(pathlib.Path("01_the_neuron", file)) for file in ("brief.md", "starter.py")]
    for name, message in (("01_the_neuron", "exists already"), ("77", 'unknown assignment "77"')):
        assert command("--start", name) == 2 and message in capsys.readouterr().err


def test_make_starters_command(tmp_path, capsys):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01_one.py").write_text("def f():\n    # solution begins\n    # solution ends\n")
    assert command("--make-starters", str(tmp_path)) == 0
    assert capsys.readouterr().out == f"{tmp_path / '01_one' / 'starter.py'}\n"


def test_the_list_in_the_readme_begins_as_the_command_prints_it(capsys):
    assert command() == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert f"    $ minprune grade\n    {first}\n" in (assignments.shipped() / "README.md").read_text(encoding="utf-8")


# ------------------------------------------------------------------------------- a class, and its tools


@pytest.mark.usefixtures("shared_server")
def test_a_class(folder, solution, tmp_path, capsys):
    for name, body in (("an.py", "return 2 * w"), ("bo.py", "return w"), ("cy.py", "return 2 * w\n1 / 0")):
        (tmp_path / name).write_text(solution(body))
    out = str(tmp_path / "out")
    assert command(str(tmp_path), "--assignment", str(folder), "--class", out, "--seed", "0", "--cores", "1") == 2
    printed = capsys.readouterr().out
    assert printed == f"3 students, mean 2.7 and median 3 of 5 points\n{out}/index.html\n"
    (tmp_path / "cy.py").unlink()
    assert command(str(tmp_path), "--assignment", str(folder), "--class", out) == 0
    assert "2 students, mean 4.0" in capsys.readouterr().out


@pytest.mark.usefixtures("shared_server")
def test_one_task_and_what_gradescope_reads(folder, solution, tmp_path, capsys):
    (folder / "mine.py").write_text(solution("return w"))
    results = tmp_path / "results.json"
    assert command(str(folder / "mine.py"), "--task", "both", "--gradescope", str(results), "--seed", "0") == 0
    assert "3 of 3 points" in capsys.readouterr().out and json.loads(results.read_text())["score"] == 3
    assert command(str(folder / "mine.py"), "--task", "bath", "--seed", "0") == 2
    assert 'unknown task "bath"; did you mean "both"?' in capsys.readouterr().err
    (tmp_path / "empty.py").write_text("")
    assert command(str(tmp_path / "empty.py"), "--gradescope", str(results)) == 2
    plain = json.loads(results.read_text())
    assert plain["score"] == 0 and "does not say which assignment it is" in plain["output"] and plain["tests"] == []


def test_check_and_workflow(folder, capsys):
    assert command("--check", str(folder), "--seeds", "1") == 1
    printed = capsys.readouterr().out
    assert "things to be looked at:" in printed and "scale is 2.0 in all cases" in printed
    assert command("--workflow", "1") == 0
    assert capsys.readouterr().out.startswith("name: Autograding Tests\n")


def test_progress_is_a_line_on_a_terminal(capsys, monkeypatch):
    progress = Progress("files")
    progress(1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = Progress("files")
    progress(3, 4)
    progress(4, 4)
    err = capsys.readouterr().err
    assert err.startswith("\r3 of 4 files, about 0 s left") and err.endswith("\n")
