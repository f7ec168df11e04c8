"""Which separator is recognised, and how its lines become cells."""

from cases import each
from minprune.datasets.separators import SEPARATORS, recognise

CASES = {"commas": "1,2,0", "semicolons": "1;2;0", "tabs": "1\t2\t0", "blanks": "1 2 0"}


@each("name", CASES)
@each("header", [True, False])
def test_each_is_recognised(name, header):
    lines = [CASES[name].replace("1", "a").replace("2", "b").replace("0", "kind")] * header + [CASES[name]] * 3
    assert recognise(lines).name == name


@each("line, name", [
    ("1, 2, setosa", "commas"), ("1,5;2,5;a b", "semicolons"), ("1.5 2.5 a,b", "blanks"), ("1\t2 \ta b", "tabs"),
    ("  1   2\t0 ", "blanks"), ('"1","2"', "commas"), ("a,b,c", "commas"), ("1", "commas")])
def test_the_one_that_leaves_the_most_numbers(line, name):
    assert recognise([line] * 3).name == name


def test_blanks_are_any_number_of_spaces_and_tabs():
    assert list(SEPARATORS[3].rows(["  1   2\t0 \n", '"a b" 3 4'])) == [["1", "2", "0"], ["a b", "3", "4"]]


def test_decimal_commas_are_free_where_semicolons_separate():
    assert [SEPARATORS[1].point(cell) for cell in ("1,5", "-,5e3", "1,5,0", "a,b")] == ["1.5", "-.5e3", "1,5,0", "a,b"]
    assert [separator.point("1,5") for separator in SEPARATORS] == ["1,5", "1.5", "1,5", "1,5"]
