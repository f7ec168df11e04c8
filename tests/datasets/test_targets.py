"""Which targets are classes and which are numbers to predict, how they are numbered, named and told."""

import numpy as np
import pytest

from cases import each
from minprune.datasets.targets import read_targets


def read(t, task=None, names=None):
    targets = read_targets([np.asarray(t)], ["t"], "the last column", task, names)
    return targets.parts[0], targets.names, targets.note


TEN = np.arange(10)


@each("values, names", [
    ((0, 1, 2), "0, 1, 2"), ((1, 2, 3), "1, 2, 3"), ((2, 4), "2, 4"), ((-1, 1), "-1, 1"), ((0.0, 1.0), "0, 1"),
    ((1.0, 2.0), "1, 2"), ((False, True), "0, 1"), ((5,), "5"), (("setosa", "virginica"), "setosa, virginica"),
    ((b"yes", b"no "), "no , yes"), (("2", "10"), "10, 2")])
@each("column", [False, True])
def test_few_whole_numbers_and_texts_are_classes_named_by_their_values(values, names, column):
    t = np.array(values * 4)
    codes, found, note = read(t[:, None] if column else t)
    assert ", ".join(found) == names and codes.dtype == np.int64 and codes.shape == t.shape
    assert codes.tolist() == [sorted(values).index(value) for value in t.tolist()]
    assert note == f"{len(values)} class{'es' if len(values) > 1 else ''} in the last column: {names}"


@each("t", [
    TEN / 2, TEN, TEN * 10, [1.5, 2, 1, 2], np.arange(150) % 21 * 2, [0, 3, 7, 0, 3, 7], np.arange(99) ** 2])
def test_other_numbers_are_predicted(t):
    numbers, names, note = read(t)
    assert names is None and numbers.shape == (len(t), 1) and numbers.dtype == np.float64
    assert note.startswith("numbers to predict in the last column, from ")


@each("t, classes", [
    (np.arange(60) % 30, 30), (np.arange(60) % 30 + 1, 30), (np.arange(200) % 20 * 3, 20), ([0, 3, 7] * 10, 3)])
def test_more_classes_if_there_is_no_gap_or_each_is_frequent(t, classes):
    assert len(read(t)[1]) == classes


def test_the_task_overrules():
    assert read([0, 1, 0, 1], "regression")[0].tolist() == [[0], [1], [0], [1]]
    assert read([0.5, 1.5, 7, 0.5, 1.5, 7], "classes")[1] == ("0.5", "1.5", "7")
    assert read(TEN, "classes")[1] == tuple("0123456789")


def test_whole_numbers_to_predict_say_how_to_make_them_classes():
    assert read(TEN)[2].endswith('from 0 to 9 (10 different whole numbers; task="classes" would make them classes)')
    assert read(TEN / 4)[2].endswith("from 0 to 2.25")


@pytest.mark.parametrize("dtype", [int, float, bool])
def test_one_hot_rows_are_classes(dtype):
    t = np.eye(3, dtype=dtype)[[2, 0, 1, 2]]
    codes, names, note = read(t)
    assert codes.tolist() == [2, 0, 1, 2] and names == ("0", "1", "2")
    assert note == "3 classes in the last column, a single 1 in each row: 0, 1, 2"
    assert read(t, names=("a", "b", "c"))[1] == ("a", "b", "c")
    assert read(t, "regression")[0].shape == (4, 3)


@each("t", [[[1, 1], [0, 1]], [[1, 0], [1, 0]], [[0.5, 0.5], [1, 0]], [[2, -1], [1, 0]]])
def test_rows_that_are_not_one_hot_are_numbers_to_predict(t):
    assert read(t)[1] is None and read(t)[0].shape == (2, 2)
    assert read(t)[2].startswith("2 numbers to predict in the last column, from ")


def test_names_that_the_file_has():
    assert read([1, 0, 1, 0], names=("no", "yes"))[1] == ("no", "yes")
    assert read([1, 2, 1, 2], names=("a", "b", "c"))[1] == ("b", "c")
    with pytest.raises(ValueError, match="t expects the classes 0 to 1, for which the first line has names, got 0"):
        read([0, 1, 2, 0, 1, 2], names=("a", "b"))


def test_many_classes_are_told_in_short():
    assert read(np.arange(60) % 30)[2] == "30 classes in the last column: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … and 20 more"


@each("t, task, told", [
    (["a", "", "b"], None, "t holds 1 empty texts"), (["a", " "], None, "empty texts"),
    ([["a", "b"]], None, r"holds texts, so classes, and expects shape \(N,\), got \(1, 2\)"),
    (["a", "b"], "regression", 't holds texts such as "a", and task="regression" expects numbers'),
    (np.arange(60) / 7, "classes", "t has 60 different values in 60 samples: too many for classes"),
    ([[1.5, 2], [1, 2]], "classes", 'task="classes" expects')])
def test_what_cannot_be_is_refused(t, task, told):
    with pytest.raises(ValueError, match=told):
        read(t, task)
