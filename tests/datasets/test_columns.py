"""Which column is the target, which are inputs, which are left out, and how a note says so."""

import pytest

from cases import each
from minprune.datasets.columns import choose
from minprune.datasets.source import Source
from minprune.datasets.text_table import read_text_table
from minprune.engine.archives import LIMIT


def choice(folder, text, **options):
    (folder / "mine.csv").write_text(text)
    return choose(read_text_table(folder / "mine.csv", LIMIT), Source("mine.csv", **options))


NUMBERS = "1.5,2.5,0\n3.5,4.5,1\n5.5,6.5,1\n7.5,8.5,0\n"
NAMED = "a,b,c\n" + NUMBERS


@each("text, targets, place", [
    (NUMBERS, [2], "the last column"), (NAMED, [2], 'the last column "c"'),
    ("a,Class,c\n" + NUMBERS, [1], 'column "Class"'), ("y,Class,c\n" + NUMBERS, [2], 'the last column "c"'),
    ("u,1,2\nv,3,4\n", [0], "the column of index 0"), ("u,v,1\nv,u,2\n", [2], "the last column"),
    ("1,u,0\n2,v,1\n3,u,0\n4,v,1\n", [2], "the last column"), ("1,u,0.5\n2,v,1\n", [1], "the column of index 1"),
    ("kind,b,c\nu,1,2\nv,3,4\n", [0], 'column "kind"'), ("a,b,,\n1,2,3,4\n", [3], "the last column"),
    ("9,1,0\n8,0,1\n7,0,1\n6,1,0\n", [1, 2], "the last 2 columns (1, 2)"),
    ("a,u,v,w\n9,1,0,0\n8,0,1,0\n7,0,0,1\n6,1,0,0\n5,0,1,0\n4,1,0,0\n", [1, 2, 3], "the last 3 columns (u, v, w)"),
    ("9,1,0\n8,0,1\n7,1,1\n6,1,0\n", [2], "the last column"), ("9,1,0\n8,0,1\n", [2], "the last column"),
    ("1,0\n0,1\n1,0\n0,1\n", [1], "the last column")])
def test_without_a_target_the_rule_guesses(tmp_path, text, targets, place):
    found = choice(tmp_path, text)
    assert (found.targets, found.place) == (targets, place)
    assert found.inputs == [column for column in range(len(text.splitlines()[-1].split(","))) if column not in targets]


def test_one_hot_columns_are_several_numbers_if_it_is_a_regression(tmp_path):
    assert choice(tmp_path, "9,1,0\n8,0,1\n7,0,1\n6,1,0\n", task="regression").targets == [2]


@pytest.mark.parametrize("target, targets, place", [
    ("b", [1], 'column "b"'), ("c", [2], 'the last column "c"'), (0, [0], 'column "a"'),
    (-1, [2], 'the last column "c"'), ("-2", [1], 'column "b"'), (["a", 2], [0, 2], "2 columns (a, c)"),
    (["b", "c"], [1, 2], "the last 2 columns (b, c)")])
def test_a_target_that_is_named(tmp_path, target, targets, place):
    found = choice(tmp_path, NAMED, target=target)
    assert (found.targets, found.place) == (targets, place)


def test_a_name_goes_before_an_index(tmp_path):
    assert choice(tmp_path, "t,0,1,2\n5,6,7,8\n", target="1").targets == [2]


@pytest.mark.parametrize("drop, inputs, note", [
    ("a", [1], 'left out: column "a"'), (1, [0], 'left out: column "b"'), (["1"], [0], 'left out: column "b"')])
def test_what_is_dropped_is_no_input(tmp_path, drop, inputs, note):
    found = choice(tmp_path, NAMED, drop=drop)
    assert (found.inputs, found.targets, found.notes) == (inputs, [2], [note])


def test_the_last_column_that_is_left_is_the_target(tmp_path):
    found = choice(tmp_path, NAMED, drop="c")
    assert (found.targets, found.place) == ([1], 'the last column "b"')


def test_a_first_column_like_classes_is_told_if_the_last_is_a_number(tmp_path):
    text = "1,1.5,10.5\n2,3,11.5\n1,4,12\n2,7,13\n"
    assert choice(tmp_path, text).notes == [
        "the column of index 0 holds few whole numbers; if these are the classes: target=0"]
    assert choice(tmp_path, "kind,b,c\n" + text).notes == [
        'column "kind" holds few whole numbers; if these are the classes: target="kind"']
    assert choice(tmp_path, text, target=-1).notes == choice(tmp_path, NUMBERS).notes == []


@pytest.mark.parametrize("options, told", [
    ({"target": "d"}, r'unknown column \(target\) of .*mine.csv "d"; .*Known: a, b, c'),
    ({"drop": "aa"}, 'unknown column .*"aa"; did you mean "a"'),
    ({"target": 3}, "target=3: .*mine.csv has 3 columns, 0 to 2, or −3 to −1"), ({"drop": -4}, "drop=-4: .* 3 columns"),
    ({"target": "a", "drop": "a"}, 'mine.csv: target and drop both name column "a"'),
    ({"drop": ["a", "b"]}, "mine.csv: no inputs are left of 3 columns"),
    ({"drop": ["a", "b", "c"]}, "mine.csv: no target is left"), ({"target": []}, "no target is left")])
def test_columns_that_cannot_be_are_refused(tmp_path, options, told):
    with pytest.raises(ValueError, match=told):
        choice(tmp_path, NAMED, **options)


def test_names_need_a_header_and_to_be_the_only_ones(tmp_path):
    with pytest.raises(ValueError, match='target="a": .*mine.csv has no header, so its 3 columns are named by'):
        choice(tmp_path, NUMBERS, target="a")
    with pytest.raises(ValueError, match='drop: .*mine.csv has 2 columns called "a"; name it by its index, such as 0'):
        choice(tmp_path, "a,a,b\n" + NUMBERS, drop="a")
