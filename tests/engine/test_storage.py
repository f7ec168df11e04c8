"""Files: there and back, whatever can be wrong with one, and writes that fail half-way."""

import copy
import errno
import json
import os
import pickle
import time
import tracemalloc

import numpy as np
import pytest

import minprune as mp
from cases import case, each
from minprune.engine import storage


@pytest.fixture
def file(tmp_path, everything):
    """A network with masks and running statistics of its own, saved."""
    net = everything()
    net["conv1"].mask = np.array([True, False, True])
    net.save(tmp_path / "net.npz")
    return tmp_path / "net.npz"


def contents(path):
    with np.load(path, allow_pickle=False) as npz:
        return dict(npz)


def rewrite(path, change):
    """Write the file again with `change(header, arrays)` made to it, as anybody with NumPy could."""
    write_changed(path, *parts(path), change)


def parts(path):
    """(header, arrays) of a file."""
    arrays = contents(path)
    return json.loads(str(arrays.pop("__network__"))), arrays


def write_changed(path, header, arrays, change):
    change(header, arrays)
    np.savez(path, __network__=np.array(json.dumps(header)), **arrays)


def refused(path, told=None):
    with pytest.raises(ValueError, match=told) as error:
        mp.Network.load(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


# ----------------------------------------------------------------------------------- there and back


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_there_and_back(dtype, everything, tmp_path, fingerprint, random_samples):
    net = everything(dtype)
    net["conv1"].mask = np.array([True, False, True])
    net["dense1"].mask = np.array([True, True, False, True, True])
    x = random_samples(net, 0)[0]
    net.save(tmp_path / "net.npz")
    back = mp.Network.load(tmp_path / "net.npz")
    assert fingerprint(back) == fingerprint(net)
    assert back.dtype == net.dtype and back["dense1"].mask.dtype == bool and back["conv2"].mask is None
    assert back.predict(x).tobytes() == net.predict(x).tobytes()
    assert all(array.flags.writeable for array in back.arrays().values())


@pytest.mark.parametrize("seed", range(14))
def test_random_networks_there_and_back(seed, random_network, tmp_path, fingerprint):
    net = random_network(seed, dtype=["float32", "float64"][seed % 2])
    net.save(tmp_path / "net.npz")
    assert fingerprint(mp.Network.load(tmp_path / "net.npz")) == fingerprint(net)


def test_paths_are_text_or_paths_with_any_ending(everything, tmp_path, fingerprint, monkeypatch):
    net = everything()
    monkeypatch.chdir(tmp_path)
    for path in ("net", "net.npz", str(tmp_path / "a b é.bin"), tmp_path / "net.model"):
        net.save(path)
        assert fingerprint(mp.Network.load(path)) == fingerprint(net)
    assert sorted(os.listdir(tmp_path)) == ["a b é.bin", "net", "net.model", "net.npz"]


def test_saving_again_replaces_the_file(file, fingerprint):
    other = mp.Network(2, [mp.Dense(1)])
    other.save(file)
    assert fingerprint(mp.Network.load(file)) == fingerprint(other) and os.listdir(file.parent) == [file.name]


def test_saving_changes_nothing(everything, tmp_path, fingerprint):
    net = everything()
    before = fingerprint(net)
    net.save(tmp_path / "net.npz")
    assert fingerprint(net) == before


def test_the_file_is_plain_arrays_and_json(file):
    arrays = contents(file)                                 # np.load without pickle opens it
    assert all(array.dtype.kind in "fbU" for array in arrays.values())
    header = json.loads(str(arrays["__network__"]))
    assert header["format"] == "minprune network" and header["version"] == 1
    assert header["input_shape"] == [6, 7, 2] and header["dtype"] == "float64"
    assert header["layers"][0] == {"kind": "Conv2D", "channels": 3, "kernel": [2, 3], "activation": "relu",
                                   "stride": 1, "padding": "same", "batch_norm": True}
    assert set(arrays) - {"__network__"} == set(mp.Network.load(file).arrays())


def test_whole_numbers_of_numpy_can_be_saved(tmp_path):
    two, three, one = np.int64([2, 3, 1])
    net = mp.Network((np.int64(5), 5, 1), [mp.Conv2D(two, three, stride=one, padding=one)])
    net.save(tmp_path / "net.npz")
    assert mp.Network.load(tmp_path / "net.npz").output_shape == (5, 5, 2)


# -------------------------------------------------------------------------------------- bad files


def test_no_such_file(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path, tmp_path / "no" / "none.npz"):
        with pytest.raises(FileNotFoundError, match="no such file: .*" + path.name):
            mp.Network.load(path)


def test_truncated_anywhere(file):
    whole = file.read_bytes()
    for length in [*range(0, 60), *range(60, len(whole) - 30, 61), *range(len(whole) - 30, len(whole))]:
        file.write_bytes(whole[:length])
        refused(file)
    with pytest.raises(ValueError, match="cannot read .* as a network: it is truncated or damaged: "):
        mp.Network.load(file)


def test_one_byte_changed_anywhere(tmp_path, fingerprint):
    """Either the file is refused, or the change was to a place that means nothing."""
    net, path = mp.Network(1, [mp.Dense(1)]), tmp_path / "net.npz"
    net.save(path)
    whole, expected, escaped = path.read_bytes(), fingerprint(net), []
    for number, place in enumerate([*range(0, len(whole) - 300, 7), *range(len(whole) - 300, len(whole))]):
        values = (whole[place] ^ 1, whole[place] ^ 0x80, 0xB1)
        value = values[number % 3]
        path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1:])
        try:
            assert fingerprint(mp.Network.load(path)) == expected
        except ValueError as error:
            assert str(path) in str(error)
        except Exception as error:
            escaped.append((place, value, repr(error)))
    assert not escaped


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18,
                                     b"hello\n" * 50, bytes(range(256)) * 20, b"\x93NUMPY\x01\x00",
                                     b"PK\x03\x04" + bytes(range(256))])
def test_other_bytes(tmp_path, content):
    (tmp_path / "net.npz").write_bytes(content)
    refused(tmp_path / "net.npz")


def test_random_bytes(tmp_path, rng):
    for size in (1, 4, 22, 100, 5000):
        (tmp_path / "net.npz").write_bytes(rng.bytes(size))
        refused(tmp_path / "net.npz")


def test_other_files_of_numpy_and_zip(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, weights=np.ones(3))
    refused(path, "it is not a minprune network")
    with open(path, "wb") as out:
        np.save(out, np.ones(3))
    refused(path)
    for content in (np.array("no json"), np.array("[]"), np.array("3"), np.array("{}"), np.ones(3),
                    np.array('{"format": "another"}'), np.array('{"format": "minprune network"}')):
        np.savez(path, __network__=content)
        refused(path)


class Trap:
    """Unpickled, it leaves a mark."""

    sprung = []

    def __reduce__(self):
        return Trap.sprung.append, (1,)


def test_a_pickle_is_not_opened(file):
    arrays = contents(file)
    arrays["dense2.W"] = np.array([Trap()], object)
    np.savez(file, **arrays)
    refused(file, "allow_pickle|[Oo]bject")
    np.savez(file, __network__=np.array([Trap()], object))
    refused(file)
    file.write_bytes(pickle.dumps(Trap()))
    refused(file)
    assert not Trap.sprung


DO_NOT_FIT = [
    (lambda header, arrays: header.update(version=2), "its format is version 2, this minprune reads up to 1"),
    (lambda header, arrays: header.update(version="1"), None),
    (lambda header, arrays: header.pop("version"), "version"),
    (lambda header, arrays: header.update(format="minprune report"), "not a minprune network"),
    (lambda header, arrays: header.pop("layers"), "layers"),
    (lambda header, arrays: header.update(layers=[]), "layers is empty"),
    (lambda header, arrays: header.update(layers=3), None),
    (lambda header, arrays: header.update(layers=[3]), None),
    (lambda header, arrays: header.update(dtype="float16"), "dtype expects"),
    (lambda header, arrays: header.pop("dtype"), "dtype"),
    (lambda header, arrays: header.update(input_shape=[6, 7]), '"conv1" cannot fit'),
    (lambda header, arrays: header.update(input_shape="image"), None),
    (lambda header, arrays: header["layers"][0].update(kind="Conv3D"), "Conv3D"),
    (lambda header, arrays: header["layers"][0].pop("kind"), "kind"),
    (lambda header, arrays: header["layers"][0].update(colour=1), "colour"),
    (lambda header, arrays: header["layers"][0].update(activation="rellu"), 'did you mean "relu"'),
    (lambda header, arrays: header["layers"][0].update(channels=0), "at least 1"),
    (lambda header, arrays: header["layers"][0].update(channels=4), "conv1.W expects shape"),
    (lambda header, arrays: arrays.pop("conv2.W"), "conv2.W"),
    (lambda header, arrays: arrays.pop("conv1.running_var"), "conv1.running_var"),
    (lambda header, arrays: arrays.update({"conv7.W": np.ones(2)}), "conv7.W"),
    (lambda header, arrays: arrays.update({"conv2.W": arrays["conv2.W"][:3]}), "conv2.W expects shape"),
    (lambda header, arrays: arrays.update({"dense2.b": np.ones((3, 1))}),
     r"dense2.b expects shape \(3,\), got \(3, 1\)"),
    (lambda header, arrays: arrays.update({"conv1.mask": np.ones(2, bool)}), "conv1.mask expects shape"),
    (lambda header, arrays: arrays.update({"dense2.mask": np.ones(3, bool)}),
     "array dense2.mask is the mask of the output layer, which has none"),
    (lambda header, arrays: arrays["dense2.W"].fill(np.nan), r"array dense2.W holds \d+ values that are NaN"),
    (lambda header, arrays: arrays["conv1.gamma"].fill(-np.inf), "array conv1.gamma holds 3 values"),
    (lambda header, arrays: arrays["conv1.running_var"].__setitem__(1, -0.5),
     "array conv1.running_var is a variance and expects numbers of at least 0, got -0.5"),
    (lambda header, arrays: arrays.pop("dense1.b"), r"array dense1.b is missing, of shape \(5,\)"),
    (lambda header, arrays: header["layers"][-1].update(units=10**9), "dense2.W expects shape"),
    (lambda header, arrays: arrays.update({"flatten1.mask": np.ones(2, bool)}), None),
    (lambda header, arrays: arrays.update({"dense2.b": np.array(["a", "b", "c"])}), None)]


def test_files_that_do_not_fit_together(file):
    right = parts(file)
    for number, (change, told) in enumerate(DO_NOT_FIT):
        write_changed(file, *copy.deepcopy(right), change)
        with case(number, told):
            refused(file, told)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("change", [
    lambda header, arrays: header.update(input_shape=[10**9], layers=[{"kind": "Dense", "units": 10**9}]),
    lambda header, arrays: arrays.update({"dense2.b": np.array([1j, 0, 0])}),
    lambda header, arrays: arrays.update({"dense2.b": np.array(["1", "2", "3"])})],
    ids=["huge", "complex", "text"])
def test_a_file_that_no_save_wrote(file, change):
    rewrite(file, change)
    refused(file)


def test_a_header_nested_beyond_reading(tmp_path):
    np.savez(tmp_path / "net.npz", __network__=np.array("[" * 100_000))
    refused(tmp_path / "net.npz")


def test_a_few_kilobytes_cannot_take_gigabytes(file):
    """The sizes that a file declares are looked at before its arrays are read, or any of a network is made."""
    with pytest.raises(ValueError, match="it declares .* bytes of float64, more than the limit of 1,000 .*limit="):
        mp.Network.load(file, limit=1000)
    whole = file.read_bytes()
    for change in (lambda header, arrays: header["layers"][0].update(channels=6 * 10**7),
                   lambda header, arrays: header.update(input_shape=[6 * 10**4, 10**4, 2]),
                   lambda header, arrays: header["layers"].insert(1, {"kind": "Dense", "units": 10**8}),
                   lambda header, arrays: arrays.update({"conv1.W": np.zeros(2 * 10**7, "int8")})):
        file.write_bytes(whole)
        rewrite(file, change)
        tracemalloc.start()
        with pytest.raises(ValueError):
            mp.Network.load(file, limit=10**8)
        assert tracemalloc.get_traced_memory()[1] < 10**7
        tracemalloc.stop()


# -------------------------------------------------------------------------- writes that fail half-way


def test_no_such_folder(tmp_path):
    net = mp.Network(2, [mp.Dense(1)])
    with pytest.raises(FileNotFoundError, match="cannot write .*net.npz: there is no folder .*gone"):
        net.save(tmp_path / "gone" / "net.npz")
    assert os.listdir(tmp_path) == []


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "net").mkdir()
    with pytest.raises(OSError):
        mp.Network(2, [mp.Dense(1)]).save(tmp_path / "net")
    assert os.listdir(tmp_path) == ["net"]


class Breaks:
    """An array that cannot be written."""

    def __array__(self, *_, **__):
        raise OSError("no space left on device")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(file):
    old = file.read_bytes()
    with pytest.raises(OSError, match="no space left"):
        storage.save(file, {}, {"a.W": np.ones(100), "b.W": Breaks()})
    assert file.read_bytes() == old and os.listdir(file.parent) == [file.name]


def test_a_first_write_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match="no space left"):
        storage.save(tmp_path / "net.npz", {}, {"a.W": np.ones(100), "b.W": Breaks()})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_last_step_that_fails_leaves_the_old_file(file, step, monkeypatch):
    def fails(*_):
        raise OSError("no space left on device")

    old = file.read_bytes()
    monkeypatch.setattr(os, step, fails)
    with pytest.raises(OSError, match="no space left"):
        mp.Network(2, [mp.Dense(1)]).save(file)
    assert file.read_bytes() == old and os.listdir(file.parent) == [file.name]


def test_a_file_that_cannot_even_be_opened(tmp_path, monkeypatch):
    def fails(*_, **__):
        raise PermissionError("read-only file system")

    monkeypatch.setattr("builtins.open", fails)
    with pytest.raises(PermissionError, match="read-only"):
        mp.Network(2, [mp.Dense(1)]).save(tmp_path / "net.npz")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_atomic_is_all_or_nothing(tmp_path, error):
    path = tmp_path / "report.json"
    path.write_text("old")
    with pytest.raises(error):
        with storage.atomic(path, "t") as out:
            out.write("half of the n")
            assert path.read_text() == "old"
            raise error
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["report.json"]
    with storage.atomic(path, "t") as out:
        out.write("new: é")
        assert path.read_text() == "old"
    assert path.read_text(encoding="utf-8") == "new: é" and os.listdir(tmp_path) == ["report.json"]


def test_atomic_writes_bytes_by_default(tmp_path):
    with storage.atomic(str(tmp_path / "a.bin")) as out:
        out.write(b"\x00\xff")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff"


def test_the_temporary_file_lies_beside_the_real_one(tmp_path):
    """So that renaming it cannot cross from one disk to another."""
    with storage.atomic(tmp_path / "a.bin") as out:
        assert os.path.dirname(out.name) == str(tmp_path) and not (tmp_path / "a.bin").exists()


def test_what_is_no_file_is_not_replaced(tmp_path):
    (tmp_path / "net.npz").mkdir()
    with pytest.raises(OSError, match="net.npz: there is something of that name that is no file"):
        mp.Network(2, [mp.Dense(1)]).save(tmp_path / "net.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["net.npz"] and (tmp_path / "net.npz").is_dir()


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    path = tmp_path / "net.npz"
    with pytest.raises(OSError) as told, storage.atomic(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert told.value.filename == str(path) and told.value.errno == errno.ENOSPC and not list(tmp_path.iterdir())


@pytest.mark.parametrize("step", ["open", "write"])
def test_a_read_only_disk_is_told_with_the_name_of_the_file(tmp_path, step, monkeypatch):
    """There even the attempt to delete the temporary file fails."""
    def fails(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr("pathlib.Path.unlink", fails)
    if step == "open":
        monkeypatch.setattr("builtins.open", fails)
    with pytest.raises(OSError) as told, storage.atomic(tmp_path / "net.npz"):
        raise OSError(errno.EROFS, "Read-only file system")
    assert told.value.filename == str(tmp_path / "net.npz") and told.value.errno == errno.EROFS


def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path):
    """Only old temporary files of the same name: a young one may be another process's at this moment."""
    old, young = tmp_path / ".net.npz.0123abcd", tmp_path / ".net.npz.89abcdef"
    others = [tmp_path / name for name in (".other.npz.0123abcd", ".net.npz.backup12", "net.npz.0123abcd")]
    for path in (old, young, *others):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - 3600,) * 2 if path != young else None)
    with storage.atomic(tmp_path / "net.npz") as out:
        out.write(b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([young, *others, tmp_path / "net.npz"])


@each("path, error, told", [
    (3, TypeError, "path expects a path as text or pathlib.Path, got 3"), (None, TypeError, "got None"),
    (b"net", TypeError, "path expects a path as text"), ("", ValueError, "path expects a path, got an empty text"),
    ("a\0b", ValueError, "path expects a path without the character NUL, got 'a.x00b'")])
def test_what_is_no_path_is_refused(path, error, told):
    for function in (mp.Network(2, [mp.Dense(1)]).save, mp.Network.load):
        with pytest.raises(error, match=told):
            function(path)
