"""The arrays of a file become a Dataset: their forms, their split, and what is refused before there is one."""

import numpy as np
import pytest

from cases import each
from minprune.datasets.samples import Samples, dataset_of
from minprune.datasets.source import Source

PARTS = (["x_train", "x_test"], ["t_train", "t_test"])


def split(x, t, test=0.5, columns=None, **options):
    samples = Samples("a", [x], [t], (["x of a.npz"], ["t of a.npz"]), columns=columns)
    return dataset_of(samples, Source("a", **options), test)


def of_parts(x_train, t_train, x_test, t_test, **options):
    return dataset_of(Samples("a", [x_train, x_test], [t_train, t_test], PARTS), Source("a", **options))


@each("dtype", ["uint8", "int32", "int64", "bool", "float32"])
def test_few_whole_numbers_are_classes(dtype):
    data = split(np.ones((4, 2), dtype=dtype), np.array([0, 1, 1, 0], dtype=dtype))
    assert data.x_train.dtype == data.x_test.dtype == np.float64
    assert data.t_train.dtype == data.t_test.dtype == np.int64 and data.classes == 2
    assert sorted(data.t_train) == sorted(data.t_test) == [0, 1] and data.class_names == ("0", "1")


def test_a_column_of_classes_is_flattened():
    assert split(np.ones((4, 2)), np.array([[0], [2], [2], [0]])).t_train.shape == (2,)


def test_classes_are_the_different_values_of_both_parts():
    assert split(np.ones((4, 2)), np.array([0, 6, 0, 6])).classes == 2
    data = of_parts(np.ones((4, 3)), np.array([0, 1, 0, 1]), np.ones((2, 3)), np.array([1, 2]))
    assert data.classes == 3 and data.t_test.tolist() == [1, 2]
    assert data.notes == ["3 classes in t: 0, 1, 2; only in the test part: 2"]


@pytest.mark.parametrize("t, shape", [
    (np.arange(4.0), (2, 1)), (np.ones((4, 3)), (2, 3)), (np.arange(4, dtype="float32") / 2, (2, 1))])
def test_other_numbers_are_predicted(t, shape):
    data = split(np.ones((4, 2)), t)
    assert data.t_train.shape == data.t_test.shape == shape
    assert data.t_train.dtype == np.float64 and data.classes is None and data.class_names is None


def test_inputs_and_targets_stay_together():
    data = split(np.arange(20.0).reshape(10, 2), np.arange(10.0) * 2)
    assert np.array_equal(data.x_train[:, :1], data.t_train)
    assert np.array_equal(data.x_test[:, :1], data.t_test)


def test_given_parts_stay_as_they_are():
    parts = np.ones((2, 3)), np.array([1, 0]), np.zeros((1, 3)), np.array([1])
    data = of_parts(*parts)
    assert all(np.array_equal(getattr(data, name), part)
               for name, part in zip(("x_train", "t_train", "x_test", "t_test"), parts))


X, T = np.ones((4, 2)), np.array([0, 1, 0, 1])


@each("x, t, error, told", [
    (X * np.nan, T, ValueError, "x of a.npz holds 8 values that are NaN or infinite"),
    (X, np.array([0, 1, np.inf, 1]), ValueError, "t of a.npz holds 1 values"),
    (X[:0], T, ValueError, "x of a.npz is empty"),
    (X, T[:0], ValueError, "t of a.npz is empty"),
    (X, T[:3], ValueError, "x of a.npz has 4, t of a.npz has 3"),
    (X[:, 0], T, ValueError, r"x of a.npz expects shape \(N, features\) or .*, got \(4,\)"),
    (np.array(1.0), T, ValueError, r"x of a.npz expects shape .*, got \(\)"),
    (X, np.array(1), ValueError, r"t of a.npz .*expects shape \(N,\) or \(N, K\), got \(\)"),
    (X, np.array(1.5), ValueError, r"t of a.npz expects shape .*, got \(\)"),
    (X.astype(str), T, TypeError, "x of a.npz expects real numbers"),
    (X * 1j, T, TypeError, "x of a.npz expects real numbers, got dtype complex128"),
    (X[:1], T[:1], ValueError, "a: test=0.5 of 1 samples leaves the test part empty"),
])
def test_bad_samples_are_refused_by_name(x, t, error, told):
    with pytest.raises(error, match=told):
        split(x, t)


@each("changed, told", [
    ({"x_test": np.ones((4, 3))}, r"same shape a sample: x_train has \(2,\), x_test \(3,\)"),
    ({"t_test": T.astype(str)}, "texts in both or in neither: t_train has dtype int64, t_test <U"),
    ({"t_train": np.ones((4, 2)), "t_test": np.ones((4, 3))}, r"t_train has \(2,\), t_test \(3,\)"),
    ({"x_test": X[:3]}, "x_test has 3, t_test has 4"),
    ({"x_test": np.ones((4, 2, 1))}, r"x_train has \(2,\), x_test \(2, 1\)"),
])
def test_parts_that_do_not_fit_are_refused(changed, told):
    parts = {"x_train": X, "t_train": T, "x_test": X, "t_test": T, **changed}
    with pytest.raises(ValueError, match=told):
        of_parts(**parts)


@pytest.mark.parametrize("first", [0, 1])
def test_a_column_that_counts_the_rows_is_told(first):
    x = np.column_stack([np.ones(6), first + np.arange(6)])
    t = np.array([0, 1, 0, 1, 0, 1])
    note = f"only counts the rows, {first}, {first + 1}, {first + 2}, …"
    assert f"the column of index 1 {note}" in split(x, t).notes
    assert f'column "id" {note}; drop="id" leaves it out, in the shell --drop id' in split(x, t, columns=["a", "id"]).notes
    assert f"the column of index 3 {note}; drop=3 leaves it out, in the shell --drop 3" in split(x, t, columns=[0, 3]).notes
    assert not any("counts" in note for note in split(x[::-1], t).notes)
