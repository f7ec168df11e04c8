"""Checkpoints: killed at any moment and gone on with, refused where they do not fit, never lost."""

import functools
import json
import os
import pathlib
import shutil
import signal
import sys
import warnings
import zipfile

import numpy as np
import pytest

import minprune as mp
from cases import case
from minprune.retraining.checkpoints import open_checkpoint
from minprune.datasets.dataset import Dataset
from minprune.engine import storage
from minprune.retraining.recipes import Distil, FineTune
from minprune.retraining.schedules import linear

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
T = (X[:, 0] * X[:, 1] > 0).astype(int)
DATA = Dataset(X[:40], T[:40], X[40:], T[40:], "toy", 2)
NET = mp.Network(4, [mp.Dense(10, "relu"), mp.Dense(7, "tanh"), mp.Dense(2)], seed=3)
RECIPE = FineTune(epochs=2, optimizer=mp.Adam(0.01), batch_size=20, keep_state=True)
SCHEDULE = linear(0.6, 5)


def steps(folder=None, net=NET, data=DATA, score="taylor", schedule=SCHEDULE, retrain=RECIPE, **more):
    return mp.prune_iteratively(net, data, score, schedule, retrain=retrain, checkpoint=folder, **more)


def contents(folder):
    """{name: bytes} of all files."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def assert_same(one, other):
    """Two steps of the same run, to the last bit."""
    for name in ("fraction", "removed", "loss_before", "accuracy_before", "loss_after", "accuracy_after", "history"):
        assert getattr(one, name) == getattr(other, name), name
    for arrays in ((one.scores, other.scores), (one.keep, other.keep), (one.cut.arrays(), other.cut.arrays()),
                   (one.net.arrays(), other.net.arrays()), *((one.state[key], other.state[key]) for key in "mv")):
        assert arrays[0].keys() == arrays[1].keys()
        for name in arrays[0]:
            assert arrays[0][name].dtype == arrays[1][name].dtype
            assert arrays[0][name].tobytes() == arrays[1][name].tobytes(), name
    assert one.state["steps"] == other.state["steps"] > 0
    assert repr(one.net.settings()) == repr(other.net.settings())


@pytest.fixture(scope="module")
def expected():
    return list(steps())


@pytest.fixture(scope="module")
def two_steps(tmp_path_factory):
    """A folder with the first two of five steps, which no test changes."""
    folder = tmp_path_factory.mktemp("checkpoint") / "run"
    run = steps(folder)
    next(run), next(run)
    return folder


@pytest.fixture
def half(two_steps, tmp_path):
    """A copy of that folder."""
    return shutil.copytree(two_steps, tmp_path / "run")


# Killed, and gone on with

def in_a_child(act):
    """Let a fork of this process act, which is quicker than another interpreter; return the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def run_until(folder, calls):
    """Go on with the run, and be killed when the `calls`-th function after loading is entered."""
    run, left = steps(folder), calls
    for _ in pathlib.Path(folder).glob("step-*.npz"):
        next(run)

    def count(frame, event, argument):
        nonlocal left
        left -= event in ("call", "c_call")
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    list(run)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no SIGKILL")
def test_killed_at_random_moments_it_ends_with_the_same_bits(tmp_path, expected):
    """The moments are counted in functions entered, so that they are spread alike on any machine: in the middle of
    scoring, training and writing, up to half of the way through a second step."""
    moments = 1 + (calls_of_a_step(tmp_path / "counted") * np.random.default_rng(0).uniform(0, 1.5, 6)).astype(int)
    folder, left = tmp_path / "run", []
    for calls in moments:
        assert in_a_child(lambda: run_until(folder, calls)) == signal.SIGKILL
        left.append(os.listdir(folder))
    done = [sum(name.startswith("step-") for name in names) for names in left]
    assert done == sorted(done) and 0 < done[-1] < len(SCHEDULE)                # each went on after the last one
    assert any(name.startswith(".step-") for names in left for name in names)    # some in the middle of a file
    for one, other in zip(steps(folder), expected, strict=True):
        assert_same(one, other)


def calls_of_a_step(folder):
    """How many functions the first step enters."""
    entered, run = [0], steps(folder)

    def count(frame, event, argument):
        entered[0] += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        next(run)
    finally:
        sys.setprofile(before)
    return entered[0]


@pytest.mark.parametrize("moment", ["before the file", "in the middle of the file", "before the rename", "after it"])
def test_killed_while_it_writes(half, expected, monkeypatch, moment):
    """An exception that no `except Exception` catches, and temporary files that nobody cleans up, as a kill leaves."""
    class Killed(BaseException):
        pass

    def die(*_, **__):
        raise Killed

    def half_a_file(file, **arrays):
        file.write(b"PK\x03\x04 half of it")
        raise Killed

    def replace_and_die(old, new):
        rename(old, new)
        raise Killed

    rename = os.replace
    monkeypatch.setattr(pathlib.Path, "unlink", die)
    target, name, death = {"before the file": (os, "urandom", die), "before the rename": (os, "replace", die),
                           "in the middle of the file": (np, "savez", half_a_file),
                           "after it": (os, "replace", replace_and_die)}[moment]
    monkeypatch.setattr(target, name, death)
    with pytest.raises(Killed):
        list(steps(half))
    monkeypatch.undo()
    left = [path for path in half.iterdir() if path.name.startswith(".")]
    assert len(left) == (moment in ("in the middle of the file", "before the rename"))
    for one, other in zip(steps(half), expected, strict=True):
        assert_same(one, other)
    assert sorted(contents(half)) == ["settings.json"] + [f"step-000{n}.npz" for n in range(5)]


def test_what_is_done_is_not_done_again(half, expected):
    calls = []

    class Counting(FineTune):
        def __call__(self, net, cut):
            calls.append(cut.number)
            return super().__call__(net, cut)

    settings = dict(epochs=2, optimizer=mp.Adam(0.01), batch_size=20, keep_state=True)
    folder = half.parent / "counted"
    next(steps(folder, retrain=Counting(**settings)))
    assert calls == [0]
    before = contents(folder)
    for one, other in zip(steps(folder, retrain=Counting(**settings)), expected, strict=True):
        assert_same(one, other)
    assert calls == [0, 1, 2, 3, 4]
    assert before.items() <= contents(folder).items()
    whole = contents(folder)
    for one, other in zip(steps(folder, retrain=Counting(**settings)), expected, strict=True):
        assert_same(one, other)
    assert len(calls) == 5 and contents(folder) == whole


def test_a_checkpoint_changes_no_bit(tmp_path, expected):
    for one, other in zip(steps(tmp_path / "a" / "b"), expected, strict=True):
        assert_same(one, other)


def test_nothing_is_done_before_the_first_step_is_asked_for(tmp_path):
    steps(tmp_path / "run")
    assert list(contents(tmp_path / "run")) == ["settings.json"]


def test_steps_of_other_kinds_come_back_as_they_were(tmp_path):
    """float32, batch norm, no history, no accuracy, infinite losses, layer by layer, a Conv2D, a mask."""
    net = mp.Network((5, 5, 1), [mp.Conv2D(4, 3, "relu", batch_norm=True), mp.Flatten(), mp.Dense(2)], dtype="float32")
    net = mp.mask(net, {"conv1": np.array([1, 1, 1, 0], bool)})
    x = RNG.normal(size=(6, 5, 5, 1))
    data = Dataset(x, RNG.normal(size=(6, 2)), x, RNG.normal(size=(6, 2)), "toy", None)
    arguments = dict(loss="mse", score="weight_norm", schedule=[{"conv1": 1}, {"conv1": 2}], retrain=blow_up)
    with np.errstate(over="ignore"):
        done = list(mp.prune_iteratively(net, data, **arguments, checkpoint=tmp_path))
    again = list(mp.prune_iteratively(net, data, **arguments, checkpoint=tmp_path))
    for one, other in zip(done, again, strict=True):
        assert one.history is other.history is None and one.accuracy_after is other.accuracy_after is None
        assert one.loss_after == other.loss_after == np.inf
        assert one.loss_before == other.loss_before and np.isfinite(one.loss_before) == (one is done[0])
        assert one.fraction == other.fraction and one.state == other.state == {}
        for (name, array), (other_name, other_array) in zip(one.net.arrays().items(), other.net.arrays().items()):
            assert name == other_name and array.dtype == other_array.dtype and array.tobytes() == other_array.tobytes()
    assert "conv1.mask" in again[-1].net.arrays()


def test_coupled_neurons_are_kept_too(tmp_path):
    net = mp.Network(4, [mp.Dense(6, "relu"), mp.Residual([mp.Dense(5, "tanh"), mp.Dense(6)]), mp.Dense(2)])
    done, again = (list(steps(tmp_path, net=net)) for _ in range(2))
    assert set(done[-1].keep) == {"dense1+dense3", "dense2"}
    for one, other in zip(done, again, strict=True):
        assert_same(one, other)


def blow_up(net, cut):
    net["dense1"].b[...] = 1e30


# Refused

def named(net, cut):
    return RECIPE(net, cut)


OTHERS = {
    "score": (dict(score="removal"), r'score: "taylor" there, "removal" now'),
    "schedule": (dict(schedule=linear(0.6, 4)), r"schedule: \[0\.12, .* there, \[0\.15, .* now"),
    "scope": (dict(scope="layer"), r'decision.scope: "global" there, "layer" now'),
    "protect": (dict(protect=[("dense2", 0)]), r'decision.protect: \[\] there, \[\["dense2", 0\]\] now'),
    "min_keep": (dict(min_keep=2), r"decision.min_keep: 1 there, 2 now"),
    "loss": (dict(loss="mse", data=Dataset(X[:40], np.eye(2)[T[:40]], X[40:], np.eye(2)[T[40:]], "toy", 2)),
             r'loss.name: "cross_entropy" there, "mse" now'),
    "epochs": (dict(retrain=FineTune(epochs=3, optimizer=mp.Adam(0.01), batch_size=20, keep_state=True)),
               r"retrain.epochs: 2 there, 3 now$"),
    "rate": (dict(retrain=FineTune(epochs=2, optimizer=mp.Adam(0.02), batch_size=20, keep_state=True)),
             r"retrain.optimizer.rate\.\S+: 0.01 there, 0.02 now$"),
    "kind": (dict(retrain=Distil(epochs=2, optimizer=mp.Adam(0.01), batch_size=20)),
             r'retrain: {"kind": "minprune\.retraining\.\S+FineTune", .* there, '
             r'{"kind": "minprune\.retraining\.\S+Distil", '),
    "function": (dict(retrain=named), r'retrain: .* there, {"function": ".*test_checkpoints.named", '),
    "data": (dict(data=Dataset(X[:40] + 1e-12, T[:40], X[40:], T[40:], "toy", 2)), r"data.x_train: "),
    "network": (dict(net=mp.Network(4, [mp.Dense(10, "relu"), mp.Dense(7, "tanh"), mp.Dense(2)], seed=4)),
                r"net.arrays.dense1.W: "),
    "shape": (dict(net=mp.Network(4, [mp.Dense(10, "relu"), mp.Dense(7, "relu"), mp.Dense(2)], seed=3)),
              r"net.settings.layers: "),
    "batch size": (dict(batch_size=7), r"batch_size: 256 there, 7 now"),
    "state": (dict(state={"v": NET.parameters()}), r'state: {} there, {"v": '),
    "compensate": (dict(compensate=lambda net, keep, x: mp.prune(net, keep)), r"compensate"),
}


def test_a_folder_of_another_run_is_refused_and_left_as_it_is(half):
    before = contents(half)
    for name, (change, message) in OTHERS.items():
        with case(name):
            with pytest.raises(ValueError, match=message) as raised:
                steps(half, **change)
            assert "\n" not in str(raised.value) and str(half) in str(raised.value) and len(str(raised.value)) < 700
            assert contents(half) == before


def test_of_many_differences_a_few_are_reported(half):
    with pytest.raises(ValueError, match="is left as it is: .*; and 2 more$") as raised:
        steps(half, score="removal", batch_size=8, scope="layer", min_keep=2, protect=["dense2"], schedule=[0.1])
    assert str(raised.value).count(" there, ") == 4


def test_a_folder_with_other_files_is_no_checkpoint(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "zebra.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds thesis.txt and 1 more"):
        steps(tmp_path)
    assert sorted(contents(tmp_path)) == ["thesis.txt", "zebra.txt"]


def test_an_empty_folder_will_do_and_what_a_kill_left_there_too(tmp_path):
    (tmp_path / ".settings.json.0a1b2c3d").write_text("{half")
    run = steps(tmp_path)
    next(run)
    assert sorted(contents(tmp_path)) == ["settings.json", "step-0000.npz"]


def test_a_checkpoint_that_was_begun_elsewhere_is_continued_with_a_warning(half, expected):
    """By another version of NumPy the steps are the same up to the last bits: told, and not refused."""
    path = half / "settings.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["where"]["numpy"] == np.__version__ and content["where"]["machine"]
    path.write_text(json.dumps({**content, "where": {**content["where"], "numpy": "0.9"}}), encoding="utf-8")
    with pytest.warns(UserWarning, match=r'begun elsewhere \(numpy: "0.9" there, ".*" now\).* last bits'):
        run = steps(half)
    assert len(list(run)) == 5
    del content["where"]                            # as it was before the versions were written
    path.write_text(json.dumps(content), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steps(half)


@pytest.mark.parametrize("text, message", [
    ("{half", "cannot read .*settings.json"), ("[]", "no minprune checkpoint"), ("{}", "no minprune checkpoint"),
    ('{"format": "minprune checkpoint", "version": 99}', "format is version 99"),
    ('{"format": "minprune checkpoint", "version": 1}', "cannot read .*settings.json: 'settings'")])
def test_damaged_settings_are_reported(half, text, message):
    (half / "settings.json").write_text(text)
    before = contents(half)
    with pytest.raises(ValueError, match=message):
        steps(half)
    assert contents(half) == before


def truncate(path):
    path.write_bytes(path.read_bytes()[:-200])


def flip(path):
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") - 1] ^= 4          # the last byte of the last array, before the list of members
    path.write_bytes(data)


def empty(path):
    path.write_bytes(b"")


def replace_by_a_network(path):
    NET.save(path)


@pytest.mark.parametrize("damage", [truncate, flip, empty, replace_by_a_network])
def test_a_damaged_step_is_reported_and_can_be_done_again(half, expected, damage):
    damage(half / "step-0001.npz")
    before, run = contents(half), steps(half)
    assert_same(next(run), expected[0])
    with pytest.raises(ValueError, match=r"cannot read .*step-0001.npz: .*; delete it, and the step is done again"):
        next(run)
    assert contents(half) == before
    (half / "step-0001.npz").unlink()
    for one, other in zip(steps(half), expected, strict=True):
        assert_same(one, other)


def test_a_step_of_a_few_bytes_cannot_take_gigabytes(half):
    """The header of an array is all that there is of it: the size is looked at first."""
    with zipfile.ZipFile(half / "step-0000.npz", "w") as archive, archive.open("big.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10 ** 6, 10 ** 6)})
    with pytest.raises(ValueError, match=r"step-0000.npz: it declares 8,000,000,000,000 bytes .*delete it"):
        next(steps(half))


def test_nothing_is_unpickled(half):
    (half / "step-0000.npz").unlink()
    with open(half / "step-0000.npz", "wb") as file:
        np.savez(file, __step__=np.array({"run": "mine"}, dtype=object))
    with pytest.raises(ValueError, match="cannot read .*step-0000.npz: .*pickle"):
        next(steps(half))


def test_a_step_of_another_run_is_reported(half, tmp_path):
    next(steps(tmp_path / "other", score="weight_norm"))
    os.replace(tmp_path / "other" / "step-0000.npz", half / "step-0000.npz")
    with pytest.raises(ValueError, match="step-0000.npz: it is a step of another run"):
        next(steps(half))


# Disks that are full, and folders that are read-only

def test_a_full_disk_is_reported_and_nothing_is_lost(half, expected, monkeypatch):
    def full(file, **arrays):
        file.write(b"some of it")
        raise OSError(28, "No space left on device")

    before, run = contents(half), steps(half)
    next(run), next(run)
    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match=r"cannot write step 2 to the checkpoint \(No space left on device\)") as raised:
        next(run)
    assert raised.value.errno == 28 and raised.value.filename == str(half)
    assert contents(half) == before
    monkeypatch.undo()
    for one, other in zip(steps(half), expected, strict=True):
        assert_same(one, other)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the limit would stay")
def test_a_limit_of_the_system_is_reported_and_nothing_is_lost(half):
    resource, before, (read, write) = pytest.importorskip("resource"), contents(half), os.pipe()

    def go_on():
        run = steps(half)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        try:
            next(run), next(run), next(run)
        except OSError as error:
            os.write(write, str(error).encode())

    assert in_a_child(go_on) == 0
    os.close(write)
    with open(read, encoding="utf-8") as said:
        assert "cannot write step 2 to the checkpoint (File too large)" in said.read()
    assert contents(half) == before


def read_only(*_, **__):
    raise PermissionError(13, "Permission denied")


def test_a_read_only_folder_is_reported_before_the_first_step(half, monkeypatch):
    monkeypatch.setattr("tempfile.TemporaryFile", read_only)
    with pytest.raises(PermissionError, match=r"cannot write the next step to the checkpoint \(Permission denied\)"):
        steps(half)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="cannot write the settings to the checkpoint"):
        steps(tmp_path / "file" / "run")
    with pytest.raises(FileExistsError, match="checkpoint expects a folder, .*file is a file$"):
        steps(tmp_path / "file")
    monkeypatch.setattr(storage, "atomic", read_only)
    with pytest.raises(PermissionError, match="cannot write the settings"):
        steps(tmp_path / "run")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_finished_run_is_read_from_a_read_only_folder(tmp_path, expected, monkeypatch):
    list(steps(tmp_path))
    for target in ("tempfile.TemporaryFile", "os.replace", "os.open", "pathlib.Path.unlink", "pathlib.Path.mkdir"):
        monkeypatch.setattr(target, read_only)
    for one, other in zip(steps(tmp_path), expected, strict=True):
        assert_same(one, other)


def test_folders_that_cannot_be_opened_are_no_error(tmp_path, monkeypatch):
    """As on Windows: only what a power cut leaves is less sure."""
    original = os.open

    def no_folders(path, flags, *more, **named):
        return read_only() if os.path.isdir(path) else original(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", no_folders)
    next(steps(tmp_path / "run"))
    assert (tmp_path / "run" / "step-0000.npz").exists()


def make(number):
    return lambda net, cut: number


def test_a_recipe_that_cannot_be_described_is_refused_before_the_folder_is_made(tmp_path):
    rng = np.random.default_rng(0)
    for one, message in ((lambda net, cut: rng.normal(), "retrain cannot .* Generator; give a whole number as seed"),
                      (functools.partial(make(1), file=open(os.devnull)), "retrain cannot .* nothing lasting"),
                      (functools.partial(make(1), array=np.array([None])), "an array of objects")):
        with pytest.raises(TypeError, match=message):
            steps(tmp_path / "run", retrain=one)
        assert not (tmp_path / "run").exists()


def test_a_state_that_json_does_not_know_is_reported(tmp_path):
    def leave(net, cut):
        cut.state["steps"] = {3}

    with pytest.raises(TypeError, match="a checkpoint keeps numbers, text, lists, dicts and arrays, got set"):
        next(steps(tmp_path, retrain=leave))


def test_open_checkpoint_by_itself(tmp_path):
    one = open_checkpoint(tmp_path / "run", {"a": (1, 2)}, 2)
    assert not one.has(0)
    one.save(0, {"rate": np.float32(0.5)}, {"a/b": np.arange(3)})
    again = open_checkpoint(tmp_path / "run", {"a": [1, 2]}, 2)
    values, arrays = again.load(0)
    assert again.has(0) and values["rate"] == 0.5 and arrays["a/b"].tolist() == [0, 1, 2]
    with pytest.raises(FileNotFoundError):
        again.load(1)


@pytest.mark.parametrize("folder, error, message", [
    (3, TypeError, "checkpoint expects a path as text or pathlib.Path, got 3"),
    ("a\0b", ValueError, "checkpoint expects a path without the character NUL")])
def test_what_is_no_path_is_refused_by_name(folder, error, message):
    with pytest.raises(error, match=message):
        steps(folder)
