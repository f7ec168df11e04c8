"""A user's own .npz files: what is read, how it is split, what is refused."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest

import minprune as mp
from minprune.datasets.loading import load

X, T = np.arange(24.0).reshape(8, 3), np.array([0, 1, 0, 1, 0, 1, 0, 1])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def npz(folder, **arrays):
    np.savez_compressed(folder / "mine.npz", **arrays)
    return folder / "mine.npz"


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


def test_npz_floats_are_regression_and_images_get_a_channel_axis(tmp_path):
    data = load(npz(tmp_path, x=np.ones((8, 4, 5), dtype="float32"), t=np.arange(8) / 2), test=0.5)
    assert data.x_train.shape == (4, 4, 5, 1) and data.x_train.dtype == np.float64
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
    ({"x": X, "y": T / np.nan}, "y of .*mine.npz holds 8 values that are NaN"),
    ({"x": X, "y": ["a", ""] * 4}, "y of .*mine.npz holds 4 empty texts"),
    ({"x": X, "y": [["a", "b"]] * 8}, "y of .*mine.npz holds texts, so classes"),
    ({"x_train": X, "y_train": T, "x_test": X[:0], "y_test": T[:0]}, "x_test of .*mine.npz is empty"),
    ({"x_train": X, "t_train": T, "x_test": X[:, :2], "t_test": T}, "x_train of .* has .*x_test of .*"),
])
def test_bad_arrays_are_told_with_their_file(tmp_path, arrays, told):
    with pytest.raises(ValueError, match=told):
        load(npz(tmp_path, **arrays))


@pytest.mark.parametrize("x, t", [("X", "y"), ("x", "Y"), ("data", "target"), ("images", "labels"), ("Data", "T")])
def test_npz_names_of_other_tools(tmp_path, x, t):
    data = load(npz(tmp_path, **{x: X, t: T, "more": T}))
    assert data.classes == 2 and data.notes[0] == "not read: more" and f"in {t}: 0, 1" in data.notes[1]


@pytest.mark.parametrize("x, t", [("X_train", "y_train"), ("train_images", "train_labels"), ("x_train", "y_train")])
def test_npz_names_of_parts_of_other_tools(tmp_path, x, t):
    arrays = {x: X, t: T, x.replace("train", "test"): X[:4], t.replace("train", "test"): T[:4]}
    data = load(npz(tmp_path, **arrays))
    assert np.array_equal(data.x_test, X[:4]) and np.array_equal(data.t_train, T)


@pytest.mark.parametrize("labels, names", [
    (["cat", "dog"], ("cat", "dog")), ([1, 2], ("1", "2")), ([-1, 1], ("-1", "1")), ([0.0, 1.0], ("0", "1")),
    ([[0, 1], [1, 0]], ("0", "1"))])
def test_npz_classes_in_all_forms(tmp_path, labels, names):
    data = load(npz(tmp_path, x=X, y=np.array(labels)[T]), test=0.5)
    assert data.class_names == names and data.classes == 2 and data.t_train.dtype == np.int64


def test_npz_of_keras(tmp_path, rng):
    """Grey images without a channel axis, pixels 0 … 255, in two parts: a cnn can read them."""
    images = rng.integers(0, 256, (20, 8, 8), dtype=np.uint8)
    images[0, 0, 0] = 255
    data = load(npz(tmp_path, x_train=images, y_train=np.arange(20, dtype=np.uint8) % 10, x_test=images[:10],
                    y_test=np.arange(10, dtype=np.uint8)))
    assert data.x_train.shape == (20, 8, 8, 1) and data.x_train.max() == 1 and data.classes == 10
    assert data.notes[1:] == ["images of 8×8 pixels without a channel axis: it is added, (N, 8, 8, 1)",
                              "pixels 0 … 255 are divided by 255"]
    assert mp.models.MODELS["cnn"](data.x_train.shape[1:], 10).output_shape == (10,)


def test_npz_of_images_with_the_channels_first(tmp_path, rng):
    images = rng.normal(size=(8, 3, 8, 9))
    data = load(npz(tmp_path, x_train=images, t_train=T, x_test=images, t_test=T))
    assert np.array_equal(data.x_train, images.transpose(0, 2, 3, 1))


@pytest.mark.parametrize("dtype", ["float64", "uint8", "bool", "complex128", "U4"])
def test_npz_of_a_declared_size_beyond_the_limit_is_refused_before_it_is_read(tmp_path, dtype):
    path = npz(tmp_path, x=np.zeros((300, 300), dtype), t=np.zeros(300))
    numbers = 8 if np.dtype(dtype).itemsize <= 8 else 16
    with pytest.raises(ValueError, match=rf"mine.npz: it declares {numbers * 90_000 + 2400:,} bytes of float64, more "
                                         r"than the limit of 100,000 \(its largest array: x of shape \(300, 300"):
        load(path, limit=10**5)


def test_npz_of_a_few_kilobytes_cannot_take_gigabytes(tmp_path):
    tracemalloc.start()
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(member, {"shape": (10**9, 20), "fortran_order": False, "descr": "<f8"})
    (tmp_path / "mine.npz").write_bytes(zip_of(x=member.getvalue() + bytes(1000), t=in_npy_format(T)))
    with pytest.raises(ValueError, match=r"declares 160,000,000,064 bytes .* limit of 1,073,741,824"):
        load(tmp_path / "mine.npz")
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()
