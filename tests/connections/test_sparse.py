"""Sparse files: there and back bit by bit, sizes, and whatever can be wrong with one."""

import copy
import functools
import json
import os
import pathlib
import tempfile
import tracemalloc

import numpy as np
import pytest

import minprune as mp
from cases import case
from minprune.connections import sparse
from minprune.connections.decisions import decide_connections
from minprune.connections.masks import mask_connections, weight_arrays
from minprune.connections.scores import score_connections
from minprune.connections.sparse import load_sparse, save_sparse, sparse_bytes
from minprune.engine.residual import Residual


def thinned(net, remove, seed=0):
    return mask_connections(net, decide_connections(score_connections(net, "random", seed=seed), remove, min_keep=0))


@functools.lru_cache(maxsize=None)
def every_form():
    """A network with one array in each form, and its file."""
    net = mp.Network((6, 6, 1), [mp.Conv2D(2, 2, "relu", batch_norm=True), mp.Flatten(), mp.Dense(80, "relu"),
                                 mp.Dense(60), mp.Dense(3)], seed=0)
    scores = score_connections(net, "random")
    net = mask_connections(net, decide_connections(scores, {"dense1.W": 0.5, "dense2.W": 0.97}))
    with tempfile.TemporaryDirectory() as folder:
        save_sparse(net, pathlib.Path(folder) / "net.npz")
        return net, (pathlib.Path(folder) / "net.npz").read_bytes()


@pytest.fixture
def net():
    return every_form()[0].copy()


@pytest.fixture
def file(tmp_path):
    (tmp_path / "net.npz").write_bytes(every_form()[1])
    return tmp_path / "net.npz"


def contents(path):
    with np.load(path, allow_pickle=False) as npz:
        arrays = dict(npz)
    return json.loads(str(arrays.pop("__network__"))), arrays


def refused(path, told=None):
    with pytest.raises(ValueError, match=told) as error:
        load_sparse(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


# ----------------------------------------------------------------------------------- there and back


@pytest.mark.parametrize("seed", range(14))
def test_random_networks_there_and_back(seed, random_network, tmp_path, fingerprint):
    """Two of each of the seven kinds; with all their weights, with less than half of them, and with a few, in turn."""
    remove = (0.6, 0.95, 0)[seed % 3]
    net = thinned(random_network(seed, dtype=["float32", "float64"][seed % 2]), remove, seed)
    if net.hidden_layers and seed % 3 == 0:
        net[net.hidden_layers[0]].mask = np.arange(net[net.hidden_layers[0]].K) > 0
    before = fingerprint(net)
    save_sparse(net, tmp_path / "net.npz")
    back = load_sparse(tmp_path / "net.npz")
    assert fingerprint(back) == before == fingerprint(net)
    assert all(array.flags.writeable for array in back.arrays().values())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_form_and_both_zeros(dtype, tmp_path, fingerprint, monkeypatch):
    for W in ([[0, 0, 0]], [[-0.0, 0, 5]], [[1, 0, 0]], [[0, 0, 1]], [[1, 2, 3]], [[-0.0, -0.0, -0.0]],
              [[0] * 300 + [7]], [[0] * 255 + [7] + [0] * 256 + [-1] + [0] * 9],
              [[0] * 70000 + [3.4e38, -3.4e38, 1e-45]]):
        W = np.array(W, dtype)
        net = mp.Network(W.shape[1], [mp.Dense(1)], dtype=dtype)
        net["dense1"].W[...] = W
        for form in ("dense", "bitmap", "gaps"):
            monkeypatch.setattr(sparse, "smallest", lambda name, W: (form, sparse.forms_of(name, W)[form]))
            assert save_sparse(net, tmp_path / "net.npz").forms == {"dense1.W": form}
            assert fingerprint(load_sparse(tmp_path / "net.npz")) == fingerprint(net)
            arrays = contents(tmp_path / "net.npz")[1]
            if form != "dense":
                assert arrays["dense1.W"].size == np.count_nonzero((W != 0) | np.signbit(W))


def test_a_network_with_a_block_there_and_back(tmp_path, fingerprint):
    block = Residual([mp.Conv2D(3, 3, "relu", padding="same")])
    net = thinned(mp.Network((6, 6, 2), [block, mp.Flatten(), mp.Dense(4)]), 0.8)
    assert list(save_sparse(net, tmp_path / "net.npz").forms) == ["conv1.W", "conv2.W", "dense1.W"]
    assert fingerprint(load_sparse(tmp_path / "net.npz")) == fingerprint(net)


def test_gaps_by_hand():
    """Gaps are the zeros before each number, across the rows, in the smallest integer that holds them."""
    W = np.zeros((2, 500))
    W[0, 1], W[0, 2], W[1, 255], W[1, 499] = 1, -2, 3, 4
    members = sparse.forms_of("a.W", W)["gaps"]
    assert list(members) == ["a.W", "a.W.gaps"] and members["a.W"].tolist() == [1, -2, 3, 4]
    assert members["a.W.gaps"].tolist() == [1, 0, 752, 243] and members["a.W.gaps"].dtype == np.uint16
    W[0, 200] = W[0, 400] = W[1, 50] = 5
    assert sparse.forms_of("a.W", W)["gaps"]["a.W.gaps"].dtype == np.uint8


def test_a_bitmap_by_hand(net, file):
    header, arrays = contents(file)
    W = net["dense1"].W.reshape(-1)
    assert header["sparse"]["dense1.W"] == {"form": "bitmap", "shape": [80, 50]}
    assert arrays["dense1.W"].tolist() == W[W != 0].tolist()
    digits = "".join("1" if w else "0" for w in W)
    assert arrays["dense1.W.bitmap"].tolist() == [int(digits[i:i + 8], 2) for i in range(0, 4000, 8)]


def test_the_file_is_plain_arrays_and_json(net, file):
    header, arrays = contents(file)
    assert header["format"] == "minprune sparse network" and header["version"] == 1
    assert {name: one["form"] for name, one in header["sparse"].items()} == {"dense1.W": "bitmap", "dense2.W": "gaps"}
    assert all(array.dtype.kind in "fbu" for array in arrays.values())
    assert set(arrays) == {*net.arrays(), "dense1.W.bitmap", "dense2.W.gaps"}
    with pytest.raises(ValueError, match="not a minprune network, but a sparse one: use load_sparse"):
        mp.Network.load(file)


def test_the_same_network_gives_the_same_bytes(net, file, tmp_path):
    save_sparse(load_sparse(file), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == file.read_bytes()


# --------------------------------------------------------------------------------------- sizes


def test_the_sizes_are_those_of_the_files(net, tmp_path):
    sizes = save_sparse(net, tmp_path / "sparse")
    net.save(tmp_path / "dense")
    assert sizes.sparse == os.path.getsize(tmp_path / "sparse") and sizes.dense == os.path.getsize(tmp_path / "dense")
    with open(tmp_path / "zipped", "wb") as out:
        sparse.write(out, net.settings(), net.arrays())
    assert sizes.zipped == os.path.getsize(tmp_path / "zipped") and sizes == sparse_bytes(net)
    assert sizes.forms == {"conv1.W": "dense", "dense1.W": "bitmap", "dense2.W": "gaps", "dense3.W": "dense"}
    assert f"sparse {sizes.sparse:,} bytes ({100 * sizes.sparse / sizes.dense:.1f} %)" in str(sizes)
    assert repr(sizes) == str(sizes)                # as the last line of a cell
    assert f"{sizes.zipped:,} bytes" in str(sizes) and "dense2.W gaps" in str(sizes)
    assert json.loads(json.dumps(sizes.to_dict()))["forms"]["dense2.W"] == "gaps"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_smaller_than_what_zip_makes_of_the_zeros(dtype):
    net = mp.Network((64,), [mp.Dense(100, "relu"), mp.Dense(100, "relu"), mp.Dense(10)], seed=0, dtype=dtype)
    last = None
    for remove in (0.5, 0.8, 0.95):
        sizes = sparse_bytes(thinned(net, remove))
        assert sizes.sparse < sizes.zipped < sizes.dense and (last is None or sizes.sparse < last)
        last = sizes.sparse
        values = round((1 - remove) * 17400) * net.dtype.itemsize
        assert sizes.sparse < 1.1 * values + 17400 / 8 + 4000
    whole = sparse_bytes(net)
    assert set(whole.forms.values()) == {"dense"} and whole.sparse < whole.zipped + 200


# ----------------------------------------------------------------------------------------- bad files


def test_no_such_file(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path, tmp_path / "no" / "none.npz"):
        with pytest.raises(FileNotFoundError, match="no such file: .*" + path.name):
            load_sparse(path)


def test_a_dense_file_says_who_reads_it(net, tmp_path):
    net.save(tmp_path / "net.npz")
    refused(tmp_path / "net.npz", "not a sparse minprune network, but a dense one: use Network.load")


def test_truncated_or_changed_anywhere(tmp_path, fingerprint):
    net, path = mp.Network(40, [mp.Dense(3)], seed=0), tmp_path / "net.npz"
    net = thinned(net, 0.9)
    save_sparse(net, path)
    whole, expected = path.read_bytes(), fingerprint(net)
    for length in range(0, len(whole), 29):
        path.write_bytes(whole[:length])
        refused(path)
    for number, place in enumerate(range(0, len(whole), 5)):
        value = whole[place] ^ (1, 0x80)[number % 2]
        path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1:])
        try:
            assert fingerprint(load_sparse(path)) == expected              # a place that means nothing
        except ValueError as error:
            assert str(path) in str(error)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello\n" * 50, bytes(range(256)) * 20, b"\x93NUMPY\x01\x00"])
def test_other_bytes(tmp_path, content):
    (tmp_path / "net.npz").write_bytes(content)
    refused(tmp_path / "net.npz")


def test_other_files_of_numpy(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, weights=np.ones(3))
    refused(path, "it is not a sparse minprune network$")
    for content in (np.array("no json"), np.ones(3), np.array('{"format": "minprune sparse network"}')):
        np.savez(path, __network__=content)
        refused(path)
    for content in ("[]", "{}", "3", '{"format": "another"}'):
        np.savez(path, __network__=np.array(content))
        refused(path, "it is not a sparse minprune network$")


def test_a_pickle_is_not_opened(file):
    header, arrays = contents(file)
    arrays["dense2.W"] = np.array([print], object)
    np.savez(file, __network__=np.array(json.dumps(header)), **arrays)
    refused(file, "allow_pickle|[Oo]bject")


def shift(arrays, by):
    """Move the last number of dense2.W by so many places."""
    gaps = arrays["dense2.W.gaps"] = arrays["dense2.W.gaps"].astype(np.uint16)
    gaps[-1] += by


def last_place(arrays):
    """Where the last number of dense2.W is, counted from 0."""
    gaps = arrays["dense2.W.gaps"]
    return int(gaps.sum()) + len(gaps) - 1


DO_NOT_FIT = [
    (lambda header, arrays: header.update(version=2), "its format is version 2, this minprune reads up to 1"),
    (lambda header, arrays: header.pop("version"), "version"),
    (lambda header, arrays: header.pop("sparse"), "sparse"),
    (lambda header, arrays: header.pop("layers"), "layers"),
    (lambda header, arrays: header.update(sparse=3), None),
    (lambda header, arrays: header["sparse"]["dense1.W"].update(form="gaps"), "dense1.W.gaps"),
    (lambda header, arrays: header["sparse"]["dense1.W"].update(form="mask"), "dense1.W.mask"),
    (lambda header, arrays: header["sparse"]["dense1.W"].update(shape=[80, 49]), "dense1.W expects shape"),
    (lambda header, arrays: header["sparse"]["dense1.W"].update(shape=[50, 80]), "dense1.W expects shape"),
    (lambda header, arrays: header["sparse"]["dense1.W"].update(shape="wide"), None),
    (lambda header, arrays: header["sparse"]["dense2.W"].update(shape=[1, 60]), "dense2.W expects shape"),
    (lambda header, arrays: header["sparse"]["dense2.W"].update(shape=[last_place(arrays)]), "expects shape"),
    (lambda header, arrays: shift(arrays, 4800 - last_place(arrays)), "do not fit the places of its gaps"),
    (lambda header, arrays: arrays["dense1.W"].fill(np.inf), "dense1.W holds .* values that are NaN or infinite"),
    (lambda header, arrays: arrays.update({"dense3.mask": np.ones(3, bool)}),
     "dense3.mask is the mask of the output layer"),
    (lambda header, arrays: header["sparse"]["dense2.W"].update(shape=[last_place(arrays) + 1]), "expects shape"),
    (lambda header, arrays: header["sparse"]["dense2.W"].update(shape=[10**9, 10**9]), None),
    (lambda header, arrays: header["sparse"].pop("dense2.W"), "dense2.W expects shape"),
    (lambda header, arrays: header["sparse"].update({"dense7.W": {"form": "gaps", "shape": [1]}}), "dense7.W"),
    (lambda header, arrays: arrays.pop("dense1.W.bitmap"), "dense1.W.bitmap"),
    (lambda header, arrays: arrays.pop("dense2.W"), "dense2.W"),
    (lambda header, arrays: arrays.pop("conv1.W"), "conv1.W"),
    (lambda header, arrays: arrays.pop("conv1.running_var"), "conv1.running_var"),
    (lambda header, arrays: arrays.update({"dense9.W": np.ones(3)}), "dense9.W"),
    (lambda header, arrays: arrays.update({"dense1.W": arrays["dense1.W"][:-1]}), "do not fit .* of its bitmap"),
    (lambda header, arrays: arrays.update({"dense2.W": arrays["dense2.W"][:, np.newaxis]}), "do not fit"),
    (lambda header, arrays: arrays.update({"dense2.W": arrays["dense2.W"].astype(complex)}), "complex"),
    (lambda header, arrays: arrays.update({"dense2.W.gaps": arrays["dense2.W.gaps"].astype(int)}), "no form"),
    (lambda header, arrays: arrays.update({"dense2.W.gaps": arrays["dense2.W.gaps"].astype("uint64")}), "no form"),
    (lambda header, arrays: arrays.update({"dense1.W.bitmap": arrays["dense1.W.bitmap"][:-1]}), "no form"),
    (lambda header, arrays: arrays.update({"dense1.W.bitmap": arrays["dense1.W.bitmap"] > 0}), "no form"),
]


def test_files_that_do_not_fit_together(file):
    right = contents(file)
    for number, (change, told) in enumerate(DO_NOT_FIT):
        header, arrays = copy.deepcopy(right)
        change(header, arrays)
        np.savez(file, __network__=np.array(json.dumps(header)), **arrays)
        with case(number, told):
            refused(file, told)


def test_sizes_are_limited_before_arrays_are_made(net, file, tmp_path):
    header, arrays = contents(file)
    with pytest.raises(ValueError, match="it declares .* bytes of float64, more than the limit of 20,000 .*limit="):
        load_sparse(file, limit=20_000)
    header["layers"][2]["units"], header["sparse"]["dense1.W"]["shape"] = 10**8, [10**8, 50]
    arrays["dense1.b"] = np.zeros(10)
    np.savez(file, __network__=np.array(json.dumps(header)), **arrays)
    tracemalloc.start()
    refused(file, r"it declares 40,.* bytes of float64, more than the limit of 1,073,741,824 .*dense1.W of shape")
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


# -------------------------------------------------------------------------- writes that fail half-way


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(file, net, monkeypatch):
    def fails(*_):
        raise OSError("no space left on device")

    old = file.read_bytes()
    net["dense1"].b[...] = 3
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="no space left"):
        save_sparse(net, file)
    assert file.read_bytes() == old and os.listdir(file.parent) == [file.name]


def test_no_such_folder_and_no_network(net, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        save_sparse(net, tmp_path / "gone" / "net.npz")
    for function in (lambda: save_sparse(3, tmp_path / "net.npz"), lambda: sparse_bytes(3)):
        with pytest.raises(TypeError, match="net expects a Network"):
            function()
    assert os.listdir(tmp_path) == []


def test_saving_changes_nothing(net, tmp_path, fingerprint):
    before = fingerprint(net)
    save_sparse(net, tmp_path / "net.npz")
    assert fingerprint(net) == before and len(weight_arrays(net)) == 4
