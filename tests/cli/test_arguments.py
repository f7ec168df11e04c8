"""Types of arguments: what they take, and the words by which they refuse."""

import argparse

import pytest

from cases import each
from minprune.cli.arguments import Parser, add_command, add_data, data_of, known, number, settings_of
from minprune.datasets import Source


@pytest.mark.parametrize("convert, least, below, text, value", [
    (int, 1, float("inf"), "3", 3), (float, 0, 1, "0.5", 0.5), (float, 0, 1, "0", 0.0)])
def test_numbers_within_their_bounds_are_taken(convert, least, below, text, value):
    assert number(convert, least, below)(text) == value


@each("convert, least, below, text, message", [
    (int, 1, float("inf"), "0", "expects a whole number at least 1, got '0'"),
    (int, 1, float("inf"), "1.5", "expects a whole number at least 1, got '1.5'"),
    (float, 0, 1, "1", "expects a number at least 0 and less than 1, got '1'"),
    (float, 0, float("inf"), "nan", "expects a number at least 0, got 'nan'")])
def test_other_numbers_are_refused(convert, least, below, text, message):
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        number(convert, least, below)(text)


def test_a_near_miss_of_a_name_gets_the_nearest():
    check = known("fruit", ["apple", "pear"])
    assert check("pear") == "pear"
    with pytest.raises(argparse.ArgumentTypeError, match='unknown fruit "aple"; did you mean "apple"'):
        check("aple")


def test_a_command_has_its_own_arguments_and_is_run_with_them():
    top = Parser()
    commands = top.add_subparsers(dest="command", parser_class=Parser)
    add_command(commands, "eat", "one line", "a text", len).add_argument("--much", type=number(int, 0), default=2)
    arguments = top.parse_args(["eat", "--much", "3"])
    assert arguments.run is len and settings_of(arguments) == {"much": 3}


def test_an_error_is_one_line(capsys):
    with pytest.raises(SystemExit) as stop:
        Parser(prog="minprune").error("a\n   b")
    assert stop.value.code == 2
    assert capsys.readouterr().err == "minprune: error: a b (see 'minprune --help')\n"


@each("options, data", [
    ([], "digits"), (["--data", "a.csv"], "a.csv"),
    (["--data", "a.csv", "--scale"], Source("a.csv", scale=True)),
    (["--data", "a.csv", "--target", "-1"], Source("a.csv", target=["-1"])),
    (["--data", "a.csv", "--target", "u", "v", "--task", "regression", "--drop", "id", "3", "--limit", "99"],
     Source("a.csv", ["u", "v"], "regression", ("id", "3"), False, 99))])
def test_the_options_of_data_become_one_source(options, data):
    top = Parser()
    commands = top.add_subparsers(dest="command", parser_class=Parser)
    add_data(add_command(commands, "eat", "one line", "a text", len))
    arguments = top.parse_args(["eat", *options])
    assert data_of(arguments) == data and settings_of(arguments) == {"data": data}
