"""IDX files built byte by byte, read back; and every way in which one can be broken."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from cases import each
from minprune.datasets.loading import load
from minprune.datasets.idx import read_idx

IMAGES, LABELS = "images-idx3-ubyte", "labels-idx1-ubyte"


def idx(kind, shape, numbers):
    """The bytes of an IDX file."""
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + numbers


def write_pair(folder, part, count, images=None, labels=None, joint="-", gz=False):
    """Write `count` images of 2x3 pixels, image n all of value n, and labels 0 1 0 1 ..."""
    images = images or idx(8, (count, 2, 3), bytes(n for n in range(count) for _ in range(6)))
    labels = labels or idx(8, (count,), bytes(n % 2 for n in range(count)))
    for name, content in ((IMAGES, images), (LABELS, labels)):
        path = folder / f"{part}-{name.replace('-', joint, 1)}{'.gz' if gz else ''}"
        path.write_bytes(gzip.compress(content) if gz else content)


def test_the_bytes_of_a_small_matrix(tmp_path):
    path = tmp_path / "matrix"
    path.write_bytes(b"\x00\x00\x0b\x02" b"\x00\x00\x00\x02" b"\x00\x00\x00\x03"
                     b"\x00\x01\x00\x02\x00\x03" b"\x01\x00\xff\xff\x80\x00")
    array = read_idx(path)
    assert array.tolist() == [[1, 2, 3], [256, -1, -32768]]
    assert array.dtype == np.int16 and array.dtype.isnative and array.flags.writeable


@each("kind, code, dtype", [
    (0x08, "B", "uint8"), (0x09, "b", "int8"), (0x0B, "h", "int16"), (0x0C, "i", "int32"),
    (0x0D, "f", "float32"), (0x0E, "d", "float64")])
@each("name", ["plain", "packed.gz"])
def test_every_kind_of_number_plain_and_gzip(tmp_path, kind, code, dtype, name):
    path, numbers = tmp_path / name, [1, 2, 100, 7, 0, 5]
    content = idx(kind, (3, 1, 2), struct.pack(f">6{code}", *numbers))
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    array = read_idx(str(path))
    assert array.dtype == np.dtype(dtype) and array.shape == (3, 1, 2)
    assert array.reshape(-1).tolist() == numbers


def test_gzip_is_recognised_without_its_ending(tmp_path):
    (tmp_path / "packed").write_bytes(gzip.compress(idx(8, (2,), b"\x03\x04")))
    assert read_idx(tmp_path / "packed").tolist() == [3, 4]


GOOD = idx(8, (2, 2), b"abcd")


@each("content, told", [
    (b"", "not an IDX file: .*an empty file"),
    (b"\0\0\x08", "not an IDX file: .*00 00 08"),
    (b"\x01" + GOOD[1:], "not an IDX file: .*got 01 00 08 02"),
    (b"\0\x01" + GOOD[2:], "not an IDX file: .*got 00 01 08 02"),
    (b"\0\0\x0a" + GOOD[3:], "not an IDX file: .*got 00 00 0a 02"),
    (b"\0\0\x08\0a", "not an IDX file: .*got 00 00 08 00"),
    (GOOD[:11], "truncated: its header announces 2 dimensions, got 11 bytes"),
    (GOOD[:-1], r"truncated: its header announces shape \(2, 2\), 4 bytes of uint8, got 3"),
    (GOOD + b"e", r"trailing bytes: .*4 bytes of uint8, got 5"),
    (idx(0x0C, (2,), b"abcdefg"), "truncated: .*8 bytes of int32, got 7"),
    (idx(8, (2**32 - 1,) * 3, b"a"), "announces an array of shape .* takes more than the limit"),
    (idx(0x0E, (2**20,), b"a"), "truncated: .* 8388608 bytes of float64, got 1"),
    (b"\0\0\x08\xff" + bytes(4 * 255), "announces an array of 255 dimensions, expected at most 32"),
    (b"\0\0\x08\x21" + bytes(4 * 33), "announces an array of 33 dimensions"),
    (idx(8, (0, *(2**32 - 1,) * 3), b""), "announces an array of shape .* takes more than the limit"),
    (gzip.compress(GOOD)[:-9], "not a complete gzip file"),
    (gzip.compress(GOOD)[:20] + b"\xff\xff\xff" + gzip.compress(GOOD)[23:], "not a complete gzip file"),
])
def test_a_broken_file_is_refused_by_name(tmp_path, content, told):
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"broken .*{told}"):
        read_idx(path)


def test_a_file_named_gz_that_is_not_gzip_is_refused(tmp_path):
    (tmp_path / "plain.GZ").write_bytes(GOOD)
    with pytest.raises(ValueError, match="plain.GZ is not a complete gzip file"):
        read_idx(tmp_path / "plain.GZ")


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_idx(tmp_path / "nowhere")


@pytest.mark.parametrize("joint", ["-", "."])
@pytest.mark.parametrize("gz", [False, True])
def test_two_pairs_are_the_two_parts(tmp_path, joint, gz):
    write_pair(tmp_path, "train", 5, joint=joint, gz=gz)
    write_pair(tmp_path, "t10k", 3, joint=joint, gz=gz)
    data = load(tmp_path)
    assert data.x_train.shape == (5, 2, 3, 1) and data.x_test.shape == (3, 2, 3, 1)
    assert data.x_train.dtype == np.float64 and data.t_train.dtype == np.int64
    assert np.array_equal(data.x_train[:, 1, 2, 0], np.arange(5) / 255)
    assert data.t_train.tolist() == [0, 1, 0, 1, 0] and data.t_test.tolist() == [0, 1, 0]
    assert (data.name, data.classes) == (tmp_path.name, 2)


@pytest.mark.parametrize("part", ["train", "t10k"])
def test_one_pair_is_split(tmp_path, part):
    write_pair(tmp_path, part, 20)
    data = load(str(tmp_path), test=0.25, seed=1)
    assert len(data.t_train) == 15 and abs(np.bincount(data.t_test)[0] - 2.5) < 1
    values = np.concatenate([data.x_train, data.x_test])[:, 0, 0, 0] * 255
    labels = np.concatenate([data.t_train, data.t_test])
    assert sorted(values.round()) == list(range(20)) and np.array_equal(values.round() % 2, labels)
    assert not np.array_equal(load(tmp_path, 0.25, seed=2).x_test, data.x_test)


def test_white_is_one(tmp_path):
    write_pair(tmp_path, "train", 2, images=idx(8, (2, 1, 1), b"\x00\xff"))
    write_pair(tmp_path, "t10k", 1, images=idx(8, (1, 1, 1), b"\x33"))
    data = load(tmp_path)
    assert data.x_train.ravel().tolist() == [0, 1] and data.x_test.ravel().tolist() == [0.2]


def test_the_plain_file_is_read_first(tmp_path):
    write_pair(tmp_path, "train", 4)
    write_pair(tmp_path, "train", 8, gz=True)
    assert len(load(tmp_path, test=0.5).t_train) == 2


@pytest.mark.parametrize("gone, told", [(IMAGES, f"train-{LABELS} needs train-{IMAGES}"),
                                        (LABELS, f"train-{IMAGES} needs train-{LABELS}")])
def test_half_a_pair_is_refused(tmp_path, gone, told):
    write_pair(tmp_path, "train", 4)
    write_pair(tmp_path, "t10k", 4)
    (tmp_path / f"train-{gone}").unlink()
    with pytest.raises(FileNotFoundError, match=told):
        load(tmp_path)


def test_a_folder_without_any_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=rf"{tmp_path.name} holds no MNIST-format files: .*{IMAGES}"):
        load(tmp_path)


@pytest.mark.parametrize("broken, told", [
    ({"labels": idx(8, (5,), bytes(5))}, f"train-{IMAGES} has 4, .*train-{LABELS} has 5"),
    ({"images": idx(8, (4, 6), bytes(24))}, rf"{IMAGES} expects uint8 images of .*N, H, W\), .*\(4, 6\)"),
    ({"images": idx(9, (4, 2, 3), bytes(24))}, f"{IMAGES} expects uint8 images .*int8"),
    ({"labels": idx(8, (4, 1), bytes(4))}, rf"{LABELS} expects whole numbers of shape \(N,\), .*\(4, 1\)"),
    ({"labels": idx(0x0D, (4,), bytes(16))}, f"{LABELS} expects whole numbers .*float32"),
    ({"images": idx(8, (0, 2, 3), b""), "labels": idx(8, (0,), b"")}, f"{IMAGES} is empty"),
    ({"images": GOOD[:-1]}, f"{IMAGES} is truncated"),
])
def test_files_that_are_not_what_their_names_say_are_refused(tmp_path, broken, told):
    write_pair(tmp_path, "train", 4, **broken)
    with pytest.raises(ValueError, match=told):
        load(tmp_path)


def test_parts_of_different_image_sizes_are_refused(tmp_path):
    write_pair(tmp_path, "train", 4)
    write_pair(tmp_path, "t10k", 4, images=idx(8, (4, 3, 3), bytes(36)))
    with pytest.raises(ValueError, match=rf"same shape .*train-{IMAGES} has \(2, 3, 1\), .*\(3, 3, 1\)"):
        load(tmp_path)


def test_labels_are_named(tmp_path):
    write_pair(tmp_path, "train", 4, labels=idx(9, (4,), b"\xff\x01\xff\x01"))
    data = load(tmp_path, test=0.5)
    assert data.class_names == ("-1", "1") and sorted(data.t_train) == [0, 1]
    assert data.notes == ["pixels 0 … 255 are divided by 255", "2 classes in the labels: -1, 1",
                          "images of 2×3 pixels with the channels last, (N, 2, 3, 1)"]


@each("path, error, told", [
    (3, TypeError, "path expects a path as text or pathlib.Path, got 3"), (b"a", TypeError, "path expects a path"),
    ("", ValueError, "path expects a path, got an empty text"), ("a\0b", ValueError, "without the character NUL")])
def test_what_is_no_path_is_refused(path, error, told):
    with pytest.raises(error, match=told):
        read_idx(path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_limit_counts_numbers_of_eight_bytes(tmp_path, pack):
    (tmp_path / "zeros").write_bytes(pack(idx(8, (10, 10), bytes(100))))
    assert read_idx(tmp_path / "zeros", 800).shape == (10, 10)
    with pytest.raises(ValueError, match=r"zeros announces an array of shape \(10, 10\), .* limit of 799 bytes"):
        read_idx(tmp_path / "zeros", 799)


def test_a_file_is_read_no_further_than_its_header_announces(tmp_path):
    (tmp_path / "zeros").write_bytes(gzip.compress(idx(8, (10, 10), bytes(10**7))))
    tracemalloc.start()
    with pytest.raises(ValueError, match="zeros is followed by trailing bytes: .* 100 bytes of uint8"):
        read_idx(tmp_path / "zeros")
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()
