"""Text tables: rows and cells of all dialects, and the lines that are refused."""

import gzip

import numpy as np
import pytest

from cases import each
from minprune.datasets.text_table import read_text_table
from minprune.engine.archives import LIMIT

ROWS = [["1", "2.5", "a b"], ["3", "-4", "c"]]


def table(folder, text, limit=LIMIT, encoding="utf-8"):
    (folder / "mine.csv").write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_text_table(folder / "mine.csv", limit)


@each("separator, name", [(",", ""), (";", "semicolons"), ("\t", "tabs"), ("  ", "blanks")])
@each("header", [True, False])
@each("end", ["\n", "\r\n"])
@each("pack", [bytes, gzip.compress])
def test_dialects(tmp_path, separator, name, header, end, pack):
    rows = [["x", "y", "z"]] * header + [[f'"{cell}"' if " " in cell else cell for cell in row] for row in ROWS]
    read = table(tmp_path, pack(end.join(separator.join(row) for row in rows).encode()))
    assert np.array_equal(read.numbers, [[1, 2.5, np.nan], [3, -4, np.nan]], equal_nan=True)
    assert read.texts == {2: {0: "a b", 1: "c"}} and read.is_text(2) and not read.is_text(0)
    assert list(read.lines) == [1 + header, 2 + header] and read.columns == 3
    assert read.notes == ([f"the cells are separated by {name}"] if name else [])
    assert [read.identifier(column) for column in range(3)] == (["x", "y", "z"] if header else [0, 1, 2])


def test_decimal_commas(tmp_path):
    read = table(tmp_path, "a;b\n1,5;2\n-0,5;3\n")
    assert read.numbers.tolist() == [[1.5, 2], [-0.5, 3]]
    assert read.notes == ["the cells are separated by semicolons", "commas are decimal: 1,5 is read as 1.5"]


@pytest.mark.parametrize("text, names, lines", [
    ("sep=;\na;b\n1;2\n", ["a", "b"], [3]), ("# a b\n1 2\n", ["a", "b"], [2]), ("#a,b\n1,2\n", ["a", "b"], [2])])
def test_first_lines_of_excel_and_numpy(tmp_path, text, names, lines):
    read = table(tmp_path, text)
    assert read.header.names == names and list(read.lines) == lines and read.numbers.tolist() == [[1, 2]]


def test_columns_without_a_name_of_their_own_are_named_by_their_index(tmp_path):
    read = table(tmp_path, "a,,a,b\n1,2,3,4\n")
    assert [read.identifier(column) for column in range(4)] == [0, 1, 2, "b"]


def test_blank_lines_are_left_out_and_lines_keep_their_numbers(tmp_path):
    assert table(tmp_path, "\n1,2\n\n\n3,4\n \n").lines.tolist() == [2, 5]


def test_long_tables_are_read_to_the_end(tmp_path):
    text = "".join(f"{n} {n / 8}\n" for n in range(20_000))
    assert table(tmp_path, text).numbers.sum() == pytest.approx(19_999 * 10_000 * 1.125)


def test_what_is_no_finite_number_is_a_text(tmp_path):
    read = table(tmp_path, "1,nan\n-inf,1_0\n")
    assert read.texts == {1: {0: "nan", 1: "1_0"}, 0: {1: "-inf"}} and not read.is_text(1)


@pytest.mark.parametrize("text, told", [
    ("", "mine.csv is empty: expected lines of numbers separated by commas, semicolons, tabs, blanks"),
    ("a,b\n", "mine.csv is empty"), ("1\n2\n", "mine.csv has one column"),
    ("1;2\n3\n", "mine.csv, line 2: expected 2 columns as above it, got 1"),
    ("a,b,c,d\n1,2\n", r"mine.csv: its header has 4 names, and line 2 2 columns \(separated by commas\)"),
    ("3,1,no,yes\n5,0\n6,1\n", "is truncated or followed by other lines: its first line announces 3 samples, got 2"),
    ("1,2\n\x00\xff".encode("latin-1"), "is not a text file of numbers, separated by .*: 'utf-8' codec"),
    ("1\t2\n3\t4\n".encode("utf-16"), "is not a text file"),
    (gzip.compress(b"1,2\n" * 99)[:-9], "is not a complete gzip file")])
def test_what_is_no_table_is_refused(tmp_path, text, told):
    with pytest.raises(ValueError, match=told):
        table(tmp_path, text)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_limit_is_one_of_characters_and_of_numbers(tmp_path, pack):
    text = pack(b"1,2\n" * 100)
    assert len(table(tmp_path, text, 2400).numbers) == 100
    with pytest.raises(ValueError, match="mine.csv, line 100: its numbers take more than the limit of 2,399 bytes"):
        table(tmp_path, text, 2399)
    with pytest.raises(ValueError, match="mine.csv holds more than the limit of 399 bytes"):
        table(tmp_path, text, 399)
