"""A user's own .npz and .csv files: what is read, how it is split, what is refused."""

import io
import zipfile

import numpy as np
import pytest

from minprune.datasets.loading import load

X, T = np.arange(24.0).reshape(8, 3), np.array([0, 1, 0, 1, 0, 1, 0, 1])


def npz(folder, **arrays):
    np.savez_compressed(folder / "mine.npz", **arrays)
    return folder / "mine.npz"


def csv_file(folder, text, encoding="utf-8"):
    (folder / "mine.csv").write_bytes(text.encode(encoding))
    return folder / "mine.csv"


@pytest.mark.parametrize("key", ["t", "y"])
def test_npz_of_two_arrays_is_split(tmp_path, key):
    data = load(npz(tmp_path, **{"x": X, key: T}), test=0.25, seed=3)
    assert np.bincount(data.t_test).tolist() == [1, 1] and len(data.t_train) == 6
    rows = np.concatenate([data.x_train, data.x_test])
    assert np.array_equal(rows[np.argsort(rows[:, 0])], X)
    assert np.array_equal(rows[:, 0] / 3 % 2, np.concatenate([data.t_train, data.t_test]))
    assert (data.name, data.classes) == ("mine.npz", 2)
    assert not np.array_equal(load(tmp_path / "mine.npz", 0.25, seed=4).x_test, data.x_test)


@pytest.mark.parametrize("train, test", [("t", "t"), ("y", "y"), ("t", "y")])
def test_npz_of_four_arrays_is_kept(tmp_path, train, test):
    arrays = {"x_train": X, f"{train}_train": T, "x_test": X[:3], f"{test}_test": T[:3]}
    data = load(npz(tmp_path, **arrays, x=X, t=T))      # four are there, so the two are not read
    assert np.array_equal(data.x_train, X) and np.array_equal(data.x_test, X[:3])
    assert np.array_equal(data.t_train, T) and np.array_equal(data.t_test, T[:3])


def test_npz_t_goes_before_y(tmp_path):
    assert load(npz(tmp_path, x=X, t=T, y=T * 0.5)).classes == 2


def test_npz_floats_are_regression_and_images_keep_their_shape(tmp_path):
    data = load(npz(tmp_path, x=np.ones((8, 4, 5), dtype="float32"), t=T * 0.5), test=0.5)
    assert data.x_train.shape == (4, 4, 5) and data.x_train.dtype == np.float64
    assert data.t_train.shape == (4, 1) and data.classes is None


def test_npz_leaves_other_arrays_alone(tmp_path):
    assert load(npz(tmp_path, x=X, t=T, notes=np.array([{"a": 1}], dtype=object))).classes == 2


@pytest.mark.parametrize("arrays, found", [
    ({"x": X}, "found: x"), ({"a": X, "t": T}, "found: a, t"),
    ({"x_train": X, "t_train": T}, "found: x_train, t_train"), ({}, "none")])
def test_npz_missing_arrays_are_told_with_what_was_found(tmp_path, arrays, found):
    with pytest.raises(ValueError, match=f"mine.npz expects the arrays x_train .*{found}$"):
        load(npz(tmp_path, **arrays))


def test_npz_of_python_objects_is_refused(tmp_path):
    with pytest.raises(ValueError, match="x of .*mine.npz cannot be read as an array .*: Object arrays"):
        load(npz(tmp_path, x=X.astype(object), t=T))


def in_npy_format(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def zip_of(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


WHOLE = zip_of(x=in_npy_format(X), t=in_npy_format(T))


@pytest.mark.parametrize("content, told", [
    (b"", "mine.npz is not a .npz file, or is truncated"),
    (b"just some text", "mine.npz is not a .npz file, or is truncated"),
    (WHOLE[:-30], "mine.npz is not a .npz file, or is truncated"),
    (in_npy_format(X), "mine.npz is a single array"),
    (WHOLE.replace(X.tobytes(), X[::-1].tobytes()), "x of .*mine.npz cannot be read as an array .*CRC"),
    (zip_of(x=in_npy_format(X)[:-8], t=in_npy_format(T)), "x of .*mine.npz cannot be read as an array"),
    (zip_of(x=b"text", t=in_npy_format(T)), "x of .*mine.npz"),
])
def test_a_broken_npz_is_refused(tmp_path, content, told):
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(ValueError, match=told):
        load(tmp_path / "mine.npz")


@pytest.mark.parametrize("arrays, told", [
    ({"x": X, "t": T[:5]}, "x of .*mine.npz has 8, t of .*mine.npz has 5"),
    ({"x": X / np.nan, "y": T}, "x of .*mine.npz holds"),
    ({"x": X, "y": T - 1}, "y of .*mine.npz expects classes of at least 0"),
    ({"x_train": X, "y_train": T, "x_test": X[:0], "y_test": T[:0]}, "x_test of .*mine.npz is empty"),
    ({"x_train": X, "t_train": T, "x_test": X[:, :2], "t_test": T}, "x_train of .* has .*x_test of .*"),
])
def test_bad_arrays_are_told_with_their_file(tmp_path, arrays, told):
    with pytest.raises(ValueError, match=told):
        load(npz(tmp_path, **arrays))


def test_csv_with_whole_targets_is_classification(tmp_path):
    path = csv_file(tmp_path, "a,b,kind\n0,1,0\n10,1.5,1\n\n20,-1,2\n30,1e3,0\n40,2,1\n50,2,2\n")
    data = load(path, test=0.5)
    assert sorted(data.t_test) == sorted(data.t_train) == [0, 1, 2]
    assert data.t_train.dtype == np.int64 and (data.name, data.classes) == ("mine.csv", 3)
    rows, labels = np.concatenate([data.x_train, data.x_test]), np.concatenate([data.t_train, data.t_test])
    assert sorted(map(tuple, rows)) == [(0, 1), (10, 1.5), (20, -1), (30, 1000), (40, 2), (50, 2)]
    assert np.array_equal(rows[:, 0] / 10 % 3, labels)


@pytest.mark.parametrize("targets", [(0.5, 1, 0, 1), (1, 2, 1, 2), (0, 2, 0, 2), (-1, 0, 1, 0)])
def test_csv_with_other_targets_is_regression(tmp_path, targets):
    data = load(csv_file(tmp_path, "".join(f"{n},{n},{t}\n" for n, t in enumerate(targets))), test=0.25)
    assert data.classes is None and data.t_train.shape == (3, 1) and data.t_train.dtype == np.float64
    rows, numbers = np.concatenate([data.x_train, data.x_test]), np.concatenate([data.t_train, data.t_test])
    assert numbers[np.argsort(rows[:, 0]), 0].tolist() == list(targets)


def test_csv_needs_no_header_and_forgives_what_spreadsheets_write(tmp_path):
    plain = load(csv_file(tmp_path, "1,0\n2,1\n3,0\n4,1\n"), test=0.5)
    written = load(csv_file(tmp_path, '"x","t"\r\n"1", 0\r\n2,1\r\n3,0\r\n4,1', "utf-8-sig"), test=0.5)
    assert np.array_equal(plain.x_train, written.x_train) and np.array_equal(plain.t_test, written.t_test)
    assert len(plain.t_train) + len(plain.t_test) == 4


@pytest.mark.parametrize("text, told", [
    ("", "mine.csv is empty"),
    ("\n\n", "mine.csv is empty"),
    ("a,b,t\n", "mine.csv is empty"),
    ("1\n2\n", "mine.csv has one column"),
    ("1,2,0\n1,2\n", "mine.csv, line 2: expected 3 columns as above it, got 2"),
    ("a,t\n1,0\n\n1,2,3\n", "mine.csv, line 4: expected 2 columns as above it, got 3"),
    ("1,2,0\n1,n/a,0\n", "mine.csv, line 2, column 2: expected a finite number, got 'n/a'"),
    ("1,2,0\n1,2,\n", "mine.csv, line 2, column 3: expected a finite number, got ''"),
    ("a,b\nc,d\n1,2\n", "mine.csv, line 2, column 1: expected a finite number, got 'c'"),
    ("1,2,spam\n1,2,0\n", "mine.csv, line 1, column 3: expected a finite number, got 'spam'"),
    ("a,t\n1,0\nnan,0\n", "mine.csv, line 3, column 1: expected a finite number, got 'nan'"),
    ("1,-inf\n", "mine.csv, line 1, column 2: expected a finite number, got '-inf'"),
    ("nan,nan\n1,1\n", "mine.csv, line 1, column 1"),
    ("1;2;0\n3;4;1\n", "mine.csv, line 2, column 1: expected a finite number, got '3;4;1'"),
    (f"1,2\n{'z' * 41},2\n", f"got '{'z' * 40}\\.\\.\\.'$"),
    (f"1,2\n{'z' * 40},2\n", f"got '{'z' * 40}'$"),
    ("1,0\n" + "9" * 200_000 + ",0\n", "mine.csv is not a text file of comma-separated numbers"),
    ("1,0\n", "leaves the test part empty"),
])
def test_a_bad_csv_is_told_with_line_and_column(tmp_path, text, told):
    with pytest.raises(ValueError, match=told):
        load(csv_file(tmp_path, text))


def test_a_csv_that_is_not_text_is_refused(tmp_path):
    with pytest.raises(ValueError, match="mine.csv is not a text file of comma-separated numbers"):
        load(csv_file(tmp_path, "größe,t\n1,0\n", "latin-1"))
