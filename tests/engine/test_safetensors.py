"""Safetensors: files of other libraries, and files that are damaged or lie."""

import json
import pathlib

import numpy as np
import pytest

from cases import each
from minprune.engine.safetensors import read_safetensors, write_safetensors

FILES = pathlib.Path(__file__).parent / "layouts" / "files"


def test_numbers_of_all_widths_that_pytorch_wrote():
    arrays = read_safetensors(FILES / "halves.safetensors")
    assert {name: array.dtype.name for name, array in arrays.items()} == {
        "double": "float64", "single": "float32", "brain": "float32", "half": "float16"}
    for array in arrays.values():
        assert array.tolist() == [1.0, -2.5, 3.140625, 0.00390625]


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?", ">f4", ">i8"])
def test_there_and_back(tmp_path, dtype):
    arrays = {"a": np.arange(6).reshape(2, 3).astype(dtype), "é.t": np.arange(6).reshape(2, 3).astype(dtype).T,
              "none": np.zeros((0, 4), dtype), "one": np.array(1, dtype), "view": np.arange(9).astype(dtype)[::2]}
    write_safetensors(tmp_path / "x.safetensors", arrays, {"note": "by hand"})
    found = read_safetensors(tmp_path / "x.safetensors")
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype.newbyteorder("=") and found[name].flags.writeable
        np.testing.assert_array_equal(found[name], array)


def test_the_bytes_by_hand(tmp_path):
    write_safetensors(tmp_path / "x.safetensors", {"b": np.array([1], "<u2"), "a": np.array([2.0])})
    data = (tmp_path / "x.safetensors").read_bytes()
    header = (b'{"__metadata__":{"order":"b\\na"},"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},'
              b'"b":{"dtype":"U16","shape":[1],"data_offsets":[8,10]}}')
    padded = header + b" " * (-len(header) % 8)
    assert data == len(padded).to_bytes(8, "little") + padded + np.array([2.0]).tobytes() + b"\x01\x00"


@pytest.mark.parametrize("length", range(1, 10))
def test_numbers_begin_at_a_multiple_of_eight(tmp_path, length):
    write_safetensors(tmp_path / "x.safetensors", {"a" * length: np.ones(1)})
    data = (tmp_path / "x.safetensors").read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    assert start % 8 == 0 and np.frombuffer(data[start:]).tolist() == [1]


def test_the_most_axes_that_an_array_may_have(tmp_path):
    array = np.ones((1,) * 32)
    write_safetensors(tmp_path / "x.safetensors", {"a": array})
    assert read_safetensors(tmp_path / "x.safetensors")["a"].shape == array.shape
    path = file_of(tmp_path / "y.safetensors", {})
    assert read_safetensors(path) == {}                         # the shortest file: two bytes of a header


def test_names_without_a_dot_and_of_other_arrays_are_not_tied(tmp_path):
    write_safetensors(tmp_path / "x.safetensors", {"a.weight": np.ones(2), "b": np.zeros(1)},
                      {"c": "b", "c.bias": "a.weight", "d.e.weight": "a.weight"})
    assert sorted(read_safetensors(tmp_path / "x.safetensors")) == ["a.weight", "b", "d.e.weight"]


def test_tied_weights_are_under_both_names(tmp_path):
    write_safetensors(tmp_path / "x.safetensors", {"a.weight": np.ones(2)},
                      {"b.weight": "a.weight", "format": "pt", "title": "a.weight"})
    assert sorted(read_safetensors(tmp_path / "x.safetensors")) == ["a.weight", "b.weight"]


def test_a_second_name_never_hides_an_array(tmp_path):
    write_safetensors(tmp_path / "x.safetensors", {"a.weight": np.ones(2), "b.weight": np.zeros(2)},
                          {"b.weight": "a.weight"})
    assert read_safetensors(tmp_path / "x.safetensors")["b.weight"].tolist() == [0, 0]


def test_arrays_come_in_the_order_in_which_they_were_written(tmp_path):
    names = ["z", "b.10", "b.2", "a"]
    write_safetensors(tmp_path / "x.safetensors", {name: np.ones(1) for name in names})
    assert list(read_safetensors(tmp_path / "x.safetensors")) == names


def test_dtypes_that_the_format_has_not(tmp_path):
    with pytest.raises(TypeError, match='array "z" is of dtype complex128; known: float64, float32'):
        write_safetensors(tmp_path / "x.safetensors", {"z": np.zeros(1, complex)})
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------ files that lie


def file_of(path, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return path


def entry(shape=(2,), dtype="F32", offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@each("header, message", [
    (b"", "no JSON object"),
    (b"[]", "no JSON object"),
    (b"{", "header is damaged"),
    (b'{"a": \xff}', "header is damaged"),
    (b'{"a": 1, "a": 2}', '"a" stands there twice'),
    ({"a": 1}, '"a" expects dtype, shape and data_offsets'),
    ({"a": {"dtype": "F32", "shape": [2]}}, '"a" expects dtype, shape and data_offsets'),
    ({"a": entry(dtype="F7")}, "is of dtype 'F7'; known: F64"),
    ({"a": entry(dtype=["F32"])}, r"is of dtype \['F32'\]"),
    ({"a": entry(shape=(-2,))}, "whole numbers of at least 0"),
    ({"a": entry(shape=(2.0,))}, "whole numbers of at least 0"),
    ({"a": entry(shape=(True, 2))}, "whole numbers of at least 0"),
    ({"a": {**entry(), "shape": 2}}, "whole numbers of at least 0"),
    ({"a": entry(offsets=(0, 8, 8))}, "whole numbers of at least 0"),
    ({"a": entry(offsets=(8, 0))}, "takes 8 bytes, and its data_offsets leave -8"),
    ({"a": entry(shape=(3,))}, "takes 12 bytes, and its data_offsets leave 8"),
    ({"a": entry(), "b": entry()}, r'"b" starts at byte 0, and the one before ends at 8: arrays overlap'),
    ({"a": entry(offsets=(4, 12))}, "there is a gap"),
    ({"a": entry((1,), offsets=(0, 4))}, "its arrays take 4 bytes, and the file has 8"),
    ({"a": entry((2 ** 40, 2 ** 40), offsets=(0, 2 ** 82))}, "below 2.63, and of at most 64 axes"),
    ({"a": entry((2 ** 30, 2 ** 30), offsets=(0, 2 ** 62))}, "and the file has 8"),
    ({"a": entry((1,) * 65, offsets=(0, 4))}, "of at most 64 axes"),
    ({"a\nb": entry()}, r'"a\\nb" has a name that cannot be printed'),
    (b'{"\\ud800": 1}', "has a name that cannot be printed"),
    ({"a" * 1000: 1}, 'array "' + "a" * 80 + '…" expects'),
    ({"a": entry((0, 2 ** 62), offsets=(0, 0)), "b": entry((3,), offsets=(0, 12))}, "and the file has 8"),
    ({"__metadata__": {"a": 1}, "a": entry()}, "__metadata__ expects texts"),
    ({"__metadata__": "a", "a": entry()}, "__metadata__ expects texts")])
def test_a_header_that_lies_is_one_clear_error(tmp_path, header, message):
    with pytest.raises(ValueError, match=f"cannot read .*x.safetensors as safetensors: .*{message}"):
        read_safetensors(file_of(tmp_path / "x.safetensors", header, b"\0" * 8))


@pytest.mark.parametrize("length", [0, 1, 10 ** 6, 2 ** 63, 2 ** 64 - 1])
def test_a_length_that_lies(tmp_path, length):
    with pytest.raises(ValueError, match="header"):
        read_safetensors(file_of(tmp_path / "x.safetensors", {"a": entry()}, b"\0" * 8, length))


def test_any_truncation_is_refused(tmp_path):
    data = (FILES / "halves.safetensors").read_bytes()
    for size in range(len(data)):
        (tmp_path / "x.safetensors").write_bytes(data[:size])
        with pytest.raises(ValueError, match="cannot read"):
            read_safetensors(tmp_path / "x.safetensors")


def test_more_than_the_limit_is_refused_before_it_is_read(tmp_path):
    write_safetensors(tmp_path / "x.safetensors", {"small": np.zeros(2), "large": np.zeros(100, "f4")})
    with pytest.raises(ValueError, match=r"816 bytes of float64, more than the limit of 815 .*largest array: large"):
        read_safetensors(tmp_path / "x.safetensors", limit=815)
    assert len(read_safetensors(tmp_path / "x.safetensors", limit=816)) == 2


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file: .*x.safetensors"):
        read_safetensors(tmp_path / "x.safetensors")
    with pytest.raises(FileNotFoundError, match="is a folder"):
        read_safetensors(tmp_path)
