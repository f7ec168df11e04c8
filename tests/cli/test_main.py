"""The command: its help, its list of commands, what becomes of errors."""

import os
import pathlib
import sys

import pytest

from minprune.cli import main as main_file
from minprune.cli import scores
from minprune.cli.main import main


def test_help_teaches(call, capsys):
    for arguments in (["--help"], ["run", "--help"], ["scores", "--help"], ["tutorial", "--help"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 0
        assert len(capsys.readouterr().out) > 300
    assert call()[1].startswith("usage: minprune")


def test_each_file_of_the_folder_is_a_command_in_the_list():
    files = {path.stem for path in pathlib.Path(main_file.__file__).parent.glob("*.py")}
    listed = [command.__name__.rpartition(".")[2] for command in main_file.COMMANDS]
    assert files - {"__init__", "main", "arguments"} == set(listed) and len(set(listed)) == len(listed)


def test_an_unknown_command_gets_one_line(refused):
    assert "invalid choice: 'rum'" in refused("rum")


@pytest.mark.parametrize("error, code, line", [
    (ValueError("no\n  luck"), 2, "minprune: error: no luck\n"), (MemoryError(), 2, "minprune: error: MemoryError\n"),
    (KeyboardInterrupt(), 130, "minprune: stopped\n")], ids=repr)
def test_an_error_gets_one_line_and_an_exit_code(call, monkeypatch, error, code, line):
    def fail():
        raise error

    monkeypatch.setattr(scores, "print_table", fail)
    assert call("scores") == (code, "", line)


def test_a_mistake_of_the_program_itself_is_not_hidden(call, monkeypatch):
    monkeypatch.setattr(scores, "print_table", lambda: {}["x"])
    with pytest.raises(KeyError):
        call("scores")


def test_a_reader_that_stops_reading(monkeypatch, capsys):
    """As `minprune scores | head -1`: nobody reads the pipe, neither now nor when Python writes the rest at its end."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main(["scores"]) == 0
        print("the rest", file=pipe)
    assert capsys.readouterr().err == ""
