"""What the first line of a table is taken for."""

from cases import each
from minprune.datasets.headers import read_header


@each("cells, below", [
    ("1,2,0", "3,4,1"), ("1,2,spam", "1,2,0"), ("0,1,0", "1,1,0"), ("5.1,3.5,setosa", "4.9,3,setosa"),
    ("150,4,setosa", "1,2,3"), ("150,7,setosa,versicolor", "1,2,3,4")])
def test_a_sample_is_no_header(cells, below):
    assert read_header(cells.split(","), below.split(",")) is None


def test_names():
    header = read_header(["a", " b ", "t"], ["1", "2", "0"])
    assert header.names == ["a", "b", "t"] and header.note == "" and header.samples is None
    assert read_header(["a", "t"], None).names == ["a", "t"]


@each("cells", [",0,1,2", "0,1,2,t", "0,1,2,3", "t,0,1,2"])
def test_counted_names(cells):
    header = read_header(cells.split(","), ["5", "6", "7", "8"])
    assert header.names == cells.split(",") and header.note == f"the first line, {cells}, is read as a header"


def test_rows_of_r_have_names_without_one():
    header = read_header(["a", "t"], ["1", "0.5", "0"])
    assert header.names == ["", "a", "t"] and header.note == "the header has no name for the first column"


def test_the_first_line_of_scikit_learn():
    header = read_header("150,4,setosa,versicolor,virginica".split(","), ["5.1", "3.5", "1.4", "0.2", "0"])
    assert (header.names, header.samples, header.class_names) == (None, 150, ("setosa", "versicolor", "virginica"))
    assert header.note == "the first line announces 150 samples of 4 inputs, and names the classes"
