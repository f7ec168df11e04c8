"""How the tests of a command call it."""

import pytest

from minprune.cli.main import main


@pytest.fixture
def call(capsys):
    """call("run", …) returns the exit code, what is printed, and what is printed to stderr."""
    def call(*arguments):
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err
    return call


@pytest.fixture
def refused(capsys):
    """refused("run", …) returns the one line that a bad call prints."""
    def refused(*arguments):
        try:
            code = main(list(arguments))
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        assert code == 2 and captured.err.count("\n") == 1 and "Traceback" not in captured.err
        return captured.err
    return refused
